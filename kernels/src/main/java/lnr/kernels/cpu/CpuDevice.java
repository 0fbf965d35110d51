package lnr.kernels.cpu;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import lnr.kernels.Blas;
import lnr.kernels.BlockDescent;
import lnr.kernels.Correlation;
import lnr.kernels.Device;
import lnr.kernels.DeviceException;
import lnr.kernels.GroupNorm;
import lnr.kernels.Layers;
import lnr.kernels.Recording;
import lnr.kernels.Storage;
import lnr.kernels.Support;

/** The processor this program runs on, all its cores. */
public final class CpuDevice implements Device {
    private final String choice;
    private final Workers workers;
    private final SpareArrays spare;
    private final AtomicLong held = new AtomicLong();
    private final Set<Heap> open = ConcurrentHashMap.newKeySet();
    private volatile boolean closed;
    private final Blas blas;
    private final GroupNorm groupNorm;
    private final Support support;
    private final BlockDescent blockDescent;
    private final Correlation correlation;
    private final Layers layers;

    /**
     * @param choice why this device was taken, for reports
     * @throws DeviceException when OpenBLAS does not load on this platform
     */
    public CpuDevice(String choice) {
        this(choice, Runtime.getRuntime().availableProcessors());
    }

    /**
     * @param choice why this device was taken, for reports
     * @param threads threads that share the work, the caller's included; 1 or more
     * @throws DeviceException when OpenBLAS does not load on this platform
     */
    public CpuDevice(String choice, int threads) {
        if (threads < 1) {
            throw new IllegalArgumentException("threads: expected 1 or more, got " + threads);
        }
        OpenBlas.require();
        this.choice = choice;
        this.workers = new Workers(threads);
        this.spare = new SpareArrays(workers);
        this.blas = new CpuBlas(this);
        this.groupNorm = new CpuGroupNorm(this);
        this.support = new CpuSupport(this);
        this.blockDescent = new CpuBlockDescent(this, blas);
        this.correlation = new CpuCorrelation(this);
        this.layers = new CpuLayers(this, blas);
    }

    @Override
    public String name() {
        return "cpu";
    }

    @Override
    public String choice() {
        return choice;
    }

    @Override
    public Map<String, String> description() {
        Map<String, String> lines = new LinkedHashMap<>();
        lines.put("processor", Processor.name());
        lines.put("threads", Integer.toString(workers.count()));
        lines.put("blas", OpenBlas.library());
        return lines;
    }

    @Override
    public Storage allocate(Type type, long length, boolean zeroed) {
        if (closed) {
            throw new IllegalStateException("the cpu device is closed");
        }
        String asked =
                "asked for " + length + " numbers of " + type.bytes() + " bytes, holding " + held.get() + " bytes";
        if (length > Integer.MAX_VALUE - 8) {
            throw new DeviceException(
                    "cpu: " + asked + "; a buffer has at most " + (Integer.MAX_VALUE - 8) + " numbers");
        }
        try {
            Heap storage = new Heap(this, type, (int) length, spare.take(type, (int) length, zeroed));
            open.add(storage);
            held.addAndGet(storage.bytes());
            return storage;
        } catch (OutOfMemoryError e) {
            throw new DeviceException(
                    "cpu: out of memory: " + asked + " of at most " + Runtime.getRuntime().maxMemory() + "; raise -Xmx",
                    e);
        }
    }

    /** Its threads, for its operations. */
    Workers workers() {
        return workers;
    }

    /** Takes back the array of a storage that has none any more. */
    void released(Heap storage, Object array) {
        open.remove(storage);
        held.addAndGet(-storage.bytes());
        spare.give(storage.type(), array);
    }

    @Override
    public long heldBytes() {
        return held.get();
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
        return new CpuRecording(operations);
    }

    @Override
    public int concurrency() {
        return workers.count();
    }

    @Override
    public void alone(Runnable body) {
        workers.alone(body);
    }

    @Override
    public void synchronize() {
        // Operations run on the caller's time: all have ended.
    }

    @Override
    public void close() {
        closed = true;
        open.forEach(Heap::release);
        spare.drop();
        workers.close();
    }
}
