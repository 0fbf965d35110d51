package lnr.engine.solvers;

import java.util.Arrays;
import lnr.engine.NormalEquations;
import lnr.engine.Problem;
import lnr.kernels.Blas;
import lnr.kernels.Device;
import lnr.kernels.F64;
import lnr.kernels.Groups;
import lnr.kernels.I32;
import lnr.kernels.Scope;
import lnr.kernels.Support;

/**
 * Newton's step on the columns S of the groups that are not zero, where P is smooth. Its Hessian is of order h |S|, but
 * is a Kronecker product less one direction a group, so that no matrix larger than (|S|, |S|) is formed. With
 * M^_k = M_k / ||M_k||:
 *
 * <pre>
 * g = M_S R_SS - C_S + lambda w M^                    the gradient
 * K = R_SS + diag(lambda w_k / ||M_k||)
 * T = diag(||M_k|| / (lambda w_k)) - K^-1 o (M^' M^)  summed over each block of two groups
 * Z = g K^-1,  z_k = &lt;M^_k, Z_k&gt;,  T c = z
 * D = (g + M^ diag(c)) K^-1                           M_S becomes M_S - D
 * </pre>
 *
 * c = 0 would be a round of alternating minimisation. A group that the step turns against itself becomes zero, and the
 * step is halved until P does not rise.
 */
final class NewtonStep {
    private static final int HALVINGS = 12;
    private static final double SHIFT = 1e-12; // of T's diagonal, which is near singular at the edge of the support

    private final Problem problem;
    private final int h;
    private final int d;
    private final Blas blas;
    private final Support support;
    private final F64[] wide; // (h, d) each
    private final F64[] square; // (d, d) each
    private final F64 rows; // (d, d), the columns S of R
    private final F64 shift; // (d)
    private final F64 inner; // (groups)
    private final F64 ridge; // (groups)
    private final F64 ones; // (d)
    private final F64 numbers; // <M R, M>, <C, M>, penalty
    private final double[] host = new double[3];

    NewtonStep(Problem problem, Scope workspace) {
        this.problem = problem;
        this.h = problem.h();
        this.d = problem.d();
        Device device = problem.device();
        this.blas = device.blas();
        this.support = device.support();
        this.wide = new F64[7];
        for (int i = 0; i < wide.length; i++) {
            wide[i] = workspace.f64((long) h * d);
        }
        this.square = new F64[4];
        for (int i = 0; i < square.length; i++) {
            square[i] = workspace.f64((long) d * d);
        }
        this.rows = workspace.f64((long) d * d);
        this.shift = workspace.f64(d);
        this.inner = workspace.f64(problem.groups().count());
        this.ridge = workspace.f64(problem.groups().count());
        double[] unit = new double[d];
        Arrays.fill(unit, 1);
        this.ones = workspace.f64(unit);
        this.numbers = workspace.f64(3);
    }

    /**
     * Steps from M, and brings M R up to date.
     *
     * @param norms ||M_k|| of each group
     * @param m (h, d). Modified if the step is taken.
     * @param g (h, d), C - M R
     * @param mr (h, d). Modified: M R at the new M.
     * @return whether the step was taken
     */
    boolean take(double[] norms, F64 m, F64 g, F64 mr) {
        Groups all = problem.groups();
        int count = 0;
        int n = 0;
        for (int k = 0; k < norms.length; k++) {
            if (norms[k] > 0) {
                count++;
                n += all.start(k + 1) - all.start(k);
            }
        }
        if (count == 0) {
            mr.clear();
            return false;
        }
        int[] list = new int[n];
        int[] starts = new int[count + 1];
        double[] weights = new double[count];
        double[] least = new double[count];
        int column = 0;
        int group = 0;
        for (int k = 0; k < norms.length; k++) {
            if (norms[k] > 0) {
                weights[group] = all.weight(k);
                least[group] = SHIFT * norms[k] / (problem.lambda() * all.weight(k));
                for (int j = all.start(k); j < all.start(k + 1); j++) {
                    list[column++] = j;
                }
                starts[++group] = column;
            }
        }
        try (Scope work = problem.device().scope()) {
            I32 columns = work.i32(list);
            Groups groups = Groups.of(work, starts, weights);
            ridge.slice(0, count).write(least);
            return take(columns, groups, m, g, mr);
        }
    }

    private boolean take(I32 columns, Groups groups, F64 m, F64 g, F64 mr) {
        int n = groups.columns();
        int count = groups.count();
        F64 ms = packed(0, n);
        F64 cs = packed(1, n);
        F64 hat = packed(2, n);
        F64 slope = packed(3, n);
        F64 step = packed(4, n);
        F64 trial = packed(5, n);
        F64 product = packed(6, n);
        F64 rs = square(0, n);
        F64 inverse = square(1, n);
        F64 gram = square(2, n);
        support.gather(h, columns, m, ms);
        support.gather(h, columns, g, step);
        support.gather(h, columns, problem.fit().c(), cs);
        support.gather(d, columns, problem.fit().r(), rows.slice(0, (long) d * n));
        support.submatrix(d, columns, problem.fit().r(), rs);
        support.slope(h, groups, problem.lambda(), ms, step, hat, slope, shift.slice(0, n));
        try (Scope work = problem.device().scope()) {
            NormalEquations equations = new NormalEquations(work, n);
            equations.factor(rs, shift.slice(0, n), 0);
            inverse.clear();
            blas.addDiagonal(n, inverse, ones.slice(0, n));
            equations.solve(n, inverse);
            blas.gemm(true, false, n, n, h, 1, hat, h, hat, h, 0, gram, n);
            F64 t = square(3, count);
            support.complement(groups, shift.slice(0, n), inverse, gram, t);
            blas.gemm(false, false, h, n, n, 1, slope, h, inverse, n, 0, product, h);
            F64 c = inner.slice(0, count);
            support.inner(h, groups, hat, product, c);
            NormalEquations complement = new NormalEquations(work, count);
            complement.factor(t, ridge.slice(0, count), 0);
            complement.solve(1, c);
            support.addScaled(h, groups, c, hat, slope);
            blas.gemm(false, false, h, n, n, 1, slope, h, inverse, n, 0, step, h);
        }
        double before = objective(groups, ms, rs, cs, product);
        double tolerance = 8 * Math.ulp(Math.abs(before));
        double t = 1;
        for (int i = 0; i < HALVINGS; i++, t *= 0.5) {
            support.retreat(h, groups, t, ms, step, trial);
            if (objective(groups, trial, rs, cs, product) <= before + tolerance) {
                support.scatter(h, columns, trial, m);
                multiply(n, trial, mr);
                return true;
            }
        }
        multiply(n, ms, mr);
        return false;
    }

    /** mr = M R, of the packed columns. */
    private void multiply(int n, F64 packed, F64 mr) {
        blas.gemm(false, true, h, d, n, 1, packed, h, rows, d, 0, mr, h);
    }

    /** P. {@code product} (h, n) is modified. */
    private double objective(Groups groups, F64 ms, F64 rs, F64 cs, F64 product) {
        int n = groups.columns();
        blas.gemm(false, false, h, n, n, 1, ms, h, rs, n, 0, product, h);
        blas.dot(product, ms, numbers.slice(0, 1));
        blas.dot(cs, ms, numbers.slice(1, 1));
        problem.device().groupNorm().penalty(h, groups, ms, numbers.slice(2, 1));
        numbers.read(host);
        return 0.5 * host[0] - host[1] + problem.lambda() * host[2];
    }

    private F64 packed(int i, int n) {
        return wide[i].slice(0, (long) h * n);
    }

    private F64 square(int i, int n) {
        return square[i].slice(0, (long) n * n);
    }
}
