package lnr.kernels.cuda;

import static lnr.kernels.Shapes.atLeast;
import static lnr.kernels.Shapes.exactly;

import lnr.kernels.Device;
import lnr.kernels.F64;
import lnr.kernels.Groups;
import lnr.kernels.I32;
import lnr.kernels.Support;

/** The parts of a Newton step on the support: a warp or a block for each column or group; see support.cu. */
@SuppressWarnings("try") // A turn is held, not referred to.
final class CudaSupport implements Support {
    private static final int WARP = 32;
    private static final int BLOCK = 256;

    /** Warps of a block in which each is a team. */
    private static final int WARPS = 4;

    /** Numbers of a group that a warp walks at most: 16 pairs a lane. */
    private static final int SHORT = 1024;

    private final CudaDevice device;
    private final Kernels kernels;

    /** In a turn of the device's. */
    CudaSupport(CudaDevice device) {
        this.device = device;
        this.kernels = new Kernels(device, "support", Device.Type.F64);
    }

    @Override
    public void gather(int h, I32 columns, F64 m, F64 out) {
        atLeast("h", h, 0);
        int n = Math.toIntExact(columns.length());
        exactly("out", out, (long) h * n);
        device.require(columns, m, out);
        if (h == 0 || n == 0) {
            return;
        }
        try (Turn turn = device.turn()) {
            kernels.work(16.0 * h * n, 0)
                    .launch("lnr_gather_columns", warps(n), 1, WARPS * WARP, 0, h, n, m.length() / h, columns, m, out);
        }
    }

    @Override
    public void scatter(int h, I32 columns, F64 in, F64 m) {
        atLeast("h", h, 0);
        int n = Math.toIntExact(columns.length());
        exactly("in", in, (long) h * n);
        device.require(columns, in, m);
        try (Turn turn = device.turn()) {
            m.clear();
            if (h > 0 && n > 0) {
                kernels.work(16.0 * h * n, 0)
                        .launch(
                                "lnr_scatter_columns", warps(n), 1, WARPS * WARP, 0, h, n, m.length() / h, columns, in,
                                m);
            }
        }
    }

    @Override
    public void submatrix(int d, I32 columns, F64 r, F64 out) {
        atLeast("d", d, 0);
        exactly("r", r, (long) d * d);
        int n = Math.toIntExact(columns.length());
        exactly("out", out, (long) n * n);
        device.require(columns, r, out);
        if (n == 0) {
            return;
        }
        try (Turn turn = device.turn()) {
            kernels.work(16.0 * n * n, 0)
                    .launch("lnr_submatrix", warps(n), 1, WARPS * WARP, 0, n, d, columns, r, out);
        }
    }

    /** Blocks of so many warps in all. */
    private static int warps(long count) {
        return Math.toIntExact((count + WARPS - 1) / WARPS);
    }

    @Override
    public void slope(
            int h, Groups groups, double lambda, double epsilon, F64 m, F64 g, F64 hat, F64 slope, F64 shift) {
        atLeast("h", h, 0);
        long size = (long) h * groups.columns();
        exactly("m", m, size);
        exactly("g", g, size);
        exactly("hat", hat, size);
        exactly("slope", slope, size);
        exactly("shift", shift, groups.columns());
        device.require(m, g, hat, slope, shift, groups.starts(), groups.weights());
        launch(
                "lnr_slope", h, groups, 32, 5, lambda, epsilon, groups.starts(), groups.weights(), m, g, hat, slope,
                shift);
    }

    @Override
    public void complement(Groups groups, F64 shift, F64 a, F64 b, F64 t) {
        int n = groups.columns();
        int count = groups.count();
        exactly("shift", shift, n);
        exactly("a", a, (long) n * n);
        exactly("b", b, (long) n * n);
        exactly("t", t, (long) count * count);
        device.require(shift, a, b, t, groups.starts());
        if (count == 0) {
            return;
        }
        try (Turn turn = device.turn()) {
            kernels.work(16.0 * n * n + 8.0 * count * count, 2.0 * n * n);
            if (groups.largest() == 1) {
                kernels.launch("lnr_complement", warps(n), 1, WARPS * WARP, 0, n, shift, a, b, t);
            } else {
                kernels.launch(
                        "lnr_complement_groups", warps((long) count * count), 1, WARPS * WARP, 0, n, count,
                        groups.starts(), shift, a, b, t);
            }
        }
    }

    @Override
    public void inner(int h, Groups groups, F64 a, F64 b, F64 out) {
        atLeast("h", h, 0);
        exactly("a", a, (long) h * groups.columns());
        exactly("b", b, (long) h * groups.columns());
        exactly("out", out, groups.count());
        device.require(a, b, out, groups.starts());
        launch("lnr_inner", h, groups, 16, 2, groups.starts(), a, b, out);
    }

    @Override
    public void addScaled(int h, Groups groups, F64 c, F64 x, F64 y) {
        atLeast("h", h, 0);
        exactly("c", c, groups.count());
        exactly("x", x, (long) h * groups.columns());
        exactly("y", y, (long) h * groups.columns());
        device.require(c, x, y, groups.starts());
        launch("lnr_add_scaled", h, groups, 24, 2, groups.starts(), c, x, y);
    }

    @Override
    public void retreat(int h, Groups groups, double t, F64 m, F64 d, F64 out) {
        atLeast("h", h, 0);
        exactly("m", m, (long) h * groups.columns());
        exactly("d", d, (long) h * groups.columns());
        exactly("out", out, (long) h * groups.columns());
        device.require(m, d, out, groups.starts());
        launch("lnr_retreat", h, groups, 24, 6, t, groups.starts(), m, d, out);
    }

    /**
     * Launches a kernel with a team for each group.
     *
     * @param bytes of each number of an (h, n) matrix
     * @param flops likewise
     * @param rest the kernel's arguments behind h, the number of groups and the size of a team
     */
    private void launch(String kernel, int h, Groups groups, double bytes, double flops, Object... rest) {
        int count = groups.count();
        if (count == 0) {
            return;
        }
        boolean warps = Math.multiplyExact(h, groups.largest()) <= SHORT;
        int team = warps ? WARP : BLOCK;
        Object[] arguments = new Object[3 + rest.length];
        arguments[0] = h;
        arguments[1] = count;
        arguments[2] = team;
        System.arraycopy(rest, 0, arguments, 3, rest.length);
        double size = (double) h * groups.columns();
        try (Turn turn = device.turn()) {
            kernels.work(bytes * size, flops * size)
                    .launch(kernel, warps ? warps(count) : count, 1, warps ? WARPS * WARP : BLOCK, 0, arguments);
        }
    }
}
