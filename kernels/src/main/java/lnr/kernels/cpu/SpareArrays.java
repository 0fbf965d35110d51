package lnr.kernels.cpu;

import java.lang.ref.SoftReference;
import java.lang.reflect.Array;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.Iterator;
import lnr.kernels.Device;

/**
 * Large arrays that scopes gave back, for the next that ask for about as many numbers: solvers ask for such sizes again
 * and again, and to let the garbage collector have them costs more than to set them to zero. Those that were given back
 * last are kept, to a quarter of the memory there may be, and the collector takes them when it needs to.
 */
final class SpareArrays {
    /** Bytes from which an array is kept. */
    private static final long LARGE = 1 << 16;

    private final long most = Runtime.getRuntime().maxMemory() / 4;
    private final Workers workers;
    private final Deque<Spare> kept = new ArrayDeque<>(); // the last that was given back first
    private long bytes; // of those

    private record Spare(Device.Type type, int length, SoftReference<Object> array) {
        long bytes() {
            return (long) length * type.bytes();
        }
    }

    /** @param workers who set arrays to zero */
    SpareArrays(Workers workers) {
        this.workers = workers;
    }

    /**
     * An array of {@code length} elements or more.
     *
     * @param zeroed whether these have to be zeros; else they may be anything: with assertions on, not a number
     */
    Object take(Device.Type type, int length, boolean zeroed) {
        Object array = (long) length * type.bytes() < LARGE ? null : find(type, length);
        if (!zeroed) {
            Object any = array != null ? array : create(type, length);
            assert spoil(any);
            return any;
        }
        if (array != null) {
            int pieces = Pieces.of((double) length * type.bytes(), LARGE);
            workers.run(pieces, piece -> clear(
                    array, Pieces.start(piece, pieces, length, 1), Pieces.start(piece + 1, pieces, length, 1)));
            return array;
        }
        return create(type, length);
    }

    private static Object create(Device.Type type, int length) {
        return switch (type) {
            case F32 -> new float[length];
            case F64 -> new double[length];
            case I32 -> new int[length];
            case U8 -> new byte[length];
        };
    }

    /** Who reads before writing shall be found out. */
    private static boolean spoil(Object array) {
        if (array instanceof float[] f) {
            Arrays.fill(f, Float.NaN);
        } else if (array instanceof double[] d) {
            Arrays.fill(d, Double.NaN);
        } else if (array instanceof int[] i) {
            Arrays.fill(i, Integer.MIN_VALUE);
        } else {
            Arrays.fill((byte[]) array, Byte.MIN_VALUE);
        }
        return true;
    }

    /** The shortest that is long enough, and a quarter longer at most; null where there is none. */
    private synchronized Object find(Device.Type type, int length) {
        Spare best = null;
        Object found = null;
        for (Iterator<Spare> all = kept.iterator(); all.hasNext(); ) {
            Spare spare = all.next();
            Object array = spare.array.get();
            if (array == null) {
                all.remove();
                bytes -= spare.bytes();
            } else if (spare.type == type && spare.length >= length && spare.length - length <= length / 4
                    && (best == null || spare.length < best.length)) {
                best = spare;
                found = array;
            }
        }
        if (best != null) {
            kept.remove(best);
            bytes -= best.bytes();
        }
        return found;
    }

    /** Takes an array that nothing else knows any more. */
    synchronized void give(Device.Type type, Object array) {
        Spare spare = new Spare(type, Array.getLength(array), new SoftReference<>(array));
        if (spare.bytes() < LARGE || spare.bytes() > most) {
            return;
        }
        kept.addFirst(spare);
        bytes += spare.bytes();
        while (bytes > most) {
            bytes -= kept.removeLast().bytes();
        }
    }

    /** Keeps none any longer. */
    synchronized void drop() {
        kept.clear();
        bytes = 0;
    }

    /** Sets numbers [from, end) to zero. */
    static void clear(Object array, int from, int end) {
        if (array instanceof float[] f) {
            Arrays.fill(f, from, end, 0f);
        } else if (array instanceof double[] d) {
            Arrays.fill(d, from, end, 0);
        } else if (array instanceof int[] i) {
            Arrays.fill(i, from, end, 0);
        } else {
            Arrays.fill((byte[]) array, from, end, (byte) 0);
        }
    }
}
