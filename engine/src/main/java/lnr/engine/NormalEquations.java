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
 * <p>Workspace of (most, most) and (3 most) in the scope given; {@link #factor} and {@link #solve} take no more of its
 * memory. Of matrices, no more than a diagonal comes to the host.
 */
public final class NormalEquations {
    private final Blas blas;
    private final F64 room; // (most, most)
    private final F64 shifts; // (most)
    private final F64 diagonals; // (2 most): of L, of the matrix that it is the factor of
    private final F64 one; // (1) = 1
    private int n; // order of the system at hand
    private F64 l;
    private F64 shift;
    private double mean; // of A's diagonal, where A was damped

    /** Room for systems of order {@code most} or less, owned by {@code workspace}. */
    public NormalEquations(Scope workspace, int most) {
        this.blas = workspace.device().blas();
        this.room = workspace.unset((long) most * most);
        this.shifts = workspace.f64(most);
        this.diagonals = workspace.f64(2L * most);
        this.one = workspace.f64(new double[] {1});
    }

    /**
     * A + diag(v) + delta I = L L'. Waits for the device.
     *
     * @param n order of A, 1 or more, no more than there is room for
     * @param a (n, n) symmetric, not modified
     * @param v (n), 0 or more, not modified
     * @param independence what a column must have of its own to count as independent of those before it: a share of
     *     its diagonal element. 0 asks only that the factorisation succeed, and costs nothing.
     * @return delta, an absolute number
     * @throws MatrixException when A is so far from positive semidefinite that no small delta helps
     */
    public double factor(int n, F64 a, F64 v, double independence) {
        double delta = attempts(n, a, v, independence);
        if (delta < 0) {
            throw new MatrixException("R", ": expected a positive semidefinite matrix, got one that adding " + -delta
                    + " to its diagonal does not make definite");
        }
        return delta;
    }

    /** The same for a matrix that need not be positive definite: whether it is, with no more than a small delta. */
    public boolean factors(int n, F64 a, F64 v) {
        return attempts(n, a, v, 0) >= 0;
    }

    /** delta, or minus the last that did not help. */
    private double attempts(int n, F64 a, F64 v, double independence) {
        this.n = n;
        this.l = room.slice(0, (long) n * n);
        this.shift = shifts.slice(0, n);
        double delta = 0;
        while (!attempt(a, v, delta, independence)) {
            if (delta == 0) {
                mean = meanDiagonal(a);
                delta = 10 * n * Math.ulp(1.0) * mean;
            } else if (delta < mean) {
                delta *= 10;
            } else {
                return -delta;
            }
        }
        return delta;
    }

    /** {@code delta} of the last {@link #factor} in parts of the mean of A's diagonal; absolute where that is 0. */
    double relative(double delta) {
        return delta == 0 ? 0 : delta / mean;
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
        return blas.cholesky(n, l) && (independence == 0 || independent(a, v, delta, independence));
    }

    /** L_jj^2 is what column j has of its own, beside the diagonal element of L L'. */
    private boolean independent(F64 a, F64 v, double delta, double share) {
        F64 whole = diagonals.slice(n, n);
        diagonal(l, diagonals.slice(0, n));
        diagonal(a, whole);
        blas.axpy(1, v, whole);
        double[] host = diagonals.slice(0, 2L * n).toArray();
        for (int j = 0; j < n; j++) {
            if (!(host[j] * host[j] > share * (host[n + j] + delta))) {
                return false;
            }
        }
        return true;
    }

    /** The mean of A's diagonal, or 1 when that is 0: then any damping serves. */
    private double meanDiagonal(F64 a) {
        F64 diagonal = diagonals.slice(0, n);
        diagonal(a, diagonal);
        double sum = Arrays.stream(diagonal.toArray()).sum();
        return sum > 0 ? sum / n : 1;
    }

    /** out = diag(A): 1 times a row whose elements are n + 1 apart; behind the last one BLAS would want n more. */
    private void diagonal(F64 a, F64 out) {
        blas.gemm(false, false, 1, n - 1, 1, 1, one, 1, a, n + 1, 0, out, 1);
        blas.copy(a.slice((long) n * n - 1, 1), out.slice(n - 1, 1));
    }
}
