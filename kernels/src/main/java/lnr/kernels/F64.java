package lnr.kernels;

/** Double-precision numbers in device memory. */
public final class F64 extends Buffer {
    /** A window on {@code storage}; made by {@link Scope} and by {@link #slice}. */
    public F64(Storage storage, long offset, long length) {
        super(storage, offset, length);
    }

    /** Elements {@code [from, from + count)}: a window on the same memory. */
    public F64 slice(long from, long count) {
        return new F64(storage(), window(from, count), count);
    }

    /** Copies all elements from {@code source}, of the same length. */
    public void write(double[] source) {
        upload(source, source.length);
    }

    /** Copies all elements to {@code target}, of the same length. Modified. */
    public void read(double[] target) {
        download(target, target.length);
    }

    /**
     * Begins to copy all elements, as they are behind all that was asked for so far, to {@code target}, of the same
     * length. Modified, at any time until what is returned has run.
     *
     * @return waits for the copy, but for nothing that was asked for after it
     */
    public Runnable fetch(double[] target) {
        return fetch(target, target.length);
    }

    /** All elements, in a new array. */
    public double[] toArray() {
        double[] target = new double[hostLength()];
        read(target);
        return target;
    }
}
