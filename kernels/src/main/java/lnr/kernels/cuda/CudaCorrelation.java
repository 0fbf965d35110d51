package lnr.kernels.cuda;

import static lnr.kernels.Shapes.atLeast;
import static lnr.kernels.Shapes.exactly;

import lnr.kernels.Correlation;
import lnr.kernels.Device;
import lnr.kernels.F32;
import lnr.kernels.F64;

/**
 * Sums of outer products: a block of threads for each tile of the result and each split of the samples, then one sum
 * over the splits; see correlation.cu.
 */
@SuppressWarnings("try") // A turn is held, not referred to.
final class CudaCorrelation implements Correlation {
    /** Rows and columns of a tile. */
    private static final int TILE = 64;

    /** Samples that a block takes at once. */
    private static final int SLAB = 16;

    private static final int THREADS = 128;

    /** Blocks of the second stage for a tile, and their threads. */
    private static final int ADDING_BLOCKS = 16;

    private static final int ADDING_THREADS = 512;

    /** Blocks that run at once on an H100: three on each of its 132 multiprocessors. */
    private static final int AT_ONCE = 396;

    /** What starting and ending a block costs, in the time that a sample takes. */
    private static final int BLOCK_COST = 48;

    /** What a split of a tile costs the second stage, likewise: all blocks share it. */
    private static final double SPLIT_COST = 0.5;

    /** Tiles, of all splits, whose sums are kept at once: 64 MB. */
    private static final int MOST_TILES = 2048;

    /** Patches numbered in one launch, unless one image has more. */
    private static final int MOST_PATCHES = 1 << 30;

    private static final int SQUARES_THREADS = 256;

    /** Numbers a thread squares, where not even this many blocks suffice. */
    private static final int SQUARES_BLOCKS = 1024;

    private final CudaDevice device;
    private final Kernels kernels;

    /** In a turn of the device's. */
    CudaCorrelation(CudaDevice device) {
        this.device = device;
        this.kernels = new Kernels(device, "correlation", Device.Type.F64);
    }

    /** The first stage: launches a kernel on a grid of (tiles, splits), each of {@code per} samples at most. */
    @FunctionalInterface
    private interface Products {
        void launch(int tiles, int splits, int per, int first, Address sums);
    }

    @Override
    public void addGram(int n, int d, boolean bias, F32 x, F64 s) {
        atLeast("n", n, 0);
        atLeast("d", d, 0);
        int width = Math.addExact(d, bias ? 1 : 0);
        exactly("x", x, (long) n * d);
        exactly("s", s, (long) width * width);
        device.require(x, s);
        add(n, width, width, true, s, (tiles, splits, per, first, sums) -> kernels.launch(
                "lnr_add_gram", tiles, splits, THREADS, 0, n, d, bias ? 1 : 0, per, first, x, sums));
    }

    @Override
    public void addCross(int n, int h, int d, boolean bias, F32 y, F32 x, F64 s) {
        atLeast("n", n, 0);
        atLeast("h", h, 0);
        atLeast("d", d, 0);
        int width = Math.addExact(d, bias ? 1 : 0);
        exactly("y", y, (long) n * h);
        exactly("x", x, (long) n * d);
        exactly("s", s, (long) h * width);
        device.require(y, x, s);
        add(n, h, width, false, s, (tiles, splits, per, first, sums) -> kernels.launch(
                "lnr_add_cross", tiles, splits, THREADS, 0, n, h, d, bias ? 1 : 0, per, first, y, x, sums));
    }

    @Override
    public void addPatchGram(
            int n, int channels, int height, int width, int kernel, boolean bias, F32 x, F64 s) {
        atLeast("n", n, 0);
        atLeast("channels", channels, 0);
        atLeast("kernel", kernel, 1);
        atLeast("height", height, kernel);
        atLeast("width", width, kernel);
        int patch = Math.multiplyExact(channels, Math.multiplyExact(kernel, kernel));
        int features = Math.addExact(patch, bias ? 1 : 0);
        int inputs = Math.multiplyExact(channels, Math.multiplyExact(height, width));
        exactly("x", x, (long) n * inputs);
        exactly("s", s, (long) features * features);
        device.require(x, s);
        int positions = Math.multiplyExact(height - kernel + 1, width - kernel + 1);
        int most = Math.max(1, MOST_PATCHES / positions);
        for (int from = 0; from < n; from += most) {
            int images = Math.min(most, n - from);
            F32 maps = x.slice((long) from * inputs, (long) images * inputs);
            int patches = images * positions;
            add(patches, features, features, true, s, (tiles, splits, per, first, sums) -> kernels.launch(
                    "lnr_add_patch_gram", tiles, splits, THREADS, 0, patches, channels, height, width, kernel,
                    bias ? 1 : 0, per, first, maps, sums));
        }
    }

    /** S = S + products, some tiles at a time so that scratch memory stays small. */
    private void add(int samples, int rows, int columns, boolean symmetric, F64 s, Products products) {
        long down = tiles(rows);
        long tiles = symmetric ? down * (down + 1) / 2 : down * tiles(columns);
        if (samples == 0 || tiles == 0) {
            return;
        }
        try (Turn turn = device.turn()) {
            for (long first = 0; first < tiles; first += MOST_TILES) {
                int count = (int) Math.min(MOST_TILES, tiles - first);
                int splits = splits(count, samples);
                int per = slabs((samples - 1) / splits + 1) * SLAB;
                splits = (samples - 1) / per + 1;
                Address sums = new Address(device.scratch(8L * count * splits * TILE * TILE));
                double flops = (symmetric ? 1.0 : 2.0) * samples * rows * columns * count / tiles;
                kernels.work(4.0 * samples * (symmetric ? rows : rows + columns), flops);
                products.launch(count, splits, per, (int) first, sums);
                kernels.work(8.0 * count * TILE * TILE * (splits + 2), 1.0 * count * TILE * TILE * splits)
                        .launch(
                                "lnr_add_tiles", ADDING_BLOCKS * count, 1, ADDING_THREADS, 0, rows, columns,
                                symmetric ? 1 : 0, (int) first, splits, sums, s);
            }
        }
    }

    private static int tiles(int features) {
        return features / TILE + (features % TILE == 0 ? 0 : 1);
    }

    private static int slabs(int samples) {
        return samples / SLAB + (samples % SLAB == 0 ? 0 : 1);
    }

    /**
     * Into how many splits the samples go: as many as keep a device busy to the end of one to four rounds of blocks,
     * whichever takes the least time. A constant stands for the device, so that shapes alone decide the order of sums.
     */
    private static int splits(int tiles, int samples) {
        int best = 1;
        double least = Double.POSITIVE_INFINITY;
        for (int rounds = 1; rounds <= 4; rounds++) {
            int splits = Math.max(1, Math.min(rounds * AT_ONCE / tiles, slabs(samples)));
            int taken = (tiles * splits - 1) / AT_ONCE + 1;
            double time = taken * ((double) samples / splits + BLOCK_COST) + SPLIT_COST * tiles * splits;
            if (time < least) {
                least = time;
                best = splits;
            }
        }
        return best;
    }

    @Override
    public void addSquares(int n, int h, F32 y, F64 s) {
        atLeast("n", n, 0);
        atLeast("h", h, 0);
        exactly("y", y, (long) n * h);
        atLeast("s", s, 1);
        device.require(y, s);
        long count = y.length();
        if (count == 0) {
            return;
        }
        try (Turn turn = device.turn()) {
            int blocks = (int) Math.min(SQUARES_BLOCKS, (count - 1) / (16 * SQUARES_THREADS) + 1);
            Address parts = new Address(device.scratch(8L * blocks));
            kernels.work(4.0 * count, 2.0 * count)
                    .launch("lnr_add_squares", blocks, 1, SQUARES_THREADS, 0, count, y, parts);
            kernels.work(8.0 * blocks, blocks).launch("lnr_add_sum", 1, 1, SQUARES_THREADS, 0, blocks, parts, s);
        }
    }
}
