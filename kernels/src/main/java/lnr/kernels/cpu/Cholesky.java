package lnr.kernels.cpu;

import java.util.Arrays;
import org.netlib.util.intW;

/**
 * Cholesky's factorisation, and inverses from it, by blocks that threads share. OpenBLAS multiplies. Its binding checks
 * bounds as if every operand were whole columns: a window of rows that ends in the last column would reach past the end
 * of its array by that count, and is packed.
 */
final class Cholesky {
    /** Columns that one thread factors at a time. */
    private static final int PANEL = 128;

    /** Order up to which one thread factors all of it: taking turns would cost more than others gain. */
    private static final int SMALL = 384;

    /** Rows or columns of a piece of what threads share. */
    private static final int BLOCK = 64;

    private final Workers workers;

    Cholesky(Workers workers) {
        this.workers = workers;
    }

    /**
     * A = L L': n^3 / 3 flops. Each panel is factored in its turn, and what it explains taken from the columns to its
     * right.
     *
     * @param a (n, n) from {@code at} on; the lower triangle becomes L, the strict upper one is left alone
     * @return whether A is positive definite to working precision; when not, the lower triangle is spoilt
     */
    boolean factor(int n, double[] a, int at) {
        if (n <= SMALL) {
            return n == 0 || factorAlone(n, a, at);
        }
        double[] corner = new double[PANEL * PANEL];
        for (int from = 0; from < n; from += PANEL) {
            int end = Math.min(n, from + PANEL);
            int diagonal = at + from * n + from;
            copyLower(end - from, a, diagonal, n, corner, 0, end - from);
            if (!factorAlone(end - from, corner, 0)) {
                return false;
            }
            copyLower(end - from, corner, 0, end - from, a, diagonal, n);
            if (end < n) {
                solveBelow(n, from, a, at, corner);
                update(n, from, a, at);
            }
        }
        return true;
    }

    /** By LAPACK. OpenBLAS factors past a NaN, which then reaches the diagonal. */
    private static boolean factorAlone(int n, double[] a, int at) {
        intW info = new intW(0);
        OpenBlas.LAPACK.dpotrf("L", n, a, at, n, info);
        boolean positive = info.val == 0;
        for (int j = 0; j < n; j++) {
            positive &= a[at + j * n + j] > 0;
        }
        return positive;
    }

    /** The full panel from column {@code from} on, in its rows below the diagonal block: P = A L'^-1. */
    private void solveBelow(int n, int from, double[] a, int at, double[] corner) {
        int end = from + PANEL;
        workers.run(blocks(n - end), block -> {
            int first = end + block * BLOCK;
            int rows = Math.min(n, first + BLOCK) - first;
            OpenBlas.BLAS.dtrsm("R", "L", "T", "N", rows, PANEL, 1, corner, 0, PANEL, a, at + from * n + first, n);
        });
    }

    /** A = A - P P', on and below the diagonal, right of the panel from column {@code from} on. */
    private void update(int n, int from, double[] a, int at) {
        int panel = at + from * n;
        int right = from + PANEL;
        workers.run(blocks(n - right), block -> {
            int first = right + block * BLOCK;
            int end = Math.min(n, first + BLOCK);
            int count = end - first;
            int diagonal = at + first * n + first;
            double[] square = new double[count * count];
            OpenBlas.BLAS.dsyrk("L", "N", count, PANEL, 1, a, panel + first, n, 0, square, 0, count);
            for (int j = 0; j < count; j++) {
                for (int i = j; i < count; i++) {
                    a[diagonal + j * n + i] -= square[j * count + i];
                }
            }
            if (end < n) {
                OpenBlas.BLAS.dgemm(
                        "N", "T", n - end, count, PANEL, -1, a, panel + end, n, a, panel + first, n, 1, a,
                        diagonal + count, n);
            }
        });
    }

    /**
     * out = (L L')^-1, both triangles: 2/3 n^3 flops. With X = L^-1, X' is upper triangular, and so is what is computed
     * of X'X: blocks begin at row 0.
     *
     * @param l (n, n) from {@code lo} on, the factor in its lower triangle
     * @param out (n, n) from {@code oo} on. Modified.
     * @param x n (n + 1) elements from {@code xo} on. Modified.
     */
    void invert(int n, double[] l, int lo, double[] out, int oo, double[] x, int xo) {
        int blocks = blocks(n);
        workers.run(blocks, block -> {
            int from = (blocks - 1 - block) * BLOCK; // the longest first
            int end = Math.min(n, from + BLOCK);
            for (int j = from; j < end; j++) {
                Arrays.fill(x, xo + j * n, xo + j * n + end, 0);
                x[xo + j * n + j] = 1;
            }
            OpenBlas.BLAS.dtrsm("L", "L", "T", "N", end, end - from, 1, l, lo, n, x, xo + from * n, n);
        });
        workers.run(blocks, block -> {
            int from = block * BLOCK;
            int end = Math.min(n, from + BLOCK);
            int columns = xo + from * n;
            OpenBlas.BLAS.dgemm(
                    "N", "T", end, end - from, n - from, 1, x, columns, n, x, columns + from, n, 0, out, oo + from * n,
                    n);
        });
        mirror(n, out, oo);
    }

    /** The lower triangle becomes the upper one's mirror image; {@code a} is (n, n) from {@code at} on. */
    void mirror(int n, double[] a, int at) {
        workers.run(blocks(n), block -> {
            int end = Math.min(n, (block + 1) * BLOCK);
            for (int i = 0; i < end; i++) {
                for (int j = Math.max(i + 1, block * BLOCK); j < end; j++) {
                    a[at + i * n + j] = a[at + j * n + i];
                }
            }
        });
    }

    private static void copyLower(int n, double[] from, int fo, int ldFrom, double[] to, int at, int ldTo) {
        for (int j = 0; j < n; j++) {
            System.arraycopy(from, fo + j * ldFrom + j, to, at + j * ldTo + j, n - j);
        }
    }

    private static int blocks(int n) {
        return (n + BLOCK - 1) / BLOCK;
    }
}
