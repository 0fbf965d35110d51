package lnr.lenet.network;

import java.util.SplittableRandom;

/**
 * Labelled images moved about at random, a new way each time: a digit's class does not depend on its place. What moves
 * out of the frame is not seen; what moves in is ground, 0. Close it to have the images back as they were.
 */
public final class Shifts implements AutoCloseable {
    private final DeviceImages images;
    private final int most;
    private final SplittableRandom random;

    /**
     * @param images in use until this is closed
     * @param most pixels in each direction, 0 to 27
     * @param seed of the moves
     */
    public Shifts(DeviceImages images, int most, long seed) {
        if (most < 0 || most >= Architecture.SIDE) {
            throw new IllegalArgumentException(
                    "shift: expected 0 to " + (Architecture.SIDE - 1) + " pixels, got " + most);
        }
        this.images = images;
        this.most = most;
        this.random = new SplittableRandom(seed);
    }

    /** Moves every image by up to so many pixels down or up and right or left, each way as likely as the others. */
    public void next() {
        if (most == 0) {
            return;
        }
        int[] ways = new int[2 * images.count()];
        for (int i = 0; i < ways.length; i++) {
            ways[i] = random.nextInt(2 * most + 1) - most;
        }
        images.shift(ways);
    }

    @Override
    public void close() {
        images.unshift();
    }
}
