package lnr.engine.solvers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Collections;
import java.util.List;
import java.util.Random;
import lnr.engine.Layer;
import lnr.engine.Problem;
import lnr.engine.Stack;
import lnr.kernels.Device;
import lnr.kernels.Scope;
import lnr.kernels.cpu.CpuDevice;
import org.junit.jupiter.api.Test;

/** On a CPU of one thread. */
class StackedSolvesTest extends StackedSolves {
    @Override
    Device open() {
        return new CpuDevice("for the test", 1);
    }

    @Override
    double gap() {
        return 1e-12;
    }

    @Test
    void aStackTakesAGigabyteAtMost() {
        try (Device device = open();
                Scope scope = device.scope()) {
            int n = 1000;
            Problem one = Problem.of(scope, n, n, new double[n * n], new double[n * n], 1);
            Problem other = Problem.of(scope, n, n, new double[n * n], new double[n * n], 1);
            assertThat(Restarts.atOnce(Collections.nCopies(100, one))).isEqualTo((1 << 30) / (64 * n * n));
            assertThat(Restarts.atOnce(List.of(one, other))).isEqualTo((1 << 30) / (88 * n * n));
            Problem tiny = Problem.of(scope, 1, 1, new double[1], new double[1], 1);
            assertThat(Restarts.atOnce(List.of(tiny))).isEqualTo(65_535);
        }
    }

    @Test
    void problemsThatDoNotFitAreNotStacked() {
        try (Device device = open();
                Scope scope = device.scope()) {
            Problem plain = Layer.random(new Random(1), 3, 7, 40, false).problem(scope, 1);
            Problem biased = Layer.random(new Random(1), 3, 7, 40, true).problem(scope, 1);
            Problem taller = Layer.random(new Random(1), 4, 7, 40, false).problem(scope, 1);
            for (Problem other : new Problem[] {biased, taller}) {
                assertThatThrownBy(() -> new Stack(List.of(plain, other), scope))
                        .isInstanceOf(IllegalArgumentException.class)
                        .hasMessage("problems: expected one shape, equal groups and no bias");
            }
        }
    }
}
