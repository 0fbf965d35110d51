package lnr.kernels.cuda;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import jcuda.driver.CUevent;
import jcuda.driver.CUevent_flags;
import jcuda.driver.JCudaDriver;
import lnr.kernels.Device;
import lnr.kernels.Profile;

/** Times by CUDA's events. The device calls {@link #begin} and {@link #end} around each operation, in its turn. */
@SuppressWarnings("try") // A turn is held, not referred to.
final class CudaProfile implements Profile {
    /** Operations whose events are kept before they are read, which waits for them. */
    private static final int PENDING = 4096;

    private record Timed(Entry what, CUevent before, CUevent behind) {}

    private final CudaDevice device;
    private final Rates rates;
    private final Map<String, Entry> entries = new HashMap<>();
    private final List<Timed> pending = new ArrayList<>();
    private final Deque<CUevent> events = new ArrayDeque<>();
    private CUevent before;

    CudaProfile(CudaDevice device, Rates rates) {
        this.device = device;
        this.rates = rates;
    }

    void begin() {
        before = event();
    }

    void end(String name, double bytes, double flops, Device.Type arithmetic) {
        double bound = rates.seconds(bytes, flops, arithmetic);
        pending.add(new Timed(new Entry(name, 1, 0, bytes, flops, bound), before, event()));
        if (pending.size() == PENDING) {
            read();
        }
    }

    private CUevent event() {
        CUevent event = events.pollFirst();
        if (event == null) {
            event = new CUevent();
            device.check(JCudaDriver.cuEventCreate(event, CUevent_flags.CU_EVENT_DEFAULT), "cuEventCreate");
        }
        device.check(JCudaDriver.cuEventRecord(event, device.stream()), "cuEventRecord");
        return event;
    }

    private void read() {
        device.synchronize();
        float[] milliseconds = new float[1];
        for (Timed timed : pending) {
            device.check(
                    JCudaDriver.cuEventElapsedTime(milliseconds, timed.before, timed.behind), "cuEventElapsedTime");
            Entry time = new Entry(timed.what.name(), 0, milliseconds[0] / 1e3, 0, 0, 0);
            entries.merge(timed.what.name(), add(timed.what, time), CudaProfile::add);
            events.add(timed.before);
            events.add(timed.behind);
        }
        pending.clear();
    }

    private static Entry add(Entry a, Entry b) {
        return new Entry(
                a.name(), a.calls() + b.calls(), a.seconds() + b.seconds(), a.bytes() + b.bytes(),
                a.flops() + b.flops(), a.bound() + b.bound());
    }

    @Override
    public List<Entry> entries() {
        try (Turn turn = device.turn()) {
            read();
            return entries.values().stream()
                    .sorted(Comparator.comparingDouble(Entry::seconds).reversed().thenComparing(Entry::name))
                    .toList();
        }
    }

    @Override
    public void close() {
        device.close(this);
    }

    /** Gives the events back; no operation uses them any more. */
    void destroy() {
        for (Timed timed : pending) {
            events.add(timed.before);
            events.add(timed.behind);
        }
        pending.clear();
        events.forEach(JCudaDriver::cuEventDestroy);
        events.clear();
    }
}
