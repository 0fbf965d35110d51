package lnr.bench.compare;

import java.util.Map;
import lnr.engine.Correlations;
import lnr.kernels.Device;
import lnr.lenet.Progress;
import lnr.lenet.compress.LayerCorrelations;
import lnr.lenet.data.Dataset;
import lnr.lenet.network.Architecture;
import lnr.lenet.network.DeviceImages;
import lnr.lenet.network.LeNet5;
import lnr.lenet.network.Model;
import lnr.lenet.network.Training;

/** The reconstruction problems of layers of a LeNet-5 that is trained for them. Closing gives its memory back. */
final class LayerProblems implements AutoCloseable {
    /** Columns of a group: {@code fc2}'s inputs are neurons, {@code fc1}'s 50 channels of 4 x 4 positions. */
    private static final Map<String, Integer> GROUP = Map.of("fc1", 16, "fc2", 1);

    private static final Map<String, Integer> LAYER = Map.of("fc1", 2, "fc2", 3);
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
        try (Correlations sums =
                LayerCorrelations.gather(network, images, LAYER.get(layer), true, Progress.NONE)) {
            return Given.of(device, layer, sums, GROUP.get(layer));
        }
    }

    @Override
    public void close() {
        network.close();
        images.close();
    }
}
