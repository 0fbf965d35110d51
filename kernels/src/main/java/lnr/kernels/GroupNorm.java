package lnr.kernels;

/**
 * The penalty g(M) = sum_{j < p} ||M_j||_2 over the columns of M, and its proximal operator. M is (h, d), column-major,
 * so that column j is contiguous; its first {@code p} columns are penalised, the rest (the bias) are not.
 */
public interface GroupNorm {
    /** out_j = ||M_j|| for j in [0, d). {@code m} is (h, d); {@code out} is (d), modified. */
    void norms(int h, int d, F64 m, F64 out);

    /** out_0 = sum_{j < p} ||M_j||. {@code m} is (h, d); {@code out} has 1 element or more; its first is modified. */
    void penalty(int h, int d, int p, F64 m, F64 out);

    /**
     * out_j = M_j (1 - t / ||M_j||) where ||M_j|| &gt; t, and 0 otherwise, for j &lt; p; out_j = M_j for j &gt;= p. A
     * NaN in M_j stays in out_j.
     *
     * @param t threshold, 0 or more
     * @param m (h, d)
     * @param out (h, d), may be {@code m}. Modified.
     */
    void prox(int h, int d, int p, double t, F64 m, F64 out);

    /**
     * One proximal gradient step from a look-ahead point, fused with the sums that decide when to stop:
     *
     * <pre>
     * A     = M + u (M - M_prev)                  look-ahead; A R = P + u (P - P_prev)
     * next  = prox_{t g}(A - step (A R - C))      t = step lambda
     * stats = ||next - M||^2, ||next||^2, sum_{j&lt;p} ||next_j||, &lt;P, M&gt;, &lt;C, M&gt;
     * </pre>
     *
     * With P = M R at hand, one product a step gives both the gradient at A and the objective at M. Reads 5 h d numbers
     * and writes h d: bound by memory. After Beck and Teboulle (2009), eq. 4.1 to 4.3.
     *
     * @param u look-ahead, 0 or more; 0 is plain proximal gradient
     * @param step step length, 1/L
     * @param t threshold of the prox
     * @param m (h, d), the iterate
     * @param mPrev (h, d), the iterate before; may be {@code next}, which then replaces it
     * @param mr (h, d), M R
     * @param mrPrev (h, d), M_prev R
     * @param c (h, d), E[y x']
     * @param next (h, d). Modified.
     * @param stats 5 elements or more. The first 5 are modified.
     */
    void step(
            int h,
            int d,
            int p,
            double u,
            double step,
            double t,
            F64 m,
            F64 mPrev,
            F64 mr,
            F64 mrPrev,
            F64 c,
            F64 next,
            F64 stats);

    /**
     * out_j = lambda / sqrt(||M_j||^2 + epsilon) for j &lt; p, and 0 for j &gt;= p: the diagonal that the variational
     * form of the penalty adds to R. {@code m} is (h, d); {@code out} is (d), modified.
     */
    void variationalDiagonal(int h, int d, int p, double lambda, double epsilon, F64 m, F64 out);
}
