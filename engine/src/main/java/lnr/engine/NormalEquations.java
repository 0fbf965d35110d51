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
 * <p>Workspace of (most, most) and (most) in the scope given; {@link #factor} and {@link #solve} take no more of its
 * memory. Of the host's, damping and the test of independence take (n, n) for as long as they run.
 */
public final class NormalEquations {
    private final Blas blas;
    private final F64 room; // (most, most)
    private final F64 shifts; // (most)
    private int n; // order of the system at hand
    private F64 l;
    private F64 shift;

    /** Room for systems of order {@code most} or less, owned by {@code workspace}. */
    public NormalEquations(Scope workspace, int most) {
        this.blas = workspace.device().blas();
        this.room = workspace.f64((long) most * most);
        this.shifts = workspace.f64(most);
    }

    /**
     * A + diag(v) + delta I = L L'. Waits for the device.
     *
     * @param n order of A, no more than there is room for
     * @param a (n, n) symmetric, not modified
     * @param v (n), 0 or more, not modified
     * @param independence what a column must have of its own to count as independent of those before it: a share of
     *     its diagonal element. 0 asks only that the factorisation succeed, and costs nothing.
     * @return delta, an absolute number
     * @throws MatrixException when A is so far from positive semidefinite that no small delta helps
     */
    public double factor(int n, F64 a, F64 v, double independence) {
        this.n = n;
        this.l = room.slice(0, (long) n * n);
        this.shift = shifts.slice(0, n);
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

    /**
     * out = (A + diag(v) + delta I)^-1, after {@link #factor}.
     *
     * @param out (n, n). Modified.
     * @param work n (n + 1) elements or more. Modified.
     */
    public void inverse(F64 out, F64 work) {
        blas.choleskyInverse(n, l, out, work.slice(0, n * (n + 1L)));
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
