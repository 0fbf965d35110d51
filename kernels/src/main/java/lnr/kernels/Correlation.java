package lnr.kernels;

/**
 * Sums over a batch of samples, products and sums in double precision. A batch X is (n, d): sample after sample, the
 * features of one contiguous. With {@code bias}, every sample has a further feature 1, last; it is not stored in X.
 */
public interface Correlation {
    /**
     * S = S + sum_i x_i x_i', both triangles. n d'^2 flops in all, where d' = d + 1 with {@code bias}, d without.
     *
     * @param x (n, d)
     * @param s (d', d') symmetric, column-major. Modified.
     */
    void addGram(int n, int d, boolean bias, F32 x, F64 s);

    /**
     * S = S + sum_i y_i x_i'.
     *
     * @param y (n, h)
     * @param x (n, d)
     * @param s (h, d'), column-major. Modified.
     */
    void addCross(int n, int h, int d, boolean bias, F32 y, F32 x, F64 s);

    /**
     * S = S + sum_q x_q x_q' over all patches of a batch of feature maps, both triangles: the samples of a convolution
     * (valid, stride 1). A patch's features are (channel, row, column), as in a filter in PyTorch's layout. n positions
     * d'^2 flops in all, where positions = (height - kernel + 1) (width - kernel + 1) and d' = channels kernel^2, one
     * more with {@code bias}.
     *
     * @param height rows of a map, at least {@code kernel}
     * @param width columns of a map, at least {@code kernel}
     * @param kernel side of a square filter, 1 or more
     * @param x (n, channels, height, width)
     * @param s (d', d') symmetric, column-major. Modified.
     */
    void addPatchGram(int n, int channels, int height, int width, int kernel, boolean bias, F32 x, F64 s);

    /** s_0 = s_0 + sum_i ||y_i||^2. {@code y} is (n, h); {@code s} has 1 element or more; its first is modified. */
    void addSquares(int n, int h, F32 y, F64 s);
}
