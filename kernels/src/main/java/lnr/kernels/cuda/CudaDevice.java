package lnr.kernels.cuda;

import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import jcuda.driver.CUcontext;
import jcuda.driver.CUdevice;
import jcuda.driver.CUdevice_attribute;
import jcuda.driver.CUresult;
import jcuda.driver.CUstream;
import jcuda.driver.CUstream_flags;
import jcuda.driver.JCudaDriver;
import lnr.kernels.Blas;
import lnr.kernels.BlockDescent;
import lnr.kernels.Buffer;
import lnr.kernels.Correlation;
import lnr.kernels.Device;
import lnr.kernels.DeviceException;
import lnr.kernels.GroupNorm;
import lnr.kernels.Layers;
import lnr.kernels.Profile;
import lnr.kernels.Recording;
import lnr.kernels.Storage;
import lnr.kernels.Support;

/**
 * An NVIDIA GPU. It uses the device's primary context, which it shares with whatever else in the process uses CUDA, and
 * a stream of its own.
 */
@SuppressWarnings("try") // A turn is held, not referred to.
public final class CudaDevice implements Device {
    private final String name;
    private final String choice;
    private final ReentrantLock lock = new ReentrantLock();
    private final Turn turn = this::endTurn;
    private final CUdevice device = new CUdevice();
    private final CUcontext context = new CUcontext();
    private final CUstream stream = new CUstream();

    /** Gives back, last first, what was taken. What these calls return is of no use to anybody. */
    private final Deque<Runnable> closing = new ArrayDeque<>();

    private final Holdings holdings = new Holdings(this);
    private final Set<CudaRecording> recordings = new HashSet<>();
    private final Map<String, String> description = new LinkedHashMap<>();
    private final int architecture;
    private final int sharedMemory;
    private volatile boolean closed;
    private CudaProfile profile;
    private boolean replaying;

    /** The memory that the operations being recorded use; null while none are. */
    private Set<CudaMemory> recorded;

    /** Turns of the thread that holds the lock. */
    private int turns;

    /** The sticky error after which nothing runs any more. */
    private DeviceException lost;

    private final Staging staging;
    private final Blas blas;
    private final GroupNorm groupNorm;
    private final Support support;
    private final BlockDescent blockDescent;
    private final Correlation correlation;
    private final Layers layers;

    /**
     * @param ordinal which of the devices that CUDA shows to this process, from 0
     * @param choice why this device was taken, for reports
     * @throws DeviceException when it cannot be used, with the mend
     */
    public CudaDevice(int ordinal, String choice) {
        this.name = "cuda:" + ordinal;
        this.choice = choice;
        int devices = Driver.devices();
        if (ordinal < 0 || ordinal >= devices) {
            throw new DeviceException(name + ": no such device, this process sees " + devices + ", from cuda:0 on;"
                    + " see nvidia-smi -L, and CUDA_VISIBLE_DEVICES");
        }
        check(JCudaDriver.cuDeviceGet(device, ordinal), "cuDeviceGet", ordinal);
        this.architecture = 10 * attribute(CUdevice_attribute.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR)
                + attribute(CUdevice_attribute.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR);
        this.sharedMemory = attribute(CUdevice_attribute.CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN);
        check(JCudaDriver.cuDevicePrimaryCtxRetain(context, device), "cuDevicePrimaryCtxRetain", name);
        boolean complete = false;
        try (Turn turn = turn()) {
            check(JCudaDriver.cuStreamCreate(stream, CUstream_flags.CU_STREAM_NON_BLOCKING), "cuStreamCreate");
            closing.push(() -> JCudaDriver.cuStreamDestroy(stream));
            this.staging = new Staging(this);
            closing.push(staging::close);
            describe();
            this.blas = new CudaBlas(this);
            this.groupNorm = new CudaGroupNorm(this);
            this.support = new CudaSupport(this);
            this.blockDescent = new CudaBlockDescent(this, blas);
            this.correlation = new CudaCorrelation(this);
            this.layers = new CudaLayers(this, blas);
            complete = true;
        } finally {
            if (!complete) {
                close();
            }
        }
    }

    private void describe() {
        byte[] text = new byte[256];
        check(JCudaDriver.cuDeviceGetName(text, text.length, device), "cuDeviceGetName", name);
        int end = 0;
        while (end < text.length && text[end] != 0) {
            end++;
        }
        long[] free = new long[1];
        long[] total = new long[1];
        check(JCudaDriver.cuMemGetInfo(free, total), "cuMemGetInfo");
        description.put("processor", new String(text, 0, end, StandardCharsets.UTF_8));
        description.put("architecture", "sm_" + architecture);
        description.put("memory", String.format(Locale.ROOT, "%.1f GB, %.1f free", total[0] / 1e9, free[0] / 1e9));
        description.put("driver", "CUDA " + Driver.version());
    }

    private int attribute(int attribute) {
        int[] value = new int[1];
        check(JCudaDriver.cuDeviceGetAttribute(value, attribute, device), "cuDeviceGetAttribute", attribute);
        return value[0];
    }

    // ---- For the families of operations.

    /**
     * Waits for this thread's turn, and makes the device's context current on it until the turn is closed. Turns of one
     * thread nest.
     *
     * @throws IllegalStateException when the device is closed
     * @throws DeviceException when it is lost
     */
    Turn turn() {
        lock.lock();
        try {
            if (closed) {
                throw new IllegalStateException("the " + name + " device is closed");
            }
            if (lost != null) {
                throw new DeviceException(lost.getMessage(), lost);
            }
            enter();
            return turn;
        } catch (RuntimeException e) {
            lock.unlock();
            throw e;
        }
    }

    private void endTurn() {
        leave();
        lock.unlock();
    }

    private void enter() {
        if (turns == 0) {
            check(JCudaDriver.cuCtxPushCurrent(context), "cuCtxPushCurrent", name);
        }
        turns++;
    }

    private void leave() {
        turns--;
        if (turns == 0) {
            JCudaDriver.cuCtxPopCurrent(new CUcontext());
        }
    }

    /** The one stream, on which operations run in the order they were asked for. */
    CUstream stream() {
        return stream;
    }

    /** Compute capability: 10 major + minor. */
    int architecture() {
        return architecture;
    }

    /** @throws IllegalStateException or IllegalArgumentException unless all buffers are open, and this device's */
    void require(Buffer... buffers) {
        for (Buffer buffer : buffers) {
            address(buffer);
        }
    }

    /** The address of the buffer's first element; the buffer must be open, and this device's. */
    long address(Buffer buffer) {
        long address = CudaMemory.address(this, buffer);
        if (lock.isHeldByCurrentThread() && isRecording()) {
            recorded.add((CudaMemory) buffer.storage());
        }
        return address;
    }

    /** Bytes of shared memory that a block may have, when its kernel asks for them. */
    int sharedMemory() {
        return sharedMemory;
    }

    private boolean isRecording() {
        return recorded != null;
    }

    /** Whether operations are a recording's: they are being recorded, or replayed one by one. Nothing waits then. */
    boolean isOfRecording() {
        return isRecording() || replaying;
    }

    /** Asks for a recording's operations one by one, in a turn. */
    void replay(Runnable operations) {
        replaying = true;
        try {
            operations.run();
        } finally {
            replaying = false;
        }
    }

    /** @throws IllegalStateException while operations are being recorded */
    void requireNotRecording(String what) {
        if (isRecording()) {
            throw new IllegalStateException(what + " while operations are recorded");
        }
    }

    /** As {@link Holdings#scratch}. */
    long scratch(long bytes) {
        return holdings.scratch(bytes);
    }

    /** As {@link Holdings#reserve}. */
    DevicePointer reserve(long bytes, String purpose) {
        return holdings.reserve(bytes, purpose);
    }

    /** The number at an address, once all that was asked for has run. */
    double number(long address) {
        double[] value = new double[1];
        download(Type.F64, address, value, 0, 1);
        return value[0];
    }

    /** The integer at an address, once all that was asked for has run. */
    int integer(long address) {
        int[] value = new int[1];
        download(Type.I32, address, value, 0, 1);
        return value[0];
    }

    /** Throws what {@code call}, which returned {@code result}, deserves, unless that is success. */
    void check(int result, String call, Object... arguments) {
        if (result != CUresult.CUDA_SUCCESS) {
            throw failure(result, call, arguments);
        }
    }

    private DeviceException failure(int result, String call, Object... arguments) {
        if (result == CUresult.CUDA_ERROR_OUT_OF_MEMORY) {
            return outOfMemory(call, arguments);
        }
        DeviceException failure = Driver.failure(name, result, call, arguments);
        if (Driver.isSticky(result) && lost == null) {
            lost = failure;
        }
        return failure;
    }

    /** What to throw when a library's {@code call} returned {@code status}: the device's own error, if it has one. */
    DeviceException failure(String status, String call, Object... arguments) {
        int result = JCudaDriver.cuStreamQuery(stream);
        if (Driver.isSticky(result)) {
            return failure(result, call, arguments);
        }
        if (status.endsWith("ALLOC_FAILED")) {
            return outOfMemory(call, arguments);
        }
        return new DeviceException(name + ": " + Driver.call(call, arguments) + " failed: " + status + mend(status));
    }

    private static String mend(String status) {
        if (status.endsWith("NOT_INITIALIZED")) {
            return "; the library does not fit the driver, or there is no memory for it: see nvidia-smi";
        } else if (status.endsWith("ARCH_MISMATCH")) {
            return "; the library has no code for this device: install that of a CUDA that knows it, or name its"
                    + " directory by " + Libraries.PATH;
        }
        return "";
    }

    private DeviceException outOfMemory(String call, Object... arguments) {
        return holdings.outOfMemory("what " + Driver.call(call, arguments) + " takes");
    }

    /** Runs {@code close} when the device is closed, before what was asked for earlier. */
    void onClose(Runnable close) {
        closing.push(close);
    }

    /** A further line of {@link #description()}. */
    void describe(String what, String value) {
        description.put(what, value);
    }

    /** Precedes an operation on the stream, for the profile if there is one. In a turn. */
    void begin() {
        if (profile != null && !isRecording()) {
            profile.begin();
        }
    }

    /** Follows the operation; it had to move so many bytes and to do so many flops of a type. */
    void end(String what, double bytes, double flops, Type arithmetic) {
        if (profile != null && !isRecording()) {
            profile.end(what, bytes, flops, arithmetic);
        }
    }

    // ---- Memory.

    @Override
    public Storage allocate(Type type, long length, boolean zeroed) {
        try (Turn turn = turn()) {
            requireNotRecording("memory cannot be allocated");
            CudaMemory memory = holdings.allocate(type, length);
            if (zeroed) {
                clear(memory.address(), memory.bytes());
            }
            return memory;
        }
    }

    void upload(Type type, Object source, int from, long address, int count) {
        try (Turn turn = turn()) {
            requireNotRecording("the host's data cannot be copied to the device");
            staging.upload(type, source, from, address, count);
        }
    }

    void download(Type type, long address, Object target, int to, int count) {
        try (Turn turn = turn()) {
            requireNotRecording("the device's data cannot be copied to the host");
            staging.fetch(type, address, target, to, count).run();
        }
    }

    Runnable fetch(Type type, long address, Object target, int to, int count) {
        try (Turn turn = turn()) {
            requireNotRecording("the device's data cannot be copied to the host");
            Runnable arrival = staging.fetch(type, address, target, to, count);
            return () -> {
                try (Turn later = turn()) {
                    arrival.run();
                }
            };
        }
    }

    void clear(long address, long bytes) {
        if (bytes > 0) {
            try (Turn turn = turn()) {
                check(
                        JCudaDriver.cuMemsetD8Async(new DevicePointer(address), (byte) 0, bytes, stream),
                        "cuMemsetD8Async", bytes);
            }
        }
    }

    /** Gives a block back. The memory of a lost device is gone already. */
    void release(CudaMemory memory) {
        lock.lock();
        try {
            requireNotRecording("memory cannot be released");
            if (holdings.remove(memory) && memory.address() != 0 && finish()) {
                try (Turn turn = turn()) {
                    check(JCudaDriver.cuMemFree(new DevicePointer(memory.address())), "cuMemFree", memory);
                }
            }
        } finally {
            lock.unlock();
        }
    }

    /** Waits for all that was asked, and returns whether the device still works; for what frees memory. */
    private boolean finish() {
        if (lost != null) {
            return false;
        }
        try {
            synchronize();
            return true;
        } catch (DeviceException e) {
            return lost == null;
        }
    }

    @Override
    public long heldBytes() {
        return holdings.held();
    }

    // ---- Operations.

    @Override
    public String name() {
        return name;
    }

    @Override
    public boolean favoursBatches() {
        return true;
    }

    @Override
    public String choice() {
        return choice;
    }

    @Override
    public Map<String, String> description() {
        return new LinkedHashMap<>(description);
    }

    @Override
    public Blas blas() {
        return blas;
    }

    @Override
    public GroupNorm groupNorm() {
        return groupNorm;
    }

    @Override
    public Support support() {
        return support;
    }

    @Override
    public BlockDescent blockDescent() {
        return blockDescent;
    }

    @Override
    public Correlation correlation() {
        return correlation;
    }

    @Override
    public Layers layers() {
        return layers;
    }

    @Override
    public Recording record(Runnable operations) {
        try (Turn turn = turn()) {
            requireNotRecording("operations cannot be recorded");
            recorded = new HashSet<>();
            CudaRecording made;
            try {
                made = new CudaRecording(this, operations, recorded);
            } finally {
                recorded = null;
            }
            recordings.add(made);
            return made;
        }
    }

    @Override
    public Profile profile() {
        try (Turn turn = turn()) {
            requireNotRecording("a profile cannot begin");
            if (profile != null) {
                throw new IllegalStateException("a profile of the " + name + " device is open already");
            }
            profile = new CudaProfile(this, Rates.of(
                    attribute(CUdevice_attribute.CU_DEVICE_ATTRIBUTE_MEMORY_CLOCK_RATE),
                    attribute(CUdevice_attribute.CU_DEVICE_ATTRIBUTE_GLOBAL_MEMORY_BUS_WIDTH),
                    attribute(CUdevice_attribute.CU_DEVICE_ATTRIBUTE_CLOCK_RATE),
                    attribute(CUdevice_attribute.CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT),
                    architecture));
            return profile;
        }
    }

    /** Whether operations are being timed, so that recorded ones are to run one by one. */
    boolean isProfiled() {
        return profile != null;
    }

    void close(CudaProfile ended) {
        lock.lock();
        try {
            requireNotRecording("a profile cannot be closed");
            if (profile == ended) {
                profile = null;
                if (finish()) {
                    try (Turn turn = turn()) {
                        ended.destroy();
                    }
                }
            }
        } finally {
            lock.unlock();
        }
    }

    @Override
    public <T> T range(String what, Supplier<T> body) {
        return Ranges.range(what, body);
    }

    void close(CudaRecording made) {
        lock.lock();
        try {
            requireNotRecording("a recording cannot be closed");
            if (recordings.remove(made) && finish()) {
                try (Turn turn = turn()) {
                    made.destroy();
                }
            }
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void synchronize() {
        try (Turn turn = turn()) {
            requireNotRecording("the device cannot be waited for");
            check(JCudaDriver.cuStreamSynchronize(stream), "cuStreamSynchronize");
        }
    }

    @Override
    public void close() {
        lock.lock();
        try {
            requireNotRecording("the device cannot be closed");
            if (closed) {
                return;
            }
            // A lost device gives errors from here on, to which there is nothing more to say.
            JCudaDriver.cuCtxPushCurrent(context);
            turns++;
            try {
                JCudaDriver.cuStreamSynchronize(stream);
                if (profile != null) {
                    profile.close();
                }
                List.copyOf(recordings).forEach(CudaRecording::close);
                holdings.buffers().forEach(CudaDevice::giveBack);
                closing.forEach(Runnable::run);
            } finally {
                closing.clear();
                closed = true;
                leave();
                JCudaDriver.cuDevicePrimaryCtxRelease(device);
            }
        } finally {
            lock.unlock();
        }
    }

    /** Gives a block back while the device is closed, which goes on when the driver does not take it. */
    private static void giveBack(CudaMemory memory) {
        try {
            memory.release();
        } catch (DeviceException e) {
            // The context ends with the device, and its memory with it.
        }
    }
}
