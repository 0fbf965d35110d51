package lnr.kernels.cpu;

import lnr.kernels.Layers.ConvShape;

/** A lowering with a backward pass, whose forward pass sums plainly: equal windows give equal numbers. */
interface DifferentiableLowering extends Lowering {
    /** The faster of the two for a shape: copying rows of patches pays once a row is a few vectors long. */
    static DifferentiableLowering of(ConvShape shape, float[] w, int wo) {
        return shape.channels() * shape.kernel() >= 32
                ? new PatchLowering(shape, w, wo)
                : new WindowLowering(shape, w, wo);
    }

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
