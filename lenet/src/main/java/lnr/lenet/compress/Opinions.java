package lnr.lenet.compress;

import lnr.kernels.Device;
import lnr.kernels.F32;
import lnr.kernels.Scope;
import lnr.lenet.network.DeviceImages;
import lnr.lenet.network.Evaluation;
import lnr.lenet.network.LeNet5;
import lnr.lenet.network.Model;

/**
 * What a network answers to each image of a data set, as it is: what others are to learn from. Found out when first
 * asked for, and kept. Owns device memory: close it.
 */
public final class Opinions implements AutoCloseable {
    private static final int BATCH = 1000;

    private final Model model;
    private final DeviceImages images;
    private final Scope scope;
    private F32 logits; // null before

    /** @param images in use until this is closed */
    public Opinions(Device device, Model model, DeviceImages images) {
        this.model = model;
        this.images = images;
        this.scope = device.scope();
    }

    /** (images, classes), in the images' own order, which is theirs afterwards. */
    F32 logits() {
        if (logits == null) {
            images.inOrder();
            try (LeNet5 network = new LeNet5(scope.device(), model, Math.min(BATCH, images.count()))) {
                F32 all = scope.f32((long) images.count() * network.width(LeNet5.STEPS));
                Evaluation.logits(network, images, all);
                logits = all;
            }
        }
        return logits;
    }

    @Override
    public void close() {
        scope.close();
    }
}
