package lnr.kernels.cpu;

import static lnr.kernels.Shapes.atLeast;
import static lnr.kernels.Shapes.exactly;
import static lnr.kernels.cpu.Heap.array;
import static lnr.kernels.cpu.Heap.at;

import lnr.kernels.Correlation;
import lnr.kernels.F32;
import lnr.kernels.F64;

/**
 * Sums of outer products: samples are widened to double precision, the column of ones appended, and multiplied by
 * OpenBLAS, one block of the result a piece of work.
 */
final class CpuCorrelation implements Correlation {
    /** Columns of the result in a piece. */
    private static final int BLOCK = 64;

    /** Numbers widened at once: 8 MB, which the cache that all cores share should hold. */
    private static final int ROOM = 1 << 20;

    private final Workers workers;
    private double[] wideX = new double[0];
    private double[] wideY = new double[0];

    CpuCorrelation(Workers workers) {
        this.workers = workers;
    }

    @Override
    public synchronized void addGram(int n, int d, boolean bias, F32 x, F64 s) {
        atLeast("n", n, 0);
        atLeast("d", d, 0);
        int width = Math.addExact(d, bias ? 1 : 0);
        exactly("x", x, (long) n * d);
        exactly("s", s, (long) width * width);
        float[] xa = array(x);
        double[] sa = array(s);
        int so = at(s);
        int step = samples(width);
        for (int first = 0; first < n; first += step) {
            int count = Math.min(step, n - first);
            wideX = widen(count, d, bias, xa, at(x) + first * d, wideX);
            addProduct(count, width, sa, so);
        }
        mirror(width, sa, so);
    }

    @Override
    public synchronized void addPatchGram(
            int n, int channels, int height, int width, int kernel, boolean bias, F32 x, F64 s) {
        atLeast("n", n, 0);
        atLeast("channels", channels, 0);
        atLeast("kernel", kernel, 1);
        atLeast("height", height, kernel);
        atLeast("width", width, kernel);
        int patch = Math.multiplyExact(channels, Math.multiplyExact(kernel, kernel));
        int features = Math.addExact(patch, bias ? 1 : 0);
        int inputs = Math.multiplyExact(channels, Math.multiplyExact(height, width));
        exactly("x", x, (long) n * inputs);
        exactly("s", s, (long) features * features);
        float[] xa = array(x);
        double[] sa = array(s);
        int positions = (height - kernel + 1) * (width - kernel + 1);
        int step = samples(Math.multiplyExact(positions, features));
        for (int first = 0; first < n; first += step) {
            int count = Math.min(step, n - first);
            layOut(count, channels, height, width, kernel, bias, xa, at(x) + first * inputs);
            addProduct(count * positions, features, sa, at(s));
        }
        mirror(features, sa, at(s));
    }

    /** The patches of some samples in double precision, (samples, positions, features), in {@link #wideX}. */
    private void layOut(
            int n, int channels, int height, int width, int kernel, boolean bias, float[] xa, int from) {
        int rows = height - kernel + 1;
        int columns = width - kernel + 1;
        int features = channels * kernel * kernel + (bias ? 1 : 0);
        double[] wide = room(n * rows * columns * features, wideX);
        wideX = wide;
        workers.run(n, i -> {
            for (int position = 0; position < rows * columns; position++) {
                int wo = (i * rows * columns + position) * features;
                for (int row = 0; row < channels * kernel; row++) {
                    int channel = i * channels + row / kernel;
                    int xo = from + (channel * height + position / columns + row % kernel) * width + position % columns;
                    for (int b = 0; b < kernel; b++) {
                        wide[wo + row * kernel + b] = xa[xo + b];
                    }
                }
                if (bias) {
                    wide[wo + features - 1] = 1;
                }
            }
        });
    }

    /** The lower triangle of S = S + X' X, X being the (n, width) numbers in {@link #wideX}. */
    private void addProduct(int n, int width, double[] sa, int so) {
        double[] xs = wideX;
        // Each piece is a block of columns from the diagonal down; the triangle above is filled by symmetry.
        workers.run((width + BLOCK - 1) / BLOCK, block -> {
            int from = block * BLOCK;
            int columns = Math.min(BLOCK, width - from);
            OpenBlas.BLAS.dgemm(
                    "N", "T", width - from, columns, n, 1, xs, from, width, xs, from, width, 1, sa,
                    so + from * width + from, width);
        });
    }

    private void mirror(int width, double[] sa, int so) {
        workers.run((width + BLOCK - 1) / BLOCK, block -> {
            int from = block * BLOCK;
            int end = Math.min(from + BLOCK, width);
            // Row by row of the triangle above: what is read is then contiguous.
            for (int i = 0; i < end; i++) {
                for (int j = Math.max(from, i + 1); j < end; j++) {
                    sa[so + j * width + i] = sa[so + i * width + j];
                }
            }
        });
    }

    @Override
    public synchronized void addCross(int n, int h, int d, boolean bias, F32 y, F32 x, F64 s) {
        atLeast("n", n, 0);
        atLeast("h", h, 0);
        atLeast("d", d, 0);
        int width = Math.addExact(d, bias ? 1 : 0);
        exactly("y", y, (long) n * h);
        exactly("x", x, (long) n * d);
        exactly("s", s, (long) h * width);
        float[] ya = array(y);
        float[] xa = array(x);
        double[] sa = array(s);
        int so = at(s);
        int blocks = (width + BLOCK - 1) / BLOCK;
        int step = samples(Math.max(h, width));
        for (int first = 0; first < n; first += step) {
            int count = Math.min(step, n - first);
            wideX = widen(count, d, bias, xa, at(x) + first * d, wideX);
            wideY = widen(count, h, false, ya, at(y) + first * h, wideY);
            double[] xs = wideX;
            double[] ys = wideY;
            workers.run(blocks, block -> {
                int from = block * BLOCK;
                int columns = Math.min(BLOCK, width - from);
                OpenBlas.BLAS.dgemm(
                        "N", "T", h, columns, count, 1, ys, 0, Math.max(1, h), xs, from, width, 1, sa, so + from * h,
                        Math.max(1, h));
            });
        }
    }

    @Override
    public void addSquares(int n, int h, F32 y, F64 s) {
        atLeast("n", n, 0);
        atLeast("h", h, 0);
        exactly("y", y, (long) n * h);
        atLeast("s", s, 1);
        float[] ya = array(y);
        double[] sums = new double[n];
        int pieces = Pieces.of((double) n * h, 1 << 14);
        workers.run(pieces, piece -> {
            int end = Pieces.start(piece + 1, pieces, n, 1);
            for (int i = Pieces.start(piece, pieces, n, 1); i < end; i++) {
                double sum = 0;
                for (int k = at(y) + i * h; k < at(y) + (i + 1) * h; k++) {
                    sum += (double) ya[k] * ya[k];
                }
                sums[i] = sum;
            }
        });
        double sum = 0;
        for (double part : sums) {
            sum += part;
        }
        array(s)[at(s)] += sum;
    }

    /** Samples widened at once, so that they take {@link #ROOM} numbers at most. */
    private static int samples(int width) {
        return Math.max(1, ROOM / Math.max(1, width));
    }

    /** Samples in double precision, (n, width), in {@code room} or, when that is too small, in a new array. */
    private double[] widen(int n, int d, boolean bias, float[] xa, int from, double[] room) {
        int width = d + (bias ? 1 : 0);
        double[] wide = room(n * width, room);
        int pieces = Pieces.of((double) n * width, 1 << 14);
        workers.run(pieces, piece -> {
            int end = Pieces.start(piece + 1, pieces, n, 1);
            for (int i = Pieces.start(piece, pieces, n, 1); i < end; i++) {
                int xo = from + i * d;
                int wo = i * width;
                for (int j = 0; j < d; j++) {
                    wide[wo + j] = xa[xo + j];
                }
                if (bias) {
                    wide[wo + d] = 1;
                }
            }
        });
        return wide;
    }

    private static double[] room(int length, double[] room) {
        return room.length >= length ? room : new double[length];
    }
}
