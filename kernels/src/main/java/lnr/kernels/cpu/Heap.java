package lnr.kernels.cpu;

import lnr.kernels.Buffer;
import lnr.kernels.Device;
import lnr.kernels.Storage;

/** A Java array as device memory. */
final class Heap extends Storage {
    private final CpuDevice owner;
    private final Device.Type type;
    private final int length;
    private Object array;

    /** @param array of the type, {@code length} elements or more; this one's alone */
    Heap(CpuDevice owner, Device.Type type, int length, Object array) {
        super(owner);
        this.owner = owner;
        this.type = type;
        this.length = length;
        this.array = array;
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

    Device.Type type() {
        return type;
    }

    /** Bytes that were asked for. */
    long bytes() {
        return (long) length * type.bytes();
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
        SpareArrays.clear(open(), (int) from, (int) (from + length));
    }

    @Override
    protected void release() {
        Object own = array;
        if (own != null) {
            array = null;
            owner.released(this, own);
        }
    }

    @Override
    public String toString() {
        return array == null ? "closed" : type + "[" + length + "]";
    }
}
