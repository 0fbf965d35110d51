package lnr.kernels;

/**
 * The penalty g(M) = sum_k w_k ||M_k||_F over groups of columns of M, and its proximal operator. M is (h, d),
 * column-major, so that a group is contiguous; columns of no group (the bias) are not penalised.
 */
public interface GroupNorm {
    /** Problems of a batch at most: CUDA's limit for rows of blocks. */
    int MOST_PROBLEMS = 65_535;

    /** out_k = ||M_k||. {@code m} is (h, d), d at least the groups' columns; {@code out} is (count), modified. */
    void norms(int h, Groups groups, F64 m, F64 out);

    /** out_0 = sum_k w_k ||M_k||. {@code m} as in {@link #norms}; {@code out}: its first element is modified. */
    void penalty(int h, Groups groups, F64 m, F64 out);

    /**
     * out_k = M_k (1 - t w_k / ||M_k||) where ||M_k|| &gt; t w_k, and 0 otherwise; columns of no group are copied. A
     * NaN in M_k stays in out_k.
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
     * One accelerated proximal gradient step that decides by itself whether the next one starts anew, so that a block
     * of steps needs no host; of each problem of a batch, all over the same groups. With S the last change of M, and
     * S R from a product:
     *
     * <pre>
     * G     = G - v S R                           minus the gradient at M, where v says whether it lacks S
     * next  = prox_{t g}(M + u S + step (G - u S R))      t = step lambda
     * stats = ||next - M||^2, ||next||^2, sum_k w_k ||next_k||, &lt;next - M, S&gt;, &lt;G + S R / 2, S&gt;
     * u     = 0 if u &lt;next - M, S&gt; &gt; ||next - M||^2, else 1;   v = 1
     * S     = next - M,  M = next
     * </pre>
     *
     * The last of the sums is what S took from f. The test says that the momentum points uphill, by the generalised
     * gradient at the look-ahead point: O'Donoghue and Candes (2015), Adaptive restart for accelerated gradient
     * schemes, 3.2. Full momentum between restarts is Liang, Luo and Schoenlieb (2022), Improving "fast iterative
     * shrinkage-thresholding algorithm": faster, smarter, and greedier. Reads 4 h d numbers and writes 3 h d: bound by
     * memory. A problem's results are the same, bit for bit, in any batch.
     *
     * @param batch problems, 0 to {@link #MOST_PROBLEMS}, whose matrices stand one behind the other
     * @param motion (batch, 4), column-major, or more: all u, 0 or 1; all v, 0 or 1; the step lengths; the lambdas, 0
     *     or more. All u and v are modified.
     * @param m (h, d) for each problem, the iterate. Modified.
     * @param g (h, d) for each, C - M R, or C - (M - S) R for v = 1. Modified.
     * @param s (h, d) for each, M less the iterate before, 0 at the start. Modified.
     * @param sr (h, d) for each, S R
     * @param stats 5 for each, or more elements. The first 5 batch are modified.
     */
    void restartedStep(int batch, int h, int d, Groups groups, F64 motion, F64 m, F64 g, F64 s, F64 sr, F64 stats);

    /**
     * The same with changes and their products in single precision; what they change, and every sum, stay in double. A
     * rounding error is then relative to the change, which vanishes, and not to M.
     */
    void restartedStep(int batch, int h, int d, Groups groups, F64 motion, F64 m, F64 g, F32 s, F32 sr, F64 stats);

    /**
     * G = C - M R, and what a duality gap is computed from, of each problem of a batch, all over the same groups:
     *
     * <pre>
     * sums = &lt;M, C&gt;, &lt;M, G&gt;, ||M||^2, ||G||^2, sum_k w_k ||M_k||, max_k ||G_k|| / w_k
     * </pre>
     *
     * Reads 3 h d numbers and writes h d: bound by memory. A problem's results are the same, bit for bit, in any batch.
     *
     * @param batch problems, 0 to {@link #MOST_PROBLEMS}, whose matrices stand one behind the other
     * @param m (h, d) for each problem, the iterate
     * @param mr (h, d) for each, M R
     * @param c (h, d) for each
     * @param g (h, d) for each; may be {@code mr}, which it then replaces. Modified.
     * @param sums 6 for each, or more elements. The first 6 batch are modified.
     */
    void gapSums(int batch, int h, int d, Groups groups, F64 m, F64 mr, F64 c, F64 g, F64 sums);

    /**
     * out_j = lambda w_k / sqrt(||M_k||^2 + epsilon) for each column j of group k, and 0 for columns of no group: the
     * diagonal that the variational form of the penalty adds to R. {@code m} is (h, d); {@code out} is (d), modified.
     */
    void variationalDiagonal(int h, int d, Groups groups, double lambda, double epsilon, F64 m, F64 out);
}
