package lnr.kernels.cpu;

import lnr.kernels.Layers.ConvShape;

/**
 * A convolution followed by 2 x 2 pooling, its weights packed, run over tiles of a few samples.
 *
 * <p>Forward it is one matrix product, whose result is four <em>planes</em>, one for each place in a pooling window, so
 * that pooling is a maximum of four contiguous runs. A plane holds T P F numbers (T samples, P pooled positions, F
 * filters); sample t, position p, filter f is at t {@link #sampleStride} + p {@link #positionStride} +
 * f {@link #filterStride}.
 */
interface Lowering {
    /** The faster of the two for a shape: copying rows of patches pays once a row is a few vectors long. */
    static Lowering of(ConvShape shape, float[] w, int wo) {
        return shape.channels() * shape.kernel() >= 32
                ? new PatchLowering(shape, w, wo)
                : new WindowLowering(shape, w, wo);
    }

    /** Numbers of the lowered input of one sample. */
    int columns();

    /**
     * Lowers a tile and multiplies it by the weights: fills {@code space.columns} and {@code space.planes}.
     *
     * @param x (tile, channels, height, width) from {@code xo} on
     */
    void multiply(int tile, float[] x, int xo, TileSpace space);

    int sampleStride(int tile);

    int positionStride(int tile);

    int filterStride(int tile);

    /** Zeroed sums for {@link #backward}, in a layout of the lowering's own. */
    float[][] gradient();

    /**
     * Adds a tile's gradient of the weights to {@code gradient}, and sets its gradient of the input.
     *
     * @param x (tile, channels, height, width) from {@code xo} on
     * @param winner (tile, filters, pooledHeight, pooledWidth) from {@code yo} on, as in the forward pass
     * @param dy as {@code winner}
     * @param gradient from {@link #gradient}. Modified.
     * @param dx as {@code x}, or null when it is not wanted. Modified.
     */
    void backward(
            int tile, float[] x, int xo, byte[] winner, float[] dy, int yo, TileSpace space, float[][] gradient,
            float[] dx, int dxo);

    /** Writes summed gradients as (filters, channels, k, k). {@code dw} is modified. */
    void unpack(float[][] gradient, float[] dw, int dwo);
}
