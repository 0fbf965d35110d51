package lnr.engine;

import lnr.kernels.Blas;
import lnr.kernels.F64;
import lnr.kernels.Groups;
import lnr.kernels.Scope;

/**
 * How far any M is from the optimum, at most, by Fenchel duality. X is never needed: a multiple s of the residual
 * Y - M X, made orthogonal to the bias input, is a dual point, and all its inner products are known from R and C.
 *
 * <pre>
 * G     = C - M R                                          (h, d)
 * G~_j  = G_j - G_u R_uj / R_uu                            j penalised, u the bias (if there is one)
 * a     = sum_j &lt;G~_j, M_j&gt;
 * E2    = tau - &lt;M, C&gt; - &lt;M, G&gt; - ||G_u||^2 / R_uu          the squared norm of the residual
 * s     = 1 + a / E2, clipped to +- lambda / max_k ||G~_k|| / w_k  the best multiple that is feasible
 * gap   = lambda g(M) - s a + (1 - s)^2 E2 / 2 + ||G_u||^2 / (2 R_uu)  &gt;=  P(M) - P(M*)
 * </pre>
 *
 * <p>An upper bound in exact arithmetic for every tau that is E||y||^2 or more; E2 is therefore rounded up, and a tau
 * that is shown to be less is refused ({@link MatrixException}). Where tau was not given, R is known to d eps times its
 * largest eigenvalue and no better: the bound is for an R with no smaller eigenvalue in the directions that C has a part
 * in. Computed in double precision. Workspace of (h, d) and (p) in the scope given.
 */
public final class Certificate {
    private static final int SUMS = 8;

    private final Problem problem;
    private final double biasVariance;
    private final F64 g;
    private final DualBound bound;
    private final F64 numbers; // the 6 of GroupNorm.gapSums, <G~, M>, ||G_u||^2, ||G~_k|| for each group
    private final double[] host;

    /**
     * The certificate of one problem, for many M.
     *
     * @param workspace owner of the memory it works in
     */
    public Certificate(Problem problem, Scope workspace) {
        this.problem = problem;
        this.biasVariance = problem.biasVariance();
        this.g = workspace.unset((long) problem.h() * problem.d());
        this.numbers = workspace.f64(SUMS + problem.groups().count());
        this.host = new double[SUMS + problem.groups().count()];
        this.bound = new DualBound(problem.fit(), biasVariance);
    }

    /**
     * What is known of M.
     *
     * @param objective P(M) = f(M) + lambda g(M), without the constant tau/2
     * @param gap upper bound on P(M) - P(M*), 0 or more
     * @param relativeGap gap / (tau / 2): relative to what M = 0 leaves unexplained
     */
    public record Gap(double objective, double gap, double relativeGap) {}

    /** The gap at M. {@code m} is (h, d), not modified. One product, 2 h d^2 flops. */
    public Gap at(F64 m) {
        return at(problem.lambda(), m);
    }

    /** The same for another lambda than the problem's. */
    public Gap at(double lambda, F64 m) {
        int h = problem.h();
        int d = problem.d();
        problem.device().blas().gemm(false, false, h, d, d, 1, m, h, problem.fit().r(), d, 0, g, h);
        Gap gap = at(lambda, m, g);
        requireTau();
        return gap;
    }

    /** The gap at M when M R is at hand: O(h d). {@code m} and {@code mr} = M R are (h, d), not modified. */
    public Gap at(F64 m, F64 mr) {
        return at(problem.lambda(), m, mr);
    }

    /** The same for another lambda than the problem's. */
    public Gap at(double lambda, F64 m, F64 mr) {
        Blas blas = problem.device().blas();
        Groups groups = problem.groups();
        problem.device().groupNorm().gapSums(
                1, problem.h(), problem.d(), groups, m, mr, problem.fit().c(), g, numbers.slice(0, SUMS));
        if (problem.hasBias()) {
            problem.eliminateBias(g, biasVariance);
            blas.dot(problem.penalisedColumns(g), problem.penalisedColumns(m), numbers.slice(6, 1));
            blas.dot(problem.biasColumn(g), problem.biasColumn(g), numbers.slice(7, 1));
        }
        problem.device().groupNorm().norms(problem.h(), groups, g, numbers.slice(SUMS, groups.count()));
        numbers.read(host);
        double along = problem.hasBias() ? host[6] : host[1];
        double steepest = problem.dualNorm(host, SUMS);
        return bound.at(lambda, host[0], host[1], along, host[7], host[2], host[3], host[4], steepest);
    }

    /**
     * Makes sure that no more is explained than there is, where the gap was last asked for and M R was exact: that is
     * &lt;M, C> + &lt;M, G> + ||G_u||^2 / R_uu, tau at most but for errors. {@link #at(F64)} does so by itself.
     *
     * @throws MatrixException when tau is proved to be less than E||y||^2
     */
    public void requireTau() {
        bound.requireTau(host[0], host[1], host[7], host[2], host[3]);
    }

    /** ||G~_k|| of group k where the gap was last asked for. */
    public double slope(int k) {
        return host[SUMS + k];
    }

    /** (h, d), G~ where the gap was last asked for: without a bias, G = C - M R. May be overwritten. */
    public F64 residual() {
        return g;
    }
}
