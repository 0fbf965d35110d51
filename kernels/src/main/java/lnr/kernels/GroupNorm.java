package lnr.kernels;

/**
 * The penalty g(M) = sum_k w_k ||M_k||_F over groups of columns of M, and its proximal operator. M is (h, d),
 * column-major, so that a group is contiguous; columns of no group (the bias) are not penalised.
 */
public interface GroupNorm {
    /** out_k = ||M_k||. {@code m} is (h, d), d at least the groups' columns; {@code out} is (count), modified. */
    void norms(int h, Groups groups, F64 m, F64 out);

    /** out_0 = sum_k w_k ||M_k||. {@code m} as in {@link #norms}; {@code out}: its first element is modified. */
    void penalty(int h, Groups groups, F64 m, F64 out);

    /**
     * out_k = M_k (1 - t w_k / ||M_k||) where ||M_k|| &gt; t w_k, and 0 otherwise; columns of no group are copied. A NaN
     * in M_k stays in out_k.
     *
     * @param t threshold, 0 or more
     * @param m (h, d)
     * @param out (h, d), may be {@code m}. Modified.
     */
    void prox(int h, int d, Groups groups, double t, F64 m, F64 out);

    /**
     * One proximal gradient step from a look-ahead point, fused with the sums that decide when to stop:
     *
     * <pre>
     * A     = M + u (M - M_prev)                  look-ahead; A R = P + u (P - P_prev)
     * next  = prox_{t g}(A - step (A R - C))      t = step lambda
     * stats = ||next - M||^2, ||next||^2, sum_k w_k ||next_k||, &lt;P, M&gt;, &lt;C, M&gt;
     * </pre>
     *
     * With P = M R at hand, one product a step gives both the gradient at A and the objective at M. Reads 5 h d numbers
     * and writes h d: bound by memory. After Beck and Teboulle (2009), eq. 4.1 to 4.3.
     *
     * @param u 1 element or more: its first is the look-ahead, 0 or more when the step runs; 0 is plain proximal
     *     gradient
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
            Groups groups,
            F64 u,
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
     * out_j = lambda w_k / sqrt(||M_k||^2 + epsilon) for each column j of group k, and 0 for columns of no group: the
     * diagonal that the variational form of the penalty adds to R. {@code m} is (h, d); {@code out} is (d), modified.
     */
    void variationalDiagonal(int h, int d, Groups groups, double lambda, double epsilon, F64 m, F64 out);
}
