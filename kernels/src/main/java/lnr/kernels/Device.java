package lnr.kernels;

import java.util.Map;
import java.util.function.Supplier;
import lnr.kernels.cpu.CpuDevice;
import lnr.kernels.cuda.CudaDevice;

/**
 * A processor with its memory and its operations. What one thread asks of a device runs in that order. Several threads
 * may use a device at once, on buffers of their own: their operations then share it or take turns, with the same
 * results. Close it, when none is in use, to give back threads and memory.
 */
public interface Device extends AutoCloseable {
    /** Element types of device memory. */
    enum Type {
        /** Floating point, single precision. */
        F32(4),
        /** Floating point, double precision. */
        F64(8),
        /** Signed integer, two's complement. */
        I32(4),
        /** Unsigned byte. */
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
     * @param name {@code cpu}; {@code cuda}, the first NVIDIA GPU, or {@code cuda:1} and so on for another; or
     *     {@code auto}, the first GPU where it can be used and the CPU otherwise ({@link #choice()} says why)
     * @throws IllegalArgumentException when no device has that name; the message lists the known ones
     * @throws DeviceException when the device cannot run here, with the mend
     */
    static Device open(String name) {
        if (name.equals("auto")) {
            try {
                return new CudaDevice(0, "the first GPU, for auto");
            } catch (DeviceException e) {
                return new CpuDevice("for auto, since " + e.getMessage().split("; ", 2)[0]);
            }
        } else if (name.equals("cpu")) {
            return new CpuDevice("asked for");
        } else if (name.matches("cuda(:\\d{1,3})?")) {
            return new CudaDevice(name.equals("cuda") ? 0 : Integer.parseInt(name.substring(5)), "asked for");
        }
        throw new IllegalArgumentException("device: expected auto, cpu, cuda or cuda:N, got '" + name + "'");
    }

    /** Short name: {@code cpu}, {@code cuda:0}. */
    String name();

    /** Why this device was taken, for {@code auto} and for reports. */
    String choice();

    /** What a report says of this device, in order: processor, threads, libraries and their versions. */
    Map<String, String> description();

    /** A new, empty owner of memory on this device. */
    default Scope scope() {
        return new Scope(this);
    }

    /**
     * Memory for {@code length} elements; for {@link Scope}, which releases it.
     *
     * @param zeroed whether they have to be zeros; else they are whatever was there
     */
    Storage allocate(Type type, long length, boolean zeroed);

    /** Bytes allocated and not yet released. */
    long heldBytes();

    /** Dense linear algebra. */
    Blas blas();

    /** The penalty sum_j ||M_j|| and its proximal operator. */
    GroupNorm groupNorm();

    /** Newton steps on the groups that are not zero. */
    Support support();

    /** Passes that settle which groups are zero. */
    BlockDescent blockDescent();

    /** Sums of outer products of samples. */
    Correlation correlation();

    /** The network's layers, forward and backward. */
    Layers layers();

    /**
     * Keeps the operations that {@code operations} asks for, without running them.
     *
     * @param operations asks for operations of this device alone, on buffers that outlive the recording; allocates and
     *     releases nothing, moves nothing to or from the host, and calls nothing that waits for a result
     */
    Recording record(Runnable operations);

    /**
     * Begins to time operations. One profile at a time.
     *
     * @throws UnsupportedOperationException when this kind of device does not time them
     */
    default Profile profile() {
        throw new UnsupportedOperationException("the " + name() + " device does not time its operations");
    }

    /** Threads that may each solve something of their own and gain by it: 1 where operations take turns anyway. */
    default int concurrency() {
        return 1;
    }

    /**
     * Whether one operation on a batch of small problems costs much less than as many on one each: then they are better
     * solved together than by turns.
     */
    default boolean favoursBatches() {
        return false;
    }

    /** Runs {@code body}; the operations it asks for use no thread but its own, where that is theirs to choose. */
    default void alone(Runnable body) {
        body.run();
    }

    /** Runs {@code body} under a name that profiling tools show: a solve, an epoch, a layer. */
    default <T> T range(String name, Supplier<T> body) {
        return body.get();
    }

    /** Returns once every operation asked for so far has run. */
    void synchronize();

    /** Gives back threads and memory; buffers become unusable. Closing twice does nothing the second time. */
    @Override
    void close();
}
