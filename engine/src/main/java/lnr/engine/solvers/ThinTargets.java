package lnr.engine.solvers;

import java.util.Arrays;
import java.util.stream.IntStream;
import lnr.engine.NormalEquations;
import lnr.engine.Problem;
import lnr.kernels.F64;
import lnr.kernels.Groups;
import lnr.kernels.I32;
import lnr.kernels.Scope;

/**
 * A problem of many outputs as one of d: with C = Q B, Q'Q = I and B (d, d), the objective, the norms of groups and the
 * gap of M = Q M' are those of M' with B for C. Q is never formed: the answer is taken back by the one condition that it
 * meets on its support:
 *
 * <pre>
 * M_S (R_SS + diag(lambda w_k / ||M_k||)) = C_S,   ||M_k|| = ||M'_k||
 * </pre>
 *
 * <p>2 h d^2 flops on the host once, and h d^2 for a support of all d columns each time.
 */
final class ThinTargets {
    private final Problem wide;
    private final Problem thin;
    private final NormalEquations equations;

    /**
     * @param wide without a bias
     * @param scope owner of the memory
     */
    ThinTargets(Problem wide, Scope scope) {
        this.wide = wide;
        int h = wide.h();
        int d = wide.d();
        double[] b = triangle(h, d, wide.fit().c().toArray());
        this.thin = wide.withTargets(d, scope.f64(b));
        this.equations = new NormalEquations(scope, d);
    }

    /**
     * B of C = Q B, by Householder's reflections. An input that C and R do not know, or know twice, is so in B too: a
     * factor of C'C would be wrong there by the root of rounding, and B no longer in the range of R.
     *
     * @param c (h, d), h at least d. Overwritten.
     * @return (d, d), upper triangular
     */
    private static double[] triangle(int h, int d, double[] c) {
        double[] b = new double[d * d];
        for (int k = 0; k < d; k++) {
            int v = k * h; // the reflection's vector, from row k on
            double norm = Math.sqrt(inner(h - k, c, v + k, c, v + k));
            double corner = c[v + k] > 0 ? -norm : norm;
            if (norm > 0) {
                c[v + k] -= corner;
                double half = 0.5 * inner(h - k, c, v + k, c, v + k);
                for (int j = k + 1; j < d; j++) {
                    double scale = inner(h - k, c, v + k, c, j * h + k) / half;
                    for (int i = k; i < h; i++) {
                        c[j * h + i] -= scale * c[v + i];
                    }
                }
            }
            System.arraycopy(c, v, b, k * d, k);
            b[k * d + k] = corner;
        }
        return b;
    }

    /** Four sums by turns, which a processor adds at once. */
    private static double inner(int n, double[] x, int xo, double[] y, int yo) {
        double s0 = 0;
        double s1 = 0;
        double s2 = 0;
        double s3 = 0;
        int i = 0;
        for (; i + 3 < n; i += 4) {
            s0 += x[xo + i] * y[yo + i];
            s1 += x[xo + i + 1] * y[yo + i + 1];
            s2 += x[xo + i + 2] * y[yo + i + 2];
            s3 += x[xo + i + 3] * y[yo + i + 3];
        }
        for (; i < n; i++) {
            s0 += x[xo + i] * y[yo + i];
        }
        return (s0 + s1) + (s2 + s3);
    }

    /** The problem of d outputs. */
    Problem thin() {
        return thin;
    }

    /**
     * M from M'.
     *
     * @param lambda 0 or more
     * @param m M', (d, d)
     * @param out (h, d). Modified.
     */
    void widen(double lambda, F64 m, F64 out) {
        Groups groups = wide.groups();
        int h = wide.h();
        int d = wide.d();
        double[] size = Norms.of(d, groups, m);
        try (Scope work = wide.device().scope()) {
            int[] kept = IntStream.range(0, groups.count()).filter(k -> size[k] > 0).toArray();
            int[] list = groups.columnsOf(kept);
            double[] shift = Arrays.stream(kept)
                    .flatMap(k -> IntStream.range(groups.start(k), groups.start(k + 1)).map(j -> k))
                    .mapToDouble(k -> lambda * groups.weight(k) / size[k])
                    .toArray();
            int n = list.length;
            if (n == 0) {
                out.clear();
                return;
            }
            I32 columns = work.i32(list);
            F64 block = work.f64((long) n * n);
            F64 packed = work.f64((long) h * n);
            wide.device().support().submatrix(d, columns, wide.fit().r(), block);
            wide.device().support().gather(h, columns, wide.fit().c(), packed);
            equations.factor(n, block, work.f64(shift), 0);
            equations.solve(h, packed);
            wide.device().support().scatter(h, columns, packed, out);
        }
    }
}
