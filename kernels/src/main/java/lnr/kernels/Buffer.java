package lnr.kernels;

/**
 * A window on device memory: {@code length} elements of one type. Its scope owns the memory; using it after the scope
 * has closed throws {@link IllegalStateException}.
 */
public abstract class Buffer {
    private final Storage storage;
    private final long offset;
    private final long length;

    Buffer(Storage storage, long offset, long length) {
        this.storage = storage;
        this.offset = offset;
        this.length = length;
    }

    /** The device whose memory this is. */
    public final Device device() {
        return storage.device();
    }

    /** Number of elements. */
    public final long length() {
        return length;
    }

    /** Index of the first element in {@link #storage()}. */
    public final long offset() {
        return offset;
    }

    /** The block this is a window on, for the device that made it. */
    public final Storage storage() {
        return storage;
    }

    /** Sets every element to zero. */
    public final void clear() {
        storage.clear(offset, length);
    }

    final void upload(Object source, int size) {
        requireExactly(size);
        storage.upload(source, 0, offset, size);
    }

    final void download(Object target, int size) {
        requireExactly(size);
        storage.download(offset, target, 0, size);
    }

    final Runnable fetch(Object target, int size) {
        requireExactly(size);
        return storage.fetch(offset, target, 0, size);
    }

    /** The length, when it fits a Java array. */
    final int hostLength() {
        if (length > Integer.MAX_VALUE - 8) {
            throw new IllegalArgumentException(this + " does not fit a Java array");
        }
        return (int) length;
    }

    final long window(long from, long count) {
        if (from < 0 || count < 0 || from > length - count) {
            throw new IllegalArgumentException(
                    "slice: expected a part of [0, " + length + "), got [" + from + ", " + (from + count) + ")");
        }
        return offset + from;
    }

    private void requireExactly(int size) {
        if (size != length) {
            throw new IllegalArgumentException("array: expected [" + length + "], got [" + size + "]");
        }
    }

    @Override
    public final String toString() {
        return getClass().getSimpleName() + "[" + length + "] on " + device().name();
    }
}
