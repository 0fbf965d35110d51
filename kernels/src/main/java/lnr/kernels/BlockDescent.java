package lnr.kernels;

/**
 * Passes that lower P(M) = 1/2 &lt;M R, M&gt; - &lt;C, M&gt; + lambda sum_k w_k ||M_k|| and settle which groups are
 * zero: the first half of a step of the Newton method on the support.
 */
public interface BlockDescent {
    /**
     * What passes over one problem need, worked out once.
     *
     * @param scope owner of the memory it takes
     * @param h rows of M, 1 or more
     * @param groups all columns of M, d of them
     * @param r (d, d), symmetric positive semidefinite. Not modified, kept.
     * @param c (h, d). Not modified, kept.
     */
    Passes prepare(Scope scope, int h, Groups groups, F64 r, F64 c);

    /** Passes over one problem. */
    interface Passes {
        /**
         * One pass: P does not rise but for rounding, and stays only where M is optimal.
         *
         * @param lambda more than 0
         * @param m (h, d). Modified.
         * @param g (h, d), C - M R. Modified: the same at the new M, up to rounding.
         */
        void run(double lambda, F64 m, F64 g);
    }
}
