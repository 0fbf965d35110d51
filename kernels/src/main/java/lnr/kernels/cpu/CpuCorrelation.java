package lnr.kernels.cpu;

import static lnr.kernels.Shapes.atLeast;
import static lnr.kernels.Shapes.exactly;

import lnr.kernels.Correlation;
import lnr.kernels.F32;
import lnr.kernels.F64;

/**
 * Sums of outer products: samples are widened to double precision, the column of ones appended, and multiplied by
 * OpenBLAS, one block of the result a piece of work.
 */
final class CpuCorrelation extends CpuOperations implements Correlation {
    /** Columns of the result in a piece. */
    private static final int BLOCK = 64;

    /** Numbers widened at once: 8 MB, which the cache that all cores share should hold. */
    private static final int ROOM = 1 << 20;

    private double[] wideX = new double[0];
    private double[] wideY = new double[0];

    CpuCorrelation(CpuDevice device) {
        super(device);
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
        int blocks = (width + BLOCK - 1) / BLOCK;
        int step = samples(width);
        for (int first = 0; first < n; first += step) {
            int count = Math.min(step, n - first);
            wideX = widen(count, d, bias, xa, at(x) + first * d, wideX);
            double[] xs = wideX;
            // Each piece is a block of columns from the diagonal down; the triangle above is filled by symmetry.
            workers.run(blocks, block -> {
                int from = block * BLOCK;
                int columns = Math.min(BLOCK, width - from);
                OpenBlas.BLAS.dgemm(
                        "N", "T", width - from, columns, count, 1, xs, from, width, xs, from, width, 1, sa,
                        so + from * width + from, width);
            });
        }
        workers.run(blocks, block -> {
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
    public void addPatchGram(
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
        PatchGram.add(workers, n, channels, height, width, kernel, bias, array(x), at(x), array(s), at(s));
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
        double[] wide = room.length >= n * width ? room : new double[n * width];
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
}
