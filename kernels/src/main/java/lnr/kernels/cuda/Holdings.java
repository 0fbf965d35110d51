package lnr.kernels.cuda;

import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import jcuda.driver.CUresult;
import jcuda.driver.JCudaDriver;
import lnr.kernels.Device;
import lnr.kernels.DeviceException;

/** What a device holds of its GPU's memory: buffers, and what operations work in. Used in the device's turns. */
final class Holdings {
    /** Scratch memory is this much at least: most operations' share, at once. */
    private static final long LEAST_SCRATCH = 1 << 20;

    private final CudaDevice device;
    private final Set<CudaMemory> buffers = new HashSet<>();
    private volatile long held;
    private long working;
    private long scratch;
    private long scratchBytes;

    Holdings(CudaDevice device) {
        this.device = device;
    }

    /** Memory for {@code length} elements, of whatever content. */
    CudaMemory allocate(Device.Type type, long length) {
        long bytes = length > Long.MAX_VALUE / type.bytes() ? Long.MAX_VALUE : length * type.bytes();
        long address = 0;
        if (bytes > 0) {
            address = take(bytes)
                    .orElseThrow(() -> outOfMemory(length + " numbers of " + type.bytes() + " bytes"))
                    .address();
        }
        CudaMemory buffer = new CudaMemory(device, type, length, address);
        buffers.add(buffer);
        held += bytes;
        return buffer;
    }

    /** No longer counts a buffer; returns whether it was counted. */
    boolean remove(CudaMemory buffer) {
        boolean removed = buffers.remove(buffer);
        if (removed) {
            held -= buffer.bytes();
        }
        return removed;
    }

    /** The buffers that have not been given back. */
    List<CudaMemory> buffers() {
        return List.copyOf(buffers);
    }

    /** Bytes of these. */
    long held() {
        return held;
    }

    /** Memory to work in until the device is closed. */
    DevicePointer reserve(long bytes, String purpose) {
        return tryReserve(bytes).orElseThrow(() -> outOfMemory(bytes + " bytes for " + purpose + " to work in"));
    }

    private Optional<DevicePointer> tryReserve(long bytes) {
        Optional<DevicePointer> block = take(bytes);
        block.ifPresent(taken -> {
            working += bytes;
            device.onClose(() -> JCudaDriver.cuMemFree(taken));
        });
        return block;
    }

    /**
     * The address of memory for what an operation needs until its end: every operation's, so the next one overwrites
     * it. Recordings may keep the address.
     *
     * @throws IllegalStateException when it has to grow while operations are recorded: run them once before
     */
    long scratch(long bytes) {
        if (bytes > scratchBytes) {
            device.requireNotRecording("scratch memory cannot grow (run the operations once before)");
            // Recordings may hold the old address, so that block stays. Growth is by doubling, where there is room.
            long roomy = Math.max(Math.max(bytes, 2 * scratchBytes), LEAST_SCRATCH);
            Optional<DevicePointer> block = tryReserve(roomy);
            scratch = block.orElseGet(() -> reserve(bytes, "operations")).address();
            scratchBytes = block.isPresent() ? roomy : bytes;
        }
        return scratch;
    }

    /** A block of the GPU's memory, or none where there is no room for it. */
    private Optional<DevicePointer> take(long bytes) {
        DevicePointer block = new DevicePointer();
        int result = JCudaDriver.cuMemAlloc(block, bytes);
        if (result == CUresult.CUDA_ERROR_OUT_OF_MEMORY) {
            return Optional.empty();
        }
        device.check(result, "cuMemAlloc", bytes);
        return Optional.of(block);
    }

    /** What to throw when there is no memory for what was asked. */
    DeviceException outOfMemory(String asked) {
        long[] free = new long[1];
        long[] total = new long[1];
        boolean known = JCudaDriver.cuMemGetInfo(free, total) == CUresult.CUDA_SUCCESS;
        return new DeviceException(device.name() + ": out of memory: asked for " + asked + ", holding " + held
                + " bytes in buffers and " + working + " to work in, "
                + (known ? free[0] + " of " + total[0] + " free" : "what is free is not known")
                + "; see nvidia-smi for what else uses the device");
    }
}
