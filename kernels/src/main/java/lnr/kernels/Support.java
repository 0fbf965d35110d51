package lnr.kernels;

/**
 * What a Newton step on the groups that are not zero is made of, besides dense linear algebra. S is the list of their
 * columns, n of them, ascending; on S, matrices are packed: (h, n), column-major, with {@link Groups} of their own. A
 * column in the list that M does not have is refused where that takes no wait, else read as NaN and not written.
 */
public interface Support {
    /** out_i = M_(columns_i). {@code columns} is (n), {@code m} is (h, d), {@code out} is (h, n), modified. */
    void gather(int h, I32 columns, F64 m, F64 out);

    /** M_(columns_i) = in_i, and 0 in all other columns. {@code in} is (h, n); {@code m} is (h, d), modified. */
    void scatter(int h, I32 columns, F64 in, F64 m);

    /** out = R_SS. {@code columns} is (n), {@code r} is (d, d), {@code out} is (n, n), modified. */
    void submatrix(int d, I32 columns, F64 r, F64 out);

    /**
     * The slope of f + lambda sum_k w_k u_k and the penalty's curvature, where u_k = sqrt(||M_k||^2 + epsilon^2) is
     * ||M_k|| itself, or a smooth function near it:
     *
     * <pre>
     * hat_k   = M_k / u_k
     * slope_k = lambda w_k hat_k - G_k
     * shift_j = lambda w_k / u_k           for each column j of group k
     * </pre>
     *
     * @param epsilon 0 or more
     * @param m (h, n), no group of norm 0 where epsilon is 0
     * @param g (h, n), minus the gradient of f at M
     * @param hat (h, n). Modified.
     * @param slope (h, n). Modified.
     * @param shift (n). Modified.
     */
    void slope(
            int h, Groups groups, double lambda, double epsilon, F64 m, F64 g, F64 hat, F64 slope, F64 shift);

    /**
     * T_kl = [k = l] / shift_k - sum of B o A over the block of groups k and l, where shift_k is that of the group's
     * columns: the part of the Hessian that one direction a group takes away.
     *
     * @param shift (n)
     * @param a (n, n)
     * @param b (n, n)
     * @param t (count, count), symmetric if A and B are. Modified.
     */
    void complement(Groups groups, F64 shift, F64 a, F64 b, F64 t);

    /** out_k = &lt;A_k, B_k&gt;. {@code a} and {@code b} are (h, n); {@code out} is (count), modified. */
    void inner(int h, Groups groups, F64 a, F64 b, F64 out);

    /** y_k = y_k + c_k X_k. {@code c} is (count); {@code x} and {@code y} are (h, n), {@code y} is modified. */
    void addScaled(int h, Groups groups, F64 c, F64 x, F64 y);

    /**
     * out_k = M_k - t D_k, or 0 where that has turned against M_k: &lt;M_k - t D_k, M_k&gt; &lt;= 0.
     *
     * @param m (h, n)
     * @param d (h, n)
     * @param out (h, n). Modified.
     */
    void retreat(int h, Groups groups, double t, F64 m, F64 d, F64 out);
}
