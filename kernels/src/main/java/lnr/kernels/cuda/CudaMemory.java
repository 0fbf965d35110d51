package lnr.kernels.cuda;

import lnr.kernels.Buffer;
import lnr.kernels.Device;
import lnr.kernels.Storage;

/** A block of a GPU's memory. */
final class CudaMemory extends Storage {
    private final CudaDevice owner;
    private final Device.Type type;
    private final long length;
    private final long address;
    private volatile boolean open = true;
    private volatile long writes;

    /** @param address what the driver gave; 0 for no elements */
    CudaMemory(CudaDevice owner, Device.Type type, long length, long address) {
        super(owner);
        this.owner = owner;
        this.type = type;
        this.length = length;
        this.address = address;
    }

    /**
     * The address of the buffer's first element.
     *
     * @throws IllegalStateException or IllegalArgumentException unless it is open, and the device's
     */
    static long address(CudaDevice device, Buffer buffer) {
        if (!(buffer.storage() instanceof CudaMemory memory) || memory.owner != device) {
            throw new IllegalArgumentException(buffer + " is not memory of the " + device.name() + " device");
        }
        return memory.at(buffer.offset());
    }

    private long at(long element) {
        requireOpen();
        return address + element * type.bytes();
    }

    /** @throws IllegalStateException unless it is open */
    void requireOpen() {
        if (!open) {
            throw new IllegalStateException("the buffer was used after its scope, or its device, had closed");
        }
    }

    long address() {
        return address;
    }

    long bytes() {
        return length * type.bytes();
    }

    /** How often the host has written to it: what was found in it holds as long as this stays. */
    long writes() {
        return writes;
    }

    @Override
    protected void upload(Object source, int from, long to, int count) {
        requireOpen();
        writes++;
        owner.upload(type, source, from, at(to), count);
    }

    @Override
    protected void download(long from, Object target, int to, int count) {
        requireOpen();
        owner.download(type, at(from), target, to, count);
    }

    @Override
    protected Runnable fetch(long from, Object target, int to, int count) {
        requireOpen();
        return owner.fetch(type, at(from), target, to, count);
    }

    @Override
    protected void clear(long from, long count) {
        requireOpen();
        writes++;
        owner.clear(at(from), count * type.bytes());
    }

    @Override
    protected void release() {
        if (open) {
            owner.release(this);
            open = false;
        }
    }

    @Override
    public String toString() {
        return open ? type + "[" + length + "]" : "closed";
    }
}
