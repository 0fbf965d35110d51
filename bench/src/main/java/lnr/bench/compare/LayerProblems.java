package lnr.bench.compare;

import java.util.List;
import java.util.Map;
import lnr.kernels.Device;
import lnr.lenet.Progress;
import lnr.lenet.compress.NetworkCorrelations;
import lnr.lenet.compress.Target;
import lnr.lenet.data.Dataset;
import lnr.lenet.network.Architecture;
import lnr.lenet.network.DeviceImages;
import lnr.lenet.network.LeNet5;
import lnr.lenet.network.Model;
import lnr.lenet.network.Training;

/** The reconstruction problems of layers of a LeNet-5 that is trained for them. Closing gives its memory back. */
final class LayerProblems implements AutoCloseable {
    private static final Map<String, Target> LAYER = Map.of("fc1", Target.FC1, "fc2", Target.FC2);
    private static final int EPOCHS = 2;
    private static final int TRAINING_BATCH = 256;
    private static final int BATCH = 1000;
    private static final long SEED = 0;

    private final Device device;
    private final DeviceImages images;
    private final LeNet5 network;

    /** Trains the network on the images, the same way every time. */
    LayerProblems(Device device, Dataset.Split split) {
        this.device = device;
        images = new DeviceImages(device, split.images(), split.labels());
        Model model = Model.random(Architecture.LENET5, SEED);
        try (LeNet5 trained = new LeNet5(device, model, Math.min(TRAINING_BATCH, images.count()));
                Training training = new Training(trained, 1e-3, SEED)) {
            for (int epoch = 0; epoch < EPOCHS; epoch++) {
                training.epoch(images, Progress.NONE);
            }
            model = trained.model();
        }
        images.inOrder();
        network = new LeNet5(device, model, Math.min(BATCH, images.count()));
    }

    /** Whether a problem is a layer's. */
    static boolean has(String problem) {
        return LAYER.containsKey(problem);
    }

    /** A layer's problem, its bias among the unknowns. */
    Given problem(String layer) {
        Target target = LAYER.get(layer);
        try (NetworkCorrelations sums =
                NetworkCorrelations.gather(network, images, List.of(target), true, Progress.NONE)) {
            return Given.of(device, layer, sums.of(target), target.columns());
        }
    }

    @Override
    public void close() {
        network.close();
        images.close();
    }
}
