package lnr.kernels.cpu;

import static lnr.kernels.Shapes.atLeast;
import static lnr.kernels.Shapes.exactly;

import java.util.Arrays;
import lnr.kernels.Blas;
import lnr.kernels.BlockDescent;
import lnr.kernels.F64;
import lnr.kernels.Groups;
import lnr.kernels.Scope;

/**
 * Gauss-Seidel over the groups: each in turn becomes the minimiser of P over it. Groups go in tiles: inside a tile a
 * change reaches the gradients after it at once, the other gradients wait for one product a tile, of the changed
 * columns alone.
 *
 * <p>For one column, V = G_j + M_j R_jj and M_j = V (1 - lambda w / ||V||)_+ / R_jj. For more, R_gg = Q D Q',
 * v_i = ||(V Q)_i||^2, and t = ||M_g|| solves sum_i v_i / (D_i t + lambda w)^2 = 1: by Newton's method on the
 * reciprocal of the root, which rises to it from 0.
 */
final class CpuBlockDescent extends CpuOperations implements BlockDescent {
    /** Columns of a tile, unless a group has more. */
    private static final int TILE = 32;

    /** Columns of a group from which its change is passed on by a product. */
    private static final int PRODUCT = 8;

    private static final int SECULAR_STEPS = 100;

    private final Blas blas;

    CpuBlockDescent(CpuDevice device, Blas blas) {
        super(device);
        this.blas = blas;
    }

    @Override
    public Passes prepare(Scope scope, int h, Groups groups, F64 r, F64 c) {
        atLeast("h", h, 1);
        int d = groups.columns();
        exactly("r", r, (long) d * d);
        exactly("c", c, (long) h * d);
        requireOpen(r, c);
        return new Sweep(scope, h, groups, r);
    }

    private final class Sweep implements Passes {
        private final int h;
        private final int d;
        private final Groups groups;
        private final F64 r;
        private final int[] square; // where each group's block is in q
        private final F64 q; // eigenvectors of each group's block, one after the other
        private final F64 eigenvalues; // (d)
        private final F64 change; // (h, widest), of the changed columns of a tile
        private final F64 rows; // (d, widest), R's columns of those
        private final int[] list; // (widest), the changed columns
        private final double[] tile; // (h, widest), gradients
        private final double[] v; // (h, largest)
        private final double[] rotated; // (h, largest)

        Sweep(Scope scope, int h, Groups groups, F64 r) {
            this.h = h;
            this.d = groups.columns();
            this.groups = groups;
            this.r = r;
            this.square = new int[groups.count() + 1];
            for (int k = 0; k < groups.count(); k++) {
                int size = size(k);
                square[k + 1] = Math.addExact(square[k], size == 1 ? 0 : size * size);
            }
            this.q = scope.f64(square[groups.count()]);
            this.eigenvalues = scope.f64(d);
            int widest = Math.min(d, Math.max(TILE, groups.largest()));
            this.change = scope.f64((long) h * widest);
            this.rows = scope.f64((long) d * widest);
            this.list = new int[widest];
            this.tile = new double[h * widest];
            this.v = new double[h * groups.largest()];
            this.rotated = new double[h * groups.largest()];
            decompose();
        }

        private int size(int k) {
            return groups.start(k + 1) - groups.start(k);
        }

        private void decompose() {
            double[] ra = array(r);
            for (int k = 0; k < groups.count(); k++) {
                int first = groups.start(k);
                int size = size(k);
                F64 values = eigenvalues.slice(first, size);
                if (size == 1) {
                    array(values)[at(values)] = ra[at(r) + first * d + first];
                    continue;
                }
                F64 block = q.slice(square[k], (long) size * size);
                for (int j = 0; j < size; j++) {
                    System.arraycopy(
                            ra, at(r) + (first + j) * d + first, array(block), at(block) + j * size, size);
                }
                blas.eigen(size, block, values);
            }
        }

        @Override
        public void run(double lambda, F64 m, F64 g) {
            exactly("m", m, (long) h * d);
            exactly("g", g, (long) h * d);
            int first = 0;
            while (first < groups.count()) {
                int end = first + 1;
                while (end < groups.count() && groups.start(end + 1) - groups.start(first) <= TILE) {
                    end++;
                }
                tile(first, end, lambda, array(m), at(m), g);
                first = end;
            }
        }

        private void tile(int first, int end, double lambda, double[] m, int mo, F64 g) {
            int column = groups.start(first);
            int columns = groups.start(end) - column;
            System.arraycopy(array(g), at(g) + column * h, tile, 0, columns * h);
            int changed = 0;
            for (int k = first; k < end; k++) {
                int from = mo + groups.start(k) * h;
                int n = size(k) * h;
                double weight = lambda * array(groups.weights())[at(groups.weights()) + k];
                boolean moved = size(k) == 1
                        ? minimiseColumn(k, weight, m, from, (groups.start(k) - column) * h)
                        : minimiseGroup(k, weight, m, from, (groups.start(k) - column) * h);
                if (moved) {
                    // v is the new block: keep its change, and pass it on inside the tile.
                    double[] ca = array(change);
                    int co = at(change) + changed * h;
                    for (int i = 0; i < n; i++) {
                        ca[co + i] = v[i] - m[from + i];
                        m[from + i] = v[i];
                    }
                    passOn(groups.start(k), size(k), co, column, column + columns);
                    for (int j = groups.start(k); j < groups.start(k + 1); j++, changed++) {
                        list[changed] = j;
                    }
                }
            }
            if (changed > 0) {
                blas.gemm(false, true, h, d, changed, -1, change, h, rowsOf(column, columns, changed), d, 1, g, h);
            }
        }

        /** Takes what columns [first, first + size) have changed by, from {@code co} on, from the tile behind them. */
        private void passOn(int first, int size, int co, int column, int end) {
            double[] ca = array(change);
            double[] ra = array(r);
            int next = first + size;
            if (size >= PRODUCT && next < end) {
                OpenBlas.BLAS.dgemm(
                        "N", "T", h, end - next, size, -1, ca, co, h, ra, at(r) + first * d + next, d, 1, tile,
                        (next - column) * h, h);
                return;
            }
            for (int j = 0; j < size; j++) {
                for (int l = next; l < end; l++) {
                    double scale = ra[at(r) + (first + j) * d + l];
                    int from = co + j * h;
                    int to = (l - column) * h;
                    for (int i = 0; i < h; i++) {
                        tile[to + i] -= scale * ca[from + i];
                    }
                }
            }
        }

        /** R's columns of those that have changed: where they are, if these are all of the tile. */
        private F64 rowsOf(int column, int columns, int changed) {
            if (changed == columns) {
                return r.slice((long) column * d, (long) columns * d);
            }
            for (int i = 0; i < changed; i++) {
                System.arraycopy(array(r), at(r) + list[i] * d, array(rows), at(rows) + i * d, d);
            }
            return rows;
        }

        /** v = the best column; whether it differs from M's. */
        private boolean minimiseColumn(int k, double weight, double[] m, int from, int at) {
            double curvature = array(eigenvalues)[at(eigenvalues) + groups.start(k)];
            double square = 0;
            boolean zero = true;
            for (int i = 0; i < h; i++) {
                double old = m[from + i];
                v[i] = tile[at + i] + old * curvature;
                zero &= old == 0;
            }
            square = Sums.dot(v, 0, v, 0, h);
            double norm = Math.sqrt(square);
            double scale = curvature > 0 && norm > weight ? (1 - weight / norm) / curvature : 0;
            if (scale == 0 && zero) {
                return false;
            }
            for (int i = 0; i < h; i++) {
                v[i] = scale == 0 ? 0 : scale * v[i];
            }
            return true;
        }

        /** v = the best block; whether it differs from M's. */
        private boolean minimiseGroup(int k, double weight, double[] m, int from, int at) {
            int first = groups.start(k);
            int size = size(k);
            int n = size * h;
            boolean zero = true;
            for (int i = 0; i < n; i++) {
                zero &= m[from + i] == 0;
            }
            System.arraycopy(tile, at, v, 0, n);
            if (!zero) {
                OpenBlas.BLAS.dgemm(
                        "N", "N", h, size, size, 1, m, from, h, array(r), at(r) + first * d + first, d, 1, v, 0, h);
            }
            if (!(Math.sqrt(Sums.dot(v, 0, v, 0, n)) > weight)) {
                Arrays.fill(v, 0, n, 0);
                return !zero;
            }
            double[] qa = array(q);
            int qo = at(q) + square[k];
            OpenBlas.BLAS.dgemm("N", "N", h, size, size, 1, v, 0, h, qa, qo, size, 0, rotated, 0, h);
            double[] squares = new double[size];
            double[] values = new double[size];
            for (int i = 0; i < size; i++) {
                squares[i] = Sums.dot(rotated, i * h, rotated, i * h, h);
                values[i] = Math.max(0, array(eigenvalues)[at(eigenvalues) + first + i]);
            }
            double norm = secularRoot(squares, values, weight);
            for (int i = 0; i < size; i++) {
                double scale = norm / (values[i] * norm + weight);
                for (int j = i * h; j < (i + 1) * h; j++) {
                    rotated[j] *= scale;
                }
            }
            OpenBlas.BLAS.dgemm("N", "T", h, size, size, 1, rotated, 0, h, qa, qo, size, 0, v, 0, h);
            return true;
        }

        /** The t of sum_i v_i / (D_i t + weight)^2 = 1; 0 where no direction has curvature. */
        private double secularRoot(double[] v, double[] values, double weight) {
            double t = 0;
            for (int step = 0; step < SECULAR_STEPS; step++) {
                double f = 0;
                double slope = 0;
                for (int i = 0; i < v.length; i++) {
                    double root = values[i] * t + weight;
                    double term = v[i] / (root * root);
                    f += term;
                    slope += term * values[i] / root;
                }
                double rise = f * (Math.sqrt(f) - 1) / slope;
                if (!(slope > 0) || !(Math.abs(rise) > 1e-15 * t)) {
                    break;
                }
                t = Math.max(0, t + rise);
            }
            return t;
        }
    }
}
