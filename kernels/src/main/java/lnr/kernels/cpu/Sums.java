package lnr.kernels.cpu;

/**
 * Sums over short runs, and longer ones by OpenBLAS, which is worth the call from there. Eight running sums: the JIT may
 * not reorder one, and one alone waits for every addition.
 */
final class Sums {
    /** Numbers from which OpenBLAS is faster. */
    private static final int LONG = 512;

    private Sums() {}

    /** sum_i x_i y_i */
    static double dot(double[] x, int xo, double[] y, int yo, int n) {
        if (n >= LONG) {
            return OpenBlas.BLAS.ddot(n, x, xo, 1, y, yo, 1);
        }
        double s0 = 0;
        double s1 = 0;
        double s2 = 0;
        double s3 = 0;
        double s4 = 0;
        double s5 = 0;
        double s6 = 0;
        double s7 = 0;
        int i = 0;
        for (; i < n - 7; i += 8) {
            s0 += x[xo + i] * y[yo + i];
            s1 += x[xo + i + 1] * y[yo + i + 1];
            s2 += x[xo + i + 2] * y[yo + i + 2];
            s3 += x[xo + i + 3] * y[yo + i + 3];
            s4 += x[xo + i + 4] * y[yo + i + 4];
            s5 += x[xo + i + 5] * y[yo + i + 5];
            s6 += x[xo + i + 6] * y[yo + i + 6];
            s7 += x[xo + i + 7] * y[yo + i + 7];
        }
        for (; i < n; i++) {
            s0 += x[xo + i] * y[yo + i];
        }
        return ((s0 + s4) + (s1 + s5)) + ((s2 + s6) + (s3 + s7));
    }

    /** ||x - y||^2 */
    static double squaredDistance(double[] x, int xo, double[] y, int yo, int n) {
        double s0 = 0;
        double s1 = 0;
        double s2 = 0;
        double s3 = 0;
        int i = 0;
        for (; i < n - 3; i += 4) {
            double d0 = x[xo + i] - y[yo + i];
            double d1 = x[xo + i + 1] - y[yo + i + 1];
            double d2 = x[xo + i + 2] - y[yo + i + 2];
            double d3 = x[xo + i + 3] - y[yo + i + 3];
            s0 += d0 * d0;
            s1 += d1 * d1;
            s2 += d2 * d2;
            s3 += d3 * d3;
        }
        for (; i < n; i++) {
            double d = x[xo + i] - y[yo + i];
            s0 += d * d;
        }
        return (s0 + s1) + (s2 + s3);
    }
}
