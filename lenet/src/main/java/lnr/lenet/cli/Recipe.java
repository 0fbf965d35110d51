package lnr.lenet.cli;

import java.util.LinkedHashMap;
import java.util.Map;
import lnr.kernels.Device;
import lnr.lenet.data.Dataset;
import lnr.lenet.network.Architecture;
import lnr.lenet.network.DeviceImages;
import lnr.lenet.network.LeNet5;
import lnr.lenet.network.Model;
import lnr.lenet.network.Training;

/**
 * How a network is trained. On one device, a recipe and a data set fix the result.
 *
 * @param epochs passes through the images
 * @param batch images of a step
 * @param rate Adam's step length
 * @param seed of the first parameters and of the order of images
 */
record Recipe(int epochs, int batch, double rate, long seed) {
    /** What is trained. */
    static final Architecture ARCHITECTURE = Architecture.LENET5;

    /** Of the code that trains: one more whenever initialisation, order of images or steps change their result. */
    static final int VERSION = 2;

    /** The text's training, whose length and seed may be chosen. */
    static Recipe standard(int epochs, long seed) {
        return new Recipe(epochs, 256, 1e-3, seed);
    }

    /** The same, in steps of no more images than there are. */
    Recipe within(int images) {
        return batch <= images ? this : new Recipe(epochs, images, rate, seed);
    }

    Recipe {
        Expect.atLeast("--epochs", 1, epochs);
        Expect.atLeast("--batch", 1, batch);
        Expect.positive("--lr", rate);
    }

    /** Is given the network after each epoch. */
    @FunctionalInterface
    interface Checkpoint {
        /**
         * @param epoch number of the epoch, from 1
         * @param figures what it did
         * @param seconds it took
         * @param model the network after it; finite
         */
        void after(int epoch, Training.Epoch figures, double seconds, Model model);
    }

    /**
     * Trains a LeNet-5.
     *
     * @param images as many as a batch, or more
     * @return the network after the last epoch; finite
     * @throws Failure when the training diverges
     */
    Model train(Session session, Device device, DeviceImages images, Checkpoint checkpoint) {
        Model model = Model.random(ARCHITECTURE, seed);
        try (LeNet5 network = new LeNet5(device, model, batch);
                Training training = new Training(network, rate, seed)) {
            for (int epoch = 1; epoch <= epochs; epoch++) {
                long start = System.nanoTime();
                Training.Epoch figures;
                try (Bar bar = session.bar("epoch " + epoch + "/" + epochs, images.count())) {
                    figures = training.epoch(images, (task, done, total) -> bar.at(done));
                }
                model = network.model();
                if (!Double.isFinite(figures.loss()) || !finite(model)) {
                    throw diverged(epoch, figures.loss());
                }
                checkpoint.after(epoch, figures, (System.nanoTime() - start) * 1e-9, model);
            }
        }
        images.inOrder();
        return model;
    }

    /** What tells of a network that has left the range of its numbers. */
    Failure diverged(int epoch, double loss) {
        return new Failure("training diverged in epoch " + epoch + ": loss " + loss + "; a smaller learning rate than "
                + rate + " may help");
    }

    private static boolean finite(Model model) {
        float sum = 0;
        for (float value : model.values()) {
            sum += 0 * value; // 0, or NaN for a value that is not finite
        }
        return sum == 0;
    }

    /** What there is to choose, by the options' names. */
    Json json() {
        return new Json().put("epochs", epochs).put("batch", batch).put("lr", rate).put("seed", seed);
    }

    /** In words. */
    @Override
    public String toString() {
        return epochs + (epochs == 1 ? " epoch" : " epochs") + ", batch " + batch + ", learning rate " + rate
                + ", seed " + seed;
    }

    /** The facts that go with a model into its file. */
    Map<String, String> metadata(Dataset data, String contents, Device device, int epochsDone) {
        Map<String, String> facts = new LinkedHashMap<>();
        facts.put("data", data.name());
        facts.put("data_sha256", contents);
        facts.put("device", device.name());
        facts.put("architecture", ARCHITECTURE.toString());
        facts.put("recipe", Integer.toString(VERSION));
        facts.put("seed", Long.toString(seed));
        facts.put("epochs", Integer.toString(epochsDone));
        facts.put("batch", Integer.toString(batch));
        facts.put("lr", Double.toString(rate));
        return facts;
    }
}
