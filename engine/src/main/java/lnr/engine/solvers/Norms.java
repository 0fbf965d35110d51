package lnr.engine.solvers;

import lnr.kernels.F64;
import lnr.kernels.Groups;
import lnr.kernels.Scope;

/** Norms of the groups of a matrix, on the host. */
final class Norms {
    private Norms() {}

    /** ||M_k|| of each group; {@code m} is (h, columns of the groups or more). Waits for the device. */
    static double[] of(int h, Groups groups, F64 m) {
        try (Scope work = m.device().scope()) {
            F64 out = work.f64(groups.count());
            work.device().groupNorm().norms(h, groups, m, out);
            return out.toArray();
        }
    }
}
