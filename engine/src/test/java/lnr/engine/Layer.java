package lnr.engine;

import java.util.Random;
import lnr.kernels.Scope;

/**
 * The moments of y = W x for random samples: R = X X' / (d n), C = W R, with the text's scaling.
 *
 * @param h outputs
 * @param d inputs, the bias's ones included
 * @param bias whether the last input is 1
 * @param w (h, d)
 * @param r (d, d)
 * @param c (h, d)
 */
public record Layer(int h, int d, boolean bias, double[] w, double[] r, double[] c) {
    /** {@code n} samples with features of unequal size and a mean. */
    public static Layer random(Random random, int h, int d, int n, boolean bias) {
        double[] x = Draws.normal(random, d * n);
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < d; j++) {
                x[i * d + j] = bias && j == d - 1 ? 1 : 0.3 + (1 + 0.1 * j) * x[i * d + j];
            }
        }
        return of(h, d, bias, Draws.normal(random, h * d), Draws.gram(d, n, x, 1.0 / ((double) d * n)));
    }

    /** The text's toy: d = 100 inputs of rank 80, h = 200 outputs, n = 10,000 samples. */
    public static Layer toy() {
        Random random = new Random(1);
        int d = 100;
        int rank = 80;
        int n = 10_000;
        double[] a = Draws.normal(random, d * rank);
        double[] inner = Draws.gram(rank, n, Draws.normal(random, rank * n), 1.0 / n);
        double[] transposed = new double[rank * d];
        for (int i = 0; i < d; i++) {
            for (int k = 0; k < rank; k++) {
                transposed[i * rank + k] = a[k * d + i];
            }
        }
        double[] r = Draws.product(d, rank, d, Draws.product(d, rank, rank, a, inner), transposed);
        return of(200, d, false, Draws.normal(random, 200 * d), Draws.scaled(1.0 / d, r));
    }

    static Layer of(int h, int d, boolean bias, double[] w, double[] r) {
        return new Layer(h, d, bias, w, r, Draws.product(h, d, d, w, r));
    }

    /** Its reconstruction problem, tau to be computed. */
    public Problem problem(Scope scope, double lambda) {
        return new Problem(Quadratic.of(scope, h, d, r, c), bias ? d - 1 : d, lambda);
    }

    /** f(M) + lambda g(M), by plain loops. */
    public double objective(double lambda, double[] m) {
        double penalty = 0;
        for (int j = 0; j < (bias ? d - 1 : d); j++) {
            penalty += Draws.norm(h, m, j);
        }
        return 0.5 * Draws.inner(Draws.product(h, d, d, m, r), m) - Draws.inner(c, m) + lambda * penalty;
    }

    /** Tr(W R W'). */
    public double tau() {
        return Draws.inner(c, w);
    }
}
