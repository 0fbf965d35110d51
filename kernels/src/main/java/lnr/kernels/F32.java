package lnr.kernels;

/** Single-precision numbers in device memory. */
public final class F32 extends Buffer {
    /** A window on {@code storage}; made by {@link Scope} and by {@link #slice}. */
    public F32(Storage storage, long offset, long length) {
        super(storage, offset, length);
    }

    /** Elements {@code [from, from + count)}: a window on the same memory. */
    public F32 slice(long from, long count) {
        return new F32(storage(), window(from, count), count);
    }

    /** Copies all elements from {@code source}, of the same length. */
    public void write(float[] source) {
        upload(source, source.length);
    }

    /** Copies all elements to {@code target}, of the same length. Modified. */
    public void read(float[] target) {
        download(target, target.length);
    }

    /** All elements, in a new array. */
    public float[] toArray() {
        float[] target = new float[hostLength()];
        read(target);
        return target;
    }
}
