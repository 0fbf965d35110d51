package lnr.kernels.cpu;

import lnr.kernels.Layers.ConvShape;

/**
 * For many channels and 5 x 5 filters: Winograd's minimal filtering F(4, 5) along the rows. Eight inputs of a row give
 * four outputs by 8 products instead of 20, so that the products are 2/5 of a patch matrix's.
 *
 * <p>Rows are cut into pieces of 8 inputs, one every 4. With the transforms of Toom and Cook at 0, 1, -1, 2, -2, 1/2,
 * -1/2 and infinity (Lavin and Gray, 2016, whose F(6, 3) has the same B'),
 *
 * <pre>
 * out(row, piece) = A' sum over filter rows r and channels c of (G w(r, c)) * (B' in(row + r, c, piece))
 * </pre>
 *
 * and the sum is one matrix product for each of the 8 points. Each entry is at most 41 times what a direct sum's terms
 * come to, taken over all 8 inputs of a piece, and so is the bound on rounding; on data it is about twice as large. One
 * not-a-number spoils the four outputs of its piece.
 *
 * <p>Columns are (point, parity of the row, pooled row, piece, sample, filter row, channel), planes are (parity of the
 * pooled column, pooled row, piece, sample, filter).
 */
final class WinogradLowering implements Lowering {
    private static final int KERNEL = 5;
    private static final int STEP = 4; // outputs of a piece
    private static final int POINTS = STEP + KERNEL - 1;

    private final ConvShape shape;
    private final int pieces; // of a row
    private final int column; // numbers of a column of a sample: (row, channel)
    private final int depth; // of the sum: (filter row, channel)
    private final float[][] packed; // point: (filter row, channel, filter), G w

    WinogradLowering(ConvShape shape, float[] w, int wo) {
        this.shape = shape;
        this.pieces = (shape.width() - KERNEL + 1) / STEP;
        this.column = shape.height() * shape.channels();
        this.depth = KERNEL * shape.channels();
        this.packed = new float[POINTS][depth * shape.filters()];
        int filters = shape.filters();
        for (int f = 0; f < filters; f++) {
            for (int c = 0; c < shape.channels(); c++) {
                for (int r = 0; r < KERNEL; r++) {
                    int from = wo + ((f * shape.channels() + c) * KERNEL + r) * KERNEL;
                    pack(w, from, (r * shape.channels() + c) * filters + f);
                }
            }
        }
    }

    /** Whether it can take the shape, and is the fastest for it. */
    static boolean suits(ConvShape shape) {
        return shape.kernel() == KERNEL
                && shape.channels() * KERNEL >= 32
                && shape.filters() > 0
                && (shape.width() - KERNEL + 1) % STEP == 0;
    }

    /** G w for one row of a filter: its polynomial at each point, times the weight of Lagrange interpolation. */
    private void pack(float[] w, int from, int to) {
        double a = w[from];
        double b = w[from + 1];
        double c = w[from + 2];
        double d = w[from + 3];
        double e = w[from + 4];
        packed[0][to] = (float) a;
        packed[1][to] = (float) (-2 / 9.0 * (a + b + c + d + e));
        packed[2][to] = (float) (-2 / 9.0 * (a - b + c - d + e));
        packed[3][to] = (float) ((a + 2 * b + 4 * c + 8 * d + 16 * e) / 90);
        packed[4][to] = (float) ((a - 2 * b + 4 * c - 8 * d + 16 * e) / 90);
        packed[5][to] = (float) (2 / 45.0 * (16 * a + 8 * b + 4 * c + 2 * d + e));
        packed[6][to] = (float) (2 / 45.0 * (16 * a - 8 * b + 4 * c - 2 * d + e));
        packed[7][to] = (float) e;
    }

    @Override
    public int tile() {
        return 8;
    }

    @Override
    public int columns() {
        return POINTS * 2 * shape.pooledHeight() * pieces * depth;
    }

    @Override
    public void multiply(int tile, float[] x, int xo, TileSpace space) {
        int filters = shape.filters();
        int count = 2 * shape.pooledHeight() * pieces * tile;
        int wide = count * filters;
        transform(tile, count, x, xo, space);
        space.fitPoints(POINTS, wide);
        float[][] m = space.product;
        float[][] y = space.line;
        for (int point = 0; point < POINTS; point++) {
            OpenBlas.BLAS.sgemm(
                    "N", "N", filters, count, depth, 1, packed[point], 0, filters, space.columns, point * count * depth,
                    depth, 0, m[point], 0, filters);
        }
        even(wide, m[0], m[1], m[2], m[3], m[4], m[5], m[6], y[0], y[2]);
        odd(wide, m[1], m[2], m[3], m[4], m[5], m[6], m[7], y[1], y[3]);
        int half = wide / 2;
        for (int i = 0; i < STEP; i++) {
            System.arraycopy(y[i], 0, space.plane[i % 2], i / 2 * half, half);
            System.arraycopy(y[i], half, space.plane[2 + i % 2], i / 2 * half, half);
        }
    }

    /** columns = B' in. */
    private void transform(int tile, int count, float[] x, int xo, TileSpace space) {
        space.fitPieces(shape.width(), POINTS, column);
        float[][] in = space.in;
        float[][] out = space.out;
        int rows = shape.pooledHeight();
        for (int t = 0; t < tile; t++) {
            columnsFirst(x, xo + t * shape.inputs(), in);
            for (int piece = 0; piece < pieces; piece++) {
                int i = piece * STEP;
                ends(
                        column, in[i], in[i + 1], in[i + 2], in[i + 3], in[i + 4], in[i + 5], in[i + 6], in[i + 7],
                        out[0], out[7]);
                pair(
                        column, 1, -4.25f, 1, -4.25f, 1, in[i + 1], in[i + 2], in[i + 3], in[i + 4], in[i + 5],
                        in[i + 6], out[1], out[2]);
                pair(
                        column, 0.25f, -1.25f, 0.5f, -2.5f, 2, in[i + 1], in[i + 2], in[i + 3], in[i + 4], in[i + 5],
                        in[i + 6], out[3], out[4]);
                pair(
                        column, 4, -5, 2, -2.5f, 0.5f, in[i + 1], in[i + 2], in[i + 3], in[i + 4], in[i + 5],
                        in[i + 6], out[5], out[6]);
                for (int row = 0; row < 2 * rows; row++) {
                    int to = ((row % 2 * rows + row / 2) * pieces + piece) * tile + t;
                    for (int point = 0; point < POINTS; point++) {
                        System.arraycopy(
                                out[point], row * shape.channels(), space.columns, (point * count + to) * depth, depth);
                    }
                }
            }
        }
    }

    /** Turns a sample to (column, row, channel). */
    private void columnsFirst(float[] x, int xo, float[][] in) {
        int width = shape.width();
        int channels = shape.channels();
        for (int c = 0; c < channels; c++) {
            for (int row = 0; row < shape.height(); row++) {
                int from = xo + (c * shape.height() + row) * width;
                int to = row * channels + c;
                for (int i = 0; i < width; i++) {
                    in[i][to] = x[from + i];
                }
            }
        }
    }

    // One index for all arrays of a loop, so that C2 compiles vector loops on every JDK.

    private static void ends(
            int n, float[] a, float[] b, float[] c, float[] d, float[] e, float[] f, float[] g, float[] h, float[] y0,
            float[] y7) {
        for (int i = 0; i < n; i++) {
            y0[i] = a[i] - g[i] + 5.25f * (e[i] - c[i]);
            y7[i] = h[i] - b[i] + 5.25f * (d[i] - f[i]);
        }
    }

    private static void pair(
            int n, float c2, float c4, float c1, float c3, float c5, float[] b, float[] c, float[] d, float[] e,
            float[] f, float[] g, float[] plus, float[] minus) {
        for (int i = 0; i < n; i++) {
            float even = c2 * c[i] + c4 * e[i] + g[i];
            float odd = c1 * b[i] + c3 * d[i] + c5 * f[i];
            plus[i] = even + odd;
            minus[i] = even - odd;
        }
    }

    private static void even(
            int n, float[] a, float[] b, float[] c, float[] d, float[] e, float[] f, float[] g, float[] y0,
            float[] y2) {
        for (int i = 0; i < n; i++) {
            float one = b[i] + c[i];
            float two = d[i] + e[i];
            float half = f[i] + g[i];
            y0[i] = a[i] + one + two + half;
            y2[i] = one + 4 * two + 0.25f * half;
        }
    }

    private static void odd(
            int n, float[] b, float[] c, float[] d, float[] e, float[] f, float[] g, float[] h, float[] y1,
            float[] y3) {
        for (int i = 0; i < n; i++) {
            float one = b[i] - c[i];
            float two = d[i] - e[i];
            float half = f[i] - g[i];
            y1[i] = one + 2 * two + 0.5f * half;
            y3[i] = one + 8 * two + 0.125f * half + h[i];
        }
    }

    @Override
    public int sampleStride(int tile) {
        return shape.filters();
    }

    @Override
    public int positionAt(int position, int tile) {
        int row = position / shape.pooledWidth();
        int at = position % shape.pooledWidth();
        return ((at % 2 * shape.pooledHeight() + row) * pieces + at / 2) * tile * shape.filters();
    }

    @Override
    public int filterStride(int tile) {
        return 1;
    }
}
