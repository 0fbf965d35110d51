package lnr.lenet.cli;

import java.util.stream.IntStream;
import lnr.kernels.Device;
import lnr.lenet.compress.Compression;
import lnr.lenet.data.Dataset;
import lnr.lenet.network.DeviceImages;
import lnr.lenet.network.Evaluation;
import lnr.lenet.network.Model;

/**
 * A network on test images before and after its compression.
 *
 * @param images number of test images
 * @param original accuracy as it was
 * @param sparse accuracy with the solver's answer, before debiasing
 * @param compressed accuracy as it was written
 * @param agreeing images that get the same class with the unread neurons still there and with them removed
 */
record Comparison(int images, double original, double sparse, double compressed, int agreeing) {
    /**
     * Measures the three networks.
     *
     * @throws ArithmeticException when the loss of the original or of the compressed one is not finite
     */
    static Comparison of(Device device, Model model, Compression.Result result, Dataset.Split test) {
        try (DeviceImages images = Images.of(device, test)) {
            double original = accuracy("its", Images.score(device, model, images));
            double compressed = accuracy("compressed, its", Images.score(device, result.compressed(), images));
            double sparse = result.debiasing().isPresent()
                    ? Images.score(device, result.sparse(), images).accuracy()
                    : compressed;
            int[] whole = Images.classes(device, result.refitted(), images);
            int[] collapsed = Images.classes(device, result.compressed(), images);
            int agreeing = (int) IntStream.range(0, test.count())
                    .filter(i -> whole[i] == collapsed[i])
                    .count();
            return new Comparison(test.count(), original, sparse, compressed, agreeing);
        }
    }

    private static double accuracy(String whose, Evaluation.Score score) {
        if (!Double.isFinite(score.loss())) {
            throw new ArithmeticException(
                    whose + " activations are not finite on the test images: loss " + score.loss());
        }
        return score.accuracy();
    }
}
