package lnr.kernels.cuda;

import static lnr.kernels.Shapes.atLeast;
import static lnr.kernels.Shapes.exactly;
import static lnr.kernels.Shapes.positive;
import static lnr.kernels.Shapes.share;

import lnr.kernels.Blas;
import lnr.kernels.Device;
import lnr.kernels.F32;
import lnr.kernels.F64;
import lnr.kernels.I32;
import lnr.kernels.Layers;
import lnr.kernels.U8;

/**
 * The network's layers: products by cuBLAS, the rest in kernels. What refers to images or classes by number is checked
 * before it is used, for which the device is waited for; operations that are being recorded, where that cannot be, give
 * NaN instead.
 */
@SuppressWarnings("try") // A turn is held, not referred to.
final class CudaLayers implements Layers {
    private static final int THREADS = 256;

    /** Threads of a block that looks for the first of something. */
    private static final int SEARCHING = 1024;

    /** Blocks that share a batch's loss at most, each a warp a sample. */
    private static final int MOST_BLOCKS = 128;

    /** Indices that were found to be below {@code count}, until something else is written to their memory. */
    private record Checked(CudaMemory memory, long writes, long count) {}

    private final CudaDevice device;
    private final Blas blas;
    private final CudaConvolution convolution;
    private final Kernels gather;
    private final Kernels dense;
    private final Kernels crossEntropy;
    private final Kernels adam;
    private Checked checked;

    /** In a turn of the device's. */
    CudaLayers(CudaDevice device, Blas blas) {
        this.device = device;
        this.blas = blas;
        this.convolution = new CudaConvolution(device);
        this.gather = new Kernels(device, "gather", Device.Type.F32);
        this.dense = new Kernels(device, "dense", Device.Type.F32);
        this.crossEntropy = new Kernels(device, "cross_entropy", Device.Type.F32);
        this.adam = new Kernels(device, "adam", Device.Type.F32);
    }

    @Override
    public void gatherImages(int n, int size, U8 images, I32 order, float mean, float deviation, F32 x) {
        exactly("order", order, n);
        exactly("x", x, (long) n * size);
        device.require(images, order, x);
        if (n == 0) {
            return;
        }
        try (Turn turn = device.turn()) {
            long count = images.length() / Math.max(1, size);
            requireIndices(n, order, count);
            if (size > 0) {
                gather.work(5.0 * n * size, 4.0 * n * size)
                        .launch("lnr_gather_images", n, 1, THREADS, 0, size, count, images, order, mean, deviation, x);
            }
        }
    }

    @Override
    public void gatherShifted(
            int n,
            int height,
            int width,
            U8 images,
            I32 order,
            I32 shifts,
            float mean,
            float deviation,
            F32 x) {
        atLeast("height", height, 0);
        atLeast("width", width, 0);
        int size = Math.multiplyExact(height, width);
        long count = images.length() / Math.max(1, size);
        exactly("order", order, n);
        exactly("shifts", shifts, 2 * count);
        exactly("x", x, (long) n * size);
        device.require(images, order, shifts, x);
        if (n == 0) {
            return;
        }
        try (Turn turn = device.turn()) {
            requireIndices(n, order, count);
            if (size > 0) {
                gather.work(5.0 * n * size, 4.0 * n * size)
                        .launch("lnr_gather_shifted", n, 1, THREADS, 0, height, width, count, images, order, shifts,
                                mean, deviation, x);
            }
        }
    }

    @Override
    public void gatherLabels(int n, U8 labels, I32 order, U8 y) {
        exactly("order", order, n);
        exactly("y", y, n);
        device.require(labels, order, y);
        if (n == 0) {
            return;
        }
        try (Turn turn = device.turn()) {
            requireIndices(n, order, labels.length());
            gather.work(6.0 * n, 0)
                    .launch("lnr_gather_labels", blocks(n), 1, THREADS, 0, n, labels.length(), labels, order, y);
        }
    }

    @Override
    public void gatherRows(int n, int size, F32 rows, I32 order, F32 x) {
        exactly("order", order, n);
        exactly("x", x, (long) n * size);
        device.require(rows, order, x);
        if (n == 0) {
            return;
        }
        try (Turn turn = device.turn()) {
            long count = rows.length() / Math.max(1, size);
            requireIndices(n, order, count);
            if (size > 0) {
                gather.work(8.0 * n * size, 0)
                        .launch("lnr_gather_rows", blocks((long) n * size), 1, THREADS, 0, n, size, count, rows, order,
                                x);
            }
        }
    }

    @Override
    public void convolve(ConvShape shape, int n, F32 x, F32 w, F32 b, F32 y, U8 winner) {
        exactly("x", x, (long) n * shape.inputs());
        exactly("w", w, (long) shape.filters() * shape.patch());
        exactly("b", b, shape.filters());
        exactly("y", y, (long) n * shape.outputs());
        device.require(x, w, b, y);
        if (winner != null) {
            exactly("winner", winner, (long) n * shape.outputs());
            device.require(winner);
        }
        try (Turn turn = device.turn()) {
            convolution.forward(shape, n, x, w, b, y, winner);
        }
    }

    @Override
    public void convolveBackward(ConvShape shape, int n, F32 x, F32 w, U8 winner, F32 dy, F32 dx, F32 dw, F32 db) {
        exactly("x", x, (long) n * shape.inputs());
        exactly("w", w, (long) shape.filters() * shape.patch());
        exactly("winner", winner, (long) n * shape.outputs());
        exactly("dy", dy, (long) n * shape.outputs());
        exactly("dw", dw, (long) shape.filters() * shape.patch());
        exactly("db", db, shape.filters());
        device.require(x, w, winner, dy, dw, db);
        if (dx != null) {
            exactly("dx", dx, (long) n * shape.inputs());
            device.require(dx);
        }
        try (Turn turn = device.turn()) {
            convolution.backward(shape, n, x, winner, dy, dw, db);
            if (dx != null) {
                convolution.backwardInput(shape, n, w, winner, dy, dx);
            }
        }
    }

    @Override
    public void dense(int n, int inputs, int outputs, boolean relu, F32 x, F32 w, F32 b, F32 y) {
        exactly("x", x, (long) n * inputs);
        exactly("w", w, (long) outputs * inputs);
        exactly("b", b, outputs);
        exactly("y", y, (long) n * outputs);
        device.require(x, w, b, y);
        if (y.length() == 0) {
            return;
        }
        try (Turn turn = device.turn()) {
            int ld = Math.max(1, inputs);
            // Rows of X, W and Y are contiguous: column-major, they are X', W' and Y' = W X'.
            blas.gemm(true, false, outputs, n, inputs, 1f, w, ld, x, ld, 0f, y, outputs);
            dense.work(8.0 * y.length(), 2.0 * y.length())
                    .launch("lnr_add_bias", blocks((y.length() + 3) / 4), 1, THREADS, 0, y.length(), outputs,
                            relu ? 1 : 0, b, y);
        }
    }

    @Override
    public void denseBackward(
            int n, int inputs, int outputs, boolean relu, F32 x, F32 w, F32 y, F32 dy, F32 dx, F32 dw, F32 db) {
        exactly("x", x, (long) n * inputs);
        exactly("w", w, (long) outputs * inputs);
        exactly("dy", dy, (long) n * outputs);
        exactly("dx", dx, (long) n * inputs);
        exactly("dw", dw, (long) outputs * inputs);
        exactly("db", db, outputs);
        device.require(x, w, dy, dx, dw, db);
        if (relu) {
            exactly("y", y, (long) n * outputs);
            device.require(y);
        }
        try (Turn turn = device.turn()) {
            if (outputs > 0) {
                dense.work((relu ? 12.0 : 4.0) * dy.length(), dy.length())
                        .launch(
                                "lnr_bias_gradient", (outputs - 1) / 8 + 1, 1, THREADS, 0, n, outputs, relu ? y : null,
                                dy, db);
            }
            int ldIn = Math.max(1, inputs);
            int ldOut = Math.max(1, outputs);
            blas.gemm(false, true, inputs, outputs, n, 1f, x, ldIn, dy, ldOut, 0f, dw, ldIn);
            blas.gemm(false, false, inputs, n, outputs, 1f, w, ldIn, dy, ldOut, 0f, dx, ldIn);
        }
    }

    @Override
    public void crossEntropy(int n, int classes, F32 z, U8 labels, F32 dz, F64 sums) {
        exactly("z", z, (long) n * classes);
        exactly("labels", labels, n);
        atLeast("sums", sums, 2);
        device.require(z, labels, sums);
        if (dz != null) {
            exactly("dz", dz, (long) n * classes);
            device.require(dz);
        }
        if (n == 0) {
            return;
        }
        try (Turn turn = device.turn()) {
            requireLabels(n, classes, labels);
            int warps = THREADS / 32;
            int blocks = Math.min(MOST_BLOCKS, (n + warps - 1) / warps);
            Address partials = new Address(device.scratch(16L * MOST_BLOCKS));
            crossEntropy
                    .work((dz == null ? 4.0 : 8.0) * z.length(), 6.0 * z.length())
                    .launch("lnr_cross_entropy", blocks, 1, THREADS, 0, n, classes, z, labels, dz, partials);
            crossEntropy.work(16.0 * blocks, 2.0 * blocks)
                    .launch("lnr_add_losses", 1, 1, THREADS, 0, blocks, partials, sums);
        }
    }

    @Override
    public void distillation(
            int n, int classes, double temperature, double share, F32 z, F32 t, U8 labels, F32 dz, F64 sums) {
        exactly("z", z, (long) n * classes);
        exactly("t", t, (long) n * classes);
        exactly("labels", labels, n);
        exactly("dz", dz, (long) n * classes);
        atLeast("sums", sums, 2);
        positive("temperature", temperature);
        share("share", share);
        device.require(z, t, labels, dz, sums);
        if (n == 0) {
            return;
        }
        try (Turn turn = device.turn()) {
            requireLabels(n, classes, labels);
            int warps = THREADS / 32;
            int blocks = Math.min(MOST_BLOCKS, (n + warps - 1) / warps);
            Address partials = new Address(device.scratch(16L * MOST_BLOCKS));
            crossEntropy
                    .work(12.0 * z.length(), 20.0 * z.length())
                    .launch("lnr_distillation", blocks, 1, THREADS, 0, n, classes, (float) temperature, (float) share,
                            z, t, labels, dz, partials);
            crossEntropy.work(16.0 * blocks, 2.0 * blocks)
                    .launch("lnr_add_losses", 1, 1, THREADS, 0, blocks, partials, sums);
        }
    }

    @Override
    public void adam(I32 steps, double rate, double beta1, double beta2, double epsilon, F32 g, F32 m, F32 v, F32 w) {
        atLeast("steps", steps, 1);
        exactly("m", m, g.length());
        exactly("v", v, g.length());
        exactly("w", w, g.length());
        device.require(steps, g, m, v, w);
        try (Turn turn = device.turn()) {
            Address corrections = new Address(device.scratch(16));
            adam.work(24, 0).launch("lnr_adam_corrections", 1, 1, 1, 0, rate, beta1, beta2, steps, corrections);
            long n = g.length();
            if (n > 0) {
                adam.work(28.0 * n, 14.0 * n)
                        .launch("lnr_adam", blocks((n + 3) / 4), 1, THREADS, 0, n, beta1, beta2, epsilon, corrections,
                                g, m, v, w);
            }
        }
    }

    /**
     * Refuses indices outside [0, count). Waits, unless all of the memory that they are a part of was in order the last
     * time, and the host has not written to it since: so batches of one order are checked once.
     */
    private void requireIndices(int n, I32 order, long count) {
        CudaMemory memory = (CudaMemory) order.storage();
        Checked now = new Checked(memory, memory.writes(), count);
        if (device.isOfRecording() || now.equals(checked)) {
            return;
        }
        long found = device.scratch(8);
        gather.work(memory.bytes(), 0)
                .launch("lnr_check_order", 1, 1, SEARCHING, 0, memory.bytes() / Integer.BYTES, order.offset(), n, count,
                        new Address(memory.address()), new Address(found));
        int wrong = device.integer(found);
        if (wrong == 2) {
            throw new IllegalArgumentException(
                    "order: expected indices in [0, " + count + "), got " + device.integer(found + 4));
        }
        checked = wrong == 0 ? now : null;
    }

    private void requireLabels(int n, int classes, U8 labels) {
        if (device.isOfRecording()) {
            return;
        }
        long found = device.scratch(4);
        gather.work(n, 0).launch("lnr_check_labels", 1, 1, SEARCHING, 0, n, classes, labels, new Address(found));
        int wrong = device.integer(found);
        if (wrong >= 0) {
            throw new IllegalArgumentException("labels: expected below " + classes + ", got " + wrong);
        }
    }

    private static int blocks(long threads) {
        return Math.toIntExact((threads + THREADS - 1) / THREADS);
    }
}
