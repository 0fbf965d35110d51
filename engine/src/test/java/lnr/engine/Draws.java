package lnr.engine;

import java.util.Random;

/** Random data for tests. The seed is printed; -Dlnr.seed=... replays another one. */
public final class Draws {
    private static final long SEED = Long.getLong("lnr.seed", 20201);

    private Draws() {}

    /** A generator of its own for each test. */
    public static Random random() {
        System.out.println("seed " + SEED);
        return new Random(SEED);
    }

    /** {@code length} standard normal numbers. */
    public static double[] normal(Random random, int length) {
        double[] values = new double[length];
        for (int i = 0; i < length; i++) {
            values[i] = random.nextGaussian();
        }
        return values;
    }

    /** A B, for A (m, k) and B (k, n), column-major. */
    public static double[] product(int m, int k, int n, double[] a, double[] b) {
        double[] c = new double[m * n];
        for (int j = 0; j < n; j++) {
            for (int l = 0; l < k; l++) {
                double factor = b[j * k + l];
                for (int i = 0; i < m; i++) {
                    c[j * m + i] += a[l * m + i] * factor;
                }
            }
        }
        return c;
    }

    /** scale A A', for A (m, k), column-major. */
    public static double[] gram(int m, int k, double[] a, double scale) {
        double[] c = new double[m * m];
        for (int l = 0; l < k; l++) {
            for (int j = 0; j < m; j++) {
                double factor = scale * a[l * m + j];
                for (int i = 0; i <= j; i++) {
                    c[j * m + i] += a[l * m + i] * factor;
                }
            }
        }
        for (int j = 0; j < m; j++) {
            for (int i = 0; i < j; i++) {
                c[i * m + j] = c[j * m + i];
            }
        }
        return c;
    }

    /** alpha A. */
    public static double[] scaled(double alpha, double[] a) {
        double[] b = a.clone();
        for (int i = 0; i < b.length; i++) {
            b[i] *= alpha;
        }
        return b;
    }

    /** sum_i a_i b_i. */
    public static double inner(double[] a, double[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += a[i] * b[i];
        }
        return sum;
    }

    /** ||a - b||. */
    public static double distance(double[] a, double[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += (a[i] - b[i]) * (a[i] - b[i]);
        }
        return Math.sqrt(sum);
    }

    /** ||M_j|| of an (h, d) matrix. */
    public static double norm(int h, double[] m, int j) {
        double sum = 0;
        for (int k = j * h; k < (j + 1) * h; k++) {
            sum += m[k] * m[k];
        }
        return Math.sqrt(sum);
    }
}
