package lnr.engine;

import lnr.kernels.Device;
import lnr.kernels.F64;
import lnr.kernels.Scope;

/**
 * The penalty g(M) = sum_{j &lt; p} ||M_j||, the L2,1 norm, and its proximal operator.
 *
 * @param device where M lies
 * @param h rows of M
 * @param d columns of M
 * @param p columns that count; they come first
 */
public record ColumnNorms(Device device, int h, int d, int p) {
    /** g(M). {@code m} is (h, d), column-major. Waits for the device. */
    public double value(F64 m) {
        try (Scope scalars = device.scope()) {
            F64 sum = scalars.f64(1);
            device.groupNorm().penalty(h, d, p, m, sum);
            return sum.toArray()[0];
        }
    }

    /**
     * out = argmin_U t g(U) + 1/2 ||U - M||^2: shrinks each penalised column by t, to zero at most, and leaves the
     * rest.
     *
     * @param t threshold, 0 or more
     * @param m (h, d)
     * @param out (h, d), may be {@code m}. Modified.
     */
    public void prox(double t, F64 m, F64 out) {
        device.groupNorm().prox(h, d, p, t, m, out);
    }
}
