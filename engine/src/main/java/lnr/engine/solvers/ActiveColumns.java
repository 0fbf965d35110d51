package lnr.engine.solvers;

import java.util.Arrays;
import java.util.stream.IntStream;
import lnr.engine.Problem;
import lnr.kernels.Blas;
import lnr.kernels.F64;
import lnr.kernels.Groups;
import lnr.kernels.I32;
import lnr.kernels.Scope;
import lnr.kernels.Support;

/**
 * The columns S of the groups that are not zero, n of them, and what of R belongs to them. Matrices of these columns
 * alone are packed, (h, n). R's columns are gathered when a product first asks for them.
 */
final class ActiveColumns {
    /** Multiplications in the time that it takes to gather a number. */
    private static final int GATHERED = 20;

    private final Problem problem;
    private final int h;
    private final int d;
    private final Blas blas;
    private final Support support;
    private boolean[] chosen = {}; // each group, whether it is in S
    private Groups groups; // of packed columns
    private final I32 columns; // (d), the first n of them
    private final I32 others; // (d), the columns outside S, the first d - n of them
    private final I32 starts; // (groups + 1)
    private final F64 weights; // (groups)
    private final Room rowsRoom;
    private final Room othersRoom;
    private final Room blockRoom;
    private F64 rows; // (d, n), the columns S of R; null while not asked for
    private F64 otherRows; // (d, d - n), the other columns of R; null while not asked for
    private F64 block; // (n, n), R_SS

    ActiveColumns(Problem problem, Scope workspace) {
        this.problem = problem;
        this.h = problem.h();
        this.d = problem.d();
        this.blas = problem.device().blas();
        this.support = problem.device().support();
        this.columns = workspace.i32(d);
        this.others = workspace.i32(d);
        this.starts = workspace.i32(problem.groups().count() + 1);
        this.weights = workspace.f64(problem.groups().count());
        long square = (long) d * d;
        this.rowsRoom = new Room(workspace, square);
        this.othersRoom = new Room(workspace, square);
        this.blockRoom = new Room(workspace, square);
    }

    /** Makes S the groups that are not zero; whether that is another S. */
    boolean choose(double[] norms) {
        Groups all = problem.groups();
        boolean[] now = new boolean[norms.length];
        int count = 0;
        for (int k = 0; k < norms.length; k++) {
            now[k] = norms[k] > 0;
            count += now[k] ? 1 : 0;
        }
        if (Arrays.equals(now, chosen)) {
            return false;
        }
        int[] first = new int[count + 1];
        double[] weight = new double[count];
        for (int k = 0, i = 0; k < norms.length; k++) {
            if (now[k]) {
                weight[i] = all.weight(k);
                first[i + 1] = first[i] + all.start(k + 1) - all.start(k);
                i++;
            }
        }
        chosen = now;
        groups = Groups.in(starts, weights, first, weight);
        gatherR();
        return true;
    }

    private void gatherR() {
        int n = groups.columns();
        columns().write(problem.groups().columnsOf(list(true)));
        F64 r = problem.fit().r();
        rows = n < d ? null : r;
        otherRows = null;
        block = r;
        if (n < d) {
            block = blockRoom.of((long) n * n);
            support.submatrix(d, columns(), r, block);
        }
    }

    /** The groups in S, or those outside, ascending. */
    int[] list(boolean inside) {
        return IntStream.range(0, chosen.length)
                .filter(k -> chosen[k] == inside)
                .toArray();
    }

    /** Whether S is most of the columns, so that products for the others alone are worth it. */
    boolean most() {
        return 2 * groups.columns() > d;
    }

    /** Whether group k of all is in S. */
    boolean has(int k) {
        return chosen[k];
    }

    /** Of packed columns. */
    Groups groups() {
        return groups;
    }

    /** R_SS, (n, n). Not to be modified. */
    F64 block() {
        return block;
    }

    /** packed = M_S: (h, n) of (h, d). */
    void gather(F64 m, F64 packed) {
        support.gather(h, columns(), m, packed);
    }

    /** M_S = packed, and 0 elsewhere: (h, n) to (h, d). */
    void scatter(F64 packed, F64 m) {
        support.scatter(h, columns(), packed, m);
    }

    /**
     * mr = M R for M_S packed: 2 h d n flops, or 2 h d^2 where those few more take less than to gather R's columns.
     *
     * @param packed (h, n)
     * @param spread (h, d). May be modified.
     * @param mr (h, d). Modified.
     */
    void product(F64 packed, F64 spread, F64 mr) {
        int n = groups.columns();
        if (rows == null && (long) h * (d - n) <= (long) GATHERED * n) {
            scatter(packed, spread);
            blas.gemm(false, false, h, d, d, 1, spread, h, problem.fit().r(), d, 0, mr, h);
            return;
        }
        if (rows == null) {
            rows = rowsRoom.of((long) d * n);
            support.gather(d, columns(), problem.fit().r(), rows);
        }
        blas.gemm(false, true, h, d, n, 1, packed, h, rows, d, 0, mr, h);
    }

    /**
     * mr = M R from its columns S, the others being products: 2 h d (d - n) flops. S is most of the columns.
     *
     * @param known (h, n), M R of the columns S
     * @param m (h, d)
     * @param beside (h, d). Modified.
     * @param spread (h, d), not {@code beside}. Modified.
     * @param mr (h, d). Modified.
     */
    void complete(F64 known, F64 m, F64 beside, F64 spread, F64 mr) {
        scatter(known, mr);
        int rest = d - groups.columns();
        if (rest > 0) {
            if (otherRows == null) {
                otherRows = othersRoom.of((long) d * rest);
                others().write(problem.groups().columnsOf(list(false)));
                support.gather(d, others(), problem.fit().r(), otherRows);
            }
            F64 product = beside.slice(0, (long) h * rest);
            blas.gemm(false, false, h, rest, d, 1, m, h, otherRows, d, 0, product, h);
            support.scatter(h, others(), product, spread);
            blas.axpy(1, spread, mr);
        }
    }

    /** lambda w_k / ||M_k|| of each group of S, from the norms of all groups. */
    double[] pulls(double lambda, double[] norms) {
        double[] active = active(norms);
        Arrays.setAll(active, i -> lambda * groups.weight(i) / active[i]);
        return active;
    }

    /** The norms of the groups of S, from those of all groups. */
    double[] active(double[] norms) {
        return IntStream.range(0, norms.length)
                .filter(k -> chosen[k])
                .mapToDouble(k -> norms[k])
                .toArray();
    }

    private I32 columns() {
        return columns.slice(0, groups.columns());
    }

    private I32 others() {
        return others.slice(0, d - groups.columns());
    }
}
