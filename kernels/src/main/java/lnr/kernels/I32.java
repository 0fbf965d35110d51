package lnr.kernels;

/** 32-bit integers in device memory. */
public final class I32 extends Buffer {
    /** A window on {@code storage}; made by {@link Scope} and by {@link #slice}. */
    public I32(Storage storage, long offset, long length) {
        super(storage, offset, length);
    }

    /** Elements {@code [from, from + count)}: a window on the same memory. */
    public I32 slice(long from, long count) {
        return new I32(storage(), window(from, count), count);
    }

    /** Copies all elements from {@code source}, of the same length. */
    public void write(int[] source) {
        upload(source, source.length);
    }

    /** Copies all elements to {@code target}, of the same length. Modified. */
    public void read(int[] target) {
        download(target, target.length);
    }

    /** All elements, in a new array. */
    public int[] toArray() {
        int[] target = new int[hostLength()];
        read(target);
        return target;
    }
}
