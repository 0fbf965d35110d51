package lnr.kernels.contract;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lnr.kernels.Buffer;
import lnr.kernels.Device;
import lnr.kernels.F32;
import lnr.kernels.F64;
import lnr.kernels.Groups;
import lnr.kernels.I32;
import lnr.kernels.Scope;
import lnr.kernels.U8;

/**
 * Buffers between guard zones: each is a window on a larger one whose rest holds a pattern that must stay. The pattern
 * of floating-point buffers is a NaN, so that reading beyond a buffer shows as well; a signalling one, whose bits
 * change in any arithmetic, so that writing back what was computed from it shows too. Targets start as the pattern too.
 */
public final class Arena implements AutoCloseable {
    private static final float F32_GUARD = Float.intBitsToFloat(0x7fa0beef);
    private static final double F64_GUARD = Double.longBitsToDouble(0x7ff4_0bad_cafe_beefL);
    private static final int I32_GUARD = 0xdeadbeef;
    private static final byte U8_GUARD = (byte) 0xa5;

    private static final int AFTER = 41;

    private final Scope scope;
    private final boolean aligned;
    private final List<Plot> plots = new ArrayList<>();

    /** An empty arena on {@code device}, whose buffers suit no vector's alignment. */
    public Arena(Device device) {
        this(device, false);
    }

    /** @param aligned whether buffers start at multiples of 16 elements, or where no vector may */
    Arena(Device device, boolean aligned) {
        this.scope = device.scope();
        this.aligned = aligned;
    }

    /** An empty arena on the same device, with the other alignment. */
    Arena next() {
        return new Arena(device(), !aligned);
    }

    /** The device whose memory this is. */
    public Device device() {
        return scope.device();
    }

    /** Owner of what an operation keeps for itself between calls. */
    Scope scope() {
        return scope;
    }

    /** A buffer of {@code values} that must stay as it is. */
    public F32 in(float[] values) {
        return fence(values, false);
    }

    /** A buffer of {@code values} that must stay as it is. */
    public F64 in(double[] values) {
        return fence(values, false);
    }

    /** A buffer of {@code values} that must stay as it is. */
    public I32 in(int[] values) {
        return fence(values, false);
    }

    /** A buffer of {@code values} that must stay as it is. */
    public U8 in(byte[] values) {
        return fence(values, false);
    }

    /** A buffer of {@code values} that may change. */
    public F32 inOut(float[] values) {
        return fence(values, true);
    }

    /** A buffer of {@code values} that may change. */
    public F64 inOut(double[] values) {
        return fence(values, true);
    }

    /** A buffer of {@code values} that may change. */
    public U8 inOut(byte[] values) {
        return fence(values, true);
    }

    /** A target of {@code length} NaNs. */
    public F32 out32(int length) {
        return fence(filled(length), true);
    }

    /** A target of {@code length} NaNs. */
    public F64 out64(int length) {
        double[] values = new double[length];
        Arrays.fill(values, F64_GUARD);
        return fence(values, true);
    }

    /** A target of {@code length} bytes of a pattern. */
    public U8 outBytes(int length) {
        byte[] values = new byte[length];
        Arrays.fill(values, U8_GUARD);
        return fence(values, true);
    }

    /** Groups whose buffers must stay as they are. */
    public Groups groups(int[] starts, double[] weights) {
        Groups groups = Groups.of(scope, starts, weights);
        keep(groups.starts());
        keep(groups.weights());
        return groups;
    }

    /** A buffer of {@code values} that may change. */
    public I32 inOut(int[] values) {
        return fence(values, true);
    }

    /** A buffer of {@code values}, an array of any element type. */
    public Buffer any(Object values, boolean modified) {
        if (values instanceof float[] f) {
            return fence(f, modified);
        } else if (values instanceof double[] d) {
            return fence(d, modified);
        } else if (values instanceof int[] i) {
            return fence(i, modified);
        }
        return fence((byte[]) values, modified);
    }

    /** Fails when a guard zone or an input has changed. */
    public void verify() {
        for (Plot plot : plots) {
            long[] now = bits(plot.whole);
            for (int i = 0; i < now.length; i++) {
                boolean inside = i >= plot.before && i < plot.before + plot.length;
                if (now[i] != plot.bits[i] && !(inside && plot.modified)) {
                    assertThat(Long.toHexString(now[i]))
                            .as("%s, element %d: %s", plot.whole, i - plot.before, inside ? "an input" : "a guard zone")
                            .isEqualTo(Long.toHexString(plot.bits[i]));
                }
            }
        }
    }

    @Override
    public void close() {
        scope.close();
    }

    /** A buffer's contents, NaNs told apart. */
    public static long[] bits(Buffer buffer) {
        if (buffer instanceof F32 f) {
            float[] values = f.toArray();
            long[] bits = new long[values.length];
            Arrays.setAll(bits, i -> Float.floatToRawIntBits(values[i]));
            return bits;
        } else if (buffer instanceof F64 d) {
            double[] values = d.toArray();
            long[] bits = new long[values.length];
            Arrays.setAll(bits, i -> Double.doubleToRawLongBits(values[i]));
            return bits;
        } else if (buffer instanceof I32 n) {
            int[] values = n.toArray();
            long[] bits = new long[values.length];
            Arrays.setAll(bits, i -> values[i]);
            return bits;
        }
        byte[] values = ((U8) buffer).toArray();
        long[] bits = new long[values.length];
        Arrays.setAll(bits, i -> values[i]);
        return bits;
    }

    private F32 fence(float[] values, boolean modified) {
        int before = before();
        float[] all = filled(before + values.length + AFTER);
        System.arraycopy(values, 0, all, before, values.length);
        F32 whole = scope.f32(all);
        plots.add(new Plot(whole, bits(whole), before, values.length, modified));
        return whole.slice(before, values.length);
    }

    private F64 fence(double[] values, boolean modified) {
        int before = before();
        double[] all = new double[before + values.length + AFTER];
        Arrays.fill(all, F64_GUARD);
        System.arraycopy(values, 0, all, before, values.length);
        F64 whole = scope.f64(all);
        plots.add(new Plot(whole, bits(whole), before, values.length, modified));
        return whole.slice(before, values.length);
    }

    private I32 fence(int[] values, boolean modified) {
        int before = before();
        int[] all = new int[before + values.length + AFTER];
        Arrays.fill(all, I32_GUARD);
        System.arraycopy(values, 0, all, before, values.length);
        I32 whole = scope.i32(all);
        plots.add(new Plot(whole, bits(whole), before, values.length, modified));
        return whole.slice(before, values.length);
    }

    private U8 fence(byte[] values, boolean modified) {
        int before = before();
        byte[] all = new byte[before + values.length + AFTER];
        Arrays.fill(all, U8_GUARD);
        System.arraycopy(values, 0, all, before, values.length);
        U8 whole = scope.u8(all);
        plots.add(new Plot(whole, bits(whole), before, values.length, modified));
        return whole.slice(before, values.length);
    }

    private void keep(Buffer whole) {
        plots.add(new Plot(whole, bits(whole), 0, (int) whole.length(), false));
    }

    /** Offsets that differ from buffer to buffer. */
    private int before() {
        int plot = plots.size() % 7;
        return aligned ? 32 + 16 * plot : 33 + 2 * plot;
    }

    private static float[] filled(int length) {
        float[] values = new float[length];
        Arrays.fill(values, F32_GUARD);
        return values;
    }

    private record Plot(Buffer whole, long[] bits, int before, int length, boolean modified) {}
}
