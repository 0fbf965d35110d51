package lnr.kernels.cpu;

import java.util.Arrays;
import lnr.kernels.Layers.ConvShape;

/**
 * For few channels: a pooling window sees (k + 1)^2 inputs of each channel, so convolution and pooling together are a
 * convolution of stride 2 with 4 filters, shifted copies of each other, for one. That is 36/25 of the flops at k = 5,
 * and a quarter of the copies of a patch matrix. Columns are (channel, k + 1, k + 1, sample, position), planes are
 * (filter, sample, position).
 */
final class WindowLowering implements DifferentiableLowering {
    private final ConvShape shape;
    private final int side;
    private final int window;
    private final int positions;
    private final int filters;
    private final float[] packed; // (place, filter, channel, k + 1, k + 1), zero outside the place's k x k part

    WindowLowering(ConvShape shape, float[] w, int wo) {
        this.shape = shape;
        this.side = shape.kernel() + 1;
        this.window = shape.channels() * side * side;
        this.positions = shape.pooledHeight() * shape.pooledWidth();
        this.filters = shape.filters();
        this.packed = new float[4 * filters * window];
        int k = shape.kernel();
        for (int row = 0; row < rows(); row++) {
            for (int place = 0; place < 4; place++) {
                System.arraycopy(w, wo + row * k, packed, packedAt(row, place), k);
            }
        }
    }

    @Override
    public int tile() {
        return 8;
    }

    @Override
    public int columns() {
        return window * positions;
    }

    @Override
    public void multiply(int tile, float[] x, int xo, TileSpace space) {
        if (packed.length == 0) {
            Arrays.fill(space.planes, 0, 4 * tile * shape.outputs(), 0);
            space.split(tile * shape.outputs());
            return;
        }
        gather(tile, x, xo, space);
        int n = tile * positions;
        OpenBlas.BLAS.sgemm(
                "N", "N", n, 4 * filters, window, 1, space.columns, 0, n, packed, 0, Math.max(1, window), 0,
                space.planes, 0, n);
        space.split(tile * shape.outputs());
    }

    @Override
    public int sampleStride(int tile) {
        return positions;
    }

    @Override
    public int positionAt(int position, int tile) {
        return position;
    }

    @Override
    public int filterStride(int tile) {
        return tile * positions;
    }

    @Override
    public float[][] gradient() {
        return new float[1][packed.length];
    }

    @Override
    public void backward(
            int tile, float[] x, int xo, byte[] winner, float[] dy, int yo, TileSpace space, float[][] gradient,
            float[] dx, int dxo) {
        if (packed.length == 0) {
            if (dx != null) {
                Arrays.fill(dx, dxo, dxo + tile * shape.inputs(), 0);
            }
            return;
        }
        int n = tile * positions;
        unpool(tile, winner, dy, yo, space.planes);
        gather(tile, x, xo, space);
        OpenBlas.BLAS.sgemm(
                "T", "N", window, 4 * filters, n, 1, space.columns, 0, n, space.planes, 0, n, 1, gradient[0], 0,
                Math.max(1, window));
        if (dx != null) {
            OpenBlas.BLAS.sgemm(
                    "N", "T", n, window, 4 * filters, 1, space.planes, 0, n, packed, 0, Math.max(1, window), 0,
                    space.columns, 0, n);
            scatter(tile, space.columns, dx, dxo);
        }
    }

    @Override
    public void unpack(float[][] gradient, float[] dw, int dwo) {
        int k = shape.kernel();
        for (int row = 0; row < rows(); row++) {
            for (int i = 0; i < k; i++) {
                float sum = 0;
                for (int place = 0; place < 4; place++) {
                    sum += gradient[0][packedAt(row, place) + i];
                }
                dw[dwo + row * k + i] = sum;
            }
        }
    }

    private void gather(int tile, float[] x, int xo, TileSpace space) {
        int width = shape.width();
        int half = (width + 1) / 2;
        float[] split = space.sample; // (row, parity of the column, column / 2)
        for (int t = 0; t < tile; t++) {
            for (int c = 0; c < shape.channels(); c++) {
                int channel = xo + t * shape.inputs() + c * shape.height() * width;
                for (int row = 0; row < shape.height(); row++) {
                    int from = channel + row * width;
                    int to = row * 2 * half;
                    for (int i = 0; i < width; i++) {
                        split[to + (i & 1) * half + (i >> 1)] = x[from + i];
                    }
                }
                for (int a = 0; a < side; a++) {
                    for (int b = 0; b < side; b++) {
                        int from = a * 2 * half + (b & 1) * half + (b >> 1);
                        int to = columnAt(tile, t, c, a, b);
                        for (int py = 0; py < shape.pooledHeight(); py++) {
                            System.arraycopy(split, from, space.columns, to, shape.pooledWidth());
                            from += 4 * half;
                            to += shape.pooledWidth();
                        }
                    }
                }
            }
        }
    }

    private void scatter(int tile, float[] columns, float[] dx, int dxo) {
        Arrays.fill(dx, dxo, dxo + tile * shape.inputs(), 0);
        for (int t = 0; t < tile; t++) {
            for (int c = 0; c < shape.channels(); c++) {
                int channel = dxo + t * shape.inputs() + c * shape.height() * shape.width();
                for (int a = 0; a < side; a++) {
                    for (int b = 0; b < side; b++) {
                        int from = columnAt(tile, t, c, a, b);
                        for (int py = 0; py < shape.pooledHeight(); py++) {
                            int to = channel + (2 * py + a) * shape.width() + b;
                            for (int px = 0; px < shape.pooledWidth(); px++) {
                                dx[to + 2 * px] += columns[from++];
                            }
                        }
                    }
                }
            }
        }
    }

    /** planes = dy where it was the winner's, 0 elsewhere. */
    private void unpool(int tile, byte[] winner, float[] dy, int yo, float[] planes) {
        int size = tile * shape.outputs();
        Arrays.fill(planes, 0, 4 * size, 0);
        int from = yo;
        for (int t = 0; t < tile; t++) {
            for (int f = 0; f < filters; f++) {
                int to = (f * tile + t) * positions;
                for (int p = 0; p < positions; p++, from++) {
                    // Place 4, switched off by ReLU, is a fifth plane that nothing reads: no branch to mispredict.
                    planes[winner[from] * size + to + p] = dy[from];
                }
            }
        }
    }

    /** Rows of k weights: one for each filter, channel and row of the kernel. */
    private int rows() {
        return filters * shape.channels() * shape.kernel();
    }

    private int packedAt(int row, int place) {
        int k = shape.kernel();
        int plane = row / k;
        return place * filters * window + (plane * side + row % k + place / 2) * side + place % 2;
    }

    private int columnAt(int tile, int t, int c, int a, int b) {
        return (((c * side + a) * side + b) * tile + t) * positions;
    }
}
