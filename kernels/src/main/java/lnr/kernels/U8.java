package lnr.kernels;

/** Bytes, read as unsigned in device memory. */
public final class U8 extends Buffer {
    /** A window on {@code storage}; made by {@link Scope} and by {@link #slice}. */
    public U8(Storage storage, long offset, long length) {
        super(storage, offset, length);
    }

    /** Elements {@code [from, from + count)}: a window on the same memory. */
    public U8 slice(long from, long count) {
        return new U8(storage(), window(from, count), count);
    }

    /** Copies all elements from {@code source}, of the same length. */
    public void write(byte[] source) {
        upload(source, source.length);
    }

    /** Copies all elements to {@code target}, of the same length. Modified. */
    public void read(byte[] target) {
        download(target, target.length);
    }

    /** All elements, in a new array. */
    public byte[] toArray() {
        byte[] target = new byte[hostLength()];
        read(target);
        return target;
    }
}
