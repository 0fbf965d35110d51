package lnr.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import lnr.engine.solvers.AlternatingMinimization;
import lnr.engine.solvers.Fista;
import lnr.engine.solvers.Monitor;
import lnr.engine.solvers.Stopping;
import lnr.kernels.Device;
import lnr.kernels.F64;
import lnr.kernels.Scope;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class CertificateTest {
    private static final int H = 5;
    private static final int D = 11;
    private static final double[] RATIOS = {0, 0.01, 0.2, 0.7, 0.999, 1, 1.5};

    private final Device device = Device.open("cpu");

    @AfterEach
    void everythingIsGivenBack() {
        assertThat(device.heldBytes()).isZero();
        device.close();
    }

    @Test
    void boundsTheTrueGapOfAnyMatrix() {
        Random random = Draws.random();
        for (boolean bias : new boolean[] {false, true}) {
            for (int samples : new int[] {6, 40}) {
                Layer layer = Layer.random(random, H, D, samples, bias);
                for (double ratio : RATIOS) {
                    try (Scope scope = device.scope()) {
                        Problem first = layer.problem(scope, 0);
                        Problem problem = first.withLambda(ratio * first.lambdaMax());
                        boundsTheTrueGap(random, layer, problem, scope);
                    }
                }
            }
        }
    }

    private void boundsTheTrueGap(Random random, Layer layer, Problem problem, Scope scope) {
        Solution best = new Fista(10, Stopping.onChange(200_000).withChange(1e-13)).solve(problem);
        double tau = problem.fit().tau();
        double rounding = 1e-13 * tau;
        assertThat(best.relativeGap()).isLessThan(1e-8);
        assertThat(best.objective()).isCloseTo(layer.objective(problem.lambda(), best.m()), within(rounding));
        Certificate certificate = new Certificate(problem, scope);
        for (int trial = 0; trial < 20; trial++) {
            double size = Math.pow(10, 2 - 8 * random.nextDouble());
            double[] noise = Draws.normal(random, H * D);
            double[] m = trial == 0 ? layer.w().clone() : best.m().clone();
            for (int k = 0; k < H * D; k++) {
                m[k] = trial % 3 == 1 ? m[k] * size : m[k] + size * noise[k];
            }
            F64 at = scope.f64(m);
            Certificate.Gap gap = certificate.at(at);
            double objective = layer.objective(problem.lambda(), m);
            assertThat(gap.objective()).isCloseTo(objective, within(1e-12 * (tau + Math.abs(objective)) * (1 + size)));
            assertThat(gap.gap())
                    .isGreaterThanOrEqualTo(objective - best.objective() - rounding - 1e-12 * Math.abs(objective));
            assertThat(gap.relativeGap()).isEqualTo(gap.gap() == 0 ? 0 : gap.gap() / (0.5 * tau));
            F64 product = scope.f64(H * D);
            problem.fit().product(at, product);
            assertThat(certificate.at(at, product).gap())
                    .isCloseTo(gap.gap(), within(rounding + 1e-9 * gap.gap() * (1 + size)));
        }
    }

    @Test
    void refusesATauThatIsLessThanWhatIsExplained() {
        Layer layer = Layer.random(Draws.random(), H, D, 60, false);
        try (Scope scope = device.scope()) {
            double[] exact = layer.w();
            for (double share : new double[] {0, 0.5, 0.999999, 1, 2}) {
                Quadratic fit = Quadratic.withTau(scope, H, D, layer.r(), layer.c(), share * layer.tau());
                Certificate certificate = new Certificate(new Problem(fit, D, 0.1), scope);
                if (share < 1) {
                    assertThatThrownBy(() -> certificate.at(scope.f64(exact)))
                            .isInstanceOf(MatrixException.class)
                            .hasMessageStartingWith("tau: expected E||y||^2, which is ");
                } else {
                    assertThat(certificate.at(scope.f64(exact)).gap()).isGreaterThan(0);
                }
            }
        }
    }

    @Test
    void vanishesAtTheOptimum() {
        Random random = Draws.random();
        for (boolean bias : new boolean[] {false, true}) {
            Layer layer = Layer.random(random, H, D, 60, bias);
            try (Scope scope = device.scope()) {
                Problem first = layer.problem(scope, 0);
                for (double ratio : RATIOS) {
                    Problem problem = first.withLambda(ratio * first.lambdaMax());
                    Solution best = new AlternatingMinimization(50, new Fista(10, Stopping.onChange(100_000)
                                    .withChange(1e-14)))
                            .solve(problem);
                    assertThat(best.relativeGap()).isLessThan(1e-11);
                }
            }
        }
    }

    @Test
    void anyLargerTauServes() {
        Layer layer = Layer.random(Draws.random(), H, D, 40, true);
        try (Scope scope = device.scope()) {
            Problem problem = layer.problem(scope, 0.01);
            double[] m = layer.w();
            double tight = new Certificate(problem, scope).at(scope.f64(m)).gap();
            Quadratic loose = Quadratic.withTau(scope, H, D, layer.r(), layer.c(), 3 * layer.tau());
            double gap = new Certificate(new Problem(loose, D - 1, 0.01), scope).at(scope.f64(m)).gap();
            double best = new Fista().solve(problem).objective();
            assertThat(gap).isGreaterThanOrEqualTo(layer.objective(0.01, m) - best - 1e-12);
            assertThat(gap).isGreaterThanOrEqualTo(tight - 1e-12);
        }
    }

    @Test
    void inputsOfLittlePowerCount() {
        // Diagonal R: the optimum is -1/2 sum_j (|C_j| - lambda)^2_+ / R_jj, whatever has been dropped.
        for (double small : new double[] {1e-4, 1e-6, 1e-8, 1e-10, 1e-13, 1e-14}) {
            double root = Math.sqrt(small);
            for (double share : new double[] {1e-3, 0.3, 1, 30}) {
                for (double ratio : new double[] {0, 1e-3, 0.5}) {
                    double[] r = {1, 0, 0, small};
                    double[] c = {1, share * root};
                    double lambda = ratio * share * root;
                    try (Scope scope = device.scope()) {
                        certifies(Problem.of(scope, 1, 2, r, c, lambda), r, c);
                        float[] rf = {1, 0, 0, (float) small};
                        float[] cf = {1, (float) (share * root)};
                        Quadratic fit = Quadratic.of(scope, 1, 2, rf, cf);
                        certifies(new Problem(fit, 2, lambda), Moments.widen(rf), Moments.widen(cf));
                    }
                }
            }
        }
    }

    @Test
    void inputsOfAnotherSizeCount() {
        for (double small : new double[] {1e-17, 1e-20}) { // rounding, next to the other eigenvalue
            double[] r = {1, 0, 0, small};
            double[] c = {1, 0.5 * Math.sqrt(small)};
            try (Scope scope = device.scope()) {
                certifies(Problem.of(scope, 1, 2, r, c, 0), r, c);
            }
        }
    }

    private void certifies(Problem problem, double[] r, double[] c) {
        double best = 0;
        for (int j = 0; j < 2; j++) {
            double excess = Math.max(0, Math.abs(c[j]) - problem.lambda());
            best -= 0.5 * excess * excess / r[3 * j];
        }
        double rounding = 1e-13 * problem.fit().tau();
        assertThat(problem.fit().tau()).isCloseTo(c[0] * c[0] / r[0] + c[1] * c[1] / r[3], within(rounding));
        Solution solution = new Fista(10, Stopping.onChange(100)).solve(problem);
        assertThat(solution.gap()).isGreaterThanOrEqualTo(solution.objective() - best - rounding);
        try (Scope scope = device.scope()) {
            for (double share : new double[] {0, 0.5, 1}) {
                double[] m = {c[0] / r[0], share * c[1] / r[3]};
                Certificate.Gap gap = new Certificate(problem, scope).at(scope.f64(m));
                assertThat(gap.gap()).isGreaterThanOrEqualTo(gap.objective() - best - rounding);
            }
        }
    }

    @Test
    void cancellationIsRoundedUp() {
        // R = I, C whole numbers, M = C (1 + e): the gap is e^2 tau / 2, the size of a rounding of what it comes from.
        Random random = Draws.random();
        double e = Math.scalb(1.0, -26);
        for (int d : new int[] {1, 7, 60}) {
            double[] c = new double[H * d];
            for (int k = 0; k < c.length; k++) {
                c[k] = random.nextInt(9) - 4;
            }
            c[0] = 1;
            double[] r = new double[d * d];
            for (int j = 0; j < d; j++) {
                r[j * d + j] = 1;
            }
            double tau = Draws.inner(c, c);
            try (Scope scope = device.scope()) {
                for (Quadratic fit : new Quadratic[] {
                    Quadratic.of(scope, H, d, r, c), Quadratic.withTau(scope, H, d, r, c, tau)
                }) {
                    Problem problem = new Problem(fit, d, 0);
                    double gap = new Certificate(problem, scope)
                            .at(scope.f64(Draws.scaled(1 + e, c)))
                            .gap();
                    double terms = H * d + H + 4 * d + 10;
                    assertThat(gap).isBetween(0.5 * e * e * tau, 4 * terms * Math.ulp(1.0) * (1 + d) * tau);
                }
            }
        }
    }

    @Test
    void nothingToReconstructIsReconstructed() {
        for (double[] r : new double[][] {{2, 1, 1, 2}, {0, 0, 0, 0}}) {
            for (double lambda : new double[] {0, 0.1}) {
                try (Scope scope = device.scope()) {
                    Solution none = new Fista().solve(Problem.of(scope, 1, 2, r, new double[2], lambda));
                    assertThat(none.m()).containsOnly(0);
                    assertThat(none.gap()).isZero();
                    assertThat(none.relativeGap()).isZero();
                }
            }
        }
    }

    @Test
    void biasWithoutDataIsHarmless() {
        // R_uu = 0: no sample at all had the constant input.
        double[] r = {2, 1, 0, 1, 2, 0, 0, 0, 0};
        double[] c = {1, -1, 0};
        try (Scope scope = device.scope()) {
            Problem problem = Problem.withBias(scope, 1, 3, r, c, 0.1);
            assertThat(problem.lambdaMax()).isEqualTo(1);
            Solution solution = new Fista().solve(problem, new double[] {0, 0, 5}, Monitor.NONE);
            assertThat(solution.relativeGap()).isLessThan(1e-10);
            Solution none = new Fista().solve(problem.withLambda(2));
            assertThat(none.m()).containsOnly(0);
            assertThat(none.gap()).isZero();
        }
    }
}
