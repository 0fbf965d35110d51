package lnr.lenet.compress;

import lnr.kernels.Device;
import lnr.lenet.Progress;
import lnr.lenet.network.DeviceImages;
import lnr.lenet.network.LeNet5;
import lnr.lenet.network.Model;
import lnr.lenet.network.Shifts;
import lnr.lenet.network.Training;

/**
 * Training of a compressed network: Adam at rates of one cycle (Smith and Topin, 2018), from a little to a peak and on
 * to almost nothing, both ways along a cosine.
 *
 * @param epochs passes through the images, 1 or more
 * @param distill whether it learns from the original network too, rather than from labels alone: from what that
 *     answers to an image as it is, also where it was shifted
 * @param shift pixels by which every epoch moves images at random, at most
 * @param seed of the order of images
 */
public record Retraining(int epochs, boolean distill, int shift, long seed) {
    private static final int BATCH = 256;
    private static final double PEAK = 3e-3;
    private static final double LONG_PEAK = 6e-3; // of a training that has the time to come down again
    private static final int LONG = 10;
    private static final int MOST_SHIFT = 8;
    private static final double RISE = 0.3; // share of the training
    private static final double FIRST = 1 / 25.0; // of the peak
    private static final double LAST = 1e-4 / 25; // of the peak
    private static final double TEMPERATURE = 2;
    private static final double SHARE = 0.7; // of the loss, that is the original's

    public Retraining {
        if (epochs < 1) {
            throw new IllegalArgumentException("epochs: expected 1 or more, got " + epochs);
        }
        if (shift < 0 || shift > MOST_SHIFT) {
            throw new IllegalArgumentException("shift: expected 0 to " + MOST_SHIFT + " pixels, got " + shift);
        }
    }

    /** Pixels to shift by, where nobody says: a long training learns images by heart that are always the same. */
    public static int usualShift(int epochs) {
        return epochs < LONG ? 0 : 1;
    }

    /** The same for a share of the epochs, at least 1. */
    Retraining shortened(double share) {
        return new Retraining(Math.max(1, (int) Math.round(share * epochs)), distill, shift, seed);
    }

    /**
     * Trains.
     *
     * @param teacher the original network's opinions on these images, if it is to learn from them
     * @param model what is trained; not modified
     * @param images to train on; their order is their own afterwards
     * @throws ArithmeticException when the training diverges
     */
    public Model run(Device device, Opinions teacher, Model model, DeviceImages images, Progress progress) {
        Training.Teacher lessons = distill ? new Training.Teacher(teacher.logits(), TEMPERATURE, SHARE) : null;
        images.inOrder();
        int batch = Math.min(BATCH, images.count());
        try (Shifts shifts = new Shifts(images, shift, seed);
                LeNet5 network = new LeNet5(device, model, batch);
                Training training = new Training(network, lessons, rate(0), seed)) {
            for (int epoch = 0; epoch < epochs; epoch++) {
                int done = epoch;
                long all = (long) epochs * images.count();
                shifts.next();
                Training.Epoch figures = training.epoch(
                        images,
                        share -> rate((done + share) / epochs),
                        (task, n, of) -> progress.at("retrain", (long) done * images.count() + n, all));
                if (!Double.isFinite(figures.loss())) {
                    throw new ArithmeticException("retraining diverged in epoch " + (epoch + 1) + ": loss "
                            + figures.loss());
                }
            }
            return network.model();
        } finally {
            images.inOrder();
        }
    }

    /** Adam's step length when a share {@code done} of the training is done. */
    double rate(double done) {
        double peak = epochs < LONG ? PEAK : LONG_PEAK;
        double share = done < RISE ? 1 - done / RISE : (done - RISE) / (1 - RISE);
        double end = peak * (done < RISE ? FIRST : LAST);
        return end + (peak - end) * 0.5 * (1 + Math.cos(Math.PI * share));
    }
}
