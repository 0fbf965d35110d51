package lnr.kernels.cpu;

import java.lang.reflect.Array;
import java.util.Arrays;
import lnr.kernels.Buffer;
import lnr.kernels.Device;
import lnr.kernels.Storage;

/** A Java array as device memory. */
final class Heap extends Storage {
    private final CpuDevice owner;
    private final long bytes;
    private Object array;

    Heap(CpuDevice owner, Device.Type type, int length) {
        super(owner);
        this.owner = owner;
        this.bytes = (long) length * type.bytes();
        this.array = switch (type) {
            case F32 -> new float[length];
            case F64 -> new double[length];
            case I32 -> new int[length];
            case U8 -> new byte[length];
        };
    }

    /**
     * The array that the buffer is a window on.
     *
     * @throws IllegalStateException or IllegalArgumentException unless it is open, and the device's
     */
    static Object open(CpuDevice device, Buffer buffer) {
        if (!(buffer.storage() instanceof Heap heap) || heap.owner != device) {
            throw new IllegalArgumentException(buffer + " is not memory of the cpu device that was asked");
        }
        return heap.open();
    }

    private Object open() {
        Object open = array;
        if (open == null) {
            throw new IllegalStateException("the buffer was used after its scope, or its device, had closed");
        }
        return open;
    }

    @Override
    protected void upload(Object source, int from, long to, int length) {
        System.arraycopy(source, from, open(), (int) to, length);
    }

    @Override
    protected void download(long from, Object target, int to, int length) {
        System.arraycopy(open(), (int) from, target, to, length);
    }

    @Override
    protected void clear(long from, long length) {
        int start = (int) from;
        int end = (int) (from + length);
        Object open = open();
        if (open instanceof float[] f) {
            Arrays.fill(f, start, end, 0f);
        } else if (open instanceof double[] d) {
            Arrays.fill(d, start, end, 0);
        } else if (open instanceof int[] i) {
            Arrays.fill(i, start, end, 0);
        } else {
            Arrays.fill((byte[]) open, start, end, (byte) 0);
        }
    }

    @Override
    protected void release() {
        if (array != null) {
            array = null;
            owner.released(this, bytes);
        }
    }

    @Override
    public String toString() {
        return array == null ? "closed" : array.getClass().getComponentType() + "[" + Array.getLength(array) + "]";
    }
}
