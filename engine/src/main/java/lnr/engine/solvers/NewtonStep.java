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
 *
 * <p>With n = |S|, a step is about 5/3 n^3 + 6 h n^2 + 2 h d n flops. The columns of R that it needs stay where they are
 * while S stays the same.
 */
final class NewtonStep {
    private static final int HALVINGS = 12;
    private static final double SHIFT = 1e-12; // of T's diagonal, which is near singular at the edge of the support

    private final Problem problem;
    private final int h;
    private final int d;
    private final Blas blas;
    private final Support support;

    // What S is.
    private boolean[] chosen = {}; // each group, whether it is in S
    private Groups groups; // of packed columns
    private final I32 columns; // (d), the first n of them
    private final I32 starts; // (groups + 1)
    private final F64 weights; // (groups)
    private final F64 rowsRoom; // (d, d)
    private final F64 blockRoom; // (d, d)
    private F64 rows; // (d, n), the columns S of R
    private F64 block; // (n, n), R_SS

    private final F64[] wide; // (h, d) each
    private final F64 inverseRoom; // (d, d)
    private final F64 gramRoom; // (d, d)
    private final F64 work; // (d, d + 1)
    private final F64 shift; // (d)
    private final F64 inner; // (groups)
    private final F64 ridge; // (groups)
    private final NormalEquations equations;
    private final F64 numbers; // <C, M>, <M R, M> or <G, M>, penalty
    private final double[] host = new double[3];

    NewtonStep(Problem problem, Scope workspace) {
        this.problem = problem;
        this.h = problem.h();
        this.d = problem.d();
        Device device = problem.device();
        this.blas = device.blas();
        this.support = device.support();
        int count = problem.groups().count();
        this.columns = workspace.i32(d);
        this.starts = workspace.i32(count + 1);
        this.weights = workspace.f64(count);
        long square = (long) d * d;
        this.rowsRoom = workspace.f64(square);
        this.blockRoom = workspace.f64(square);
        this.wide = new F64[7];
        for (int i = 0; i < wide.length; i++) {
            wide[i] = workspace.f64((long) h * d);
        }
        this.inverseRoom = workspace.f64(square);
        this.gramRoom = workspace.f64(square);
        this.work = workspace.f64(d * (d + 1L));
        this.shift = workspace.f64(d);
        this.inner = workspace.f64(count);
        this.ridge = workspace.f64(count);
        this.equations = new NormalEquations(workspace, d);
        this.numbers = workspace.f64(3);
    }

    /**
     * Steps from M, and brings M R up to date.
     *
     * @param norms ||M_k|| of each group
     * @param m (h, d). Modified if the step is taken.
     * @param g (h, d), C - M R
     * @param mr (h, d). Modified: M R at the new M.
     * @return how much of the step was taken: 1, 1/2, .. or 0
     */
    double take(double[] norms, F64 m, F64 g, F64 mr) {
        choose(norms);
        int count = groups.count();
        if (count == 0) {
            mr.clear();
            return 0;
        }
        double[] least = new double[count];
        for (int k = 0, i = 0; k < norms.length; k++) {
            if (chosen[k]) {
                least[i] = SHIFT * norms[k] / (problem.lambda() * groups.weight(i));
                i++;
            }
        }
        ridge.slice(0, count).write(least);
        F64 ms = packed(0);
        F64 cs = packed(1);
        F64 step = packed(2);
        support.gather(h, columns(), m, ms);
        support.gather(h, columns(), problem.fit().c(), cs);
        direction(ms, g, step);
        double before = objective(m, g);
        double tolerance = 8 * Math.ulp(Math.abs(before));
        F64 trial = packed(3);
        double t = 1;
        for (int i = 0; i < HALVINGS; i++, t *= 0.5) {
            support.retreat(h, groups, t, ms, step, trial);
            multiply(trial, mr);
            if (objective(trial, cs, mr) <= before + tolerance) {
                support.scatter(h, columns(), trial, m);
                return t;
            }
        }
        multiply(ms, mr);
        return 0;
    }

    /** Makes S the groups that are not zero. */
    private void choose(double[] norms) {
        Groups all = problem.groups();
        boolean[] now = new boolean[norms.length];
        int count = 0;
        int n = 0;
        for (int k = 0; k < norms.length; k++) {
            now[k] = norms[k] > 0;
            if (now[k]) {
                count++;
                n += all.start(k + 1) - all.start(k);
            }
        }
        if (Arrays.equals(now, chosen)) {
            return;
        }
        int[] list = new int[n];
        int[] first = new int[count + 1];
        double[] weight = new double[count];
        int group = 0;
        for (int k = 0; k < norms.length; k++) {
            if (now[k]) {
                int column = first[group];
                for (int j = all.start(k); j < all.start(k + 1); j++) {
                    list[column++] = j;
                }
                weight[group++] = all.weight(k);
                first[group] = column;
            }
        }
        chosen = now;
        groups = Groups.in(starts, weights, first, weight);
        columns().write(list);
        F64 r = problem.fit().r();
        rows = n == d ? r : rowsRoom.slice(0, (long) d * n);
        block = n == d ? r : blockRoom.slice(0, (long) n * n);
        if (n < d) {
            support.gather(d, columns(), r, rows);
            support.submatrix(d, columns(), r, block);
        }
    }

    /** step = D. */
    private void direction(F64 ms, F64 g, F64 step) {
        int n = groups.columns();
        F64 hat = packed(4);
        F64 slope = packed(5);
        F64 product = packed(6);
        F64 diagonal = shift.slice(0, n);
        F64 inverse = inverseRoom.slice(0, (long) n * n);
        F64 gram = gramRoom.slice(0, (long) n * n);
        support.gather(h, columns(), g, product);
        support.slope(h, groups, problem.lambda(), ms, product, hat, slope, diagonal);
        equations.factor(n, block, diagonal, 0);
        equations.inverse(inverse, work);
        blas.gemm(true, false, n, n, h, 1, hat, h, hat, h, 0, gram, n);
        int count = groups.count();
        F64 t = work.slice(0, (long) count * count);
        support.complement(groups, diagonal, inverse, gram, t);
        blas.gemm(false, false, h, n, n, 1, slope, h, inverse, n, 0, product, h);
        F64 c = inner.slice(0, count);
        support.inner(h, groups, hat, product, c);
        equations.factor(count, t, ridge.slice(0, count), 0);
        equations.solve(1, c);
        support.addScaled(h, groups, c, hat, slope);
        blas.gemm(false, false, h, n, n, 1, slope, h, inverse, n, 0, step, h);
    }

    /** mr = M R, of the packed columns. */
    private void multiply(F64 packed, F64 mr) {
        int n = groups.columns();
        blas.gemm(false, true, h, d, n, 1, packed, h, rows, d, 0, mr, h);
    }

    /** P(M) = -(&lt;C, M&gt; + &lt;G, M&gt;) / 2 + lambda g(M), for G = C - M R at hand. */
    private double objective(F64 m, F64 g) {
        blas.dot(problem.fit().c(), m, numbers.slice(0, 1));
        blas.dot(g, m, numbers.slice(1, 1));
        problem.device().groupNorm().penalty(h, problem.groups(), m, numbers.slice(2, 1));
        numbers.read(host);
        return problem.lambda() * host[2] - 0.5 * (host[0] + host[1]);
    }

    /** P of packed columns, for M R at hand. */
    private double objective(F64 ms, F64 cs, F64 mr) {
        F64 product = packed(6);
        support.gather(h, columns(), mr, product);
        blas.dot(cs, ms, numbers.slice(0, 1));
        blas.dot(product, ms, numbers.slice(1, 1));
        problem.device().groupNorm().penalty(h, groups, ms, numbers.slice(2, 1));
        numbers.read(host);
        return problem.lambda() * host[2] + 0.5 * host[1] - host[0];
    }

    private I32 columns() {
        return columns.slice(0, groups.columns());
    }

    private F64 packed(int i) {
        return wide[i].slice(0, (long) h * groups.columns());
    }
}
