package lnr.kernels.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import lnr.kernels.Buffer;
import lnr.kernels.F64;
import lnr.kernels.Groups;
import lnr.kernels.Recording;
import lnr.kernels.Scope;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Operations that were recorded do, at every replay, what they do when they are asked for one by one. */
public abstract class RecordingContract extends DeviceContract {
    static Stream<Operation> operations() {
        return Stream.of(false, true)
                .flatMap(large -> Operation.all(new Draw("recordings"), large).stream())
                .filter(operation -> !operation.waits());
    }

    @ParameterizedTest
    @MethodSource("operations")
    void aRecordingRunsNothingUntilItIsReplayed(Operation operation) {
        List<Buffer> asked = operation.buffers(arena);
        Runnable alone = operation.on(arena, asked);
        List<Buffer> buffers = operation.buffers(arena);
        List<long[]> before = bits(buffers);
        alone.run();
        try (Recording recording = device.record(operation.on(arena, buffers))) {
            DeterminismContract.assertSame(operation, bits(buffers), before);
            recording.replay();
            DeterminismContract.assertSame(operation, bits(buffers), bits(asked));
            alone.run();
            alone.run();
            recording.replay();
            recording.replay();
            DeterminismContract.assertSame(operation, bits(buffers), bits(asked));
        }
    }

    // Each operation reads what the one before it wrote: a step of a solver, and its sums.
    @Test
    void recordedOperationsRunInOrder() {
        int h = 33;
        int d = 65;
        double[] start = draw.doubles(h * d);
        double[] square = draw.symmetric(d);
        Groups groups = arena.groups(new int[] {0, 1, 30, 64}, draw.weights(3));
        F64 c = arena.in(draw.doubles(h * d));
        F64 r = arena.in(square);
        F64 u = arena.inOut(new double[] {0});
        F64 m = arena.inOut(start);
        F64 previous = arena.inOut(start);
        F64 mr = arena.out64(h * d);
        F64 mrPrevious = arena.inOut(draw.doubles(h * d));
        F64 stats = arena.out64(6);
        Runnable step = () -> {
            device.blas().gemm(false, false, h, d, d, 0.01, m, h, r, d, 0, mr, h);
            device.groupNorm().step(h, d, groups, u, 0.1, 0.01, m, previous, mr, mrPrevious, c, previous, stats);
            device.blas().dot(m, previous, stats.slice(5, 1));
            device.blas().copy(previous, m);
        };
        double[] ahead = {0.3, 0, 0.7};
        double[][] expected = new double[3][];
        for (int k = 0; k < 3; k++) {
            u.write(new double[] {ahead[k]});
            step.run();
            expected[k] = stats.toArray();
        }
        double[] last = m.toArray();
        m.write(start);
        previous.write(start);
        try (Recording recording = device.record(step)) {
            for (int k = 0; k < 3; k++) {
                u.write(new double[] {ahead[k]});
                recording.replay();
                assertThat(stats.toArray()).as("sums of step %d", k).isEqualTo(expected[k]);
            }
        }
        assertThat(m.toArray()).isEqualTo(last);
    }

    @Test
    void operationsAskedForBetweenReplaysKeepTheirPlace() {
        double[] integers = new double[257];
        Arrays.setAll(integers, i -> draw.below(100));
        F64 x = arena.in(integers);
        F64 y = arena.inOut(new double[257]);
        Runnable add = () -> device.blas().axpy(1, x, y);
        add.run();
        try (Recording recording = device.record(add)) {
            y.clear();
            recording.replay();
            device.blas().axpy(-3, x, y);
            recording.replay();
            device.blas().axpy(1, x, y);
        }
        assertThat(y.toArray()).containsOnly(0);
    }

    @Test
    void aClosedRecordingIsRefused() {
        F64 x = arena.in(draw.doubles(3));
        F64 y = arena.inOut(new double[] {1, 2, 3});
        Recording recording = device.record(() -> device.blas().copy(x, y));
        recording.close();
        assertThatThrownBy(recording::replay)
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("the recording is closed");
        assertThatCode(recording::close).as("closing twice").doesNotThrowAnyException();
        assertThat(y.toArray()).containsExactly(1, 2, 3);
    }

    // A device may refuse it while it records, or find the code out only when it is replayed.
    @Test
    void aScopeThatIsClosedInARecordingKeepsOrGivesBackAllItHas() {
        Scope scope = device.scope();
        F64 x = scope.f64(new double[] {1, 2, 3});
        F64 y = scope.f64(2);
        try {
            device.record(scope::close).close();
        } catch (IllegalStateException e) {
            assertThat(e).hasMessage("memory cannot be released while operations are recorded");
        }
        assertThat(x.toArray()).containsExactly(1, 2, 3);
        assertThat(y.toArray()).containsExactly(0, 0);
        long held = device.heldBytes();
        scope.close();
        assertThat(device.heldBytes()).isEqualTo(held - 40);
        assertThatThrownBy(() -> scope.f64(1)).isInstanceOf(IllegalStateException.class).hasMessageContaining("closed");
    }

    private static List<long[]> bits(List<Buffer> buffers) {
        return buffers.stream().map(Arena::bits).toList();
    }
}
