package lnr.lenet.compress;

import lnr.kernels.Device;
import lnr.kernels.F32;
import lnr.lenet.network.DeviceImages;
import lnr.lenet.network.LeNet5;
import lnr.lenet.network.Model;

/**
 * What the original network gives fc1 and fc2: the inputs of what a compressed network is to reconstruct. Kept from one
 * compression to the next, 5.2 kB an image for a LeNet-5 of full width, up to {@link LayerInputs#ROOM} for each layer.
 * Owns device memory: close it.
 */
final class OriginalActivations implements AutoCloseable {
    private final LeNet5 network;
    private final LayerInputs fc1;
    private final LayerInputs fc2;

    /** Of the first {@code count} images; {@code room} bytes for each layer, at most. */
    OriginalActivations(Device device, Model model, DeviceImages images, int count, long room) {
        this.network = new LeNet5(device, model, Math.min(LayerInputs.BATCH, count));
        LayerInputs features = null;
        try {
            features = new LayerInputs(images, count, network, Target.FC1.layer(), null, room);
            this.fc2 = new LayerInputs(images, count, network, Target.FC2.layer(), features, room);
            this.fc1 = features;
        } catch (RuntimeException | Error e) {
            if (features != null) {
                features.close();
            }
            network.close();
            throw e;
        }
    }

    /** Images there are. */
    int count() {
        return fc1.count();
    }

    /**
     * A layer's input, overwritten when other images are asked for.
     *
     * @param target fc1 or fc2
     * @param from first image, where a batch begins
     * @param n images of this batch, the first
     * @return (n, inputs of the layer)
     */
    F32 input(Target target, int from, int n) {
        return (target == Target.FC1 ? fc1 : fc2).batch(network, from, n);
    }

    @Override
    public void close() {
        fc2.close();
        fc1.close();
        network.close();
    }
}
