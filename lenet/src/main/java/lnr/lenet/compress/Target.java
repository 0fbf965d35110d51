package lnr.lenet.compress;

import java.util.Locale;
import lnr.lenet.network.Architecture;

/**
 * A layer that can be reconstructed from fewer units of the layer before it. A unit is a channel of a convolution or a
 * neuron, and {@link #columns} neighbouring columns of the layer's weight read it. conv1 reads the image, of which
 * nothing can be removed.
 */
public enum Target {
    /** Reads conv1's channels, each by a kernel's columns. */
    CONV2(1, 25),
    /** Reads conv2's channels, each at 16 positions. */
    FC1(2, 16),
    /** Reads fc1's neurons. */
    FC2(3, 1);

    private final int layer;
    private final int columns;

    Target(int layer, int columns) {
        this.layer = layer;
        this.columns = columns;
    }

    /** Its place in the network: 1 for conv2 to 3 for fc2. */
    public int layer() {
        return layer;
    }

    /** The place of the layer whose units it reads. */
    public int before() {
        return layer - 1;
    }

    /** Columns of its weight that read one unit. */
    public int columns() {
        return columns;
    }

    /** Units that it reads. */
    public int units(Architecture shape) {
        return shape.layers().get(before()).outputs();
    }

    /** {@code conv2}, {@code fc1} or {@code fc2}. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
