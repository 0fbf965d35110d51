package lnr.engine.solvers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.Random;
import java.util.function.IntToDoubleFunction;
import lnr.engine.Draws;
import lnr.engine.Problem;
import lnr.engine.Quadratic;
import lnr.engine.Solution;
import lnr.kernels.Scope;

/**
 * Moments of x and of y = W x, drawn at random.
 *
 * @param rounds that Newton's method may take
 */
record Moments(String name, int h, int d, double[] r, double[] c, double tau, int rounds) {
    private static final int ROUNDS = 20;

    /** x is (d, n). */
    static Moments of(String name, int h, int d, int n, double[] x, double[] w) {
        double[] r = Draws.gram(d, n, x, 1.0 / n);
        double[] c = Draws.product(h, d, d, w, r);
        return new Moments(name, h, d, r, c, Draws.inner(c, w), ROUNDS);
    }

    Moments withRounds(int other) {
        return new Moments(name, h, d, r, c, tau, other);
    }

    Problem problem(Scope scope) {
        return new Problem(Quadratic.withTau(scope, h, d, r, c, tau), d, 0);
    }

    @Override
    public String toString() {
        return name;
    }

    /** P is above its least by no more than either's gap; see {@link #rounding}. */
    static void assertSameOptimum(Solution one, Solution other, Moments moments) {
        double bound = Math.max(one.gap(), other.gap()) + rounding(one, moments) + rounding(other, moments);
        assertThat(one.objective())
                .as("%s, %s, %s", moments, one, other)
                .isCloseTo(other.objective(), within(bound));
    }

    /**
     * What rounding takes from an optimum's objective and gap, at most: P = -&lt;C + G, M&gt; / 2 + lambda g(M) and a gap
     * are sums of h d products and norms, G = C - M R of d + 1, and lambda g(M) is &lt;G, M&gt;.
     */
    static double rounding(Solution solution, Moments moments) {
        int h = moments.h();
        int d = moments.d();
        double[] m = solution.m();
        double size = 0; // <|M|, |C| + |M| |R|>
        for (int j = 0; j < d; j++) {
            for (int i = 0; i < h; i++) {
                double sum = Math.abs(moments.c()[j * h + i]);
                for (int k = 0; k < d; k++) {
                    sum += Math.abs(m[k * h + i] * moments.r()[j * d + k]);
                }
                size += Math.abs(m[j * h + i]) * sum;
            }
        }
        return 4 * (h * d + h + 2 * d + 12) * 0x1p-53 * size;
    }

    /** x = A z, as the original text draws it: standard normal A (d, d) and z, W (h, d). */
    static Moments text(String name, Random random, int d, int r, int h) {
        int n = 400;
        double[] basis = Draws.normal(random, d * r);
        double[] x = Draws.product(d, r, n, basis, Draws.normal(random, r * n));
        double[] noise = Draws.normal(random, d * n);
        for (int i = 0; i < x.length; i++) {
            x[i] = (x[i] + 0.1 * noise[i]) / d;
        }
        return Moments.of(name, h, d, n, x, Draws.normal(random, h * d));
    }

    static Moments scaled(String name, Random random, int n, int d, int h, IntToDoubleFunction size) {
        double[] x = Draws.normal(random, d * n);
        for (int i = 0; i < x.length; i++) {
            x[i] *= size.applyAsDouble(i % d);
        }
        return Moments.of(name, h, d, n, x, Draws.normal(random, h * d));
    }

    static Moments rank(String name, Random random, int rank, int d, int h) {
        double[] x = Draws.product(d, rank, 3 * d, Draws.normal(random, d * rank), Draws.normal(random, rank * 3 * d));
        return Moments.of(name, h, d, 3 * d, x, Draws.normal(random, h * d));
    }

    static Moments silent(String name, Random random, int d, int h) {
        double[] x = Draws.normal(random, d * 100);
        for (int i = 0; i < x.length; i++) {
            x[i] *= i % d % 3 == 0 ? 0 : 1;
        }
        return Moments.of(name, h, d, 100, x, Draws.normal(random, h * d));
    }

    static Moments twins(String name, Random random, int d, int h) {
        double[] x = Draws.normal(random, d * 100);
        for (int i = 0; i < x.length; i++) {
            x[i] = i % d % 2 == 1 ? x[i - 1] : x[i];
        }
        return Moments.of(name, h, d, 100, x, Draws.normal(random, h * d));
    }

    /** Eigenvalues from 1 to 1e-12, in directions at random. */
    static Moments illConditioned(Random random, int d, int h) {
        double[] q = Draws.normal(random, d * d);
        for (int j = 0; j < d; j++) { // Gram-Schmidt, twice
            for (int pass = 0; pass < 2; pass++) {
                for (int k = 0; k < j; k++) {
                    double dot = 0;
                    for (int i = 0; i < d; i++) {
                        dot += q[k * d + i] * q[j * d + i];
                    }
                    for (int i = 0; i < d; i++) {
                        q[j * d + i] -= dot * q[k * d + i];
                    }
                }
            }
            double norm = Math.sqrt(Draws.inner(
                    Arrays.copyOfRange(q, j * d, j * d + d), Arrays.copyOfRange(q, j * d, j * d + d)));
            for (int i = 0; i < d; i++) {
                q[j * d + i] /= norm;
            }
        }
        for (int i = 0; i < q.length; i++) {
            q[i] *= Math.pow(10, -6.0 * (i / d) / (d - 1));
        }
        return Moments.of("condition 1e12", h, d, d, q, Draws.normal(random, h * d));
    }

    /** 200 outputs and inputs, of which a few combinations carry nearly all that the outputs and inputs share. */
    static Moments manyOutputs(Random random) {
        return manyOutputs(random, 200);
    }

    /** The last input is 1. */
    static Moments manyOutputs(Random random, int h) {
        int d = 200;
        double[] w = Draws.product(h, 20, d, Draws.normal(random, h * 20), Draws.normal(random, 20 * d));
        double[] rest = Draws.normal(random, h * d);
        for (int i = 0; i < w.length; i++) {
            w[i] += 0.1 * rest[i];
        }
        double[] x = Draws.normal(random, d * 250);
        for (int i = 0; i < x.length; i++) {
            x[i] = i % d == d - 1 ? 1 : x[i] * (1 + i % d / 20);
        }
        return Moments.of("many outputs", h, d, 250, x, w);
    }
}
