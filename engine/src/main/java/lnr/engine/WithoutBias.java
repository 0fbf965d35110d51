package lnr.engine;

import java.util.stream.IntStream;
import lnr.kernels.Blas;
import lnr.kernels.F64;
import lnr.kernels.Scope;

/**
 * A problem whose bias is always the best one for the other columns, and so is no unknown:
 *
 * <pre>
 * R~ = R_PP - R_PU R_UP / R_UU,  C~ = C_P - C_U R_UP / R_UU,  tau~ = tau - ||C_U||^2 / R_UU
 * M_U = (C_U - M_P R_PU) / R_UU
 * </pre>
 *
 * Correlations become covariances. A bias input that is always 0 is left out.
 */
public final class WithoutBias {
    private final Problem whole;
    private final Problem reduced;
    private final double variance; // R_UU
    private final double explained; // ||C_U||^2 / R_UU

    /**
     * @param whole with or without a bias
     * @param scope owner of the reduced problem's memory
     */
    public WithoutBias(Problem whole, Scope scope) {
        this.whole = whole;
        int h = whole.h();
        int d = whole.d();
        int p = whole.penalised();
        if (!whole.hasBias()) {
            reduced = whole;
            variance = 0;
            explained = 0;
            return;
        }
        F64 r = whole.fit().r();
        F64 c = whole.fit().c();
        F64 bias = r.slice((long) d * p, p);
        F64 mean = c.slice((long) h * p, h);
        F64 rest = scope.unset((long) p * p);
        F64 target = scope.unset((long) h * p);
        try (Scope work = scope.device().scope()) {
            scope.device().support().submatrix(d, work.i32(IntStream.range(0, p).toArray()), r, rest);
        }
        Blas blas = scope.device().blas();
        blas.copy(c.slice(0, (long) h * p), target);
        variance = whole.biasVariance();
        explained = variance > 0 ? squares(mean.toArray()) / variance : 0;
        if (variance > 0 && p > 0) {
            blas.gemm(false, true, p, p, 1, -1 / variance, bias, p, bias, p, 1, rest, p);
            blas.gemm(false, true, h, p, 1, -1 / variance, mean, h, bias, p, 1, target, h);
        }
        reduced = whole.over(whole.fit().reduced(scope, p, rest, target, explained));
    }

    /** tau = tau~ + ||C_U||^2 / R_UU, so that the whole problem need not find out its own, if it was not given. */
    public void shareTau() {
        if (whole.hasBias()) {
            whole.fit().complete(reduced.fit(), explained);
        }
    }

    /** The least lambda whose answer has no penalised column is the reduced problem's. */
    public void shareLambdaMax() {
        whole.setLambdaMax(reduced.lambdaMax());
    }

    /**
     * What to add to the reduced problem's objective for the whole one's at the best bias: -||C_U||^2 / (2 R_UU), 0
     * without a bias.
     */
    public double offset() {
        return -0.5 * explained;
    }

    /** The problem over the penalised columns alone; {@code whole} itself when it has no bias. */
    public Problem reduced() {
        return reduced;
    }

    /**
     * full = M with its best bias.
     *
     * @param m (h, p); {@code full} itself, or apart from it
     * @param full (h, d). Modified.
     */
    public void restore(F64 m, F64 full) {
        int h = whole.h();
        int p = whole.penalised();
        Blas blas = whole.device().blas();
        if (m != full) {
            blas.copy(m, full.slice(0, (long) h * p));
        }
        F64 column = whole.biasColumn(full);
        column.clear();
        if (variance > 0) {
            blas.axpy(1 / variance, whole.biasColumn(whole.fit().c()), column);
        }
        if (variance > 0 && p > 0) {
            F64 r = whole.fit().r().slice((long) whole.d() * p, p);
            blas.gemm(false, false, h, 1, p, -1 / variance, m, h, r, p, 1, column, h);
        }
    }

    private static double squares(double[] values) {
        double sum = 0;
        for (double value : values) {
            sum += value * value;
        }
        return sum;
    }
}
