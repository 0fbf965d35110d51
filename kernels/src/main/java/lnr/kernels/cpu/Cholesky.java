package lnr.kernels.cpu;

import java.util.Arrays;
import org.netlib.util.intW;

/**
 * Cholesky's factorisation, and inverses from it, by panels of columns whose blocks threads share. OpenBLAS multiplies.
 * Its binding checks bounds as if every operand were whole columns: where a window of rows would reach past the end of
 * its array by that count, there is room behind the numbers, or the block is packed.
 */
final class Cholesky {
    private static final int PANEL = 64;

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
        double[] panel = new double[Math.min(n, Math.max(0, n - PANEL)) * (PANEL + 1)];
        double[] corner = new double[PANEL * PANEL];
        for (int from = 0; from < n; from += PANEL) {
            int end = Math.min(n, from + PANEL);
            int diagonal = at + from * n + from;
            copyLower(end - from, a, diagonal, n, corner, 0, end - from);
            if (!factorBlock(end - from, corner)) {
                return false;
            }
            copyLower(end - from, corner, 0, end - from, a, diagonal, n);
            if (end < n) {
                solveBelow(n, end, a, at, corner, panel);
                update(n, end, a, at, panel);
            }
        }
        return true;
    }

    /** One block, by LAPACK. OpenBLAS factors past a NaN, which then reaches the diagonal. */
    private static boolean factorBlock(int b, double[] block) {
        intW info = new intW(0);
        OpenBlas.LAPACK.dpotrf("L", b, block, 0, b, info);
        boolean positive = info.val == 0;
        for (int j = 0; j < b; j++) {
            positive &= block[j * b + j] > 0;
        }
        return positive;
    }

    /** The full panel left of column {@code first}, in its rows below the diagonal: P = A L'^-1, in A and packed. */
    private void solveBelow(int n, int first, double[] a, int at, double[] corner, double[] panel) {
        int rows = n - first;
        workers.run(blocks(rows), block -> {
            int from = block * PANEL;
            int count = Math.min(rows, from + PANEL) - from;
            int place = at + (first - PANEL) * n + first + from;
            for (int j = 0; j < PANEL; j++) {
                System.arraycopy(a, place + j * n, panel, from + j * rows, count);
            }
            OpenBlas.BLAS.dtrsm("R", "L", "T", "N", count, PANEL, 1, corner, 0, PANEL, panel, from, rows);
            for (int j = 0; j < PANEL; j++) {
                System.arraycopy(panel, from + j * rows, a, place + j * n, count);
            }
        });
    }

    /** A = A - P P', on and below the diagonal, from row and column {@code first} on. */
    private void update(int n, int first, double[] a, int at, double[] panel) {
        int rows = n - first;
        workers.run(blocks(rows), block -> {
            int from = block * PANEL;
            int end = Math.min(rows, from + PANEL);
            int count = end - from;
            int place = at + (first + from) * n + first + from;
            double[] square = new double[count * count];
            OpenBlas.BLAS.dsyrk("L", "N", count, PANEL, 1, panel, from, rows, 0, square, 0, count);
            for (int j = 0; j < count; j++) {
                for (int i = j; i < count; i++) {
                    a[place + j * n + i] -= square[j * count + i];
                }
            }
            if (end < rows) {
                OpenBlas.BLAS.dgemm(
                        "N", "T", rows - end, count, PANEL, -1, panel, end, rows, panel, from, rows, 1, a,
                        place + count, n);
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
            int from = (blocks - 1 - block) * PANEL; // the longest first
            int end = Math.min(n, from + PANEL);
            for (int j = from; j < end; j++) {
                Arrays.fill(x, xo + j * n, xo + j * n + end, 0);
                x[xo + j * n + j] = 1;
            }
            OpenBlas.BLAS.dtrsm("L", "L", "T", "N", end, end - from, 1, l, lo, n, x, xo + from * n, n);
        });
        workers.run(blocks, block -> {
            int from = block * PANEL;
            int end = Math.min(n, from + PANEL);
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
            int end = Math.min(n, (block + 1) * PANEL);
            for (int i = 0; i < end; i++) {
                for (int j = Math.max(i + 1, block * PANEL); j < end; j++) {
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
        return (n + PANEL - 1) / PANEL;
    }
}
