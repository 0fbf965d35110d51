package lnr.engine.solvers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import lnr.engine.Layer;
import lnr.engine.Problem;
import lnr.engine.Solution;
import lnr.engine.Stack;
import lnr.kernels.Device;
import lnr.kernels.Scope;
import lnr.kernels.cpu.CpuDevice;
import org.junit.jupiter.api.Test;

/** On the CPU, which would rather solve them one by one. */
class StackedSolvesTest extends StackedSolves {
    @Override
    Device open() {
        return Device.open("cpu");
    }

    @Override
    double gap() {
        return 1e-12;
    }

    @Test
    void aStackTakesAGigabyteAtMost() {
        try (Scope scope = device.scope()) {
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
    void itsBatchesAreThoseOfItsThreads() {
        RestartedFista solver = of(Precision.FP64);
        List<List<Solution>> found = new ArrayList<>();
        for (int threads : new int[] {1, 3}) {
            try (Device cpu = new CpuDevice("for the test", threads);
                    Scope scope = cpu.scope()) {
                Problem problem = Layer.random(new Random(2), 3, 7, 40, true).problem(scope, 0);
                double[] lambdas = Path.lambdas(problem.lambdaMax(), 10, 0.05);
                found.add(Batch.solve(solver, problem, lambdas, Monitor.NONE));
            }
        }
        for (int i = 0; i < 10; i++) {
            assertThat(found.get(1).get(i).m()).isEqualTo(found.get(0).get(i).m());
        }
    }

    @Test
    void problemsThatDoNotFitAreNotStacked() {
        try (Scope scope = device.scope()) {
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
