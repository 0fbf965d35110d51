package lnr.lenet.network;

import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * Labelled images moved about at random, a new way each time: a digit's class does not depend on its place. What moves
 * out of the frame is lost; what moves in is ground, 0. Close it to have the images back as they were.
 */
public final class Shifts implements AutoCloseable {
    private static final int SIDE = Architecture.SIDE;

    private final DeviceImages images;
    private final int most;
    private final SplittableRandom random;
    private final byte[] original; // (count, 28, 28)
    private final byte[] moved; // likewise

    /**
     * @param images in use until this is closed
     * @param most pixels in each direction, 0 to 27
     * @param seed of the moves
     */
    public Shifts(DeviceImages images, int most, long seed) {
        if (most < 0 || most >= SIDE) {
            throw new IllegalArgumentException("shift: expected 0 to " + (SIDE - 1) + " pixels, got " + most);
        }
        this.images = images;
        this.most = most;
        this.random = new SplittableRandom(seed);
        this.original = most == 0 ? new byte[0] : images.pixels();
        this.moved = new byte[original.length];
    }

    /** Moves every image by up to so many pixels down or up and right or left, each way as likely as the others. */
    public void next() {
        if (most == 0) {
            return;
        }
        Arrays.fill(moved, (byte) 0);
        for (int from = 0; from < original.length; from += SIDE * SIDE) {
            int down = random.nextInt(2 * most + 1) - most;
            int right = random.nextInt(2 * most + 1) - most;
            int width = SIDE - Math.abs(right);
            for (int row = Math.max(0, -down); row < SIDE - Math.max(0, down); row++) {
                System.arraycopy(
                        original,
                        from + row * SIDE + Math.max(0, -right),
                        moved,
                        from + (row + down) * SIDE + Math.max(0, right),
                        width);
            }
        }
        images.replacePixels(moved);
    }

    @Override
    public void close() {
        if (most > 0) {
            images.replacePixels(original);
        }
    }
}
