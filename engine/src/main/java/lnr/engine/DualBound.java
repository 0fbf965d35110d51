package lnr.engine;

/**
 * The bound that a {@link Certificate} is, from inner products of M, C and G = C - M R, with G~ as there. What rounding
 * takes from it is bounded too.
 */
final class DualBound {
    private final Quadratic fit;
    private final double biasVariance; // R_uu, or 0
    private final double rNorm; // Frobenius
    private final double cNorm;

    /** @param biasVariance R_uu, or 0 without a bias */
    DualBound(Quadratic fit, double biasVariance) {
        this.fit = fit;
        this.biasVariance = biasVariance;
        this.rNorm = fit.rNorm();
        this.cNorm = fit.cNorm();
    }

    /**
     * The gap.
     *
     * @param mc &lt;M, C&gt;
     * @param mg &lt;M, G&gt;
     * @param a &lt;G~, M&gt;
     * @param gu ||G_u||^2, 0 without a bias
     * @param mm ||M||^2
     * @param gg ||G||^2
     * @param penalty g(M)
     * @param steepest max_k ||G~_k|| / w_k
     */
    Certificate.Gap at(
            double lambda, double mc, double mg, double a, double gu, double mm, double gg, double penalty,
            double steepest) {
        double bias = biasVariance > 0 ? gu / biasVariance : 0;
        double tau = fit.tau();
        double rounding = rounding(Math.sqrt(mm), Math.sqrt(gg), bias);
        double residual = Math.max(0, tau - mc - mg - bias) + fit.tauSlack() + rounding;
        double limit = steepest > 0 ? lambda / steepest : Double.POSITIVE_INFINITY;
        double s = Math.max(-limit, Math.min(limit, residual > 0 ? 1 + a / residual : 1));
        double gap = lambda * penalty - s * a + 0.5 * (1 - s) * (1 - s) * residual + 0.5 * bias;
        gap = Math.max(0, gap);
        double objective = lambda * penalty - 0.5 * (mc + mg);
        return new Certificate.Gap(objective, gap, gap == 0 ? 0 : gap / (0.5 * tau));
    }

    /**
     * Makes sure that no more is explained than there is; arguments as above, of exact products.
     *
     * @throws MatrixException when tau is proved to be less than E||y||^2
     */
    void requireTau(double mc, double mg, double gu, double mm, double gg) {
        double bias = biasVariance > 0 ? gu / biasVariance : 0;
        double explained = mc + mg + bias;
        double mNorm = Math.sqrt(mm);
        double errors = rounding(mNorm, Math.sqrt(gg), bias)
                + fit.tolerance() * (fit.tau() + mNorm * (2 * cNorm + mNorm * rNorm));
        if (explained - fit.tau() > fit.tauSlack() + errors) {
            throw new MatrixException("tau", ": expected E||y||^2, which is " + explained + " or more, as so much of it"
                    + " is explained; got " + fit.tau());
        }
    }

    /**
     * What rounding takes from E2, at most. With u = 2^-53, an inner product of n terms, summed in any order, is wrong
     * by n u times the product of the norms; so are <M, C> and <M, G> with n = h d, ||G_u||^2 with n = h, and a
     * computed tau with n = h + 2 d (C v_i, its square, the sum over i). An entry of G is a sum of d + 1 terms, so that
     * G is wrong by (d + 1) u (||C|| + ||M|| ||R||), and <M, G> and ||G_u||^2 / R_uu by that times their slopes. The
     * last few operations are the 8.
     */
    private double rounding(double mNorm, double gNorm, double bias) {
        double u = 0.5 * Math.ulp(1.0);
        double h = fit.h();
        double d = fit.d();
        double sums = (h * d + h + 2 * d + 8) * u * (fit.tau() + mNorm * (cNorm + gNorm) + bias);
        double g = (d + 1) * u * (cNorm + mNorm * rNorm);
        return sums + g * (mNorm + (bias > 0 ? 2 * Math.sqrt(bias / biasVariance) : 0));
    }
}
