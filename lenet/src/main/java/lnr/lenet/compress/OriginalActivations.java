package lnr.lenet.compress;

import lnr.kernels.Device;
import lnr.kernels.F32;
import lnr.kernels.Scope;
import lnr.lenet.network.DeviceImages;
import lnr.lenet.network.LeNet5;
import lnr.lenet.network.Model;

/**
 * What the original network computes for a number of images, batch after batch: what a compressed network is to
 * reconstruct. The last batch stays in the device's memory, so that images that fit one batch are run once only.
 */
final class OriginalActivations implements AutoCloseable {
    /** Images that are kept: 20 kB each, for a LeNet-5 of full width. */
    private static final int ROOM = 10_000;

    private static final int BATCH = 1000;

    private final DeviceImages images;
    private final int count;
    private final Scope scope;
    private final F32 x; // (batch, 784)
    private final LeNet5 network;
    private int first = -1; // of the batch that is there

    /** The first {@code count} images of the present order. */
    OriginalActivations(Device device, Model model, DeviceImages images, int count) {
        this.images = images;
        this.count = count;
        this.scope = device.scope();
        try {
            this.network = new LeNet5(device, model, count <= ROOM ? count : BATCH);
            this.x = scope.f32((long) network.batch() * network.width(0));
        } catch (RuntimeException | Error e) {
            scope.close();
            throw e;
        }
    }

    /** Images there are. */
    int count() {
        return count;
    }

    /** Most images of one batch: batches begin at its multiples. */
    int batch() {
        return network.batch();
    }

    /**
     * A layer's input, overwritten when images of another batch are asked for.
     *
     * @param layer 0 for the normalised images themselves, to 3 for fc2's input
     * @param from first image
     * @param n images, all of one batch
     * @return (n, inputs of the layer)
     */
    F32 input(int layer, int from, int n) {
        int start = from / batch() * batch();
        if (first != start) {
            int size = Math.min(batch(), count - start);
            F32 input = x.slice(0, (long) size * network.width(0));
            images.gather(start, size, input);
            network.forward(size, input, LeNet5.STEPS - 1);
            first = start;
        }
        F32 all = layer == 0 ? x : network.activation(layer, Math.min(batch(), count - start));
        int width = network.width(layer);
        return all.slice((long) (from - start) * width, (long) n * width);
    }

    @Override
    public void close() {
        network.close();
        scope.close();
    }
}
