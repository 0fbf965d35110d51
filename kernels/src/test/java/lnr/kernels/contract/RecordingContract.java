package lnr.kernels.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import lnr.kernels.Buffer;
import lnr.kernels.Device;
import lnr.kernels.F32;
import lnr.kernels.F64;
import lnr.kernels.Groups;
import lnr.kernels.I32;
import lnr.kernels.Recording;
import lnr.kernels.Scope;
import lnr.kernels.U8;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

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

    // On a device where nothing else has asked for as much before.
    @Test
    void aRecordingKeepsTheMemoryItWorksInWhenMoreIsAskedFor() {
        int n = 5000;
        try (Device own = open();
                Arena memory = new Arena(own)) {
            F64 x = memory.in(draw.doubles(n));
            F64 y = memory.in(draw.doubles(n));
            F64 out = memory.out64(1);
            Runnable dot = () -> own.blas().dot(x, y, out);
            dot.run();
            double[] expected = out.toArray();
            try (Recording recording = own.record(dot)) {
                own.correlation().addGram(1000, 3, false, memory.in(draw.floats(3000)), memory.inOut(new double[9]));
                // These might take the place of what has been given back.
                memory.in(draw.doubles(n));
                memory.in(draw.doubles((1 << 17) - 200));
                out.clear();
                recording.replay();
                assertThat(out.toArray()).isEqualTo(expected);
            }
            memory.verify();
        }
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

    @Test
    void aRecordingWhoseBufferIsClosedIsRefused() {
        F64 x = arena.in(draw.doubles(3));
        Recording recording;
        try (Scope scope = device.scope()) {
            F64 y = scope.f64(3);
            recording = device.record(() -> device.blas().axpy(1, x, y));
            recording.replay();
            assertThat(y.toArray()).isEqualTo(x.toArray());
        }
        assertThatThrownBy(recording::replay)
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("the buffer was used after its scope, or its device, had closed");
        recording.close();
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

    // What refers to something by number is not looked at while a graph runs: a device refuses it at the replay, or
    // lets it be seen in the result, and reads nothing else in its place.
    @ParameterizedTest
    @ValueSource(ints = {-1, 4, Integer.MIN_VALUE, Integer.MAX_VALUE})
    void whatIsGatheredFromOutsideTheSetIsNotANumber(int index) {
        int size = 37;
        U8 images = arena.in(draw.bytes(4 * size, 256));
        U8 labels = arena.in(new byte[] {3, 1, 2, 0});
        F32 rows = arena.in(draw.floats(4 * size));
        I32 order = arena.inOut(new int[] {2, 0, 3});
        I32 shifts = arena.in(new int[8]);
        F32 x = arena.out32(3 * size);
        F32 shifted = arena.out32(3 * size);
        U8 y = arena.outBytes(3);
        F32 z = arena.out32(3 * size);
        Runnable gathers = () -> {
            device.layers().gatherImages(3, size, images, order, 0.1f, 0.3f, x);
            device.layers().gatherShifted(3, 1, size, images, order, shifts, 0.1f, 0.3f, shifted);
            device.layers().gatherLabels(3, labels, order, y);
            device.layers().gatherRows(3, size, rows, order, z);
        };
        gathers.run();
        float[] image = x.toArray();
        float[] row = z.toArray();
        try (Recording recording = device.record(gathers)) {
            order.write(new int[] {2, index, 3});
            if (refuses(recording, "order: expected indices in [0, 4), got " + index)) {
                return;
            }
        }
        Arrays.fill(image, size, 2 * size, Float.NaN);
        Arrays.fill(row, size, 2 * size, Float.NaN);
        assertThat(x.toArray()).isEqualTo(image);
        assertThat(shifted.toArray()).isEqualTo(image);
        assertThat(y.toArray()).containsExactly(2, (byte) 255, 0);
        assertThat(z.toArray()).isEqualTo(row);
    }

    @ParameterizedTest
    @ValueSource(ints = {5, 255})
    void aLabelThatIsNoClassMakesTheLossNotANumber(int label) {
        int n = 3;
        int classes = 5;
        F32 z = arena.in(draw.floats(n * classes));
        F32 t = arena.in(draw.floats(n * classes));
        U8 labels = arena.inOut(new byte[] {4, 0, 2});
        F32 dz = arena.out32(n * classes);
        F32 distilled = arena.out32(n * classes);
        F64 sums = arena.inOut(new double[2]);
        F64 distilledSums = arena.inOut(new double[2]);
        Runnable losses = () -> {
            device.layers().crossEntropy(n, classes, z, labels, dz, sums);
            device.layers().distillation(n, classes, 2, 0.5, z, t, labels, distilled, distilledSums);
        };
        losses.run();
        float[] slope = dz.toArray();
        float[] distilledSlope = distilled.toArray();
        try (Recording recording = device.record(losses)) {
            labels.write(new byte[] {4, (byte) label, 2});
            if (refuses(recording, "labels: expected below 5, got " + label)) {
                return;
            }
        }
        assertThat(sums.toArray()[0]).isNaN();
        assertThat(distilledSums.toArray()[0]).isNaN();
        // The other samples' gradients are their own.
        for (int i = 0; i < n * classes; i++) {
            if (i / classes != 1) {
                assertThat(dz.toArray()[i]).isEqualTo(slope[i]);
                assertThat(distilled.toArray()[i]).isEqualTo(distilledSlope[i]);
            }
        }
    }

    private static boolean refuses(Recording recording, String message) {
        try {
            recording.replay();
            return false;
        } catch (IllegalArgumentException e) {
            assertThat(e).hasMessage(message);
            return true;
        }
    }

    private static List<long[]> bits(List<Buffer> buffers) {
        return buffers.stream().map(Arena::bits).toList();
    }
}
