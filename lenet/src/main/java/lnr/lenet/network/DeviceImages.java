package lnr.lenet.network;

import lnr.kernels.Device;
import lnr.kernels.F32;
import lnr.kernels.I32;
import lnr.kernels.Scope;
import lnr.kernels.U8;

/** Labelled images as bytes in a device's memory; batches are normalised as they are gathered. */
public final class DeviceImages implements AutoCloseable {
    private static final int SIDE = Architecture.SIDE;

    /** MNIST's mean and standard deviation, pixels scaled to [0, 1]. */
    private static final float MEAN = 0.1307f;

    private static final float DEVIATION = 0.3081f;

    private final Device device;
    private final int count;
    private final Scope scope;
    private final U8 images; // (count, size)
    private final U8 labels; // (count)
    private final I32 order; // (count), a permutation of 0 .. count - 1
    private I32 shifts; // (count, 2), down and right; null before images are first moved
    private boolean shifted;

    /**
     * @param device where they are kept; closed by the caller, after this
     * @param images (count, 784), row after row, copied
     * @param labels (count), copied
     */
    public DeviceImages(Device device, byte[] images, byte[] labels) {
        this.device = device;
        this.count = labels.length;
        int size = SIDE * SIDE;
        if (images.length != count * size) {
            throw new IllegalArgumentException("images: expected [" + count * size + "], got [" + images.length + "]");
        }
        this.scope = device.scope();
        try {
            this.images = scope.u8(images);
            this.labels = scope.u8(labels);
            this.order = scope.i32(count);
        } catch (RuntimeException | Error e) {
            scope.close();
            throw e;
        }
        inOrder();
    }

    /** Number of images. */
    public int count() {
        return count;
    }

    /** Batches follow the images' own order from here on. */
    public void inOrder() {
        int[] indices = new int[count];
        for (int i = 0; i < count; i++) {
            indices[i] = i;
        }
        order.write(indices);
    }

    /** Batches follow {@code permutation} (count) from here on. */
    public void reorder(int[] permutation) {
        order.write(permutation);
    }

    /**
     * Batches show images moved from here on. What moves in is ground, 0.
     *
     * @param ways (count, 2) in the images' own order, pixels down and to the right
     */
    void shift(int[] ways) {
        if (shifts == null) {
            shifts = scope.i32(ways.length);
        }
        shifts.write(ways);
        shifted = true;
    }

    /** Batches show images as they are from here on. */
    void unshift() {
        shifted = false;
    }

    /**
     * Gathers images {@code [from, from + n)} of the order, normalised.
     *
     * @param x (n, 784). Modified.
     */
    public void gather(int from, int n, F32 x) {
        I32 batch = order.slice(from, n);
        if (shifted) {
            device.layers().gatherShifted(n, SIDE, SIDE, images, batch, shifts, MEAN, DEVIATION, x);
        } else {
            device.layers().gatherImages(n, SIDE * SIDE, images, batch, MEAN, DEVIATION, x);
        }
    }

    /**
     * Gathers labels {@code [from, from + n)} of the order.
     *
     * @param y (n). Modified.
     */
    public void gatherLabels(int from, int n, U8 y) {
        device.layers().gatherLabels(n, labels, order.slice(from, n), y);
    }

    /**
     * Gathers what is known of images {@code [from, from + n)} of the order: rows that follow the images' own order.
     *
     * @param rows (count, size)
     * @param x (n, size). Modified.
     */
    public void gatherRows(int from, int n, int size, F32 rows, F32 x) {
        device.layers().gatherRows(n, size, rows, order.slice(from, n), x);
    }

    @Override
    public void close() {
        scope.close();
    }
}
