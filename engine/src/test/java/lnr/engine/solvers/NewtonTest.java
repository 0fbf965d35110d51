package lnr.engine.solvers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assertions.withinPercentage;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntToDoubleFunction;
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
import org.junit.jupiter.params.provider.ValueSource;

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

    /** Moments of x (d, n) and y = W x. */
    private record Case(String name, int h, int d, double[] r, double[] c, double tau, int rounds) {
        static Case of(String name, int h, int d, int n, double[] x, double[] w) {
            double[] r = Draws.gram(d, n, x, 1.0 / n);
            double[] c = Draws.product(h, d, d, w, r);
            return new Case(name, h, d, r, c, Draws.inner(c, w), ROUNDS);
        }

        Case within(int other) {
            return new Case(name, h, d, r, c, tau, other);
        }

        Problem problem(Scope scope) {
            return new Problem(Quadratic.withTau(scope, h, d, r, c, tau), d, 0);
        }

        @Override
        public String toString() {
            return name;
        }
    }

    /** P is above its least by no more than either's gap; see {@link #rounding}. */
    private static void assertSameOptimum(Solution one, Solution other, Case moments) {
        double bound = Math.max(one.gap(), other.gap()) + rounding(one, moments) + rounding(other, moments);
        assertThat(one.objective())
                .as("%s, %s, %s", moments, one, other)
                .isCloseTo(other.objective(), within(bound));
    }

    /**
     * What rounding takes from an optimum's objective and gap, at most: P = -&lt;C + G, M&gt; / 2 + lambda g(M) and a gap
     * are sums of h d products and norms, G = C - M R of d + 1, and lambda g(M) is &lt;G, M&gt;.
     */
    private static double rounding(Solution solution, Case moments) {
        int h = moments.h();
        int d = moments.d();
        double[] m = solution.m();
        double size = 0; // <|M|, |C| + |M| |R|>
        for (int j = 0; j < d; j++) {
            for (int i = 0; i < h; i++) {
                double sum = Math.abs(moments.c()[j * h + i]);
                for (int k = 0; k < d; k++) {
                    sum += Math.abs(m[k * h + i] * moments.r()[j * d + k]);
                }
                size += Math.abs(m[j * h + i]) * sum;
            }
        }
        return 4 * (h * d + h + 2 * d + 12) * 0x1p-53 * size;
    }

    static Stream<Case> cases() {
        Random random = Draws.random();
        return Stream.of(
                text("the text's", random, 100, 80, 200),
                text("more outputs than inputs", random, 30, 60, 170),
                scaled("plain", random, 60, 40, 7, j -> 1),
                scaled("inputs of sizes 1 to 1e-6", random, 200, 40, 7, j -> Math.pow(10, -6 * j / 39.0)),
                rank("rank 10 of 40", random, 10, 40, 7).within(SINGULAR),
                rank("rank 1 of 12", random, 1, 12, 3),
                silent("every third input silent", random, 40, 7),
                twins("every input twice", random, 40, 7),
                illConditioned(random, 40, 7).within(SINGULAR),
                scaled("one input", random, 60, 1, 7, j -> 1),
                scaled("one output", random, 90, 60, 1, j -> 1),
                scaled("one of each", random, 5, 1, 1, j -> 1));
    }

    /** x = A z, as the original text draws it: standard normal A (d, d) and z, W (h, d). */
    private static Case text(String name, Random random, int d, int r, int h) {
        int n = 400;
        double[] basis = Draws.normal(random, d * r);
        double[] x = Draws.product(d, r, n, basis, Draws.normal(random, r * n));
        double[] noise = Draws.normal(random, d * n);
        for (int i = 0; i < x.length; i++) {
            x[i] = (x[i] + 0.1 * noise[i]) / d;
        }
        return Case.of(name, h, d, n, x, Draws.normal(random, h * d));
    }

    private static Case scaled(String name, Random random, int n, int d, int h, IntToDoubleFunction size) {
        double[] x = Draws.normal(random, d * n);
        for (int i = 0; i < x.length; i++) {
            x[i] *= size.applyAsDouble(i % d);
        }
        return Case.of(name, h, d, n, x, Draws.normal(random, h * d));
    }

    private static Case rank(String name, Random random, int rank, int d, int h) {
        double[] x = Draws.product(d, rank, 3 * d, Draws.normal(random, d * rank), Draws.normal(random, rank * 3 * d));
        return Case.of(name, h, d, 3 * d, x, Draws.normal(random, h * d));
    }

    private static Case silent(String name, Random random, int d, int h) {
        double[] x = Draws.normal(random, d * 100);
        for (int i = 0; i < x.length; i++) {
            x[i] *= i % d % 3 == 0 ? 0 : 1;
        }
        return Case.of(name, h, d, 100, x, Draws.normal(random, h * d));
    }

    private static Case twins(String name, Random random, int d, int h) {
        double[] x = Draws.normal(random, d * 100);
        for (int i = 0; i < x.length; i++) {
            x[i] = i % d % 2 == 1 ? x[i - 1] : x[i];
        }
        return Case.of(name, h, d, 100, x, Draws.normal(random, h * d));
    }

    /** Eigenvalues from 1 to 1e-12, in directions at random. */
    private static Case illConditioned(Random random, int d, int h) {
        double[] q = Draws.normal(random, d * d);
        for (int j = 0; j < d; j++) { // Gram-Schmidt, twice
            for (int pass = 0; pass < 2; pass++) {
                for (int k = 0; k < j; k++) {
                    double dot = 0;
                    for (int i = 0; i < d; i++) {
                        dot += q[k * d + i] * q[j * d + i];
                    }
                    for (int i = 0; i < d; i++) {
                        q[j * d + i] -= dot * q[k * d + i];
                    }
                }
            }
            double norm = Math.sqrt(Draws.inner(
                    Arrays.copyOfRange(q, j * d, j * d + d), Arrays.copyOfRange(q, j * d, j * d + d)));
            for (int i = 0; i < d; i++) {
                q[j * d + i] /= norm;
            }
        }
        for (int i = 0; i < q.length; i++) {
            q[i] *= Math.pow(10, -6.0 * (i / d) / (d - 1));
        }
        return Case.of("condition 1e12", h, d, d, q, Draws.normal(random, h * d));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void reachesTheGapInFewRounds(Case moments) {
        reaches(moments, 1e-8);
        reaches(moments, 1e-12);
    }

    private void reaches(Case moments, double gap) {
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

    /** 200 outputs and inputs, of which a few combinations carry nearly all that the outputs and inputs share. */
    private static Case manyOutputs(Random random) {
        return manyOutputs(random, 200);
    }

    /** The last input is 1. */
    private static Case manyOutputs(Random random, int h) {
        int d = 200;
        double[] w = Draws.product(h, 20, d, Draws.normal(random, h * 20), Draws.normal(random, 20 * d));
        double[] rest = Draws.normal(random, h * d);
        for (int i = 0; i < w.length; i++) {
            w[i] += 0.1 * rest[i];
        }
        double[] x = Draws.normal(random, d * 250);
        for (int i = 0; i < x.length; i++) {
            x[i] = i % d == d - 1 ? 1 : x[i] * (1 + i % d / 20);
        }
        return Case.of("many outputs", h, d, 250, x, w);
    }

    @Test
    void fewCombinationsOfManyOutputsComeFirst() {
        Case moments = manyOutputs(Draws.random());
        try (Scope scope = device.scope()) {
            Problem all = new Problem(moments.problem(scope).fit(), Groups.ofSize(scope, 50, 4), 0);
            for (double ratio : new double[] {0.3, 0.02}) {
                Problem problem = all.withLambda(ratio * all.lambdaMax());
                SupportNewton solver = new SupportNewton(Stopping.onChange(ROUNDS).withGap(1e-11));
                List<Double> gaps = new ArrayList<>();
                Solution solution = solver.solve(problem, new double[200 * 200], (k, objective, gap) -> gaps.add(gap));
                assertThat(solution.status()).as(solution.toString()).isEqualTo(Status.CONVERGED);
                assertThat(gaps).hasSize(solution.iterations()).contains(Double.NaN).last().isNotEqualTo(Double.NaN);
                assertThat(solution.relativeGap()).isLessThanOrEqualTo(1e-11);

                // P of a coarse round is that of some Q M', and of these the coarse problem's answer has the least.
                Solution few = solver.solve(CoarseTargets.of(problem, scope).problem());
                double least = few.objective() - few.gap() - 1e-12 * Math.abs(few.objective());
                for (int k = 0; k < gaps.size(); k++) {
                    if (Double.isNaN(gaps.get(k))) {
                        assertThat(solution.history()[k]).as("P of round %s", k).isBetween(least, 0.0);
                    }
                }

                // From elsewhere than 0 there are no coarse rounds, and from the answer none at all.
                double[] near = solution.m().clone();
                near[0] += 1;
                Solution direct = solver.solve(problem, near, (k, objective, gap) -> !Double.isNaN(gap));
                assertThat(direct.status()).as(direct.toString()).isEqualTo(Status.CONVERGED);
                assertSameOptimum(solution, direct, moments);
                assertThat(solution.support()).isEqualTo(direct.support());
                assertThat(solver.solve(problem, solution.m(), Monitor.NONE).iterations()).isZero();
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {200, 300})
    void fewCombinationsComeFirstWithABiasAndWithMoreOutputsThanInputs(int h) {
        Case moments = manyOutputs(Draws.random(), h);
        try (Scope scope = device.scope()) {
            Problem all = new Problem(moments.problem(scope).fit(), 199, 0);
            for (double ratio : new double[] {0.3, 0.02}) {
                List<Double> gaps = new ArrayList<>();
                Problem problem = all.withLambda(ratio * all.lambdaMax());
                Solution solution =
                        new SupportNewton().solve(problem, new double[h * 200], (k, objective, gap) -> gaps.add(gap));
                assertThat(gaps).contains(Double.NaN);
                assertThat(solution.status()).as(solution.toString()).isEqualTo(Status.CONVERGED);
                double last = solution.history()[solution.iterations() - 1];
                assertThat(last).as("P, the bias's part too").isCloseTo(solution.objective(), withinPercentage(1e-7));
            }
        }
    }

    @Test
    void allRoundsCountAndNoneIsTakenBeyondTheCap() {
        Case moments = manyOutputs(Draws.random());
        try (Scope scope = device.scope()) {
            Problem problem = moments.problem(scope);
            for (int cap = 1; cap <= 3; cap++) {
                Solution solution = new SupportNewton(Stopping.onChange(cap).withGap(1e-14))
                        .solve(problem.withLambda(0.05 * problem.lambdaMax()));
                assertThat(solution.status()).isEqualTo(Status.MAX_ITERATIONS);
                assertThat(solution.iterations()).isEqualTo(cap);
                assertThat(solution.gap()).isPositive().isFinite();
            }
            // Just below lambda_max the few combinations alone may leave nothing.
            Solution barely = new SupportNewton().solve(problem.withLambda(Math.nextDown(problem.lambdaMax())));
            assertThat(barely.status()).isEqualTo(Status.CONVERGED);
        }
    }

    @Test
    void aPathGoesOnAfterItsMonitorThrewInTheRoundsOfAFewCombinations() {
        Case moments = manyOutputs(Draws.random());
        try (Scope scope = device.scope()) {
            Problem problem = moments.problem(scope);
            SupportNewton solver = new SupportNewton();
            try (Path path = solver.path(problem)) {
                for (int round = 1; round <= 3; round++) {
                    int last = round;
                    assertThatThrownBy(() -> path.at(0.02 * problem.lambdaMax(), (k, objective, gap) -> {
                                if (k == last) {
                                    throw new IllegalStateException("enough");
                                }
                                return true;
                            }))
                            .hasMessage("enough");
                }
                for (double ratio : new double[] {0.02, 0.5, 0.01}) {
                    Solution solution = path.at(ratio * problem.lambdaMax(), Monitor.NONE);
                    assertThat(solution.status()).as(solution.toString()).isEqualTo(Status.CONVERGED);
                    Solution alone = solver.solve(problem.withLambda(ratio * problem.lambdaMax()));
                    assertSameOptimum(solution, alone, moments);
                }
            }
        }
    }

    @Test
    void maySayNoInTheRoundsOfAFewCombinations() {
        Case moments = manyOutputs(Draws.random());
        try (Scope scope = device.scope()) {
            Problem problem = moments.problem(scope);
            AtomicInteger calls = new AtomicInteger();
            Solution solution = new SupportNewton().solve(
                    problem.withLambda(0.1 * problem.lambdaMax()), new double[200 * 200], (k, objective, gap) -> {
                        calls.incrementAndGet();
                        return false;
                    });
            assertThat(solution.status()).isEqualTo(Status.STOPPED);
            assertThat(calls).hasValue(1);
            assertThat(solution.objective()).isLessThanOrEqualTo(solution.history()[0]);
            assertThat(solution.gap()).isPositive().isFinite();
        }
    }

    /** Where tau is not given, the least squares that it comes from are the start for small lambda. */
    @Test
    void leastSquaresIsAStartForSmallLambda() {
        Case moments = scaled("dense", Draws.random(), 150, 60, 9, j -> 1 + 0.05 * j);
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
        Case moments = scaled("groups", random, 150, 60, 9, j -> 1 + 0.05 * j);
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
            Case moments = scaled("path", random, 150, 60, 9, j -> Math.pow(0.95, j));
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
        Case moments = text("groups", random, 48, 40, 60);
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
        Case moments = scaled("start", Draws.random(), 60, 12, 3, j -> 1);
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
        Case one = scaled("one", random, 150, 60, 9, j -> 1);
        Case other = scaled("other", random, 90, 33, 5, j -> 1 + j);
        SupportNewton solver = new SupportNewton(Stopping.onChange(ROUNDS).withGap(1e-11));
        try (Scope scope = device.scope()) {
            List<Problem> problems = new ArrayList<>();
            for (Case moments : new Case[] {one, other}) {
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
            Case moments = scaled("problem " + i, random, n, d, h, j -> 1 + 0.1 * j);
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
        Case one = scaled("one", random, 90, 40, 9, j -> 1);
        Case other = scaled("other", random, 90, 33, 5, j -> 1 + j);
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

    private double[] solve(Solver solver, Case moments) {
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
            Case moments = scaled("grid " + i, random, 10, 2, 1, j -> 1 + j);
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

    private static double value(Case moments, double lambda, double[] m) {
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
