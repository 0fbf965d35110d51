package lnr.lenet.cli;

import lnr.kernels.Device;
import lnr.lenet.data.Dataset;
import lnr.lenet.network.DeviceImages;
import lnr.lenet.network.Evaluation;
import lnr.lenet.network.LeNet5;
import lnr.lenet.network.Model;

/** Models run on whole splits of a data set. */
final class Images {
    private static final int BATCH = 500;

    private Images() {}

    /** A split in a device's memory; the caller closes it. */
    static DeviceImages of(Device device, Dataset.Split split) {
        return new DeviceImages(device, split.images(), split.labels());
    }

    /** Loss and accuracy of a model. */
    static Evaluation.Score score(Device device, Model model, DeviceImages images) {
        try (LeNet5 network = new LeNet5(device, model, Math.min(BATCH, images.count()))) {
            return Evaluation.score(network, images);
        }
    }

    /** The class that a model gives each image, the first of equals: (count). */
    static int[] classes(Device device, Model model, DeviceImages images) {
        try (LeNet5 network = new LeNet5(device, model, Math.min(BATCH, images.count()))) {
            return Evaluation.predictions(network, images);
        }
    }
}
