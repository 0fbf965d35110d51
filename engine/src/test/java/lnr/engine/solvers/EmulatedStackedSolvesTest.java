package lnr.engine.solvers;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import lnr.engine.Layer;
import lnr.engine.Problem;
import lnr.engine.Solution;
import lnr.engine.Status;
import lnr.kernels.Device;
import lnr.kernels.Scope;
import lnr.kernels.emulated.Emulated;
import lnr.kernels.emulated.Emulator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** On the CUDA device, on emulated hardware. */
@Emulated
class EmulatedStackedSolvesTest extends StackedSolves {
    @Override
    Device open() {
        return Emulator.open("random 5");
    }

    @Override
    double gap() {
        return 1e-7;
    }

    @ParameterizedTest
    @EnumSource
    void aBatchOfSeveralShapesKeepsItsOrder(Precision precision) {
        RestartedFista solver = of(precision);
        try (Scope scope = device.scope()) {
            List<Problem> problems = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                problems.addAll(atRatios(random(scope, false), 0.1));
                problems.addAll(atRatios(Layer.random(random, 3, 7, 40, true).problem(scope, 0), 0.1, 0.01));
            }
            List<Solution> found = Batch.solve(solver, problems, Monitor.NONE);
            for (int i = 0; i < problems.size(); i++) {
                assertThat(found.get(i).m()).isEqualTo(solver.solve(problems.get(i)).m());
            }
            assertThat(Batch.solve(solver, List.of(), Monitor.NONE)).isEmpty();
        }
    }

    @Test
    void aBatchOfLambdasInAnyOrder() {
        RestartedFista solver = of(Precision.FP64);
        try (Scope scope = device.scope()) {
            Problem problem = random(scope, true);
            double[] lambdas = {0.1, 0.5, 2, 0.02};
            for (int i = 0; i < lambdas.length; i++) {
                lambdas[i] *= problem.lambdaMax();
            }
            List<Solution> found = Batch.solve(solver, problem, lambdas, Monitor.NONE);
            for (int i = 0; i < lambdas.length; i++) {
                assertThat(found.get(i).lambda()).isEqualTo(lambdas[i]);
                assertThat(found.get(i).m()).isEqualTo(solver.solve(problem.withLambda(lambdas[i])).m());
            }
        }
    }

    @Test
    void whoeverSaysNoStopsThemAll() {
        Solver solver = new RestartedFista().withStopping(Stopping.onChange(100_000).withGap(1e-15).withEvery(16));
        try (Scope scope = device.scope()) {
            List<Problem> problems = atRatios(random(scope, true), 0.1, 0.01, 0.001);
            AtomicInteger calls = new AtomicInteger();
            List<Solution> stopped = Batch.solve(solver, problems, (i, p, gap) -> calls.incrementAndGet() < 5);
            assertThat(calls).hasValue(5);
            assertThat(stopped).extracting(Solution::status).containsOnly(Status.STOPPED);
            // The second one says no at the second look; the first, told before, ends at its next.
            assertThat(stopped).extracting(Solution::iterations).containsExactly(48, 32, 32);
            for (Solution solution : stopped) {
                assertThat(solution.gap()).isFinite().isPositive();
            }
        }
    }

    // What is asked of the device for 32 steps more, two looks among them.
    @ParameterizedTest
    @EnumSource
    void stepsAndLooksOfManyAreTheWorkOfOne(Precision precision) {
        try (Scope scope = device.scope()) {
            Problem whole = Layer.random(new Random(5), 4, 13, 50, false).problem(scope, 0);
            Problem problem = whole.withLambda(0.01 * whole.lambdaMax());
            work(precision, List.of(problem), 48); // what is computed once: the step length, tau
            long one = more(precision, Collections.nCopies(1, problem));
            assertThat(more(precision, Collections.nCopies(6, problem))).isEqualTo(one);
        }
    }

    private static long more(Precision precision, List<Problem> problems) {
        return work(precision, problems, 80) - work(precision, problems, 48);
    }

    private static long work(Precision precision, List<Problem> problems, int cap) {
        Stopping never = Stopping.onChange(cap).withGap(1e-300).withEvery(16);
        long before = Emulator.work();
        new RestartedFista(precision, never).solve(problems, Monitor.NONE);
        return Emulator.work() - before;
    }

    // Nothing of the size of R, which is 161 times as large as what is allowed for each of its columns.
    @Test
    void singlePrecisionIsMadeOnTheDevice() {
        int h = 3;
        int d = 161;
        try (Scope scope = device.scope()) {
            Problem whole = Layer.random(new Random(5), h, d, 3 * d, true).problem(scope, 0);
            Problem problem = whole.withLambda(0.1 * whole.lambdaMax());
            long before = Emulator.bytesToHost();
            new RestartedFista(Precision.FP32).solve(problem, new double[h * d], (i, objective, gap) -> false);
            assertThat(Emulator.bytesToHost() - before)
                    .isPositive()
                    .isLessThanOrEqualTo(Double.BYTES * (2L * h * d + 30 * d));
        }
    }
}
