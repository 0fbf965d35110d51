package lnr.kernels;

/**
 * The layers of a LeNet-like network in single precision, forward and backward. A batch is stored sample after sample.
 *
 * <p>Weights are in PyTorch's layout, so files need no conversion: a convolution's are (filters, channels, k, k), a
 * dense layer's (outputs, inputs), rows contiguous. Feature maps between convolutions are (sample, channel, row,
 * column).
 */
public interface Layers {
    /**
     * The shape of a convolution (valid, stride 1) followed by 2 x 2 max-pooling and ReLU.
     *
     * @param channels input channels
     * @param height input rows
     * @param width input columns
     * @param filters output channels
     * @param kernel side of the square filters; height - kernel + 1 and width - kernel + 1 are even
     */
    record ConvShape(int channels, int height, int width, int filters, int kernel) {
        /**
         * Throws IllegalArgumentException when channels or filters are negative, the kernel is smaller than 1, or a
         * side of the output is not even and positive.
         */
        public ConvShape {
            if (channels < 0 || filters < 0 || kernel < 1) {
                throw new IllegalArgumentException("convolution: expected channels, filters >= 0, kernel >= 1, got "
                        + channels + ", " + filters + ", " + kernel);
            }
            if (height < kernel + 1 || width < kernel + 1 || (height - kernel) % 2 == 0 || (width - kernel) % 2 == 0) {
                throw new IllegalArgumentException("convolution: expected even, positive output sides, got "
                        + (height - kernel + 1) + " x " + (width - kernel + 1));
            }
        }

        /** Rows after pooling. */
        public int pooledHeight() {
            return (height - kernel + 1) / 2;
        }

        /** Columns after pooling. */
        public int pooledWidth() {
            return (width - kernel + 1) / 2;
        }

        /** Inputs of one filter: channels k^2. */
        public int patch() {
            return Math.multiplyExact(channels, Math.multiplyExact(kernel, kernel));
        }

        /** Numbers of one input sample. */
        public int inputs() {
            return Math.multiplyExact(channels, Math.multiplyExact(height, width));
        }

        /** Numbers of one output sample. */
        public int outputs() {
            return Math.multiplyExact(filters, Math.multiplyExact(pooledHeight(), pooledWidth()));
        }
    }

    /**
     * x_i = (images[order_i] / 255 - mean) / deviation.
     *
     * @param n samples in the batch
     * @param size bytes of one image
     * @param images (count, size)
     * @param order (n), indices of images in [0, count)
     * @param x (n, size). Modified.
     */
    void gatherImages(int n, int size, U8 images, I32 order, float mean, float deviation, F32 x);

    /**
     * Images as {@link #gatherImages} gives them, each moved by a way of its own: with (down, right) =
     * shifts[order_i], the number at (row, column) of x_i is made of the byte at (row - down, column - right), or of 0
     * where the image has none.
     *
     * @param n samples in the batch
     * @param height rows of an image
     * @param width columns of an image
     * @param images (count, height, width)
     * @param order (n), indices of images in [0, count)
     * @param shifts (count, 2), pixels down and to the right, any numbers
     * @param x (n, height, width). Modified.
     */
    void gatherShifted(
            int n,
            int height,
            int width,
            U8 images,
            I32 order,
            I32 shifts,
            float mean,
            float deviation,
            F32 x);

    /** y_i = labels[order_i]. {@code labels} is (count); {@code order} and {@code y} are (n), {@code y} is modified. */
    void gatherLabels(int n, U8 labels, I32 order, U8 y);

    /**
     * x_i = rows[order_i].
     *
     * @param n samples in the batch
     * @param size numbers of a row
     * @param rows (count, size)
     * @param order (n), indices of rows in [0, count)
     * @param x (n, size). Modified.
     */
    void gatherRows(int n, int size, F32 rows, I32 order, F32 x);

    /**
     * Y = relu(maxpool(conv(X, W) + b)).
     *
     * <p>Without {@code winner} a device may take the sums by fewer products than one a weight: their error is then at
     * most 16 patch u max|x| sum|w| (u the unit roundoff, the maximum over a sample, the sum over a filter), and an
     * input that is not a number may spoil outputs beside those that see it.
     *
     * @param x (n, channels, height, width)
     * @param w (filters, channels, k, k)
     * @param b (filters)
     * @param y (n, filters, pooledHeight, pooledWidth). Modified.
     * @param winner as {@code y}, or null when there will be no backward pass: which of its window's positions, 0 to 3
     *     (row by row), gave each output, the first of equals; 4 where ReLU gave 0. Modified.
     */
    void convolve(ConvShape shape, int n, F32 x, F32 w, F32 b, F32 y, U8 winner);

    /**
     * Gradients of {@link #convolve}.
     *
     * @param x (n, channels, height, width), as given forward
     * @param w (filters, channels, k, k), as given forward
     * @param winner as {@code dy}, from the forward pass
     * @param dy (n, filters, pooledHeight, pooledWidth), gradient of Y
     * @param dx (n, channels, height, width), gradient of X, or null when it is not wanted. Modified.
     * @param dw (filters, channels, k, k), gradient of W. Modified.
     * @param db (filters), gradient of b. Modified.
     */
    void convolveBackward(ConvShape shape, int n, F32 x, F32 w, U8 winner, F32 dy, F32 dx, F32 dw, F32 db);

    /**
     * Y = X W' + b, then relu when asked.
     *
     * @param x (n, inputs)
     * @param w (outputs, inputs)
     * @param b (outputs)
     * @param y (n, outputs). Modified.
     */
    void dense(int n, int inputs, int outputs, boolean relu, F32 x, F32 w, F32 b, F32 y);

    /**
     * Gradients of {@link #dense}.
     *
     * @param y (n, outputs), the forward result; read when {@code relu}
     * @param dy (n, outputs), gradient of Y. Modified when {@code relu}: becomes the gradient before it.
     * @param dx (n, inputs), gradient of X. Modified.
     * @param dw (outputs, inputs), gradient of W. Modified.
     * @param db (outputs), gradient of b. Modified.
     */
    void denseBackward(
            int n, int inputs, int outputs, boolean relu, F32 x, F32 w, F32 y, F32 dy, F32 dx, F32 dw, F32 db);

    /**
     * Softmax cross-entropy against labels, with its gradient.
     *
     * @param z (n, classes), logits
     * @param labels (n), each below {@code classes}
     * @param dz (n, classes), gradient of the batch's mean loss, or null when it is not wanted. Modified.
     * @param sums 2 elements or more. The first gains the batch's summed loss, the second its correct predictions (the
     *     first largest logit).
     */
    void crossEntropy(int n, int classes, F32 z, U8 labels, F32 dz, F64 sums);

    /**
     * Cross-entropy against labels and against a teacher's opinion (Hinton, Vinyals and Dean, 2015), with its gradient:
     *
     * <pre>
     * p(z) = softmax(z / T)
     * loss_i = (1 - share) crossEntropy(z_i, label_i) + share T^2 sum_k p(t_i)_k (log p(t_i)_k - log p(z_i)_k)
     * </pre>
     *
     * @param temperature T, more than 0
     * @param share what counts as the teacher's, 0 to 1
     * @param z (n, classes), logits
     * @param t (n, classes), the teacher's logits, finite
     * @param labels (n), each below {@code classes}
     * @param dz (n, classes), gradient of the batch's mean loss. Modified.
     * @param sums 2 elements or more. The first gains the batch's summed loss, the second its correct predictions (the
     *     first largest logit).
     */
    void distillation(
            int n, int classes, double temperature, double share, F32 z, F32 t, U8 labels, F32 dz, F64 sums);

    /**
     * One step of Adam (Kingma and Ba, 2015, algorithm 1) with PyTorch's order of operations:
     * m = b1 m + (1 - b1) g, v = b2 v + (1 - b2) g^2, w = w - rate / (1 - b1^t) m / (sqrt(v / (1 - b2^t)) + eps).
     *
     * @param steps 1 element or more: its first, the number of steps so far, gains 1 and is then t
     * @param g gradient, as {@code w}
     * @param m first moment, as {@code w}. Modified.
     * @param v second moment, as {@code w}. Modified.
     * @param w parameters. Modified.
     */
    void adam(I32 steps, double rate, double beta1, double beta2, double epsilon, F32 g, F32 m, F32 v, F32 w);
}
