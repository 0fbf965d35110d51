package lnr.kernels.cpu;

import java.lang.ref.SoftReference;
import java.lang.reflect.Array;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.Iterator;
import lnr.kernels.Device;

/**
 * Large arrays that scopes gave back, for the next that ask for as many numbers: solvers ask for the same sizes again
 * and again, and to let the garbage collector have them costs more than to set them to zero. Those that were given back
 * last are kept, to an eighth of the memory there may be, and the collector takes them when it needs to.
 */
final class SpareArrays {
    /** Bytes from which an array is kept. */
    private static final long LARGE = 1 << 16;

    private final long most = Runtime.getRuntime().maxMemory() / 8;
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

    /** An array of zeros. */
    Object take(Device.Type type, int length) {
        Object array = (long) length * type.bytes() < LARGE ? null : find(type, length);
        if (array != null) {
            int pieces = Pieces.of((double) length * type.bytes(), LARGE);
            workers.run(pieces, piece -> clear(
                    array, Pieces.start(piece, pieces, length, 1), Pieces.start(piece + 1, pieces, length, 1)));
            return array;
        }
        return switch (type) {
            case F32 -> new float[length];
            case F64 -> new double[length];
            case I32 -> new int[length];
            case U8 -> new byte[length];
        };
    }

    private synchronized Object find(Device.Type type, int length) {
        for (Iterator<Spare> all = kept.iterator(); all.hasNext(); ) {
            Spare spare = all.next();
            Object array = spare.array.get();
            boolean right = spare.type == type && spare.length == length;
            if (array == null || right) {
                all.remove();
                bytes -= spare.bytes();
            }
            if (array != null && right) {
                return array;
            }
        }
        return null;
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
