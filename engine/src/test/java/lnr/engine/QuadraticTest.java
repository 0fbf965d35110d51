package lnr.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import lnr.kernels.Device;
import lnr.kernels.F64;
import lnr.kernels.Scope;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class QuadraticTest {
    private final Device device = Device.open("cpu");

    @AfterEach
    void everythingIsGivenBack() {
        assertThat(device.heldBytes()).isZero();
        device.close();
    }

    @Test
    void gradientMatchesFiniteDifferences() {
        Random random = Draws.random();
        Layer layer = Layer.random(random, 5, 7, 19, false);
        double[] at = Draws.normal(random, 35);
        double[] along = Draws.normal(random, 35);
        try (Scope scope = device.scope()) {
            Quadratic fit = Quadratic.of(scope, 5, 7, layer.r(), layer.c());
            F64 gradient = scope.f64(35);
            fit.gradient(scope.f64(at), gradient);
            double step = 1e-3;
            double[] values = new double[2];
            for (int side = 0; side < 2; side++) {
                double[] m = at.clone();
                for (int k = 0; k < 35; k++) {
                    m[k] += (side == 0 ? step : -step) * along[k];
                }
                values[side] = fit.value(scope.f64(m), scope.f64(35));
                assertThat(values[side])
                        .isCloseTo(layer.objective(0, m), within(1e-12 * Math.abs(values[side]) + 1e-13));
            }
            // A central difference of a quadratic has no error but rounding.
            double slope = (values[0] - values[1]) / (2 * step);
            assertThat(slope).isCloseTo(Draws.inner(gradient.toArray(), along), within(1e-10 * (1 + Math.abs(slope))));
        }
    }

    @Test
    void tauIsWhatTheWeightSays() {
        Random random = Draws.random();
        for (int samples : new int[] {3, 8, 50}) { // fewer than inputs: R is singular
            Layer layer = Layer.random(random, 4, 8, samples, false);
            try (Scope scope = device.scope()) {
                Quadratic fit = Quadratic.of(scope, 4, 8, layer.r(), layer.c());
                assertThat(fit.tau()).isCloseTo(layer.tau(), within(1e-9 * layer.tau()));
                Quadratic told = Quadratic.withTau(scope, 4, 8, layer.r(), layer.c(), layer.tau());
                assertThat(told.lipschitz()).isCloseTo(fit.lipschitz(), within(1e-13 * fit.lipschitz()));
            }
        }
    }

    @Test
    void refusesWhatNoDataHas() {
        double nan = Double.NaN;
        refuse(new double[] {1, 0, 0}, new double[] {1, 1}, "R: expected 2 x 2 = 4 numbers, got 3");
        refuse(new double[] {1, 0, 0, 1}, new double[] {1}, "C: expected 1 x 2 = 2 numbers, got 1");
        refuse(new double[] {1, 0, nan, 1}, new double[] {1, 1}, "R[0,1]: expected a finite number, got NaN");
        refuse(
                new double[] {1, 0, 0, 1},
                new double[] {1, Double.NEGATIVE_INFINITY},
                "C[0,1]: expected a finite number, got -Infinity");
        refuse(
                new double[] {1, 0.25, 0.5, 1},
                new double[] {1, 1},
                "R: expected a symmetric matrix, got R[0,1] = 0.5 and R[1,0] = 0.25");
        refuse(new double[] {1, 0, 0, -1}, new double[] {1, 1}, "R[1,1]: expected 0 or more on the diagonal, got -1.0");
        refuse(
                new double[] {1, 3, 3, 4},
                new double[] {1, 1},
                "R: expected a positive semidefinite matrix, got R[0,1] = 3.0, more than sqrt(R[0,0] R[1,1]) = 2.0");
        refuse(
                new double[] {1, 0, 0, 0},
                new double[] {1, 2},
                "C[0,1]: expected 0, as R[1,1] = 0 says input 1 is always zero, got 2.0");
    }

    @Test
    void refusesWhatCannotBeSquared() {
        double[] r = {2, 1, 1, 2};
        String sizes = ": expected 0 or a size from 1.0E-150 to 1.0E150, as squares are summed, got ";
        refuse(r, new double[] {1e200, 3}, "C" + sizes + "1.0E200 for the largest; scale R and C");
        refuse(r, new double[] {0, -1e-200}, "C" + sizes + "1.0E-200 for the largest; scale R and C");
        refuse(Draws.scaled(1e160, r), new double[] {1, 3}, "R" + sizes + "2.0E160 for the largest; scale R and C");
        refuse(Draws.scaled(1e-160, r), new double[] {0, 0}, "R" + sizes + "2.0E-160 for the largest; scale R and C");
    }

    @Test
    void refusesAnIndefiniteMatrixWithItsEigenvalues() {
        // Correlations of -0.9 between each two of three inputs: every pair is possible, the three are not.
        double[] r = {1, -0.9, -0.9, -0.9, 1, -0.9, -0.9, -0.9, 1};
        try (Scope scope = device.scope()) {
            Quadratic fit = Quadratic.of(scope, 1, 3, r, new double[] {1, 1, 1});
            assertThatExceptionOfType(MatrixException.class)
                    .isThrownBy(fit::tau)
                    .satisfies(e -> assertThat(e.matrix()).isEqualTo("R"))
                    .withMessageStartingWith("R: expected a positive semidefinite matrix, got eigenvalues from -0.8");
        }
    }

    @Test
    void refusesWhatIsCorrelatedWithNothing() {
        // x_0 = x_1 in all data, yet y is told to go with x_0 - x_1: the problem has no least value.
        for (double part : new double[] {1, 1e-3, 1e-11}) {
            try (Scope scope = device.scope()) {
                Quadratic fit =
                        Quadratic.of(scope, 1, 2, new double[] {1, 1, 1, 1}, new double[] {1 + part, 1 - part});
                assertThatExceptionOfType(MatrixException.class)
                        .isThrownBy(fit::tau)
                        .satisfies(e -> assertThat(e.matrix()).isEqualTo("C"))
                        .withMessageStartingWith("C: not in the range of R: ");
            }
        }
        try (Scope scope = device.scope()) {
            float[] c = {1, Math.nextUp(1f)};
            Quadratic single = Quadratic.of(scope, 1, 2, new float[] {1, 1, 1, 1}, c);
            assertThat(single.tau()).isCloseTo(1, within(1e-6));
            assertThat(single.tauSlack()).isPositive();
        }
    }

    @Test
    void singlePrecisionIsAllowedItsRounding() {
        float[] r = {1, 0.5f, Math.nextUp(0.5f), 1};
        float[] c = {1, 2};
        try (Scope scope = device.scope()) {
            Quadratic fit = Quadratic.of(scope, 1, 2, r, c);
            double[] kept = fit.r().toArray();
            assertThat(kept[1]).isEqualTo(kept[2]);
            refuse(new double[] {1, 0.5f, Math.nextUp(0.5f), 1}, new double[] {1, 2}, null);
        }
    }

    @Test
    void problemsAreChecked() {
        Layer layer = Layer.random(Draws.random(), 2, 3, 9, false);
        try (Scope scope = device.scope()) {
            Quadratic fit = Quadratic.of(scope, 2, 3, layer.r(), layer.c());
            assertThatThrownBy(() -> new Problem(fit, 3, -1))
                    .hasMessage("lambda: expected a finite number, 0 or more, got -1.0");
            assertThatThrownBy(() -> new Problem(fit, 3, Double.NaN)).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> new Problem(fit, 1, 1))
                    .hasMessage("penalised: expected 3, or 2 with a bias as the last column, got 1");
            assertThatThrownBy(() -> Quadratic.withTau(scope, 2, 3, layer.r(), layer.c(), -1))
                    .hasMessageStartingWith("tau");
        }
    }

    private void refuse(double[] r, double[] c, String message) {
        try (Scope scope = device.scope()) {
            var thrown = assertThatExceptionOfType(MatrixException.class)
                    .isThrownBy(() -> Quadratic.of(scope, 1, 2, r, c));
            if (message != null) {
                thrown.withMessage(message)
                        .satisfies(e -> assertThat(e.matrix()).isEqualTo(message.substring(0, 1)));
            }
            assertThat(message == null || device.heldBytes() == 0).isTrue();
        }
    }
}
