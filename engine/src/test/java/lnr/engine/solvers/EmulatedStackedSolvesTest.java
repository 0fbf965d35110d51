package lnr.engine.solvers;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Collections;
import java.util.List;
import java.util.Random;
import lnr.engine.Layer;
import lnr.engine.Problem;
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
        Emulator.load();
        Emulator.schedule("random 5");
        Emulator.lazy(true);
        return Device.open("cuda");
    }

    @Override
    double gap() {
        return 1e-7;
    }

    // What is asked of the device for 32 steps more, two looks among them.
    @ParameterizedTest
    @EnumSource
    void stepsAndLooksOfManyAreTheWorkOfOne(Precision precision) {
        try (Device device = open();
                Scope scope = device.scope()) {
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
        try (Device device = open();
                Scope scope = device.scope()) {
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
