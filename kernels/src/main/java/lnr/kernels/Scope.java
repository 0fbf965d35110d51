package lnr.kernels;

import java.util.ArrayList;
import java.util.List;

/**
 * Owner of device memory: every buffer belongs to one scope, and closing the scope gives their memory back. Closing
 * twice does nothing the second time; allocating from a closed scope throws {@link IllegalStateException}. A scope may
 * be used by one thread at a time.
 */
public final class Scope implements AutoCloseable {
    private final Device device;
    private final List<Storage> owned = new ArrayList<>();
    private boolean closed;

    /** An empty scope; use {@link Device#scope()}. */
    public Scope(Device device) {
        this.device = device;
    }

    /** The device whose memory this scope owns. */
    public Device device() {
        return device;
    }

    /** {@code length} zeros. */
    public F32 f32(long length) {
        return new F32(allocate(Device.Type.F32, length, true), 0, length);
    }

    /** {@code length} zeros. */
    public F64 f64(long length) {
        return new F64(allocate(Device.Type.F64, length, true), 0, length);
    }

    /** {@code length} numbers of any value: for who writes them before reading. */
    public F64 unset(long length) {
        return new F64(allocate(Device.Type.F64, length, false), 0, length);
    }

    /** {@code length} zeros. */
    public I32 i32(long length) {
        return new I32(allocate(Device.Type.I32, length, true), 0, length);
    }

    /** {@code length} zeros. */
    public U8 u8(long length) {
        return new U8(allocate(Device.Type.U8, length, true), 0, length);
    }

    /** A copy of {@code values}. */
    public F32 f32(float[] values) {
        F32 buffer = new F32(allocate(Device.Type.F32, values.length, false), 0, values.length);
        buffer.write(values);
        return buffer;
    }

    /** A copy of {@code values}. */
    public F64 f64(double[] values) {
        F64 buffer = unset(values.length);
        buffer.write(values);
        return buffer;
    }

    /** A copy of {@code values}. */
    public I32 i32(int[] values) {
        I32 buffer = new I32(allocate(Device.Type.I32, values.length, false), 0, values.length);
        buffer.write(values);
        return buffer;
    }

    /** A copy of {@code values}. */
    public U8 u8(byte[] values) {
        U8 buffer = new U8(allocate(Device.Type.U8, values.length, false), 0, values.length);
        buffer.write(values);
        return buffer;
    }

    private Storage allocate(Device.Type type, long length, boolean zeroed) {
        if (closed) {
            throw new IllegalStateException("the scope is closed");
        }
        if (length < 0) {
            throw new IllegalArgumentException("length: expected 0 or more, got " + length);
        }
        Storage storage = device.allocate(type, length, zeroed);
        owned.add(storage);
        return storage;
    }

    /** @throws IllegalStateException while operations are recorded; what the scope owns is then as it was */
    @Override
    public void close() {
        for (int i = owned.size() - 1; i >= 0; i--) {
            owned.get(i).release();
            owned.remove(i);
        }
        closed = true;
    }
}
