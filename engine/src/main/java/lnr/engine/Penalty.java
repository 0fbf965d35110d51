package lnr.engine;

import lnr.kernels.F64;
import lnr.kernels.GroupNorm;
import lnr.kernels.Groups;
import lnr.kernels.Scope;

/**
 * The penalty g(M) = sum_k w_k ||M_k||, the L2,1 norm when each group is a column, and its proximal operator.
 *
 * @param h rows of M
 * @param d columns of M
 * @param groups columns that count, on the device where M lies
 */
public record Penalty(int h, int d, Groups groups) {
    /** g(M). {@code m} is (h, d), column-major. Waits for the device. */
    public double value(F64 m) {
        try (Scope scalars = groups.weights().device().scope()) {
            F64 sum = scalars.f64(1);
            groupNorm().penalty(h, groups, m, sum);
            return sum.toArray()[0];
        }
    }

    /**
     * out = argmin_U t g(U) + 1/2 ||U - M||^2: shrinks each group by t w_k, to zero at most, and leaves the
     * rest.
     *
     * @param t threshold, 0 or more
     * @param m (h, d)
     * @param out (h, d), may be {@code m}. Modified.
     */
    public void prox(double t, F64 m, F64 out) {
        groupNorm().prox(h, d, groups, t, m, out);
    }

    private GroupNorm groupNorm() {
        return groups.weights().device().groupNorm();
    }
}
