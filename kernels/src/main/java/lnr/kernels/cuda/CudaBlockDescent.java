package lnr.kernels.cuda;

import static lnr.kernels.Shapes.atLeast;
import static lnr.kernels.Shapes.exactly;

import java.util.ArrayList;
import java.util.List;
import lnr.kernels.Blas;
import lnr.kernels.BlockDescent;
import lnr.kernels.Device;
import lnr.kernels.F64;
import lnr.kernels.Groups;
import lnr.kernels.I32;
import lnr.kernels.Scope;

/**
 * Gauss-Seidel over the groups, in tiles: one block of threads walks a tile, one product brings the gradient up to
 * date; see block_descent.cu. A few proximal steps for all groups at once would suit a GPU better, but take more rounds
 * the worse a problem is scaled; the exact pass takes the rounds that it takes on the CPU.
 *
 * <p>A pass waits for nothing and allocates nothing, so it can be recorded.
 */
@SuppressWarnings("try") // A turn is held, not referred to.
final class CudaBlockDescent implements BlockDescent {
    /** Columns of a tile, unless a group has more; the kernel keeps a set of them in an integer. */
    private static final int TILE = 32;

    private static final int WARP = 32;
    private static final int BLOCK = 256;

    /** Threads that walk a tile at most. */
    private static final int WALKING = 512;

    /** Bytes of shared memory that the kernel has besides. */
    private static final int SUMS = 256;

    private final CudaDevice device;
    private final Blas blas;
    private final Kernels kernels;

    /** In a turn of the device's. */
    CudaBlockDescent(CudaDevice device, Blas blas) {
        this.device = device;
        this.blas = blas;
        this.kernels = new Kernels(device, "block_descent", Device.Type.F64);
    }

    @Override
    public Passes prepare(Scope scope, int h, Groups groups, F64 r, F64 c) {
        atLeast("h", h, 1);
        int d = groups.columns();
        exactly("r", r, (long) d * d);
        exactly("c", c, (long) h * d);
        device.require(r, c, groups.starts(), groups.weights());
        return new Sweep(scope, h, groups, r);
    }

    /**
     * Groups [group, end), which are columns [column, column + columns) of M.
     *
     * @param largest columns of the largest group, 0 where that is 1
     * @param shared bytes of shared memory in which the tile is kept, 0 where there is no room
     */
    private record Tile(int group, int end, int column, int columns, int largest, int shared) {}

    private final class Sweep implements Passes {
        private final int h;
        private final int d;
        private final Groups groups;
        private final F64 r;
        private final List<Tile> tiles = new ArrayList<>();
        private final I32 places; // (groups), where each group's block is in q
        private final F64 q; // eigenvectors of each group's block, one after the other
        private final F64 eigenvalues; // (d), of groups of more columns than one
        private final I32 live; // (groups), whether it is not zero
        private final F64 change; // (h, columns of the widest tile)
        private final F64 work;

        Sweep(Scope scope, int h, Groups groups, F64 r) {
            this.h = h;
            this.d = groups.columns();
            this.groups = groups;
            this.r = r;
            int[] place = new int[groups.count() + 1];
            for (int k = 0; k < groups.count(); k++) {
                int size = size(k);
                place[k + 1] = Math.addExact(place[k], size == 1 ? 0 : Math.multiplyExact(size, size));
            }
            this.places = scope.i32(place);
            this.q = scope.f64(place[groups.count()]);
            this.eigenvalues = scope.f64(d);
            this.live = scope.i32(groups.count());
            long widest = 0;
            long working = 0;
            for (int first = 0; first < groups.count(); first = tiles.get(tiles.size() - 1).end) {
                Tile tile = tile(first);
                tiles.add(tile);
                widest = Math.max(widest, tile.columns);
                working = Math.max(working, tile.shared > 0 ? 0 : (h + 2L) * tile.largest);
            }
            this.change = scope.f64(Math.multiplyExact(h, widest));
            this.work = scope.f64(working);
            decompose(place);
        }

        private int size(int k) {
            return groups.start(k + 1) - groups.start(k);
        }

        private Tile tile(int first) {
            int column = groups.start(first);
            int largest = size(first);
            int end = first + 1;
            while (end < groups.count() && groups.start(end + 1) - column <= TILE) {
                largest = Math.max(largest, size(end));
                end++;
            }
            int columns = groups.start(end) - column;
            if (largest == 1) {
                largest = 0;
            }
            long bytes = 8 * ((h + (long) columns) * columns + (h + 2L) * largest);
            boolean kept = bytes + SUMS <= device.sharedMemory();
            Math.multiplyExact(Math.max(h, d), columns); // the kernel counts a tile's numbers in integers
            return new Tile(first, end, column, columns, largest, kept ? (int) bytes : 0);
        }

        private void decompose(int[] place) {
            if (groups.largest() <= 1) {
                return;
            }
            try (Turn turn = device.turn()) {
                kernels.work(16.0 * place[groups.count()], 0)
                        .launch("lnr_diagonal_blocks", groups.count(), 1, BLOCK, 0, d, groups.starts(), places, r, q);
            }
            for (int k = 0; k < groups.count(); k++) {
                int size = size(k);
                if (size > 1) {
                    blas.eigen(
                            size, q.slice(place[k], (long) size * size), eigenvalues.slice(groups.start(k), size));
                }
            }
        }

        @Override
        public void run(double lambda, F64 m, F64 g) {
            exactly("m", m, (long) h * d);
            exactly("g", g, (long) h * d);
            device.require(m, g, r, q);
            if (d == 0) {
                return;
            }
            try (Turn turn = device.turn()) {
                kernels.work(8.0 * h * d, 0)
                        .launch("lnr_live_groups", groups.count(), 1, BLOCK, 0, h, groups.starts(), m, live);
                for (Tile tile : tiles) {
                    walk(tile, lambda, m, g);
                    long columns = tile.columns;
                    blas.gemm(
                            false, true, h, d, tile.columns, -1, change.slice(0, h * columns), h,
                            r.slice((long) tile.column * d, columns * d), d, 1, g, h);
                }
            }
        }

        private void walk(Tile tile, double lambda, F64 m, F64 g) {
            double rows = (double) h * tile.columns;
            double squares = 3.0 * h * tile.largest * tile.columns; // of groups, all as large as the largest
            kernels.work(8 * (4 * rows + (double) tile.columns * tile.columns), rows * tile.columns + 2 * squares)
                    .launch(
                            "lnr_descend_tile", 1, 1, Math.min(WALKING, (h + WARP - 1) / WARP * WARP), tile.shared, h,
                            d, tile.group, tile.end, tile.largest, tile.shared > 0 ? 1 : 0, lambda, groups.starts(),
                            groups.weights(), live, places, r, q, eigenvalues, g, m, work, change);
        }
    }
}
