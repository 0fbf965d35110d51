package lnr.lenet.cli;

import java.util.stream.IntStream;
import lnr.kernels.Device;
import lnr.lenet.compress.Compression;
import lnr.lenet.data.Dataset;
import lnr.lenet.network.DeviceImages;
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
    static Comparison of(Device device, Model model, Compression.Result result, Dataset.Split test) {
        try (DeviceImages images = Images.of(device, test)) {
            int[] whole = Images.classes(device, result.refitted(), images);
            int[] collapsed = Images.classes(device, result.compressed(), images);
            int[] sparse = result.debiasing().isPresent() ? Images.classes(device, result.sparse(), images) : whole;
            int[] original = Images.classes(device, model, images);
            int agreeing = (int) IntStream.range(0, test.count())
                    .filter(i -> whole[i] == collapsed[i])
                    .count();
            return new Comparison(
                    test.count(),
                    accuracy(original, test.labels()),
                    accuracy(sparse, test.labels()),
                    accuracy(collapsed, test.labels()),
                    agreeing);
        }
    }

    private static double accuracy(int[] classes, byte[] labels) {
        long correct = IntStream.range(0, labels.length)
                .filter(i -> classes[i] == labels[i])
                .count();
        return (double) correct / labels.length;
    }
}
