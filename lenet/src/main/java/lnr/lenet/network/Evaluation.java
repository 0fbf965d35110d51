package lnr.lenet.network;

import lnr.kernels.Device;
import lnr.kernels.F32;
import lnr.kernels.F64;
import lnr.kernels.Scope;
import lnr.kernels.U8;

/** Loss and accuracy of a network on labelled images. */
public final class Evaluation {
    private Evaluation() {}

    /**
     * What an evaluation found.
     *
     * @param loss mean cross-entropy
     * @param correct images classified rightly
     * @param count images
     */
    public record Score(double loss, int correct, int count) {
        private static final double Z = 1.6449; // 95 % of a normal distribution are below

        /** Share of images classified rightly. */
        public double accuracy() {
            return (double) correct / count;
        }

        /**
         * What the accuracy is at least on other images alike, with 95 % confidence: Wilson's bound (1927). It holds
         * of images that the network was neither trained on nor chosen by.
         */
        public double provenAccuracy() {
            double share = Z * Z / count;
            double middle = accuracy() + share / 2;
            double reach = Z * Math.sqrt((accuracy() * (1 - accuracy()) + share / 4) / count);
            return (middle - reach) / (1 + share);
        }
    }

    /**
     * What a network answers to images.
     *
     * @param predictions the class that it gives each, the first largest logit
     */
    public record Answers(Score score, int[] predictions) {}

    /** Runs all images through the network, in their present order. */
    public static Score score(LeNet5 network, DeviceImages images) {
        try (Scope scope = network.device().scope()) {
            return score(network.batch(), images, logits(network, images, scope));
        }
    }

    /** The class that the network gives each image, in their present order: (count), the first largest logit. */
    public static int[] predictions(LeNet5 network, DeviceImages images) {
        return predictions(images.count(), logits(network, images));
    }

    /** Both, from one pass. */
    public static Answers answers(LeNet5 network, DeviceImages images) {
        try (Scope scope = network.device().scope()) {
            F32 logits = logits(network, images, scope);
            return new Answers(
                    score(network.batch(), images, logits), predictions(images.count(), logits.toArray()));
        }
    }

    private static Score score(int batch, DeviceImages images, F32 logits) {
        Device device = logits.device();
        try (Scope scope = device.scope()) {
            int count = images.count();
            int classes = count == 0 ? 0 : (int) (logits.length() / count);
            U8 labels = scope.u8(batch);
            F64 sums = scope.f64(2);
            for (int from = 0; from < count; from += batch) {
                int n = Math.min(batch, count - from);
                U8 target = labels.slice(0, n);
                images.gatherLabels(from, n, target);
                F32 z = logits.slice((long) from * classes, (long) n * classes);
                device.layers().crossEntropy(n, classes, z, target, null, sums);
            }
            double[] totals = sums.toArray();
            return new Score(totals[0] / count, (int) totals[1], count);
        }
    }

    private static int[] predictions(int count, float[] logits) {
        int classes = count == 0 ? 0 : logits.length / count;
        int[] predictions = new int[count];
        for (int i = 0; i < count; i++) {
            int best = 0;
            for (int k = 1; k < classes; k++) {
                best = logits[i * classes + k] > logits[i * classes + best] ? k : best;
            }
            predictions[i] = best;
        }
        return predictions;
    }

    /** The network's logits of all images, in their present order: (count, classes). */
    public static float[] logits(LeNet5 network, DeviceImages images) {
        try (Scope scope = network.device().scope()) {
            return logits(network, images, scope).toArray();
        }
    }

    private static F32 logits(LeNet5 network, DeviceImages images, Scope scope) {
        F32 all = scope.f32((long) images.count() * network.width(LeNet5.STEPS));
        logits(network, images, all);
        return all;
    }

    /** The same into {@code all} (count, classes), on the network's device. Modified. */
    public static void logits(LeNet5 network, DeviceImages images, F32 all) {
        int classes = network.width(LeNet5.STEPS);
        batches(network, images, (from, n, x) ->
                network.logits(n, x, all.slice((long) from * classes, (long) n * classes)));
    }

    private interface Batch {
        /** @param x (n, 784), images from {@code from} on, normalised */
        void accept(int from, int n, F32 x);
    }

    private static void batches(LeNet5 network, DeviceImages images, Batch batches) {
        try (Scope scope = network.device().scope()) {
            int batch = network.batch();
            F32 x = scope.f32((long) batch * network.width(0));
            for (int from = 0; from < images.count(); from += batch) {
                int n = Math.min(batch, images.count() - from);
                F32 input = x.slice(0, (long) n * network.width(0));
                images.gather(from, n, input);
                batches.accept(from, n, input);
            }
        }
    }
}
