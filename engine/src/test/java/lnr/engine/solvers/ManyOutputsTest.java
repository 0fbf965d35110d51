package lnr.engine.solvers;

import static lnr.engine.solvers.Moments.assertSameOptimum;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.withinPercentage;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import lnr.engine.Draws;
import lnr.engine.Problem;
import lnr.engine.Solution;
import lnr.engine.Status;
import lnr.kernels.Device;
import lnr.kernels.Groups;
import lnr.kernels.Scope;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Newton's method where a few combinations of many outputs lead the way. */
class ManyOutputsTest {
    private static final int ROUNDS = 20;

    private final Device device = open();

    /** The device that solves. */
    Device open() {
        return Device.open("cpu");
    }

    @AfterEach
    void everythingIsGivenBack() {
        assertThat(device.heldBytes()).isZero();
        device.close();
    }

    @Test
    void fewCombinationsOfManyOutputsComeFirst() {
        Moments moments = Moments.manyOutputs(Draws.random());
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
                // Norms corrected by what the few do not see are so near that one round of all outputs is enough.
                assertThat(gaps.stream().filter(gap -> !Double.isNaN(gap))).hasSize(1);

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
        Moments moments = Moments.manyOutputs(Draws.random(), h);
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
        Moments moments = Moments.manyOutputs(Draws.random());
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
        Moments moments = Moments.manyOutputs(Draws.random());
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
        Moments moments = Moments.manyOutputs(Draws.random());
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

    @Test
    void groupsOfUnequalSizeAndWeightAlongAPathOfLeaps() {
        Moments moments = Moments.manyOutputs(Draws.random());
        int[] starts = {0, 1, 4, 20, 21, 50, 58, 90, 91, 92, 120, 160, 199};
        double[] weights = {1, 0.5, 3, 0.25, 2, 4, 1, 1, 0.1, 5, 0.5, 2};
        try (Scope scope = device.scope()) {
            Problem all = new Problem(moments.problem(scope).fit(), Groups.of(scope, starts, weights), 0);
            SupportNewton solver = new SupportNewton(Stopping.onChange(ROUNDS).withGap(1e-11));
            try (Path path = solver.path(all)) {
                for (double ratio : new double[] {0.2, 0.03, 0.4, 0.002}) {
                    Problem problem = all.withLambda(ratio * all.lambdaMax());
                    Solution along = path.at(problem.lambda(), Monitor.NONE);
                    Solution alone = solver.solve(problem);
                    Solution fista = new RestartedFista().solve(problem);
                    assertThat(along.status()).as("ratio %s: %s", ratio, along).isEqualTo(Status.CONVERGED);
                    assertThat(alone.status()).as("ratio %s: %s", ratio, alone).isEqualTo(Status.CONVERGED);
                    assertSameOptimum(along, alone, moments);
                    assertSameOptimum(fista, alone, moments);
                    assertThat(along.support()).isEqualTo(alone.support());
                }
            }
        }
    }
}
