package lnr.kernels;

/**
 * A block of a device's memory: what a {@link Buffer} is a window on. Each device has its own; nothing outside a
 * device's package looks inside one.
 */
public abstract class Storage {
    private final Device device;

    protected Storage(Device device) {
        this.device = device;
    }

    /** The device whose memory this is. */
    public final Device device() {
        return device;
    }

    /**
     * Copies from the host, in the order of the device's operations.
     *
     * @param source a Java array of the element type
     * @param from first element in {@code source}
     * @param to first element in this block
     * @param length number of elements
     */
    protected abstract void upload(Object source, int from, long to, int length);

    /**
     * Copies to the host, once all operations asked for so far have run.
     *
     * @param from first element in this block
     * @param target a Java array of the element type. Modified.
     * @param to first element in {@code target}
     * @param length number of elements
     */
    protected abstract void download(long from, Object target, int to, int length);

    /**
     * Begins to copy to the host what the block holds once all operations asked for so far have run: those asked for
     * from now on do not hold it up.
     *
     * @param from first element in this block
     * @param target a Java array of the element type. Modified, at any time until what is returned has run.
     * @param to first element in {@code target}
     * @param length number of elements
     * @return waits for the copy
     */
    protected Runnable fetch(long from, Object target, int to, int length) {
        download(from, target, to, length);
        return () -> {};
    }

    /** Sets {@code length} elements from {@code from} on to zero. */
    protected abstract void clear(long from, long length);

    /** Gives the memory back. Called once, by the owning scope. */
    protected abstract void release();
}
