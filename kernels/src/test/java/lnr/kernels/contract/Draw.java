package lnr.kernels.contract;

import java.util.Arrays;
import java.util.SplittableRandom;

/** Random test data, the same for the same seed and test. */
public final class Draw {
    private final SplittableRandom random;

    /** @param test what the data are for: each test draws its own, whichever tests run before it */
    public Draw(String test) {
        random = new SplittableRandom(Seeded.SEED * 0x9E3779B97F4A7C15L + test.hashCode());
    }

    /** Uniform in [-1, 1). */
    public double number() {
        return 2 * random.nextDouble() - 1;
    }

    /** Uniform in [0, bound). */
    public int below(int bound) {
        return random.nextInt(bound);
    }

    /** {@code n} numbers in [-1, 1). */
    public double[] doubles(int n) {
        double[] values = new double[n];
        for (int i = 0; i < n; i++) {
            values[i] = number();
        }
        return values;
    }

    /** {@code n} numbers in [-1, 1). */
    public float[] floats(int n) {
        float[] values = new float[n];
        for (int i = 0; i < n; i++) {
            values[i] = (float) number();
        }
        return values;
    }

    /** {@code n} integers from {@code -most} to {@code most}: sums of their products are exact, and full of ties. */
    public float[] integers(int n, int most) {
        float[] values = new float[n];
        for (int i = 0; i < n; i++) {
            values[i] = random.nextInt(2 * most + 1) - most;
        }
        return values;
    }

    /** {@code n} indices in [0, bound). */
    public int[] indices(int n, int bound) {
        int[] values = new int[n];
        for (int i = 0; i < n; i++) {
            values[i] = random.nextInt(bound);
        }
        return values;
    }

    /** {@code n} bytes, unsigned below {@code bound}, at most 256. */
    public byte[] bytes(int n, int bound) {
        byte[] values = new byte[n];
        for (int i = 0; i < n; i++) {
            values[i] = (byte) random.nextInt(bound);
        }
        return values;
    }

    /** Starts of groups of 1 to {@code most} columns that fill {@code columns} columns. */
    public int[] starts(int columns, int most) {
        int[] starts = new int[columns + 1];
        int count = 0;
        while (starts[count] < columns) {
            starts[count + 1] = Math.min(columns, starts[count] + 1 + random.nextInt(most));
            count++;
        }
        return Arrays.copyOf(starts, count + 1);
    }

    /** {@code n} weights in (0, 2]. */
    public double[] weights(int n) {
        double[] weights = doubles(n);
        for (int i = 0; i < n; i++) {
            weights[i] = 1 - weights[i];
        }
        return weights;
    }

    /** (n, n) symmetric, numbers in [-1, 1). */
    public double[] symmetric(int n) {
        double[] a = doubles(n * n);
        for (int j = 0; j < n; j++) {
            for (int i = 0; i < j; i++) {
                a[i + j * n] = a[j + i * n];
            }
        }
        return a;
    }

    /** (n, n) symmetric, eigenvalues about 1 to 3: G G' / n + I. */
    public double[] positive(int n) {
        double[] g = doubles(n * n);
        double[] a = new double[n * n];
        for (int j = 0; j < n; j++) {
            for (int i = j; i < n; i++) {
                double sum = i == j ? n : 0;
                for (int k = 0; k < n; k++) {
                    sum += g[i + k * n] * g[j + k * n];
                }
                a[i + j * n] = sum / n;
                a[j + i * n] = sum / n;
            }
        }
        return a;
    }
}
