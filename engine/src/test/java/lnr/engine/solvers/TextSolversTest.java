package lnr.engine.solvers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Arrays;
import lnr.engine.Draws;
import lnr.engine.Layer;
import lnr.engine.Problem;
import lnr.engine.Solution;
import lnr.engine.Status;
import lnr.kernels.Device;
import lnr.kernels.Scope;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The text's solvers on the text's toy problem, lambda = 0.1. */
class TextSolversTest {
    private static final Layer TOY = Layer.toy();
    private static final double LAMBDA = 0.1;

    private final Device device = Device.open("cpu");

    @AfterEach
    void everythingIsGivenBack() {
        assertThat(device.heldBytes()).isZero();
        device.close();
    }

    private Solution solve(Solver solver) {
        try (Scope scope = device.scope()) {
            return solver.solve(TOY.problem(scope, LAMBDA));
        }
    }

    @Test
    void allMethodsFindTheSameOptimum() {
        Solution[] found =
                Solver.names().stream().map(name -> solve(Solver.named(name))).toArray(Solution[]::new);
        double best = Arrays.stream(found).mapToDouble(Solution::objective).min().orElseThrow();
        for (Solution solution : found) {
            assertThat(solution.status()).isEqualTo(Status.CONVERGED);
            assertThat(solution.objective()).isCloseTo(best, within(1e-9 * Math.abs(best)));
            assertThat(solution.objective())
                    .isCloseTo(TOY.objective(LAMBDA, solution.m()), within(1e-11 * Math.abs(best)));
            assertThat(solution.history()).hasSize(solution.iterations());
            assertThat(solution.history()[solution.iterations() - 1]).isCloseTo(best, within(1e-9 * Math.abs(best)));
            assertThat(solution.gap()).isLessThan(1e-6 * Math.abs(best));
            assertThat(solution.support()).isEqualTo(found[0].support());
        }
    }

    @Test
    void fistaReachesItForEveryLookAhead() {
        double best = solve(new Fista()).objective();
        double[] start = new double[TOY.h() * TOY.d()];
        Arrays.fill(start, 0.01);
        for (double q : new double[] {1, 5, 50, 250}) {
            try (Scope scope = device.scope()) {
                Solution solution = new Fista(q).solve(TOY.problem(scope, LAMBDA), start, Monitor.NONE);
                assertThat(solution.objective()).isCloseTo(best, within(1e-9 * Math.abs(best)));
                assertThat(solution.history()[0])
                        .isCloseTo(TOY.objective(LAMBDA, start), within(1e-11 * Math.abs(best)));
            }
        }
    }

    @Test
    void proximalGradientNeverRises() {
        double[] history = solve(new ProximalGradient()).history();
        assertThat(history[0]).isZero();
        for (int k = 1; k < history.length; k++) {
            assertThat(history[k]).isLessThanOrEqualTo(history[k - 1] + 1e-12 * Math.abs(history[k]));
        }
    }

    @Test
    void alternatingMinimisationNeverRisesInItsRounds() {
        double[] history = solve(new AlternatingMinimization()).history();
        for (int k = 1; k < 50; k++) {
            assertThat(history[k]).isLessThanOrEqualTo(history[k - 1] + 1e-9 * Math.abs(history[k]));
        }
    }

    @Test
    void historyIsTheObjectiveOfTheRounds() {
        // One round, then one step: the step's history entry is the objective where the round led.
        Solution solution = solve(new AlternatingMinimization(1, new Fista(10, Stopping.onChange(1))));
        assertThat(solution.iterations()).isEqualTo(2);
        assertThat(solution.history()[0])
                .isCloseTo(solution.history()[1], within(1e-11 * Math.abs(solution.history()[1])));
    }

    // An input that is always 0 makes R singular, and lambda = 0 leaves it so. Blocks of 10, 10 and 3 rounds.
    @Test
    void roundsAreDampedWhereTheirMatrixIsSingular() {
        Layer layer = Layer.random(Draws.random(), 3, 8, 40, true);
        double[] r = layer.r();
        double[] w = layer.w();
        for (int j = 0; j < 8; j++) {
            r[4 * 8 + j] = 0;
            r[j * 8 + 4] = 0;
        }
        Layer dead = new Layer(3, 8, true, w, r, Draws.product(3, 8, 8, w, r));
        try (Scope scope = device.scope()) {
            Problem problem = dead.problem(scope, 0);
            Solution solution = new AlternatingMinimization(23, new Fista(10, Stopping.onChange(1))).solve(problem);
            assertThat(solution.iterations()).isEqualTo(24);
            assertThat(solution.history()[22]).isCloseTo(-0.5 * dead.tau(), within(1e-11 * dead.tau()));
            assertThat(solution.history()[23]).isCloseTo(solution.history()[22], within(1e-11 * dead.tau()));
        }
    }

    @Test
    void oneStepOfFistaIsTheTextsFormula() {
        Layer layer = Layer.random(Draws.random(), 3, 5, 40, true);
        double[] start = Draws.normal(Draws.random(), 15);
        try (Scope scope = device.scope()) {
            Problem problem = layer.problem(scope, 0.05);
            double[] m = new Fista(10, Stopping.onChange(1)).solve(problem, start, Monitor.NONE).m();
            double step = 1 / problem.fit().lipschitz();
            double[] expected = Draws.product(3, 5, 5, start, layer.r());
            for (int k = 0; k < 15; k++) {
                expected[k] = start[k] - step * (expected[k] - layer.c()[k]);
            }
            for (int j = 0; j < 4; j++) {
                double norm = Draws.norm(3, expected, j);
                for (int i = 0; i < 3; i++) {
                    expected[3 * j + i] *= norm > 0.05 * step ? 1 - 0.05 * step / norm : 0;
                }
            }
            assertThat(Draws.distance(m, expected)).isLessThan(1e-13);
        }
    }

    @Test
    void sameSolveSameBits() {
        for (String name : Solver.names()) {
            Solution first = solve(Solver.named(name));
            Solution second = solve(Solver.named(name));
            assertThat(second.m()).isEqualTo(first.m());
            assertThat(second.history()).isEqualTo(first.history());
            assertThat(second.gap()).isEqualTo(first.gap());
        }
    }

    // Blocks of 1, 7, 10, 16 and 16 + 1 steps; the rule fires inside some.
    @Test
    void stepsAreTheSameInBlocksOfAnySize() {
        for (Solver solver : List.of(new Fista(), new ProximalGradient())) {
            Solution one = solve(solver.withStopping(solver.stopping().withEvery(1)));
            for (int every : new int[] {7, 10, 16, 17}) {
                Solution blocks = solve(solver.withStopping(solver.stopping().withEvery(every)));
                assertThat(blocks.m()).isEqualTo(one.m());
                assertThat(blocks.history()).isEqualTo(one.history());
                assertThat(blocks.gap()).isEqualTo(one.gap());
            }
        }
    }

    @Test
    void stopsOnTheCertificate() {
        for (String name : Solver.names()) {
            Solution solution = solve(Solver.named(name).withStopping(Stopping.onChange(100_000).withGap(1e-5)));
            assertThat(solution.status()).isEqualTo(Status.CONVERGED);
            assertThat(solution.relativeGap()).isLessThanOrEqualTo(1e-5);
        }
        Solution out = solve(new Fista(10, Stopping.onChange(3).withGap(1e-12)));
        assertThat(out.status()).isEqualTo(Status.MAX_ITERATIONS);
        assertThat(out.iterations()).isEqualTo(3);
    }

    @Test
    void theMonitorMayStopASolve() {
        for (String name : Solver.names()) {
            try (Scope scope = device.scope()) {
                Solver solver = Solver.named(name);
                int second = 2 * solver.stopping().every();
                Solution solution = solver.solve(
                        TOY.problem(scope, LAMBDA), new double[200 * 100], (k, objective, gap) -> k < second);
                assertThat(solution.status()).isEqualTo(Status.STOPPED);
                assertThat(solution.iterations()).isEqualTo(second);
                assertThat(solution.gap()).isPositive();
            }
        }
    }

    @Test
    void whatTheMonitorThrowsLeavesNothingBehind() {
        for (String name : Solver.names()) {
            try (Scope scope = device.scope()) {
                Problem problem = TOY.problem(scope, LAMBDA);
                problem.fit().tau(); // kept by the problem, as is least squares
                long before = device.heldBytes();
                Monitor impatient = (k, objective, gap) -> {
                    throw new IllegalStateException("enough");
                };
                assertThatThrownBy(() -> Solver.named(name).solve(problem, new double[200 * 100], impatient))
                        .hasMessage("enough");
                assertThat(device.heldBytes()).isEqualTo(before);
            }
        }
    }

    @Test
    void methodsGoByName() {
        assertThat(Solver.named("proximal_gradient_descent")).isEqualTo(Solver.named("proximal-gradient"));
        assertThat(Solver.named("alternate_minimization")).isEqualTo(Solver.named("alternating-minimization"));
        for (String name : Solver.names()) {
            assertThat(Solver.named(name).name()).isEqualTo(name);
        }
        assertThatThrownBy(() -> Solver.named("simplex"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("method: expected one of proximal-gradient, fista, alternating-minimization, newton,"
                        + " restarted-fista, got 'simplex'");
    }

    @Test
    void parametersAreChecked() {
        assertThatThrownBy(() -> new Fista(0)).hasMessage("q: expected a finite number, more than 0, got 0.0");
        assertThatThrownBy(() -> new Fista(Double.NaN)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> Stopping.onChange(0)).hasMessage("cap: expected 1 or more, got 0");
        assertThatThrownBy(() -> Stopping.onChange(1).withChange(0)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> Stopping.onChange(1).withGap(-1)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> Stopping.onChange(1).withEvery(0)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new AlternatingMinimization(0, new Fista())).hasMessageStartingWith("rounds");
        try (Scope scope = device.scope()) {
            Problem problem = TOY.problem(scope, LAMBDA);
            assertThatThrownBy(() -> new Fista().solve(problem, new double[3], Monitor.NONE))
                    .hasMessage("start: expected 200 x 100 = 20000 numbers, got 3");
            double[] start = new double[200 * 100];
            start[7] = Double.NaN;
            assertThatThrownBy(() -> new Fista().solve(problem, start, Monitor.NONE))
                    .hasMessage("start: expected finite numbers, got NaN");
        }
    }
}
