package lnr.engine.solvers;

import static lnr.engine.solvers.Moments.assertSameOptimum;
import static lnr.engine.solvers.Moments.rounding;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import lnr.engine.Draws;
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

/** Newton's method where problems are awkward: the gap it reaches, and the rounds that takes. */
class NewtonTest {
    private static final int ROUNDS = 20;

    /** Where R is singular or nearly, and lambda small: rounds may stall, and norms are smoothed for a while. */
    private static final int SINGULAR = 60;

    private final Device device = open();

    /** The device that solves. */
    Device open() {
        return Device.open("cpu");
    }

    /** How many problems drawn at random all methods are to agree on. */
    int problems() {
        return 200;
    }

    @AfterEach
    void everythingIsGivenBack() {
        assertThat(device.heldBytes()).isZero();
        device.close();
    }

    static Stream<Moments> cases() {
        Random random = Draws.random();
        return Stream.of(
                Moments.text("the text's", random, 100, 80, 200),
                Moments.text("more outputs than inputs", random, 30, 60, 170),
                Moments.scaled("plain", random, 60, 40, 7, j -> 1),
                Moments.scaled("inputs of sizes 1 to 1e-6", random, 200, 40, 7, j -> Math.pow(10, -6 * j / 39.0)),
                Moments.rank("rank 10 of 40", random, 10, 40, 7).withRounds(SINGULAR),
                Moments.rank("rank 1 of 12", random, 1, 12, 3),
                Moments.silent("every third input silent", random, 40, 7),
                Moments.twins("every input twice", random, 40, 7),
                Moments.illConditioned(random, 40, 7).withRounds(SINGULAR),
                Moments.scaled("one input", random, 60, 1, 7, j -> 1),
                Moments.scaled("one output", random, 90, 60, 1, j -> 1),
                Moments.scaled("one of each", random, 5, 1, 1, j -> 1));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void reachesTheGapInFewRounds(Moments moments) {
        reaches(moments, 1e-8);
        reaches(moments, 1e-12);
    }

    private void reaches(Moments moments, double gap) {
        try (Scope scope = device.scope()) {
            Problem problem = moments.problem(scope);
            for (double ratio : new double[] {1, 0.9, 0.5, 0.1, 0.01, 0.001}) {
                Solution solution = new SupportNewton(Stopping.onChange(moments.rounds()).withGap(gap))
                        .solve(problem.withLambda(ratio * problem.lambdaMax()));
                assertThat(solution.status()).as("lambda ratio %s: %s", ratio, solution).isEqualTo(Status.CONVERGED);
                assertThat(solution.relativeGap()).as("lambda ratio %s", ratio).isLessThanOrEqualTo(gap);
            }
        }
    }

    /** Where tau is not given, the least squares that it comes from are the start for small lambda. */
    @Test
    void leastSquaresIsAStartForSmallLambda() {
        Moments moments = Moments.scaled("dense", Draws.random(), 150, 60, 9, j -> 1 + 0.05 * j);
        try (Scope scope = device.scope()) {
            Problem given = moments.problem(scope);
            Quadratic computed = Quadratic.of(scope, moments.h(), moments.d(), moments.r(), moments.c());
            SupportNewton solver = new SupportNewton(Stopping.onChange(ROUNDS).withGap(1e-12));
            for (double ratio : new double[] {0.5, 0.1, 0.01, 1e-3, 1e-5}) {
                double lambda = ratio * given.lambdaMax();
                Solution sparse = solver.solve(given.withLambda(lambda));
                Solution dense = solver.solve(new Problem(computed, moments.d(), lambda));
                assertThat(dense.status()).as("ratio %s: %s", ratio, dense).isEqualTo(Status.CONVERGED);
                assertSameOptimum(dense, sparse, moments);
                assertThat(dense.support()).isEqualTo(sparse.support());
            }
        }
    }

    @Test
    void groupsOfUnequalSizeAndWeight() {
        Random random = Draws.random();
        Moments moments = Moments.scaled("groups", random, 150, 60, 9, j -> 1 + 0.05 * j);
        int[] starts = {0, 1, 4, 11, 12, 30, 60};
        double[] weights = {1, 0.5, 3, 0.25, 2, 4};
        try (Scope scope = device.scope()) {
            Problem all = new Problem(moments.problem(scope).fit(), Groups.of(scope, starts, weights), 0);
            for (double ratio : new double[] {0.9, 0.5, 0.1, 0.01}) {
                Problem problem = all.withLambda(ratio * all.lambdaMax());
                Solution newton = new SupportNewton(Stopping.onChange(ROUNDS).withGap(1e-12)).solve(problem);
                assertThat(newton.status()).as("ratio %s: %s", ratio, newton).isEqualTo(Status.CONVERGED);
                Solution fista = new Fista(10, Stopping.onChange(100_000).withGap(1e-10)).solve(problem);
                assertSameOptimum(newton, fista, moments);
                assertThat(newton.support()).isEqualTo(fista.support());
            }
        }
    }

    @Test
    void aPathMeetsTheSolvesFromZero() {
        Random random = Draws.random();
        for (int size : new int[] {1, 4}) {
            Moments moments = Moments.scaled("path", random, 150, 60, 9, j -> Math.pow(0.95, j));
            try (Scope scope = device.scope()) {
                Problem problem = new Problem(moments.problem(scope).fit(), Groups.ofSize(scope, 60 / size, size), 0);
                SupportNewton solver = new SupportNewton(Stopping.onChange(ROUNDS).withGap(1e-11));
                try (Path path = solver.path(problem)) {
                    for (double lambda : Path.lambdas(problem.lambdaMax(), 20, 1e-3)) {
                        Solution along = path.at(lambda, Monitor.NONE);
                        Solution alone = solver.solve(problem.withLambda(lambda));
                        assertThat(along.status()).as(along.toString()).isEqualTo(Status.CONVERGED);
                        assertThat(along.relativeGap()).isLessThanOrEqualTo(1e-11);
                        assertSameOptimum(along, alone, moments);
                    }
                    // Back up, by leaps: groups that no longer belong leave again.
                    for (double ratio : new double[] {0.5, 0.01, 0.9, 1, 0.2}) {
                        Solution along = path.at(ratio * problem.lambdaMax(), Monitor.NONE);
                        Solution alone = solver.solve(problem.withLambda(ratio * problem.lambdaMax()));
                        assertSameOptimum(along, alone, moments);
                        assertThat(along.support()).isEqualTo(alone.support());
                    }
                }
            }
        }
    }

    /** Where few rounds are asked for, the last may not be Newton's, and its factors not what the path goes on by. */
    @Test
    void aPathOfGroupsGoesOnAfterAnyRound() {
        Random random = Draws.random();
        Moments moments = Moments.text("groups", random, 48, 40, 60);
        for (double gap : new double[] {1e-1, 1e-2, 1e-4, 1e-8}) {
            try (Scope scope = device.scope()) {
                Quadratic fit = Quadratic.of(scope, moments.h(), moments.d(), moments.r(), moments.c());
                Problem problem = new Problem(fit, Groups.ofSize(scope, 12, 4), 0);
                SupportNewton solver = new SupportNewton(Stopping.onChange(ROUNDS).withGap(gap));
                for (double least : new double[] {1e-1, 1e-3}) {
                    try (Path path = solver.path(problem)) {
                        for (double lambda : Path.lambdas(problem.lambdaMax(), 5, least)) {
                            Solution solution = path.at(lambda, Monitor.NONE);
                            assertThat(solution.status()).as(solution.toString()).isEqualTo(Status.CONVERGED);
                            assertThat(solution.relativeGap()).isLessThanOrEqualTo(gap);
                        }
                    }
                }
            }
        }
    }

    /** What a bias leaves of R has the rounding of R, not of what is left. */
    @Test
    void inputsOfLargeMeanAreNotTakenForIndefinite() {
        Random random = Draws.random();
        int d = 12;
        int n = 100;
        for (double mean : new double[] {1, 30, 1e3, 1e5}) {
            double[] x = Draws.product(d, 4, n, Draws.normal(random, d * 4), Draws.normal(random, 4 * n));
            double[] withBias = new double[(d + 1) * n];
            for (int t = 0; t < n; t++) {
                for (int j = 0; j < d; j++) {
                    withBias[t * (d + 1) + j] = mean + 0.1 * x[t * d + j];
                }
                withBias[t * (d + 1) + d] = 1;
            }
            double[] r = Draws.gram(d + 1, n, withBias, 1.0 / n);
            double[] c = Draws.product(5, d + 1, d + 1, Draws.normal(random, 5 * (d + 1)), r);
            try (Scope scope = device.scope()) {
                Problem problem = Problem.withBias(scope, 5, d + 1, r, c, 0);
                Solution solution = new SupportNewton().solve(problem.withLambda(0.1 * problem.lambdaMax()));
                assertThat(solution.gap()).isFinite();
                assertThat(solution.status() == Status.CONVERGED)
                        .as("mean %s: %s", mean, solution)
                        .isEqualTo(solution.relativeGap() <= 1e-10);
            }
        }
    }

    /** Its objective is infinite, its gap not a number. */
    @Test
    void aStartBeyondDoublePrecisionIsLeftBehind() {
        Moments moments = Moments.scaled("start", Draws.random(), 60, 12, 3, j -> 1);
        try (Scope scope = device.scope()) {
            Problem problem = moments.problem(scope);
            double[] start = new double[3 * 12];
            start[0] = 1e160;
            Solution solution =
                    new SupportNewton().solve(problem.withLambda(0.1 * problem.lambdaMax()), start, Monitor.NONE);
            assertThat(solution.status()).as(solution.toString()).isEqualTo(Status.CONVERGED);
            assertThat(solution.relativeGap()).isLessThanOrEqualTo(1e-10);
        }
    }

    @Test
    void aBatchGivesWhatSolvesAloneGive() {
        Random random = Draws.random();
        Moments one = Moments.scaled("one", random, 150, 60, 9, j -> 1);
        Moments other = Moments.scaled("other", random, 90, 33, 5, j -> 1 + j);
        SupportNewton solver = new SupportNewton(Stopping.onChange(ROUNDS).withGap(1e-11));
        try (Scope scope = device.scope()) {
            List<Problem> problems = new ArrayList<>();
            for (Moments moments : new Moments[] {one, other}) {
                Problem problem = moments.problem(scope);
                for (double ratio : new double[] {0.9, 0.1, 0.02, 1.5}) {
                    problems.add(problem.withLambda(ratio * problem.lambdaMax()));
                }
            }
            List<Solution> together = Batch.solve(solver, problems, Monitor.NONE);
            for (int i = 0; i < problems.size(); i++) {
                assertThat(together.get(i).m()).isEqualTo(solver.solve(problems.get(i)).m());
            }
            Problem problem = one.problem(scope);
            double[] lambdas = Path.lambdas(problem.lambdaMax(), 30, 1e-3);
            List<Solution> path = Batch.solve(solver, problem, lambdas, Monitor.NONE);
            for (int i = 0; i < lambdas.length; i++) {
                assertThat(path.get(i).lambda()).isEqualTo(lambdas[i]);
                assertThat(path.get(i).relativeGap()).isLessThanOrEqualTo(1e-11);
            }
            // Whoever says no stops them all, with answers that tell what they are worth.
            AtomicInteger calls = new AtomicInteger();
            List<Solution> stopped = Batch.solve(solver, problem, lambdas, (i, p, gap) -> calls.incrementAndGet() < 5);
            assertThat(stopped).anyMatch(solution -> solution.status() == Status.STOPPED);
            assertThat(calls).hasValue(5);
            assertThatThrownBy(() -> Batch.solve(solver, problem, new double[] {1, Double.NaN, -1}, Monitor.NONE))
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void allMethodsAgreeOnManyProblems() {
        Random random = Draws.random();
        for (int i = 0; i < problems(); i++) {
            int d = 1 + random.nextInt(12);
            int h = 1 + random.nextInt(8);
            int n = d + 1 + random.nextInt(30);
            Moments moments = Moments.scaled("problem " + i, random, n, d, h, j -> 1 + 0.1 * j);
            int size = random.nextBoolean() ? 1 : 1 + random.nextInt(d);
            double ratio = Math.pow(10, -2 * random.nextDouble());
            try (Scope scope = device.scope()) {
                Problem all = new Problem(moments.problem(scope).fit(), groups(scope, d, size), 0);
                Problem problem = all.withLambda(ratio * all.lambdaMax());
                double gap = 1e-8;
                Solution newton = new SupportNewton(Stopping.onChange(100).withGap(gap)).solve(problem);
                assertThat(newton.status()).as("%s, %s", moments, newton).isEqualTo(Status.CONVERGED);
                for (String name : Solver.names()) {
                    Solver solver = Solver.named(name);
                    Solution solution = solver.withStopping(solver.stopping().withGap(gap)).solve(problem);
                    assertThat(solution.status()).as("%s, %s", moments, solution).isEqualTo(Status.CONVERGED);
                    assertSameOptimum(solution, newton, moments);
                }
            }
        }
    }

    /** Groups of {@code size} columns, the last of what is left. */
    private static Groups groups(Scope scope, int d, int size) {
        int count = (d + size - 1) / size;
        int[] starts = new int[count + 1];
        double[] weights = new double[count];
        for (int k = 0; k < count; k++) {
            starts[k + 1] = Math.min(d, (k + 1) * size);
            weights[k] = Math.sqrt(starts[k + 1] - starts[k]);
        }
        return Groups.of(scope, starts, weights);
    }

    @Test
    void twoThreadsOnOneDeviceFindWhatOneFinds() throws Exception {
        Random random = Draws.random();
        Moments one = Moments.scaled("one", random, 90, 40, 9, j -> 1);
        Moments other = Moments.scaled("other", random, 90, 33, 5, j -> 1 + j);
        SupportNewton solver = new SupportNewton(Stopping.onChange(ROUNDS).withGap(1e-11));
        double[][] alone = {solve(solver, one), solve(solver, other)};
        double[][] together = new double[2][];
        Thread thread = new Thread(() -> together[1] = solve(solver, other));
        thread.start();
        together[0] = solve(solver, one);
        thread.join();
        assertThat(together[0]).isEqualTo(alone[0]);
        assertThat(together[1]).isEqualTo(alone[1]);
    }

    private double[] solve(Solver solver, Moments moments) {
        try (Scope scope = device.scope()) {
            Problem problem = moments.problem(scope);
            return solver.solve(problem.withLambda(0.05 * problem.lambdaMax())).m();
        }
    }

    /** The least of P on grids ever finer around the least so far, for h = 1 and d = 2: no method, only P itself. */
    @Test
    void nothingNearbyIsBetter() {
        Random random = Draws.random();
        for (int i = 0; i < 20; i++) {
            Moments moments = Moments.scaled("grid " + i, random, 10, 2, 1, j -> 1 + j);
            try (Scope scope = device.scope()) {
                Problem problem = moments.problem(scope);
                double lambda = random.nextDouble() * problem.lambdaMax();
                Solution solution = new SupportNewton().solve(problem.withLambda(lambda));
                double[] centre = new double[2];
                double best = value(moments, lambda, centre);
                for (double width = 8; width > 1e-9; width *= 0.7) {
                    double[] middle = centre.clone();
                    for (int a = -10; a <= 10; a++) {
                        for (int b = -10; b <= 10; b++) {
                            double[] m = {middle[0] + a * width / 10, middle[1] + b * width / 10};
                            double value = value(moments, lambda, m);
                            if (value < best) {
                                best = value;
                                centre = m;
                            }
                        }
                    }
                }
                double rounding = rounding(solution, moments);
                assertThat(solution.objective())
                        .isCloseTo(value(moments, lambda, solution.m()), within(rounding))
                        .isLessThanOrEqualTo(best + solution.gap() + rounding);
            }
        }
    }

    private static double value(Moments moments, double lambda, double[] m) {
        double[] r = moments.r();
        double fit = 0.5 * (m[0] * m[0] * r[0] + 2 * m[0] * m[1] * r[1] + m[1] * m[1] * r[3])
                - moments.c()[0] * m[0] - moments.c()[1] * m[1];
        return fit + lambda * (Math.abs(m[0]) + Math.abs(m[1]));
    }

    /** Tr(C R^+ C') = 1e450: no gap can be told from another. */
    @Test
    void momentsWhoseTraceOverflowsAreRefused() {
        try (Scope scope = device.scope()) {
            Problem problem = Problem.of(scope, 1, 1, new double[] {1e-150}, new double[] {1e150}, 1);
            assertThatThrownBy(() -> new SupportNewton().solve(problem))
                    .isInstanceOf(ArithmeticException.class)
                    .hasMessageStartingWith("tau: expected a finite number, got Infinity");
        }
    }
}
