package lnr.lenet.cli;

import java.util.Arrays;
import lnr.kernels.Device;
import lnr.kernels.F32;
import lnr.kernels.Scope;
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
        int batch = Math.min(BATCH, images.count());
        int[] classes = new int[images.count()];
        try (LeNet5 network = new LeNet5(device, model, batch);
                Scope scope = device.scope()) {
            F32 x = scope.f32((long) batch * network.width(0));
            int width = network.width(LeNet5.STEPS);
            for (int from = 0; from < images.count(); from += batch) {
                int n = Math.min(batch, images.count() - from);
                F32 input = x.slice(0, (long) n * network.width(0));
                images.gather(from, n, input);
                float[] logits = network.forward(n, input, LeNet5.STEPS).toArray();
                for (int i = 0; i < n; i++) {
                    classes[from + i] = largest(Arrays.copyOfRange(logits, i * width, (i + 1) * width));
                }
            }
        }
        return classes;
    }

    private static int largest(float[] values) {
        int best = 0;
        for (int i = 1; i < values.length; i++) {
            best = values[i] > values[best] ? i : best;
        }
        return best;
    }
}
