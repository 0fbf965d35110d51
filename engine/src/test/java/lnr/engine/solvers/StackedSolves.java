package lnr.engine.solvers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import lnr.engine.Draws;
import lnr.engine.Layer;
import lnr.engine.Problem;
import lnr.engine.Quadratic;
import lnr.engine.Solution;
import lnr.engine.Status;
import lnr.kernels.Device;
import lnr.kernels.Groups;
import lnr.kernels.Scope;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Many problems that take their steps together: each has the answer it would have alone. */
abstract class StackedSolves {
    private static final int H = 5;
    private static final int D = 17;
    private static final double[] RATIOS = {1.5, 0.9, 0.002, 0.5, 0.1, 1, 0.03, 0.01};

    final Random random = Draws.random();
    Device device;

    abstract Device open();

    /** What is asked of an answer. */
    abstract double gap();

    @BeforeEach
    void begin() {
        device = open();
    }

    @AfterEach
    void everythingIsGivenBack() {
        assertThat(device.heldBytes()).isZero();
        device.close();
    }

    RestartedFista of(Precision precision) {
        return new RestartedFista(precision, Stopping.onChange(100_000).withGap(gap()).withEvery(16));
    }

    Problem random(Scope scope, boolean bias) {
        return Layer.random(random, H, D, 100, bias).problem(scope, 0);
    }

    static List<Problem> atRatios(Problem problem, double... ratios) {
        List<Problem> problems = new ArrayList<>();
        for (double ratio : ratios) {
            problems.add(problem.withLambda(ratio * problem.lambdaMax()));
        }
        return problems;
    }

    /** Solves them together, and checks each against itself alone. */
    private static List<Solution> agree(RestartedFista solver, List<Problem> problems) {
        List<Solution> together = solver.solve(problems, Monitor.NONE);
        assertThat(together).hasSameSizeAs(problems);
        for (int i = 0; i < problems.size(); i++) {
            Solution one = together.get(i);
            Solution alone = solver.solve(problems.get(i));
            assertThat(one.status()).as("problem %d", i).isEqualTo(Status.CONVERGED);
            assertThat(one.lambda()).isEqualTo(problems.get(i).lambda());
            assertThat(one.relativeGap()).isLessThanOrEqualTo(solver.stopping().gap());
            double bound = one.gap() + alone.gap() + 1e-13 * Math.abs(alone.objective());
            assertThat(one.objective()).as("problem %d", i).isCloseTo(alone.objective(), within(bound));
            // Here batches are multiplied one product after the other: nothing at all may differ.
            assertThat(one.m()).as("problem %d", i).isEqualTo(alone.m());
            assertThat(one.history()).as("problem %d", i).isEqualTo(alone.history());
        }
        return together;
    }

    @ParameterizedTest
    @CsvSource({"FP64, false", "FP64, true", "FP32, false", "FP32, true"})
    void lambdasOfOneProblemConvergeEachInItsTime(Precision precision, boolean bias) {
        try (Scope scope = device.scope()) {
            List<Solution> solutions = agree(of(precision), atRatios(random(scope, bias), RATIOS));
            assertThat(solutions).extracting(Solution::iterations).contains(0);
            int[] steps = solutions.stream().mapToInt(Solution::iterations).filter(n -> n > 0).sorted().toArray();
            assertThat(steps[steps.length - 1]).isGreaterThan(3 * steps[0]);
        }
    }

    @ParameterizedTest
    @EnumSource
    void problemsOfTheirOwnMoments(Precision precision) {
        try (Scope scope = device.scope()) {
            List<Problem> problems = new ArrayList<>();
            for (int i = 0; i < 5; i++) {
                problems.addAll(atRatios(random(scope, true), i % 2 == 0 ? 0.3 : 0.01));
            }
            problems.addAll(atRatios(problems.get(0), 0.02));
            agree(of(precision), problems);
        }
    }

    @ParameterizedTest
    @EnumSource
    void groupsOfUnequalSizeWithAndWithoutABias(Precision precision) {
        try (Scope scope = device.scope()) {
            List<Problem> problems = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                int[] starts = {0, 1, 4, 9, D - 1};
                double[] weights = {1, 0.5, 3, 2};
                boolean bias = i % 2 == 0;
                Layer layer = Layer.random(random, H, bias ? D : D - 1, 100, bias);
                Groups groups = Groups.of(scope, starts, weights);
                problems.addAll(atRatios(new Problem(layer.problem(scope, 0).fit(), groups, 0), 0.2));
            }
            agree(of(precision), problems);
        }
    }

    // R beyond single precision's range becomes infinite there.
    @Test
    void oneThatFailsEndsAloneAndIsThrownWhenTheOthersHaveEnded() {
        RestartedFista solver = of(Precision.FP32);
        try (Scope scope = device.scope()) {
            Layer layer = Layer.random(random, H, D, 100, false);
            Problem good = atRatios(layer.problem(scope, 0), 0.02).get(0);
            Quadratic huge = Quadratic.of(
                    scope, H, D, Draws.scaled(1e42, layer.r()), Draws.scaled(1e42, layer.c()));
            Problem bad = atRatios(new Problem(huge, D, 0), 0.02).get(0);
            assertThatThrownBy(() -> solver.solve(bad))
                    .isInstanceOf(ArithmeticException.class)
                    .hasMessageContaining("out of the precision's range");
            int alone = lastLook(solver, List.of(good));
            assertThat(alone).isGreaterThan(32);
            AtomicInteger last = new AtomicInteger();
            assertThatThrownBy(() -> solver.solve(List.of(good, bad), watch(last)))
                    .isInstanceOf(ArithmeticException.class)
                    .hasMessageContaining("out of the precision's range");
            assertThat(last).hasValue(alone);
            assertThatThrownBy(() -> Batch.solve(solver, List.of(bad, good, good), Monitor.NONE))
                    .isInstanceOf(ArithmeticException.class);
        }
    }

    private static int lastLook(Solver solver, List<Problem> problems) {
        AtomicInteger last = new AtomicInteger();
        solver.solve(problems, watch(last));
        return last.get();
    }

    private static Monitor watch(AtomicInteger last) {
        return (iteration, objective, gap) -> {
            last.set(iteration);
            return true;
        };
    }

    @Test
    void whoIsToldToStopsAlone() {
        RestartedFista solver = of(Precision.FP64);
        try (Scope scope = device.scope()) {
            List<Problem> problems = atRatios(random(scope, true), 0.002, 0.01, 0.003);
            AtomicInteger calls = new AtomicInteger();
            List<Solution> found = solver.solve(problems, (i, p, gap) -> calls.incrementAndGet() != 2);
            assertThat(found).extracting(Solution::status)
                    .containsExactly(Status.CONVERGED, Status.STOPPED, Status.CONVERGED);
            assertThat(found.get(1).iterations()).isEqualTo(16);
            assertThat(found.get(1).gap()).isFinite().isPositive();
            assertThat(found.get(2).m()).isEqualTo(solver.solve(problems.get(2)).m());
        }
    }

    @Test
    void theCapAndTheRuleOnChangeHoldForEach() {
        try (Scope scope = device.scope()) {
            List<Problem> problems = atRatios(random(scope, true), 0.3, 0.05, 0.01);
            Solver capped = new RestartedFista().withStopping(Stopping.onChange(21).withGap(1e-15));
            for (Solution solution : capped.solve(problems, Monitor.NONE)) {
                assertThat(solution.status()).isEqualTo(Status.MAX_ITERATIONS);
                assertThat(solution.iterations()).isEqualTo(21);
            }
            Solver byChange = new RestartedFista().withStopping(Stopping.onChange(10_000));
            List<Solution> found = byChange.solve(problems, Monitor.NONE);
            for (int i = 0; i < problems.size(); i++) {
                assertThat(found.get(i).m()).isEqualTo(byChange.solve(problems.get(i)).m());
            }
        }
    }
}
