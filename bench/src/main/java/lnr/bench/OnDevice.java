package lnr.bench;

import java.util.Random;
import lnr.kernels.Device;
import lnr.kernels.F32;
import lnr.kernels.F64;
import lnr.kernels.Scope;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** A benchmark's operands in the memory of a device, which is opened for it by name. */
@State(org.openjdk.jmh.annotations.Scope.Benchmark)
public abstract class OnDevice {
    /** The device, as {@link Device#open} takes it. */
    @Param("cpu")
    public String device;

    private Device opened;
    private Scope scope;
    private Random random;

    /** Opens the device and prepares the operands; the same ones every time. */
    @Setup(Level.Trial)
    public final void open() {
        random = new Random(1);
        opened = Device.open(device);
        scope = opened.scope();
        prepare(scope);
    }

    /** Closes the device; the operands go with it. */
    @TearDown(Level.Trial)
    public final void close() {
        released();
        scope.close();
        opened.close();
    }

    /** Makes the operands, in memory that {@code scope} owns. */
    abstract void prepare(Scope scope);

    /** Closes what a benchmark has made beside its buffers. */
    void released() {}

    /** The device, open. */
    final Device on() {
        return opened;
    }

    /** {@code length} standard normal numbers; they repeat after some ten thousand, which no time depends on. */
    final F32 normal32(long length) {
        return Tile.normal(random, length).f32(scope, length);
    }

    /** As {@link #normal32}, in double precision. */
    final F64 normal64(long length) {
        return Tile.normal(random, length).f64(scope, length);
    }

    /** The sizes of a shape such as {@code 200x500}, of which there are {@code count}. */
    public static int[] sizes(String shape, int count) {
        String[] parts = shape.split("x");
        if (parts.length != count) {
            throw new IllegalArgumentException("shape: expected " + count + " sizes joined by x, got '" + shape + "'");
        }
        int[] sizes = new int[count];
        for (int i = 0; i < count; i++) {
            sizes[i] = Integer.parseInt(parts[i]);
        }
        return sizes;
    }
}
