package lnr.engine.solvers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.Random;
import java.util.stream.Stream;
import lnr.engine.Draws;
import lnr.engine.Layer;
import lnr.engine.MatrixException;
import lnr.engine.Problem;
import lnr.engine.Quadratic;
import lnr.engine.Solution;
import lnr.engine.Status;
import lnr.kernels.Device;
import lnr.kernels.Groups;
import lnr.kernels.Scope;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What holds at the optimum, whichever method found it. */
class OptimumTest {
    private static final int H = 6;
    private static final int D = 13;

    private final Device device = Device.open("cpu");
    private final Random random = Draws.random();

    @AfterEach
    void everythingIsGivenBack() {
        assertThat(device.heldBytes()).isZero();
        device.close();
    }

    static Solver[] solvers() {
        return Stream.concat(Solver.names().stream().map(Solver::named), Stream.of(new RestartedFista(Precision.FP32)))
                .map(solver -> solver.withStopping(Stopping.onChange(200_000).withChange(1e-12)))
                .toArray(Solver[]::new);
    }

    private Solution solve(Solver solver, Layer layer, double lambda) {
        try (Scope scope = device.scope()) {
            return solver.solve(layer.problem(scope, lambda));
        }
    }

    @ParameterizedTest
    @MethodSource("solvers")
    void lambdaMaxIsWhereTheFirstColumnEnters(Solver solver) {
        for (boolean bias : new boolean[] {false, true}) {
            Layer layer = Layer.random(random, H, D, 50, bias);
            try (Scope scope = device.scope()) {
                Problem problem = layer.problem(scope, 0);
                double max = problem.lambdaMax();
                for (double lambda : new double[] {max, 1.5 * max, 1e6 * max}) {
                    Solution none = solver.solve(problem.withLambda(lambda));
                    assertThat(none.support()).isEmpty();
                    assertThat(none.status()).isEqualTo(Status.CONVERGED);
                    assertThat(none.relativeGap()).isLessThan(1e-14);
                    for (int k = 0; k < H * (bias ? D - 1 : D); k++) {
                        assertThat(none.m()[k]).isZero();
                    }
                }
                assertThat(solver.solve(problem.withLambda(0.99 * max)).support()).isNotEmpty();
                // FISTA itself agrees with the shortcut.
                Solution at = solver.solve(problem.withLambda(max));
                Solution near = solver.solve(problem.withLambda(max * (1 - 1e-9)));
                assertThat(near.objective())
                        .isCloseTo(at.objective(), within(1e-9 * problem.fit().tau()));
            }
        }
    }

    @ParameterizedTest
    @MethodSource("solvers")
    void noPenaltyReconstructsEverything(Solver solver) {
        Layer layer = Layer.random(random, H, D, 200, true);
        Solution solution = solve(solver, layer, 0);
        assertThat(solution.objective()).isCloseTo(-0.5 * layer.tau(), within(1e-9 * layer.tau()));
        assertThat(Draws.distance(solution.m(), layer.w())).isLessThan(1e-5);
    }

    @ParameterizedTest
    @MethodSource("solvers")
    void fewerSamplesThanInputsAreNoObstacle(Solver solver) {
        Layer layer = Layer.random(random, H, D, D / 2, true);
        for (double lambda : new double[] {0, 1e-12, 1e-3}) {
            Solution solution = solve(solver, layer, lambda);
            assertThat(solution.relativeGap()).isLessThan(1e-7);
        }
    }

    @ParameterizedTest
    @MethodSource("solvers")
    void biasCanBeEliminated(Solver solver) {
        Layer layer = Layer.random(random, H, D, 60, true);
        int p = D - 1;
        double[] r = new double[p * p];
        double[] c = new double[H * p];
        double variance = layer.r()[D * D - 1];
        for (int j = 0; j < p; j++) {
            double share = layer.r()[j * D + p] / variance;
            for (int i = 0; i < p; i++) {
                r[j * p + i] = layer.r()[j * D + i] - layer.r()[p * D + i] * share;
            }
            for (int i = 0; i < H; i++) {
                c[j * H + i] = layer.c()[j * H + i] - layer.c()[p * H + i] * share;
            }
        }
        try (Scope scope = device.scope()) {
            Problem whole = layer.problem(scope, 0);
            double lambda = 0.2 * whole.lambdaMax();
            Problem reduced = new Problem(Quadratic.of(scope, H, p, r, c, 1e-10), p, lambda);
            assertThat(reduced.lambdaMax()).isCloseTo(whole.lambdaMax(), within(1e-12 * reduced.lambdaMax()));
            double[] expected = solver.solve(reduced).m();
            Solution solution = solver.solve(whole.withLambda(lambda));
            assertThat(Draws.distance(Arrays.copyOf(solution.m(), H * p), expected)).isLessThan(1e-7);
            double[] mr = Draws.product(H, D, D, solution.m(), layer.r());
            for (int i = 0; i < H; i++) { // the best bias leaves no mean
                assertThat(mr[p * H + i]).isCloseTo(layer.c()[p * H + i], within(1e-9));
            }
        }
    }

    @ParameterizedTest
    @MethodSource("solvers")
    void historyEndsAtTheObjective(Solver solver) {
        for (boolean bias : new boolean[] {false, true}) {
            Layer layer = Layer.random(random, H, D, 60, bias);
            for (double lambda : new double[] {0.02, 0}) {
                Solution solution = solve(solver, layer, lambda);
                double last = solution.history()[solution.iterations() - 1];
                assertThat(last).isCloseTo(solution.objective(), within(1e-9 * Math.abs(solution.objective())));
            }
        }
    }

    @ParameterizedTest
    @MethodSource("solvers")
    void scalingOutputsAndLambdaScalesTheAnswer(Solver solver) {
        Layer layer = Layer.random(random, H, D, 40, true);
        double[] plain = solve(solver, layer, 0.02).m();
        Layer larger = new Layer(
                H, D, true, Draws.scaled(-8, layer.w()), layer.r(), Draws.scaled(-8, layer.c()));
        double[] scaled = solve(solver, larger, 8 * 0.02).m();
        assertThat(Draws.distance(scaled, Draws.scaled(-8, plain))).isLessThan(1e-6);
        Layer everything = new Layer(
                H, D, true, layer.w(), Draws.scaled(1e-6, layer.r()), Draws.scaled(1e-6, layer.c()));
        assertThat(Draws.distance(solve(solver, everything, 0.02e-6).m(), plain)).isLessThan(1e-6);
    }

    @ParameterizedTest
    @MethodSource("solvers")
    void permutingInputsPermutesTheAnswer(Solver solver) {
        Layer layer = Layer.random(random, H, D, 40, false);
        double[] plain = solve(solver, layer, 0.03).m();
        double[] r = new double[D * D];
        double[] c = new double[H * D];
        double[] expected = new double[H * D];
        for (int j = 0; j < D; j++) {
            int from = (5 * j + 2) % D;
            for (int i = 0; i < D; i++) {
                r[j * D + i] = layer.r()[from * D + (5 * i + 2) % D];
            }
            System.arraycopy(layer.c(), from * H, c, j * H, H);
            System.arraycopy(plain, from * H, expected, j * H, H);
        }
        Solution permuted = solve(solver, new Layer(H, D, false, layer.w(), r, c), 0.03);
        assertThat(Draws.distance(permuted.m(), expected)).isLessThan(1e-7);
    }

    @ParameterizedTest
    @MethodSource("solvers")
    void deadInputsGetNothing(Solver solver) {
        Layer layer = Layer.random(random, H, D, 40, true);
        double[] r = layer.r().clone();
        double[] c = layer.c().clone();
        for (int j = 0; j < D; j++) {
            r[4 * D + j] = 0;
            r[j * D + 4] = 0;
        }
        Arrays.fill(c, 4 * H, 5 * H, 0);
        double[] start = new double[H * D];
        Arrays.fill(start, 0.01);
        try (Scope scope = device.scope()) {
            Problem problem = Problem.withBias(scope, H, D, r, c, 0.02);
            Solution solution = solver.solve(problem, start, Monitor.NONE);
            assertThat(solution.support()).isNotEmpty().doesNotContain(4);
            assertThat(solution.relativeGap()).isLessThan(1e-9);
        }
    }

    @ParameterizedTest
    @MethodSource("solvers")
    void repeatedInputsShareOneColumn(Solver solver) {
        // Input D - 1 repeats input 2: only the sum of their columns matters, and the penalty is least when they agree
        // in direction. The optimum is that of the problem with one of them.
        Layer layer = Layer.random(random, H, D, 40, false);
        double[] r = layer.r().clone();
        double[] c = layer.c().clone();
        for (int j = 0; j < D - 1; j++) {
            r[(D - 1) * D + j] = r[2 * D + j];
            r[j * D + D - 1] = r[2 * D + j];
        }
        r[D * D - 1] = r[2 * D + 2];
        System.arraycopy(c, 2 * H, c, (D - 1) * H, H);
        int p = D - 1;
        double[] smaller = new double[p * p];
        for (int j = 0; j < p; j++) {
            System.arraycopy(r, j * D, smaller, j * p, p);
        }
        try (Scope scope = device.scope()) {
            Solution both = solver.solve(Problem.of(scope, H, D, r, c, 0.02));
            Solution one = solver.solve(Problem.of(scope, H, p, smaller, Arrays.copyOf(c, H * p), 0.02));
            assertThat(both.objective()).isCloseTo(one.objective(), within(1e-10 * Math.abs(one.objective())));
            double[] folded = Arrays.copyOf(both.m(), H * p);
            for (int i = 0; i < H; i++) {
                folded[2 * H + i] += both.m()[p * H + i];
            }
            assertThat(Draws.distance(folded, one.m())).isLessThan(1e-5);
        }
    }

    @ParameterizedTest
    @MethodSource("solvers")
    void oneInputHasAClosedForm(Solver solver) {
        double[] c = {3, 4};
        try (Scope scope = device.scope()) {
            Solution solution = solver.solve(Problem.of(scope, 2, 1, new double[] {2}, c, 1));
            assertThat(solution.m()[0]).isCloseTo(3 * (1 - 1.0 / 5) / 2, within(1e-10));
            assertThat(solution.m()[1]).isCloseTo(4 * (1 - 1.0 / 5) / 2, within(1e-10));
            assertThat(solution.lambdaMax()).isCloseTo(5, within(1e-15 * 5));
            Solution bias = solver.solve(Problem.withBias(scope, 2, 1, new double[] {2}, c, 1));
            assertThat(bias.m()).containsExactly(1.5, 2);
        }
    }

    @ParameterizedTest
    @MethodSource("solvers")
    void oneOutputIsTheLasso(Solver solver) {
        Layer layer = Layer.random(random, 1, D, 80, false);
        try (Scope scope = device.scope()) {
            Problem problem = layer.problem(scope, 0);
            double lambda = 0.1 * problem.lambdaMax();
            double[] m = solver.solve(problem.withLambda(lambda)).m();
            double[] mr = Draws.product(1, D, D, m, layer.r());
            for (int j = 0; j < D; j++) { // the lasso's conditions of optimality
                double g = layer.c()[j] - mr[j];
                if (m[j] == 0) {
                    assertThat(Math.abs(g)).isLessThanOrEqualTo(lambda * (1 + 1e-8));
                } else {
                    assertThat(g).isCloseTo(lambda * Math.signum(m[j]), within(1e-7 * lambda));
                }
            }
        }
    }

    @Test
    void overflowIsNoAnswer() {
        double[] start = {1e300, -1e300};
        try (Scope scope = device.scope()) {
            Problem problem = Problem.of(scope, 1, 2, new double[] {2, 1, 1, 2}, new double[] {1e149, 3}, 1);
            for (Solver solver : new Solver[] {new ProximalGradient(), new Fista()}) {
                for (double gap : new double[] {0, 1e-3}) {
                    Solver stopping = solver.withStopping(solver.stopping().withGap(gap));
                    assertThatThrownBy(() -> stopping.solve(problem, start, Monitor.NONE))
                            .isInstanceOf(ArithmeticException.class)
                            .hasMessageContaining("expected a finite");
                }
            }
        }
    }

    // The best M is far from unique at small lambda, what solves for it nearly singular, and with a bias and one sample
    // nothing is left but rounding.
    @Test
    void aSampleOrTwoAreEnoughForNewton() {
        for (int trial = 0; trial < 60; trial++) {
            int size = new int[] {1, 1, 4, 16}[trial % 4];
            int p = size * (2 + random.nextInt(300 / size));
            boolean bias = trial % 3 == 0;
            int d = bias ? p + 1 : p;
            int h = 1 + random.nextInt(30);
            int n = 1 + random.nextInt(2);
            double[] x = Draws.normal(random, d * n);
            for (int i = 0; i < x.length; i++) {
                x[i] = bias && i % d == p ? 1 : Math.max(0, x[i]);
            }
            double[] r = Draws.gram(d, n, x, 1.0 / n);
            double[] c = Draws.product(h, d, d, Draws.normal(random, h * d), r);
            try (Scope scope = device.scope()) {
                Groups groups = Groups.ofSize(scope, p / size, size);
                Problem problem = new Problem(Quadratic.of(scope, h, d, r, c), groups, 0);
                for (double ratio : new double[] {0.9, 0.5, 0.1, 1e-2, 1e-3, 1e-4}) {
                    Solution solution = new SupportNewton().solve(problem.withLambda(ratio * problem.lambdaMax()));
                    assertThat(solution.status())
                            .as("trial %d, ratio %s: %s", trial, ratio, solution)
                            .isEqualTo(Status.CONVERGED);
                }
            }
        }
    }

    // More outputs than inputs are as many to Newton's method; what R does not know must not come in by that.
    @Test
    void silentAndRepeatedInputsOfManyOutputsAreNoDifferent() {
        int d = 20;
        int h = 30;
        int n = 60;
        double[] x = Draws.normal(random, d * n);
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < d; j++) {
                x[i * d + j] = Math.max(0, x[i * d + j]);
            }
            x[i * d + 5] = 0;
            x[i * d + 9] = x[i * d + 8];
        }
        double[] r = Draws.gram(d, n, x, 1.0 / n);
        double[] c = Draws.product(h, d, d, Draws.normal(random, h * d), r);
        try (Scope scope = device.scope()) {
            for (int size : new int[] {1, 2}) {
                Groups groups = Groups.ofSize(scope, d / size, size);
                Problem problem = new Problem(Quadratic.of(scope, h, d, r, c), groups, 0);
                for (double ratio : new double[] {0.5, 1e-2, 1e-4, 1e-6, 3e-8, 1e-8, 1e-10}) {
                    Solution solution = new SupportNewton().solve(problem.withLambda(ratio * problem.lambdaMax()));
                    assertThat(solution.status()).as("%s: %s", ratio, solution).isEqualTo(Status.CONVERGED);
                    assertThat(solution.iterations()).as("%s: %s", ratio, solution).isLessThanOrEqualTo(20);
                }
                SupportSearch.Found found = SupportSearch.columns(new SupportNewton(), problem, d, Monitor.NONE);
                assertThat(found.nearest().status()).isEqualTo(Status.CONVERGED);
                assertThat(found.nearest().columns()).hasSize(size == 1 ? d - 1 : d);
            }
        }
    }

    @Test
    void anIndefiniteRIsRefusedByItsEigenvalue() {
        double[] r = {1, 0.9, 0.9, 0.9, 1, -0.9, 0.9, -0.9, 1};
        double[] c = {1, 0.5, 0.3, 0.2, 0.4, 0.9};
        for (Solver solver : solvers()) {
            try (Scope scope = device.scope()) {
                assertThatThrownBy(() -> solver.solve(Problem.of(scope, 2, 3, r, c, 1e-3)))
                        .as(solver.name())
                        .isInstanceOf(MatrixException.class)
                        .hasMessageContaining("eigenvalues from -0.");
            }
        }
    }
}
