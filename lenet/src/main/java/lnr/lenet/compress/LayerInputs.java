package lnr.lenet.compress;

import lnr.kernels.Device;
import lnr.kernels.F32;
import lnr.kernels.Scope;
import lnr.lenet.network.DeviceImages;
import lnr.lenet.network.LeNet5;

/**
 * A layer's inputs for the first images of a data set. Batches are computed as they are first asked for and kept, as
 * many as there is room for; those beyond are computed each time. Owns device memory: close it.
 */
final class LayerInputs implements AutoCloseable {
    /** Most images of a batch: batches begin at its multiples. */
    static final int BATCH = 1000;

    /** Bytes that are kept, at most: 62,500 images before fc1, 100,000 before fc2, of a LeNet-5 of full width. */
    static final long ROOM = 200_000_000;

    private final DeviceImages images;
    private final int count;
    private final int layer;
    private final int width;
    private final LayerInputs before;
    private final Scope scope;
    private final F32 x; // (batch, 784) normalised images; null where the layer before has its inputs
    private final F32 kept; // (images kept, width), whole batches
    private final boolean[] known; // the batches of these that have been computed

    /**
     * @param images in the same order whenever a batch is asked for, in use as long as this is
     * @param count of them, the first
     * @param network whose widths the inputs have
     * @param layer 1 for conv2 to 3 for fc2
     * @param before the inputs of an earlier layer to go on from, in use as long as this is; null to go on from images
     * @param room bytes to keep, at most
     */
    LayerInputs(DeviceImages images, int count, LeNet5 network, int layer, LayerInputs before, long room) {
        this.images = images;
        this.count = count;
        this.layer = layer;
        this.width = network.width(layer);
        this.before = before;
        Device device = network.device();
        this.scope = device.scope();
        try {
            int batches = (count + BATCH - 1) / BATCH;
            long batch = (long) BATCH * width * Float.BYTES;
            this.known = new boolean[(int) Math.min(batches, room / Math.max(1, batch))];
            this.kept = scope.f32((long) Math.min(count, known.length * BATCH) * width);
            this.x = before == null ? scope.f32((long) Math.min(BATCH, count) * network.width(0)) : null;
        } catch (RuntimeException | Error e) {
            scope.close();
            throw e;
        }
    }

    /** Images there are. */
    int count() {
        return count;
    }

    /**
     * The inputs of some images.
     *
     * @param network that computes what is not known; its layers before this one are always the same, and its batch is
     *     as large as these
     * @param from first image, where a batch begins
     * @param n images of this batch, the first
     * @return (n, inputs of the layer), overwritten by the network's next pass and when other images are asked for
     */
    F32 batch(LeNet5 network, int from, int n) {
        int index = from / BATCH;
        int size = Math.min(BATCH, count - from);
        F32 values;
        if (index < known.length) {
            values = kept.slice((long) from * width, (long) size * width);
            if (!known[index]) {
                network.device().blas().copy(computed(network, from, size), values);
                known[index] = true;
            }
        } else {
            values = computed(network, from, size);
        }
        return values.slice(0, (long) n * width);
    }

    private F32 computed(LeNet5 network, int from, int n) {
        if (before != null) {
            return network.forward(n, before.batch(network, from, n), before.layer, layer);
        }
        F32 input = x.slice(0, (long) n * network.width(0));
        images.gather(from, n, input);
        return network.forward(n, input, layer);
    }

    @Override
    public void close() {
        scope.close();
    }
}
