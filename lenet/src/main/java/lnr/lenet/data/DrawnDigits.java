package lnr.lenet.data;

import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * Digits that the program draws itself, in MNIST's shape: strokes under random affine maps and smooth displacements.
 *
 * <p>They let everything run without files or network. They are not MNIST, and figures had on them say nothing about
 * it. The same seed gives the same bytes on every machine, however many threads draw; every sample has its own stream
 * of random numbers.
 */
public final class DrawnDigits {
    /** The name of the data set. */
    public static final String NAME = "drawn";
    /** Samples to train on in the full set, as many as MNIST's. */
    public static final int TRAIN = 60_000;
    /** Samples to test with in the full set, as many as MNIST's. */
    public static final int TEST = 10_000;
    /** The seed of the set that stands in for MNIST. */
    public static final long SEED = 1998;

    private static final String SENTENCE = "digits drawn by the program itself (not MNIST)";
    /** Samples that one task draws with one pen. */
    private static final int BLOCK = 256;

    private static final long STREAM = 0xd1342543de82ef95L;

    private DrawnDigits() {}

    /**
     * Draws the full set of the fixed seed.
     *
     * @return 60,000 samples to train on and 10,000 to test with; a second or two of work
     */
    public static Dataset draw() {
        return draw(SEED, TRAIN, TEST);
    }

    /**
     * Draws a set.
     *
     * @param seed chooses the set; the first samples of a larger set are the smaller set
     * @param train number of samples to train on, at least 1
     * @param test number of samples to test with, at least 1; no sample of the other kind is among them
     * @return the set
     */
    public static Dataset draw(long seed, int train, int test) {
        Origin origin = new Origin(Origin.Kind.DRAWN, Optional.empty(), SENTENCE);
        // The two splits draw from seeds that are far apart, so that neither's size moves the other's samples.
        return new Dataset(NAME, origin, split(seed, train), split(~seed, test));
    }

    private static Dataset.Split split(long seed, int count) {
        byte[] images = new byte[Math.multiplyExact(count, Dataset.PIXELS)];
        byte[] labels = new byte[count];
        long start = new SplittableRandom(seed).nextLong();
        IntStream.range(0, (count + BLOCK - 1) / BLOCK).parallel().forEach(block -> {
            Pen pen = new Pen();
            for (int i = block * BLOCK; i < Math.min(count, (block + 1) * BLOCK); i++) {
                SplittableRandom random = new SplittableRandom(start + i * STREAM);
                labels[i] = (byte) ((random.nextLong() >>> 11) * 0x1p-53 * Dataset.CLASSES);
                pen.draw(labels[i], random, images, i * Dataset.PIXELS);
            }
        });
        return new Dataset.Split(images, labels);
    }
}
