package lnr.kernels.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import lnr.kernels.Buffer;
import lnr.kernels.Device;
import lnr.kernels.DeviceException;
import lnr.kernels.F32;
import lnr.kernels.F64;
import lnr.kernels.I32;
import lnr.kernels.Scope;
import lnr.kernels.U8;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Buffers: who owns them, what they hold, and what is refused. */
public abstract class MemoryContract extends DeviceContract {
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 31, 32, 33, 255, 257, 1000, 1_000_003})
    void newBuffersAreZero(int length) {
        try (Scope scope = device.scope()) {
            for (Buffer buffer : List.of(scope.f32(length), scope.f64(length), scope.i32(length), scope.u8(length))) {
                assertThat(buffer.length()).isEqualTo(length);
                assertThat(buffer.device()).isSameAs(device);
                assertThat(Arena.bits(buffer)).isEqualTo(new long[length]);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 1000, 1_000_003})
    void memoryThatOthersGaveBackIsZero(int length) {
        try (Scope scope = device.scope()) {
            scope.f32(draw.floats(length));
            scope.f64(draw.doubles(length));
            scope.i32(draw.indices(length, Integer.MAX_VALUE));
            scope.u8(draw.bytes(length, 256));
        }
        newBuffersAreZero(length);
    }

    /** A device may lend a longer block again than is asked for. */
    @ParameterizedTest
    @ValueSource(ints = {1000, 70_001, 99_999, 100_000})
    void memoryThatOthersGaveBackIsAsLongAsAskedFor(int length) {
        try (Scope scope = device.scope()) {
            scope.f64(draw.doubles(100_000));
        }
        double[] values = draw.doubles(length);
        try (Scope scope = device.scope()) {
            F64 unset = scope.unset(length);
            F64 zeros = scope.f64(length);
            assertThat(device.heldBytes()).isEqualTo(16L * length);
            assertThat(unset.toArray()).hasSize(length);
            assertThatThrownBy(() -> unset.slice(0, length + 1)).isInstanceOf(IllegalArgumentException.class);
            unset.write(values);
            assertThat(unset.toArray()).isEqualTo(values);
            assertThat(zeros.toArray()).isEqualTo(new double[length]);
        }
        try (Scope scope = device.scope()) {
            assertThat(scope.f64(length).toArray()).isEqualTo(new double[length]);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 31, 32, 33, 255, 257, 1000, 1_000_003})
    void whatWasWrittenIsRead(int length) {
        float[] floats = draw.floats(length);
        double[] doubles = draw.doubles(length);
        int[] ints = draw.indices(length, Integer.MAX_VALUE);
        byte[] bytes = draw.bytes(length, 256);
        try (Scope scope = device.scope()) {
            F32 f32 = scope.f32(length);
            f32.write(floats);
            assertThat(f32.toArray()).isEqualTo(floats);
            assertThat(scope.f64(doubles).toArray()).isEqualTo(doubles);
            assertThat(scope.i32(ints).toArray()).isEqualTo(ints);
            assertThat(scope.u8(bytes).toArray()).isEqualTo(bytes);
        }
    }

    @Test
    void transfersKeepTheBitsOfNotANumberAndOfMinusZero() {
        float[] floats = {Float.intBitsToFloat(0x7fc12345), -0f, Float.NEGATIVE_INFINITY, Float.MIN_VALUE};
        double[] doubles = {Double.longBitsToDouble(0x7ff8_1234_5678_9abcL), -0.0, Double.MIN_VALUE};
        F32 f32 = arena.in(floats);
        F64 f64 = arena.in(doubles);
        assertThat(Arena.bits(f32)).startsWith(0x7fc12345, 0x80000000);
        assertThat(Arena.bits(f64)).containsExactly(0x7ff8_1234_5678_9abcL, Long.MIN_VALUE, 1);
    }

    @Test
    void hostArraysAreCopied() {
        double[] source = {1, 2};
        F64 buffer = arena.in(source);
        source[0] = 7;
        double[] target = buffer.toArray();
        target[1] = 7;
        assertThat(buffer.toArray()).containsExactly(1, 2);
    }

    @Test
    void slicesAreWindowsOnTheSameMemory() {
        try (Scope scope = device.scope()) {
            F32 f32 = scope.f32(new float[] {0, 1, 2, 3, 4, 5});
            F32 part = f32.slice(1, 4).slice(1, 2);
            assertThat(part.toArray()).containsExactly(2, 3);
            part.write(new float[] {7, 8});
            assertThat(f32.toArray()).containsExactly(0, 1, 7, 8, 4, 5);
            part.clear();
            assertThat(f32.toArray()).containsExactly(0, 1, 0, 0, 4, 5);
            F64 f64 = scope.f64(new double[] {0, 1, 2});
            f64.slice(1, 1).clear();
            assertThat(f64.toArray()).containsExactly(0, 0, 2);
            I32 i32 = scope.i32(new int[] {1, 2, 3});
            i32.slice(0, 2).clear();
            assertThat(i32.toArray()).containsExactly(0, 0, 3);
            U8 u8 = scope.u8(new byte[] {1, 2, (byte) 255});
            u8.slice(0, 2).clear();
            assertThat(u8.toArray()).containsExactly(0, 0, (byte) 255);
            assertThat(u8.slice(3, 0).toArray()).isEmpty();
            u8.slice(1, 0).clear();
            assertThat(u8.toArray()).containsExactly(0, 0, (byte) 255);
        }
    }

    @ParameterizedTest
    @CsvSource({"-1, 1", "0, 4", "3, 1", "4, 0", "1, -1", "1, 9223372036854775807", "9223372036854775807, 1"})
    void slicesReachNoFurtherThanTheBuffer(long from, long count) {
        F32 f32 = arena.in(new float[3]);
        F64 f64 = arena.in(new double[3]);
        I32 i32 = arena.in(new int[3]);
        U8 u8 = arena.in(new byte[3]);
        String message = "slice: expected a part of [0, 3), got [" + from;
        assertThatThrownBy(() -> f32.slice(from, count))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith(message);
        assertThatThrownBy(() -> f64.slice(from, count)).hasMessageStartingWith(message);
        assertThatThrownBy(() -> i32.slice(from, count)).hasMessageStartingWith(message);
        assertThatThrownBy(() -> u8.slice(from, count)).hasMessageStartingWith(message);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 2, 4})
    void transfersOfAnotherSizeAreRefused(int size) {
        F32 f32 = arena.in(new float[] {1, 2, 3});
        F64 f64 = arena.in(new double[] {1, 2, 3});
        I32 i32 = arena.in(new int[] {1, 2, 3});
        U8 u8 = arena.in(new byte[] {1, 2, 3});
        String message = "array: expected [3], got [" + size + "]";
        assertThatThrownBy(() -> f32.write(new float[size]))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(message);
        assertThatThrownBy(() -> f64.write(new double[size])).hasMessage(message);
        assertThatThrownBy(() -> i32.write(new int[size])).hasMessage(message);
        assertThatThrownBy(() -> u8.write(new byte[size])).hasMessage(message);
        assertThatThrownBy(() -> f32.read(new float[size])).hasMessage(message);
        assertThatThrownBy(() -> f64.read(new double[size])).hasMessage(message);
        assertThatThrownBy(() -> i32.read(new int[size])).hasMessage(message);
        assertThatThrownBy(() -> u8.read(new byte[size])).hasMessage(message);
    }

    @Test
    void heldBytesCountWhatScopesOwn() {
        Scope outer = device.scope();
        F32 f32 = outer.f32(3);
        outer.u8(5);
        assertThat(device.heldBytes()).isEqualTo(17);
        try (Scope inner = device.scope()) {
            inner.f64(2).slice(0, 1);
            inner.i32(new int[7]);
            inner.f64(0);
            assertThat(device.heldBytes()).isEqualTo(17 + 44);
        }
        assertThat(device.heldBytes()).isEqualTo(17);
        f32.write(new float[] {1, 2, 3});
        assertThat(f32.toArray()).as("the outer scope's memory").containsExactly(1, 2, 3);
        outer.close();
        assertThat(device.heldBytes()).isZero();
        outer.close();
        assertThat(device.heldBytes()).as("closed twice").isZero();
    }

    @Test
    void buffersOfAClosedScopeAreUnusable() {
        Scope scope = device.scope();
        F64 buffer = scope.f64(3);
        F64 slice = buffer.slice(1, 2);
        U8 empty = scope.u8(0);
        scope.close();
        assertThatThrownBy(buffer::toArray).isInstanceOf(IllegalStateException.class).hasMessageContaining("closed");
        assertThatThrownBy(buffer::clear).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> buffer.write(new double[3])).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> buffer.read(new double[3])).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(slice::toArray).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(empty::toArray).isInstanceOf(IllegalStateException.class);
        assertThat(buffer.toString()).as("still says what it was").contains("F64[3]");
    }

    @Test
    void aClosedScopeAllocatesNothing() {
        Scope scope = device.scope();
        scope.close();
        assertThatThrownBy(() -> scope.f32(1)).isInstanceOf(IllegalStateException.class).hasMessageContaining("closed");
        assertThatThrownBy(() -> scope.f64(new double[2])).isInstanceOf(IllegalStateException.class);
        assertThat(device.heldBytes()).isZero();
    }

    @Test
    void negativeLengthsAreRefused() {
        try (Scope scope = device.scope()) {
            assertThatThrownBy(() -> scope.i32(-1))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("length: expected 0 or more, got -1");
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {Integer.MAX_VALUE - 8, 1L << 40, Long.MAX_VALUE})
    void moreThanTheDeviceHasIsRefusedWithWhatWasAskedAndHeld(long length) {
        try (Scope scope = device.scope()) {
            U8 kept = scope.u8(12345);
            // A device with more memory than 16 GB grants the first of these lengths, until it runs out.
            List<F64> granted = new ArrayList<>();
            assertThatThrownBy(() -> {
                        while (granted.size() < 100) {
                            granted.add(scope.f64(length));
                        }
                    })
                    .isInstanceOf(DeviceException.class)
                    .hasMessageStartingWith(device.name() + ":")
                    .hasMessageContaining("asked for " + length + " numbers of 8 bytes")
                    .hasMessageContaining("holding " + device.heldBytes() + " bytes");
            assertThat(device.heldBytes()).isEqualTo(12345 + 8 * granted.stream().mapToLong(F64::length).sum());
            kept.clear();
            scope.f32(new float[] {1});
        }
    }

    @Test
    void aDeviceSaysWhatItIs() {
        assertThat(device.name()).isNotBlank();
        assertThat(device.choice()).isNotBlank();
        assertThat(device.description()).isNotEmpty().allSatisfy((key, value) -> {
            assertThat(key).isNotBlank();
            assertThat(value).isNotBlank();
        });
        assertThatCode(device::synchronize).doesNotThrowAnyException();
    }

    @Test
    void aClosedDeviceGivesItsMemoryBackAndRefusesItsBuffers() {
        Device closed = open();
        Scope scope = closed.scope();
        F64 x = scope.f64(3);
        closed.close();
        assertThat(closed.heldBytes()).isZero();
        assertThatThrownBy(x::toArray).isInstanceOf(IllegalStateException.class).hasMessageContaining("closed");
        assertThatThrownBy(() -> closed.blas().axpy(1, x, x)).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> scope.f64(1)).isInstanceOf(IllegalStateException.class).hasMessageContaining("closed");
        assertThatCode(scope::close).doesNotThrowAnyException();
        assertThatCode(closed::close).doesNotThrowAnyException();
        assertThat(closed.heldBytes()).isZero();
    }
}
