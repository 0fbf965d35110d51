package lnr.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import lnr.kernels.Device;
import lnr.kernels.F64;
import lnr.kernels.Groups;
import lnr.kernels.Scope;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class PenaltyTest {
    private static final int H = 3;
    private static final int D = 7;

    private final Device device = Device.open("cpu");

    @AfterEach
    void everythingIsGivenBack() {
        assertThat(device.heldBytes()).isZero();
        device.close();
    }

    private double[] prox(int p, double t, double[] m) {
        try (Scope scope = device.scope()) {
            F64 out = scope.f64(H * D);
            new Penalty(H, D, Groups.columns(scope, p)).prox(t, scope.f64(m), out);
            return out.toArray();
        }
    }

    private double value(int p, double[] m) {
        try (Scope scope = device.scope()) {
            return new Penalty(H, D, Groups.columns(scope, p)).value(scope.f64(m));
        }
    }

    @Test
    void proxIsFirmlyNonexpansive() {
        Random random = Draws.random();
        for (int p : new int[] {D, D - 1}) {
            for (int trial = 0; trial < 50; trial++) {
                double[] a = Draws.normal(random, H * D);
                double[] b = Draws.normal(random, H * D);
                double t = 3 * random.nextDouble();
                double[] pa = prox(p, t, a);
                double[] pb = prox(p, t, b);
                double inner = 0;
                for (int k = 0; k < H * D; k++) {
                    inner += (pa[k] - pb[k]) * (a[k] - b[k]);
                }
                double distance = Draws.distance(pa, pb);
                assertThat(distance * distance).isLessThanOrEqualTo(inner + 1e-13);
            }
        }
    }

    @Test
    void proxIsTheArgmin() {
        Random random = Draws.random();
        for (int p : new int[] {D, D - 1}) {
            double[] m = Draws.normal(random, H * D);
            double t = 0.8;
            double[] best = prox(p, t, m);
            double least = t * value(p, best) + 0.5 * Math.pow(Draws.distance(best, m), 2);
            for (int trial = 0; trial < 500; trial++) {
                double size = Math.pow(10, -4 * random.nextDouble());
                double[] other = best.clone();
                for (int k = 0; k < H * D; k++) {
                    other[k] += size * random.nextGaussian();
                }
                double objective = t * value(p, other) + 0.5 * Math.pow(Draws.distance(other, m), 2);
                // Strong convexity: the excess is at least half the squared distance to the argmin.
                double distance = Draws.distance(other, best);
                assertThat(objective).isGreaterThanOrEqualTo(least + 0.5 * distance * distance - 1e-12);
            }
        }
    }

    @Test
    void biasIsNeitherCountedNorShrunk() {
        double[] m = Draws.normal(Draws.random(), H * D);
        assertThat(value(D, m) - value(D - 1, m)).isCloseTo(Draws.norm(H, m, D - 1), within(1e-14));
        double[] out = prox(D - 1, 100, m);
        for (int k = 0; k < H * D; k++) {
            assertThat(out[k]).isEqualTo(k < H * (D - 1) ? 0 : m[k]);
        }
    }
}
