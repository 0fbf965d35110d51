package lnr.kernels;

import java.util.Map;
import lnr.kernels.cpu.CpuDevice;

/**
 * A processor with its memory and its operations. What one thread asks of a device runs in that order. Several threads
 * may use a device at once, on buffers of their own: their operations then share it or take turns, with the same
 * results. Close it, when none is in use, to give back threads and memory.
 */
public interface Device extends AutoCloseable {
    /** Element types of device memory. */
    enum Type {
        F32(4),
        F64(8),
        I32(4),
        U8(1);

        private final int bytes;

        Type(int bytes) {
            this.bytes = bytes;
        }

        /** Bytes of one element. */
        public int bytes() {
            return bytes;
        }
    }

    /**
     * Opens a device by name.
     *
     * @param name {@code auto} (the best device of this machine; {@link #choice()} says why) or {@code cpu}
     * @throws IllegalArgumentException when no device has that name; the message lists the known ones
     * @throws DeviceException when the device cannot run here, with the mend
     */
    static Device open(String name) {
        return switch (name) {
            case "cpu" -> new CpuDevice("asked for");
            case "auto" -> new CpuDevice("the only kind of device in this version");
            default -> throw new IllegalArgumentException("device: expected auto or cpu, got '" + name + "'");
        };
    }

    /** Short name: {@code cpu}. */
    String name();

    /** Why this device was taken, for {@code auto} and for reports. */
    String choice();

    /** What a report says of this device, in order: processor, threads, libraries and their versions. */
    Map<String, String> description();

    /** A new, empty owner of memory on this device. */
    default Scope scope() {
        return new Scope(this);
    }

    /** Zeroed memory for {@code length} elements; for {@link Scope}, which releases it. */
    Storage allocate(Type type, long length);

    /** Bytes allocated and not yet released. */
    long heldBytes();

    /** Dense linear algebra. */
    Blas blas();

    /** The penalty sum_j ||M_j|| and its proximal operator. */
    GroupNorm groupNorm();

    /** Sums of outer products of samples. */
    Correlation correlation();

    /** The network's layers, forward and backward. */
    Layers layers();

    /**
     * Keeps the operations that {@code operations} asks for, without running them.
     *
     * @param operations asks for operations of this device alone, on buffers that outlive the recording; allocates
     *     nothing, moves nothing to or from the host, and calls nothing that waits for a result
     */
    Recording record(Runnable operations);

    /** Returns once every operation asked for so far has run. */
    void synchronize();

    /** Gives back threads and memory; buffers become unusable. Closing twice does nothing the second time. */
    @Override
    void close();
}
