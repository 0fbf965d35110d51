package lnr.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.Random;
import lnr.kernels.Device;
import lnr.kernels.Scope;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class DebiasingTest {
    private final Device device = Device.open("cpu");

    @AfterEach
    void everythingIsGivenBack() {
        assertThat(device.heldBytes()).isZero();
        device.close();
    }

    /** max over kept columns of |M R - C|: zero for least squares. */
    private static double residual(Layer layer, Debiasing refit) {
        double[] mr = Draws.product(layer.h(), layer.d(), layer.d(), refit.m(), layer.r());
        double worst = 0;
        for (int j : refit.kept()) {
            for (int k = j * layer.h(); k < (j + 1) * layer.h(); k++) {
                worst = Math.max(worst, Math.abs(mr[k] - layer.c()[k]));
            }
        }
        return worst;
    }

    @Test
    void solvesTheNormalEquations() {
        for (boolean bias : new boolean[] {false, true}) {
            Layer layer = Layer.random(Draws.random(), 4, 9, 50, bias);
            try (Scope scope = device.scope()) {
                Debiasing refit = Debiasing.of(layer.problem(scope, 1), new int[] {0, 3, 7});
                assertThat(refit.kept()).isEqualTo(bias ? new int[] {0, 3, 7, 8} : new int[] {0, 3, 7});
                assertThat(refit.damping()).isZero();
                assertThat(residual(layer, refit)).isLessThan(1e-12);
                assertThat(refit.fit()).isCloseTo(layer.objective(0, refit.m()), within(1e-13));
                for (int j : new int[] {1, 2, 4, 5, 6}) {
                    assertThat(Arrays.copyOfRange(refit.m(), 4 * j, 4 * j + 4)).containsOnly(0);
                }
            }
        }
    }

    @Test
    void keepingEverythingGivesTheWeightBack() {
        Layer layer = Layer.random(Draws.random(), 4, 6, 80, true);
        try (Scope scope = device.scope()) {
            Debiasing refit = Debiasing.of(layer.problem(scope, 1), new int[] {0, 1, 2, 3, 4});
            assertThat(Draws.distance(refit.m(), layer.w())).isLessThan(1e-10);
            assertThat(refit.fit()).isCloseTo(-0.5 * layer.tau(), within(1e-12 * layer.tau()));
        }
    }

    @Test
    void singularMomentsAreDamped() {
        Random random = Draws.random();
        // Fewer samples than inputs; then a repeated input; then a dead one.
        Layer few = Layer.random(random, 3, 8, 5, false);
        double[] r = Layer.random(random, 3, 8, 40, false).r();
        for (int j = 0; j < 8; j++) {
            r[7 * 8 + j] = r[2 * 8 + j];
        }
        for (int j = 0; j < 8; j++) {
            r[j * 8 + 7] = r[j * 8 + 2];
        }
        Layer repeated = Layer.of(3, 8, false, Draws.normal(random, 24), r);
        double[] dead = Layer.random(random, 3, 8, 40, false).r();
        for (int j = 0; j < 8; j++) {
            dead[4 * 8 + j] = 0;
            dead[j * 8 + 4] = 0;
        }
        for (Layer layer : new Layer[] {few, repeated, Layer.of(3, 8, false, Draws.normal(random, 24), dead)}) {
            try (Scope scope = device.scope()) {
                Debiasing refit = Debiasing.of(layer.problem(scope, 0), new int[] {0, 1, 2, 3, 4, 5, 6, 7});
                assertThat(refit.damping()).isPositive().isLessThan(1e-9);
                assertThat(residual(layer, refit)).isLessThan(1e-9);
                assertThat(Draws.inner(refit.m(), refit.m()))
                        .isLessThanOrEqualTo((1 + 1e-6) * Draws.inner(layer.w(), layer.w()));
            }
        }
    }

    @Test
    void theErrorOfMomentsIsNotFitted() {
        // One input twice, as single precision and as sums of double precision have it: what distinguishes them is
        // rounding, and dividing by it would give columns of any size.
        float[] narrow = {1, Math.nextDown(1f), Math.nextDown(1f), 1};
        double near = 1 - 1e-14;
        try (Scope scope = device.scope()) {
            Quadratic single = Quadratic.of(scope, 1, 2, narrow, new float[] {1, 1 - 1e-5f});
            Quadratic full = Quadratic.of(scope, 1, 2, new double[] {1, near, near, 1}, new double[] {1, 1 - 1e-12});
            for (Quadratic fit : new Quadratic[] {single, full}) {
                Debiasing refit = Debiasing.of(new Problem(fit, 2, 0), new int[] {0, 1});
                assertThat(refit.damping()).isPositive().isLessThan(10 * fit.tolerance());
                assertThat(refit.m()[0]).isBetween(-10.0, 10.0);
                assertThat(refit.m()[0] + refit.m()[1]).isCloseTo(1, within(1e-3));
            }
        }
    }

    @Test
    void nothingKept() {
        Layer layer = Layer.random(Draws.random(), 4, 5, 30, false);
        Layer biased = Layer.random(Draws.random(), 4, 5, 30, true);
        try (Scope scope = device.scope()) {
            Debiasing none = Debiasing.of(layer.problem(scope, 1), new int[0]);
            assertThat(none.m()).hasSize(20).containsOnly(0);
            assertThat(none.kept()).isEmpty();
            Debiasing mean = Debiasing.of(biased.problem(scope, 1), new int[0]);
            for (int i = 0; i < 4; i++) { // C_u / R_uu is the mean of y
                assertThat(mean.m()[16 + i]).isCloseTo(biased.c()[16 + i] / biased.r()[24], within(1e-12));
            }
        }
    }

    @Test
    void supportIsChecked() {
        Layer layer = Layer.random(Draws.random(), 2, 4, 9, true);
        try (Scope scope = device.scope()) {
            Problem problem = layer.problem(scope, 1);
            for (int[] support : new int[][] {{3}, {1, 0}, {1, 1}, {-1}}) {
                assertThatThrownBy(() -> Debiasing.of(problem, support))
                        .hasMessageStartingWith("support: expected ascending columns in [0, 3)");
            }
        }
    }
}
