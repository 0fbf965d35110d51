package lnr.engine;

import java.util.Arrays;
import lnr.kernels.Blas;
import lnr.kernels.F64;
import lnr.kernels.Scope;

/**
 * X (A + diag(v) + delta I) = B for a symmetric positive semidefinite A, by Cholesky. delta is 0 when that works;
 * otherwise it starts at 10 n eps times the mean of A's diagonal and grows tenfold until it does: inputs that never
 * fire, or that repeat others, make A singular.
 *
 * <p>Workspace of (n, n) and (n) in the scope given; {@link #factor} and {@link #solve} take no more of its memory. Of
 * the host's, damping and the test of independence take (n, n) for as long as they run.
 */
public final class NormalEquations {
    private final int n;
    private final Blas blas;
    private final F64 l;
    private final F64 shift;

    /** Room for systems of order {@code n}, owned by {@code workspace}. */
    public NormalEquations(Scope workspace, int n) {
        this.n = n;
        this.blas = workspace.device().blas();
        this.l = workspace.f64((long) n * n);
        this.shift = workspace.f64(n);
    }

    /**
     * A + diag(v) + delta I = L L'. Waits for the device.
     *
     * @param a (n, n) symmetric, not modified
     * @param v (n), 0 or more, not modified
     * @param independence what a column must have of its own to count as independent of those before it: a share of
     *     its diagonal element. 0 asks only that the factorisation succeed, and costs nothing.
     * @return delta, an absolute number
     * @throws MatrixException when A is so far from positive semidefinite that no small delta helps
     */
    public double factor(F64 a, F64 v, double independence) {
        double delta = 0;
        double mean = 0;
        while (!attempt(a, v, delta, independence)) {
            if (delta == 0) {
                mean = meanDiagonal(a);
                delta = 10 * n * Math.ulp(1.0) * mean;
            } else if (delta < mean) {
                delta *= 10;
            } else {
                throw new MatrixException("R", ": expected a positive semidefinite matrix, got one that adding "
                        + delta + " to its diagonal does not make definite");
            }
        }
        return delta;
    }

    /** B = B (A + diag(v) + delta I)^-1, after {@link #factor}. {@code b} is (h, n), column-major. Modified. */
    public void solve(int h, F64 b) {
        blas.choleskySolve(h, n, l, b);
    }

    private boolean attempt(F64 a, F64 v, double delta, double independence) {
        blas.copy(a, l);
        blas.addDiagonal(n, l, v);
        if (delta > 0) {
            double[] deltas = new double[n];
            Arrays.fill(deltas, delta);
            shift.write(deltas);
            blas.addDiagonal(n, l, shift);
        }
        return blas.cholesky(n, l) && (independence == 0 || independent(independence));
    }

    /** L_jj^2 is what column j has of its own, sum_k L_jk^2 its diagonal element. */
    private boolean independent(double share) {
        double[] factor = l.toArray();
        for (int j = 0; j < n; j++) {
            double diagonal = 0;
            for (int k = 0; k <= j; k++) {
                diagonal += factor[k * n + j] * factor[k * n + j];
            }
            double own = factor[j * n + j] * factor[j * n + j];
            if (!(own > share * diagonal)) {
                return false;
            }
        }
        return true;
    }

    /** The mean of A's diagonal, or 1 when that is 0: then any damping serves. */
    private double meanDiagonal(F64 a) {
        double[] host = a.toArray();
        double sum = 0;
        for (int j = 0; j < n; j++) {
            sum += host[j * n + j];
        }
        return sum > 0 ? sum / n : 1;
    }
}
