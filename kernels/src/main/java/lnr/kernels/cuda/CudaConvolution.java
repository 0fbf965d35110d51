package lnr.kernels.cuda;

import lnr.kernels.Device;
import lnr.kernels.F32;
import lnr.kernels.Layers.ConvShape;
import lnr.kernels.U8;

/**
 * How the kernels of {@code convolution.cu} and {@code convolution_gradients.cu} are launched: by shapes, and by how
 * much shared memory a block may have on this device, alone. Each operation has a fast kernel for 5 x 5 filters, and a
 * plain one for what that is not for.
 */
final class CudaConvolution {
    private static final int THREADS = 256;
    private static final int WARP = 32;

    /** Side and area of the filters that the fast kernels are for. */
    private static final int SIDE = 5;

    private static final int AREA = SIDE * SIDE;

    /** Blocks that a batch is cut into, where it is large enough: about the multiprocessors of an H100. */
    private static final int BLOCKS = 128;

    /** Rows of a grid at most, CUDA's limit: what would take more, of so many filters or channels, is for the plain. */
    private static final int MOST_ROWS = 65535;

    /** Four-channel vectors that a warp may have at each of the 25 taps: its lanes own 4 x 32. */
    private static final int MOST_DEPTH = 5;

    /** Sums of all parts of a batch, of the plain kernel: 8 MB, about what the fast ones need at most. */
    private static final long MOST_SUMS = 1 << 21;

    private final CudaDevice device;
    private final Kernels kernels;
    private final Kernels gradients;

    /** In a turn of the device's. */
    CudaConvolution(CudaDevice device) {
        this.device = device;
        this.kernels = new Kernels(device, "convolution", Device.Type.F32);
        this.gradients = new Kernels(device, "convolution_gradients", Device.Type.F32);
    }

    /** As {@link lnr.kernels.Layers#convolve}, in a turn of the device's. */
    void forward(ConvShape shape, int n, F32 x, F32 w, F32 b, F32 y, U8 winner) {
        if (y.length() == 0) {
            return;
        }
        kernels.work(4.0 * (x.length() + w.length() + y.length()), 8.0 * y.length() * shape.patch());
        if (!forwardInTiles(shape, n, x, w, b, y, winner)) {
            kernels.launch(
                    "lnr_convolve", blocks(y.length()), 1, THREADS, 0, n, shape.channels(), shape.height(),
                    shape.width(), shape.filters(), shape.kernel(), x, w, b, y, winner);
        }
    }

    private boolean forwardInTiles(ConvShape shape, int n, F32 x, F32 w, F32 b, F32 y, U8 winner) {
        // Threads that compute, of 24 warps: one is left, to bring the next channels at least.
        int most = 23 * WARP;
        int split = shape.channels() < 3 ? 1 : 3;
        int segments = ceil(shape.pooledWidth(), 4);
        long tiles = (long) shape.pooledHeight() * segments; // of a sample
        if (shape.kernel() != SIDE || split * tiles > most) {
            return false;
        }
        int groups = ceil(ceil(shape.filters(), 2), most / (int) (split * tiles));
        if (groups > MOST_ROWS) {
            return false;
        }
        int pairs = ceil(ceil(shape.filters(), 2), groups);
        int samples = Math.max(1, Math.min(ceil(n, BLOCKS), most / (int) (split * tiles * pairs)));
        int group = samples * (int) tiles * pairs;
        int pitch = 8 * segments + SIDE - 1;
        int plane = 4 * (shape.height() * pitch / 4 | 1);
        long stage = split * ((long) samples * plane + 2L * pairs * 28);
        int stages = shape.channels() > split ? 2 : 1;
        long shared = 4 * Math.max(stages * stage, split > 1 ? 32L * group : 0);
        if (shared > device.sharedMemory()) {
            return false;
        }
        int computing = ceil(split * group, WARP);
        int warps = stages > 1 ? Math.min(24, computing + 4) : computing;
        kernels.launch(
                split > 1 ? "lnr_convolve_5_split" : "lnr_convolve_5", ceil(n, samples), groups, warps * WARP,
                (int) shared, n, shape.channels(), shape.height(), shape.width(), shape.filters(), samples, pairs,
                pitch, plane, x, w, b, y, winner);
        return true;
    }

    /** The weights' and the bias' part of {@link lnr.kernels.Layers#convolveBackward}, in a turn of the device's. */
    void backward(ConvShape shape, int n, F32 x, U8 winner, F32 dy, F32 dw, F32 db) {
        if (db.length() == 0) {
            return;
        }
        gradients.work(4.0 * x.length() + 5.0 * dy.length(), 2.0 * dy.length() * shape.patch());
        long sums = shape.filters() * (shape.patch() + 1L);
        int parts = 0;
        if (n > 0 && shape.kernel() == SIDE && shape.channels() > 0) {
            parts = shape.channels() == 1
                    ? partsOfOneChannel(shape, n, sums, x, winner, dy)
                    : partsByItem(shape, n, sums, x, winner, dy);
        }
        if (parts == 0 && n > 0) {
            int part = ceil(n, (int) Math.max(1, Math.min(Math.min(n, BLOCKS), MOST_SUMS / sums)));
            parts = ceil(n, part);
            int blocks = Math.multiplyExact(shape.filters(), ceil(shape.patch() + 1, THREADS));
            gradients.launch(
                    "lnr_convolve_dw", blocks, parts, THREADS, 0, n, shape.channels(), shape.height(), shape.width(),
                    shape.filters(), shape.kernel(), part, x, winner, dy, partials(parts, sums));
        }
        gradients.work(4.0 * (parts + 1) * sums, (double) parts * sums)
                .launch("lnr_convolve_sum", Math.toIntExact((sums + WARP - 1) / WARP), 1, THREADS, 0, parts,
                        shape.filters(), shape.patch(), partials(parts, sums), dw, db);
    }

    /** Parts of the batch that the fast kernel has summed apart; 0 when a sample, or a grid, is too large for it. */
    private int partsByItem(ConvShape shape, int n, long sums, F32 x, U8 winner, F32 dy) {
        int levels = ceil(shape.channels(), 4);
        int chunks = ceil(levels, MOST_DEPTH);
        int depth = ceil(levels, chunks);
        int groups = ceil(shape.filters(), WARP);
        if ((long) groups * chunks > MOST_ROWS) {
            return 0;
        }
        int part = ceil(n, Math.max(1, Math.min(n, BLOCKS / (groups * chunks))));
        int parts = ceil(n, part);
        // As the kernel has it: pixels of an odd number of vectors, rows of 5 pixels more, modulo the banks.
        int pixel = depth | 1;
        int pitch = shape.width() * pixel + Math.floorMod((SIDE - shape.width()) * pixel, 8);
        long bytes = 16L * shape.height() * pitch;
        int samples = (int) Math.min(part, device.sharedMemory() / bytes);
        if (samples == 0) {
            return 0;
        }
        gradients.launch(
                "lnr_convolve_dw_5", parts, groups * chunks, ceil(shape.filters(), groups) * WARP,
                (int) (samples * bytes), n, shape.channels(), shape.height(), shape.width(), shape.filters(), part,
                samples, groups, depth, x, winner, dy, partials(parts, sums));
        return parts;
    }

    /** As {@link #partsByItem}. */
    private int partsOfOneChannel(ConvShape shape, int n, long sums, F32 x, U8 winner, F32 dy) {
        int most = 512;
        int groups = ceil(shape.filters(), 64);
        if (groups > MOST_ROWS) {
            return 0;
        }
        int group = ceil(shape.filters(), groups);
        int part = ceil(n, Math.max(1, Math.min(n, BLOCKS / groups)));
        int parts = ceil(n, part);
        long positions = (long) shape.pooledHeight() * shape.pooledWidth() | 1;
        long bytes = 4L * shape.inputs() + 5 * group * positions;
        int samples = (int) Math.min(part, device.sharedMemory() / bytes);
        if (samples == 0) {
            return 0;
        }
        int slots = Math.min(most / group, samples * shape.pooledHeight());
        long shared = Math.max(samples * bytes, 4L * (AREA + 1) * slots * group);
        gradients.launch(
                "lnr_convolve_dw_5_single", parts, groups, ceil(slots * group, WARP) * WARP, (int) shared, n,
                shape.height(), shape.width(), shape.filters(), part, samples, group, slots, x, winner, dy,
                partials(parts, sums));
        return parts;
    }

    private Address partials(int parts, long sums) {
        return new Address(device.scratch(4 * parts * sums));
    }

    /** The input's part of {@link lnr.kernels.Layers#convolveBackward}, in a turn of the device's. */
    void backwardInput(ConvShape shape, int n, F32 w, U8 winner, F32 dy, F32 dx) {
        if (dx.length() == 0) {
            return;
        }
        gradients.work(4.0 * (dx.length() + w.length()) + 5.0 * dy.length(), 2.0 * dy.length() * shape.patch());
        if (!inputByItem(shape, n, w, winner, dy, dx)) {
            gradients.launch(
                    "lnr_convolve_dx", blocks(dx.length()), 1, THREADS, 0, n, shape.channels(), shape.height(),
                    shape.width(), shape.filters(), shape.kernel(), w, winner, dy, dx);
        }
    }

    private boolean inputByItem(ConvShape shape, int n, F32 w, U8 winner, F32 dy, F32 dx) {
        int levels = ceil(shape.channels(), 4);
        if (shape.kernel() != SIDE || shape.filters() == 0) {
            return false;
        }
        int depth = ceil(levels, ceil(levels, MOST_DEPTH));
        while (depth > 1 && inputShared(shape, 1, depth) > device.sharedMemory()) {
            depth--;
        }
        int samples = ceil(n, BLOCKS);
        while (samples > 1 && inputShared(shape, samples, depth) > device.sharedMemory()) {
            samples--;
        }
        long shared = inputShared(shape, samples, depth);
        if (shared > device.sharedMemory() || ceil(levels, depth) > MOST_ROWS) {
            return false;
        }
        int warps = Math.min(32, samples * 2 * shape.pooledHeight());
        gradients.launch(
                "lnr_convolve_dx_5", ceil(n, samples), ceil(levels, depth), warps * WARP, (int) shared, n,
                shape.channels(), shape.height(), shape.width(), shape.filters(), samples, depth, w, winner, dy, dx);
        return true;
    }

    /** Bytes of shared memory: weights, strips, gradients and winners. */
    private static long inputShared(ConvShape shape, int samples, int depth) {
        long strips = samples * 2L * shape.pooledHeight() * shape.width() * SIDE * depth;
        long items = (long) samples * shape.filters() * (shape.pooledHeight() * shape.pooledWidth() | 1);
        return 16L * shape.filters() * AREA * depth + 16 * strips + 5 * items;
    }

    private static int blocks(long threads) {
        return Math.toIntExact((threads + THREADS - 1) / THREADS);
    }

    /** a / b, rounded up. */
    private static int ceil(int a, int b) {
        return -Math.floorDiv(-a, b);
    }
}
