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
 * columns alone. The next tile's come first: one thread goes through that tile while others work on the rest.
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

    /** Flops of a product from which threads share it, and of each one's part. */
    private static final double BLOCK = 2e6;

    /** What the eigenvectors of a block of R cost, in flops of a product and parts of its order's cube. */
    private static final double EIGEN = 100;

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

    /** The first group of each tile, and the end of the last. */
    private static int[] tiles(Groups groups) {
        int[] first = new int[groups.count() + 1];
        int count = 0;
        for (int k = 1; k <= groups.count(); k++) {
            if (k == groups.count() || groups.start(k + 1) - groups.start(first[count]) > TILE) {
                first[++count] = k;
            }
        }
        return Arrays.copyOf(first, count + 1);
    }

    private final class Sweep implements Passes {
        private final int h;
        private final int d;
        private final Groups groups;
        private final F64 r;
        private final int[] square; // where each group's block is in q
        private final F64 q; // eigenvectors of each group's block, one after the other
        private final F64 eigenvalues; // (d)
        private final int[] tiles; // the first group of each, and the end of the last
        private final Changes[] changes; // of this tile and the next, by turns
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
            this.q = scope.unset(square[groups.count()]);
            this.eigenvalues = scope.f64(d);
            this.tiles = tiles(groups);
            int widest = Math.min(d, Math.max(TILE, groups.largest()));
            this.changes = new Changes[] {new Changes(scope, widest), new Changes(scope, widest)};
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
            double[] qa = array(q);
            double[] values = array(eigenvalues);
            int pieces = Pieces.of(EIGEN * square[groups.count()] * groups.largest(), BLOCK);
            workers.run(pieces, piece -> {
                int end = Pieces.start(piece + 1, pieces, groups.count(), 1);
                for (int k = Pieces.start(piece, pieces, groups.count(), 1); k < end; k++) {
                    int first = groups.start(k);
                    int size = size(k);
                    if (size == 1) {
                        values[at(eigenvalues) + first] = ra[at(r) + first * d + first];
                        continue;
                    }
                    int to = at(q) + square[k];
                    for (int j = 0; j < size; j++) {
                        System.arraycopy(ra, at(r) + (first + j) * d + first, qa, to + j * size, size);
                    }
                    blas.eigen(size, q.slice(square[k], (long) size * size), eigenvalues.slice(first, size));
                }
            });
        }

        @Override
        public void run(double lambda, F64 m, F64 g) {
            exactly("m", m, (long) h * d);
            exactly("g", g, (long) h * d);
            if (d == 0) {
                return;
            }
            double[] ma = array(m);
            double[] ga = array(g);
            int last = tiles.length - 2;
            tile(0, lambda, ma, at(m), ga, at(g), changes[0]);
            for (int t = 0; t < last; t++) {
                Changes now = changes[t % 2];
                Changes next = changes[(t + 1) % 2];
                int after = t + 1;
                int from = groups.start(tiles[after]);
                int end = groups.start(tiles[after + 1]);
                now.passOn(from, end, ga, at(g));
                int pieces = now.pieces();
                workers.run(1 + pieces, piece -> {
                    if (piece == 0) {
                        tile(after, lambda, ma, at(m), ga, at(g), next);
                        return;
                    }
                    int begin = Pieces.start(piece - 1, pieces, d, 16);
                    int stop = Pieces.start(piece, pieces, d, 16);
                    now.passOn(begin, Math.min(stop, from), ga, at(g));
                    now.passOn(Math.max(begin, end), stop, ga, at(g));
                });
            }
            Changes now = changes[last % 2];
            int pieces = now.pieces();
            workers.run(pieces, piece -> now.passOn(
                    Pieces.start(piece, pieces, d, 16), Pieces.start(piece + 1, pieces, d, 16), ga, at(g)));
        }

        /** Goes through a tile whose gradients are up to date, and leaves them as they were. */
        private void tile(int t, double lambda, double[] m, int mo, double[] g, int go, Changes changes) {
            int column = groups.start(tiles[t]);
            int columns = groups.start(tiles[t + 1]) - column;
            System.arraycopy(g, go + column * h, tile, 0, columns * h);
            changes.count = 0;
            double[] ca = array(changes.columns);
            for (int k = tiles[t]; k < tiles[t + 1]; k++) {
                int from = mo + groups.start(k) * h;
                int n = size(k) * h;
                double weight = lambda * array(groups.weights())[at(groups.weights()) + k];
                boolean moved = size(k) == 1
                        ? minimiseColumn(k, weight, m, from, (groups.start(k) - column) * h)
                        : minimiseGroup(k, weight, m, from, (groups.start(k) - column) * h);
                if (moved) {
                    // v is the new block: keep its change, and pass it on inside the tile.
                    int co = at(changes.columns) + changes.count * h;
                    for (int i = 0; i < n; i++) {
                        ca[co + i] = v[i] - m[from + i];
                        m[from + i] = v[i];
                    }
                    passOn(groups.start(k), size(k), ca, co, column, column + columns);
                    for (int j = groups.start(k); j < groups.start(k + 1); j++) {
                        changes.list[changes.count++] = j;
                    }
                }
            }
            changes.gatherRows(column, columns);
        }

        /** Takes what columns [first, first + size) have changed by, from {@code co} on, from the tile behind them. */
        private void passOn(int first, int size, double[] ca, int co, int column, int end) {
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

        /** What a tile's columns have changed by. */
        private final class Changes {
            private final F64 columns; // (h, widest), of the columns that have changed
            private final int[] list; // these
            private int count; // of them
            private final F64 gathered; // (d, widest)
            private F64 rows; // R's columns of them, (d, count): gathered, or where they are

            Changes(Scope scope, int widest) {
                this.columns = scope.unset((long) h * widest);
                this.list = new int[widest];
                this.gathered = scope.unset((long) d * widest);
            }

            /** Where those of R are, if these are all of the tile's. */
            void gatherRows(int column, int all) {
                if (count == all) {
                    rows = r.slice((long) column * d, (long) all * d);
                    return;
                }
                for (int i = 0; i < count; i++) {
                    System.arraycopy(array(r), at(r) + list[i] * d, array(gathered), at(gathered) + i * d, d);
                }
                rows = gathered;
            }

            /** Pieces of the product that passes them on to all gradients. */
            int pieces() {
                return Pieces.of(2.0 * h * d * count, BLOCK);
            }

            /** Takes them from the gradients of columns [from, end). */
            void passOn(int from, int end, double[] g, int go) {
                if (count > 0 && from < end) {
                    OpenBlas.BLAS.dgemm(
                            "N", "T", h, end - from, count, -1, array(columns), at(columns), h, array(rows),
                            at(rows) + from, d, 1, g, go + from * h, h);
                }
            }
        }
    }
}
