package lnr.lenet.network;

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

    /** Runs all images through the network, in their present order. */
    public static Score score(LeNet5 network, DeviceImages images) {
        try (Scope scope = network.device().scope()) {
            U8 labels = scope.u8(network.batch());
            F64 sums = scope.f64(2);
            logits(network, images, (from, n, z) -> {
                U8 target = labels.slice(0, n);
                images.gatherLabels(from, n, target);
                network.device().layers().crossEntropy(n, network.width(LeNet5.STEPS), z, target, null, sums);
            });
            double[] totals = sums.toArray();
            return new Score(totals[0] / images.count(), (int) totals[1], images.count());
        }
    }

    /** The class that the network gives each image, in their present order: (count), the first largest logit. */
    public static int[] predictions(LeNet5 network, DeviceImages images) {
        int[] predictions = new int[images.count()];
        int classes = network.width(LeNet5.STEPS);
        logits(network, images, (from, n, z) -> {
            float[] host = z.toArray();
            for (int i = 0; i < n; i++) {
                int best = 0;
                for (int k = 1; k < classes; k++) {
                    best = host[i * classes + k] > host[i * classes + best] ? k : best;
                }
                predictions[from + i] = best;
            }
        });
        return predictions;
    }

    /** The network's logits of all images, in their present order: (count, classes). */
    public static float[] logits(LeNet5 network, DeviceImages images) {
        int classes = network.width(LeNet5.STEPS);
        float[] all = new float[images.count() * classes];
        logits(network, images, (from, n, z) -> System.arraycopy(z.toArray(), 0, all, from * classes, n * classes));
        return all;
    }

    private interface Batch {
        /** @param z (n, classes), logits of images from {@code from} on */
        void accept(int from, int n, F32 z);
    }

    private static void logits(LeNet5 network, DeviceImages images, Batch batches) {
        try (Scope scope = network.device().scope()) {
            int batch = network.batch();
            F32 x = scope.f32((long) batch * network.width(0));
            for (int from = 0; from < images.count(); from += batch) {
                int n = Math.min(batch, images.count() - from);
                F32 input = x.slice(0, (long) n * network.width(0));
                images.gather(from, n, input);
                batches.accept(from, n, network.forward(n, input, LeNet5.STEPS));
            }
        }
    }
}
