package lnr.kernels.cuda;

import java.util.Arrays;
import java.util.OptionalDouble;
import java.util.SplittableRandom;
import lnr.kernels.Device;
import lnr.kernels.F64;

/**
 * The largest eigenvalue of a symmetric matrix by Lanczos's process, with full orthogonalisation (Golub and Van Loan,
 * Matrix Computations, 4th edition, 10.1 and 10.3): after m steps from a fixed random vector, A is a tridiagonal (m, m)
 * matrix T on the subspace that they span, whose largest eigenvalue is A's but for at most beta_m |s_m|, s being its
 * eigenvector. A step costs one product with A; a correlation matrix, whose largest eigenvalue stands far above the
 * rest, takes a dozen or two where a decomposition would take n.
 */
final class Lanczos {
    /** Steps at most: more make the orthogonalisation dearer than the products. */
    private static final int MOST_STEPS = 256;

    /** Steps between looks at T, each of which waits for the device. */
    private static final int BATCH = 16;

    /** Rounding: what is smaller than this part of T is no information. */
    private static final double ROUNDING = Math.ulp(1.0);

    /** Squares of what is smaller, or larger than its inverse, are no numbers to compute with. */
    private static final double TINY = 0x1p-450;

    private final CudaDevice device;
    private final Kernels kernels;

    Lanczos(CudaDevice device, Kernels kernels) {
        this.device = device;
        this.kernels = kernels;
    }

    /** The largest eigenvalue of the (n, n) matrix {@code a}, or nothing when the process did not reach it. Waits. */
    OptionalDouble largest(int n, F64 a) {
        int most = Math.min(n, MOST_STEPS);
        long q = device.scratch(8L * n * (most + 2L) + 16L * most);
        long w = q + 8L * n * (most + 1L);
        long diagonal = w + 8L * n;
        long beside = diagonal + 8L * most;
        device.upload(Device.Type.F64, start(n), 0, q, n);
        double[] alpha = new double[most];
        double[] beta = new double[most];
        for (int done = 0; done < most; ) {
            int from = done;
            done = Math.min(done + BATCH, most);
            for (int j = from; j < done; j++) {
                Address column = new Address(q + 8L * j * n);
                kernels.work(8.0 * n * n, 2.0 * n * n)
                        .launch("lnr_multiply_symmetric", (n + 7) / 8, 1, 256, 0, n, a, column, new Address(w));
                kernels.work(32.0 * n * (j + 1), 8.0 * n * (j + 1))
                        .launch("lnr_lanczos_step", 1, 1, 512, 0, n, j, new Address(q), new Address(w),
                                new Address(diagonal), new Address(beside));
            }
            device.download(Device.Type.F64, diagonal + 8L * from, alpha, from, done - from);
            device.download(Device.Type.F64, beside + 8L * from, beta, from, done - from);
            OptionalDouble found = judge(alpha, beta, done, n);
            if (found.isPresent()) {
                return found;
            }
        }
        return OptionalDouble.empty();
    }

    /** A unit vector with a part of every eigenvector's, unless one was made to be orthogonal to it. */
    private static double[] start(int n) {
        double[] v = new SplittableRandom(1).doubles(n, -1, 1).toArray();
        double norm = Math.sqrt(Arrays.stream(v).map(x -> x * x).sum());
        return Arrays.stream(v).map(x -> x / norm).toArray();
    }

    /**
     * The largest eigenvalue of T, if it is A's to rounding.
     *
     * @param alpha T's diagonal
     * @param beta beside it, and the norm of what is left of A outside T's subspace
     * @param steps T's size
     * @param n A's size
     */
    static OptionalDouble judge(double[] alpha, double[] beta, int steps, int n) {
        double scale = 0;
        int size = 0;
        for (boolean inside = true; inside && size < steps; size++) {
            scale = Math.max(scale, Math.abs(alpha[size]) + beta[size]);
            // The subspace is A's own where nothing is left outside; what follows is noise.
            inside = beta[size] > ROUNDING * scale;
        }
        if (!(scale == 0 || scale > TINY && scale < 1 / TINY)) {
            return OptionalDouble.empty();
        }
        double largest = largest(alpha, beta, size);
        boolean found = size == n || beta[size - 1] * last(alpha, beta, size, largest) <= 2 * ROUNDING * scale;
        return found ? OptionalDouble.of(largest) : OptionalDouble.empty();
    }

    /** The largest eigenvalue of the leading {@code size} rows and columns of T, by bisection. */
    private static double largest(double[] alpha, double[] beta, int size) {
        double low = Double.NEGATIVE_INFINITY;
        double high = Double.NEGATIVE_INFINITY;
        for (int k = 0; k < size; k++) {
            low = Math.max(low, alpha[k]);
            high = Math.max(high, alpha[k] + (k > 0 ? beta[k - 1] : 0) + (k + 1 < size ? beta[k] : 0));
        }
        for (double middle = (low + high) / 2; middle > low && middle < high; middle = (low + high) / 2) {
            if (isAbove(middle, alpha, beta, size)) {
                high = middle;
            } else {
                low = middle;
            }
        }
        return high;
    }

    /** Whether x is larger than every eigenvalue of T: whether x I - T has a factorisation L D L' with positive D. */
    private static boolean isAbove(double x, double[] alpha, double[] beta, int size) {
        double d = x - alpha[0];
        for (int k = 1; k < size && d > 0; k++) {
            d = x - alpha[k] - beta[k - 1] * beta[k - 1] / d;
        }
        return d > 0;
    }

    /**
     * The last element of T's unit eigenvector to its largest eigenvalue x: in U D U' = x I - T, made from the last row
     * up, only D's first element is 0, so s_(k+1) = s_k beta_k / d_(k+1). This way round, once x has been found, it is
     * far above what is left of T, and nothing cancels.
     */
    private static double last(double[] alpha, double[] beta, int size, double x) {
        double[] ratios = new double[size];
        double d = x - alpha[size - 1];
        for (int k = size - 2; k >= 0; k--) {
            if (d <= 0) {
                return 1; // x belongs to the last rows, to rounding.
            }
            ratios[k] = beta[k] / d;
            d = x - alpha[k] - beta[k] * ratios[k];
        }
        double element = 1;
        double squares = 1;
        for (int k = 0; k + 1 < size; k++) {
            element *= ratios[k];
            squares += element * element;
        }
        return element / Math.sqrt(squares);
    }
}
