package lnr.kernels.cpu;

import lnr.kernels.Layers.ConvShape;

/**
 * A convolution followed by 2 x 2 pooling, its weights packed, run over tiles of a few samples.
 *
 * <p>Forward matrix products give four <em>planes</em>, one for each place in a pooling window, so
 * that pooling is a maximum of four contiguous runs. A plane holds T P F numbers (T samples, P pooled positions, F
 * filters); sample t, position p, filter f is at t {@link #sampleStride} + {@link #positionAt} p + f
 * {@link #filterStride}.
 */
interface Lowering {
    /** The fastest for a shape when no backward pass follows. */
    static Lowering of(ConvShape shape, float[] w, int wo) {
        return WinogradLowering.suits(shape)
                ? new WinogradLowering(shape, w, wo)
                : DifferentiableLowering.of(shape, w, wo);
    }

    /** Most samples of a tile: as many as stay in cache. */
    int tile();

    /** Numbers of the lowered input of one sample. */
    int columns();

    /**
     * Lowers a tile and multiplies it by the weights: fills {@code space.plane}.
     *
     * @param x (tile, channels, height, width) from {@code xo} on
     */
    void multiply(int tile, float[] x, int xo, TileSpace space);

    int sampleStride(int tile);

    int positionAt(int position, int tile);

    int filterStride(int tile);
}
