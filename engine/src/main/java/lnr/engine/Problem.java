package lnr.engine;

import lnr.kernels.Device;
import lnr.kernels.F64;
import lnr.kernels.Groups;
import lnr.kernels.I32;
import lnr.kernels.Scope;

/**
 * min_M f(M) + lambda g(M): reconstruct y = W x from as few groups of columns of M as {@code lambda} asks for. f is a
 * {@link Quadratic}; g(M) = sum_k w_k ||M_k|| is a weighted sum of the norms of groups of columns: each column its own
 * group, say, or all columns of one input channel one group. The groups are the first p columns, all d of them or, when
 * the last one is a bias, d - 1: a bias is not a neuron to be removed.
 *
 * <p>A problem is a view: the scope that holds its data fit owns all memory. One thread at a time may use it.
 */
public final class Problem {
    private final Quadratic fit;
    private final Groups groups;
    private final int penalised;
    private final double lambda;
    private double lambdaMax = Double.NaN;

    /**
     * Each penalised column a group, of weight 1.
     *
     * @param fit f, not copied
     * @param penalised p: d, or d - 1 when the last column is a bias
     * @param lambda weight of the penalty, 0 or more
     * @throws IllegalArgumentException when {@code penalised} or {@code lambda} is none of these
     */
    public Problem(Quadratic fit, int penalised, double lambda) {
        this(fit, columns(fit, penalised), lambda);
    }

    /**
     * Groups of any sizes and weights.
     *
     * @param fit f, not copied
     * @param groups of d columns, or of d - 1 when the last column is a bias; on the device of {@code fit}, and not
     *     closed before the problem's last use
     * @param lambda weight of the penalty, 0 or more
     * @throws IllegalArgumentException when {@code groups} or {@code lambda} is none of these
     */
    public Problem(Quadratic fit, Groups groups, double lambda) {
        Arguments.nonNegative("lambda", lambda);
        if (groups.columns() != fit.d() && groups.columns() != fit.d() - 1) {
            throw new IllegalArgumentException("groups: expected " + fit.d() + " columns, or " + (fit.d() - 1)
                    + " with a bias as the last column, got " + groups.columns());
        }
        this.fit = fit;
        this.groups = groups;
        this.penalised = groups.columns();
        this.lambda = lambda;
    }

    private static Groups columns(Quadratic fit, int penalised) {
        if (penalised != fit.d() && penalised != fit.d() - 1) {
            throw new IllegalArgumentException("penalised: expected " + fit.d() + ", or " + (fit.d() - 1)
                    + " with a bias as the last column, got " + penalised);
        }
        return Groups.columns(fit.scope(), penalised);
    }

    /** Every column penalised. Arguments and exceptions are those of {@link Quadratic#of} and of the constructor. */
    public static Problem of(Scope scope, int h, int d, double[] r, double[] c, double lambda) {
        return new Problem(Quadratic.of(scope, h, d, r, c), d, lambda);
    }

    /** The last column of M a bias, which is not penalised; otherwise as {@link #of}. */
    public static Problem withBias(Scope scope, int h, int d, double[] r, double[] c, double lambda) {
        return new Problem(Quadratic.of(scope, h, d, r, c), d - 1, lambda);
    }

    /** The same problem at another weight of the penalty; it shares the matrices and what was computed from them. */
    public Problem withLambda(double other) {
        Problem problem = new Problem(fit, groups, other);
        problem.lambdaMax = lambdaMax;
        return problem;
    }

    /** The same groups and lambda over another data fit, of these columns or of the penalised ones alone. */
    Problem over(Quadratic other) {
        return new Problem(other, groups, lambda);
    }

    /**
     * The problem with other targets, Q'y for a Q (h, rows) of orthonormal columns: with the same C'C it is the same
     * but for a rotation of M.
     *
     * @param c Q'C, (rows, d). Not copied: not to be closed before the problem's last use.
     */
    public Problem withTargets(int rows, F64 c) {
        return new Problem(fit.withTargets(rows, c), groups, lambda);
    }

    /** The problem with weights so many times its own; {@code owner} owns its memory. */
    public Problem weighted(Scope owner, double[] factors) {
        int[] starts = new int[groups.count() + 1];
        double[] weights = new double[groups.count()];
        for (int k = 0; k < weights.length; k++) {
            starts[k + 1] = groups.start(k + 1);
            weights[k] = factors[k] * groups.weight(k);
        }
        return new Problem(fit, Groups.of(owner, starts, weights), lambda);
    }

    /**
     * The problem over some groups alone, the others held at zero; without a bias.
     *
     * @param owner owner of its memory
     * @param chosen groups, ascending
     * @throws IllegalStateException when this problem has a bias
     */
    public Problem restricted(Scope owner, int[] chosen) {
        if (hasBias()) {
            throw new IllegalStateException("restricted: expected a problem without a bias");
        }
        int[] starts = new int[chosen.length + 1];
        double[] weights = new double[chosen.length];
        for (int k = 0; k < chosen.length; k++) {
            starts[k + 1] = starts[k] + groups.start(chosen[k] + 1) - groups.start(chosen[k]);
            weights[k] = groups.weight(chosen[k]);
        }
        I32 columns = owner.i32(groups.columnsOf(chosen));
        return new Problem(fit.restricted(owner, columns), Groups.of(owner, starts, weights), lambda);
    }

    /** f. */
    public Quadratic fit() {
        return fit;
    }

    /** g. */
    public Penalty penalty() {
        return new Penalty(fit.h(), fit.d(), groups);
    }

    /** p, the number of columns that the penalty counts; they come first. */
    public int penalised() {
        return penalised;
    }

    /** The groups that the penalty counts: p columns. */
    public Groups groups() {
        return groups;
    }

    /** Whether the last column is a bias, which the penalty leaves alone. */
    public boolean hasBias() {
        return penalised < fit.d();
    }

    /** Weight of the penalty. */
    public double lambda() {
        return lambda;
    }

    /** The device that holds the matrices. */
    public Device device() {
        return fit.device();
    }

    /** Rows of M. */
    public int h() {
        return fit.h();
    }

    /** Columns of M. */
    public int d() {
        return fit.d();
    }

    /**
     * The least lambda whose answer has no penalised column: max_k ||C_k - C_u R_uk / R_uu|| / w_k, where u is the
     * bias; without one, max_k ||C_k|| / w_k. O(h d) when first asked for.
     */
    public double lambdaMax() {
        if (Double.isNaN(lambdaMax)) {
            try (Scope work = device().scope()) {
                F64 reduced = fit.c();
                if (hasBias()) {
                    reduced = work.unset((long) h() * d());
                    device().blas().copy(fit.c(), reduced);
                    eliminateBias(reduced, biasVariance());
                }
                F64 norms = work.f64(groups.count());
                device().groupNorm().norms(h(), groups, reduced, norms);
                lambdaMax = dualNorm(norms.toArray(), 0);
            }
        }
        return lambdaMax;
    }

    /** For one who has computed it otherwise. */
    void setLambdaMax(double lambdaMax) {
        this.lambdaMax = lambdaMax;
    }

    /** The first p columns of an (h, d) matrix: a window on it. */
    F64 penalisedColumns(F64 m) {
        return m.slice(0, (long) h() * penalised);
    }

    /** The bias column of an (h, d) matrix: a window on it, empty without a bias. */
    F64 biasColumn(F64 m) {
        return m.slice((long) h() * penalised, (long) h() * (d() - penalised));
    }

    /** R_uu, or 0 without a bias. Waits for the device. */
    double biasVariance() {
        return hasBias() ? fit.r().slice((long) d() * d() - 1, 1).toArray()[0] : 0;
    }

    /**
     * G_j = G_j - G_u R_uj / R_uu for the penalised columns of minus a gradient: what is left of it when the bias is
     * the best one for those columns. Nothing to do without a bias, or when R_uu is 0 (then R_uj and G_u are 0 too).
     *
     * @param g (h, d). Its first p columns are modified.
     * @param variance R_uu, from {@link #biasVariance}
     */
    void eliminateBias(F64 g, double variance) {
        if (variance > 0 && penalised > 0) {
            int h = h();
            F64 ru = fit.r().slice((long) d() * penalised, penalised);
            F64 gp = penalisedColumns(g);
            device().blas().gemm(false, true, h, penalised, 1, -1 / variance, biasColumn(g), h, ru, d(), 1, gp, h);
        }
    }

    /** max_k norms_k / w_k, the norm that is dual to g, or 0 without groups. {@code norms} begin at {@code from}. */
    double dualNorm(double[] norms, int from) {
        double largest = 0;
        for (int k = 0; k < groups.count(); k++) {
            largest = Math.max(largest, norms[from + k] / groups.weight(k));
        }
        return largest;
    }
}
