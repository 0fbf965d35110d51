package lnr.engine.solvers;

import java.util.Arrays;
import java.util.stream.IntStream;
import lnr.engine.NormalEquations;
import lnr.engine.Problem;
import lnr.kernels.Blas;
import lnr.kernels.F64;
import lnr.kernels.Groups;
import lnr.kernels.I32;
import lnr.kernels.Scope;

/**
 * A problem of many outputs as one of d: with C = Q B, Q'Q = I and B (d, d), the objective, the norms of groups and the
 * gap of M = Q M' are those of M' with B for C. All that matters of B is B'B = C'C, so that it comes from a Cholesky
 * factorisation and Q is never formed. The answer is taken back by the one condition that it meets on its support:
 *
 * <pre>
 * M_S (R_SS + diag(lambda w_k / ||M_k||)) = C_S,   ||M_k|| = ||M'_k||
 * </pre>
 *
 * <p>h d^2 flops once, and as many again for a support of all d columns each time.
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
        Blas blas = wide.device().blas();
        double[] b;
        try (Scope work = wide.device().scope()) {
            F64 gram = work.f64((long) d * d);
            blas.gram(d, h, wide.fit().c(), gram);
            double[] host = gram.toArray();
            double trace = IntStream.range(0, d).mapToDouble(j -> host[j * d + j]).sum();
            double ridge = Math.max(d * Math.ulp(1.0) * trace, Double.MIN_NORMAL);
            double[] diagonal = new double[d];
            do {
                Arrays.fill(diagonal, ridge);
                gram.write(host);
                blas.addDiagonal(d, gram, work.f64(diagonal));
                ridge *= 10;
            } while (!blas.cholesky(d, gram));
            double[] l = gram.toArray();
            b = new double[d * d];
            for (int j = 0; j < d; j++) {
                for (int i = 0; i <= j; i++) {
                    b[j * d + i] = l[i * d + j];
                }
            }
        }
        this.thin = wide.withTargets(scope, d, b);
        this.equations = new NormalEquations(scope, d);
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
        try (Scope work = wide.device().scope()) {
            F64 norms = work.f64(groups.count());
            wide.device().groupNorm().norms(d, groups, m, norms);
            double[] size = norms.toArray();
            int[] kept = IntStream.range(0, groups.count()).filter(k -> size[k] > 0).toArray();
            int[] list = Arrays.stream(kept)
                    .flatMap(k -> IntStream.range(groups.start(k), groups.start(k + 1)))
                    .toArray();
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
