package lnr.kernels.cuda;

import static lnr.kernels.Shapes.atLeast;
import static lnr.kernels.Shapes.exactly;
import static lnr.kernels.Shapes.within;

import lnr.kernels.Buffer;
import lnr.kernels.Device;
import lnr.kernels.F32;
import lnr.kernels.F64;
import lnr.kernels.GroupNorm;
import lnr.kernels.Groups;

/**
 * The penalty and its proximal operator. A team of threads a run, that is, a group or a column of none: a warp where
 * all runs are short, else a block; see group_norm.cu.
 */
@SuppressWarnings("try") // A turn is held, not referred to.
final class CudaGroupNorm implements GroupNorm {
    private static final int WARP = 32;
    private static final int BLOCK = 256;

    /** Warps of a block in which each is a team. */
    private static final int WARPS = 4;

    /** Numbers of a run that a warp walks at most: 16 pairs a lane. */
    private static final int SHORT = 1024;

    /** Bytes in which a block keeps its runs at most: no device has less, and an H100 runs five such blocks at once. */
    private static final int ROOM = 40 << 10;

    /** Blocks whose sums the second stage adds at most: ten and more for each place on a device. */
    private static final int MOST_SUMMED = 4096;

    /** Arrays that a step keeps of each run. */
    private static final int STEP_ARRAYS = 5;

    private static final int STATS = 5;

    /** Numbers of a problem's restarted step: u, v, its length and lambda. */
    private static final int MOTION = 4;

    /** Numbers that a problem's gap is computed from. */
    private static final int GAP_SUMS = STATS + 1;

    private final CudaDevice device;
    private final Kernels kernels;

    /** In a turn of the device's. */
    CudaGroupNorm(CudaDevice device) {
        this.device = device;
        this.kernels = new Kernels(device, "group_norm", Device.Type.F64);
    }

    /**
     * How an operation is launched: as little as shapes decide.
     *
     * @param team threads that share a run
     * @param room numbers of each array of a run for which a team has shared memory, 0 for none
     * @param shared bytes of that a block
     */
    private record Launch(int blocks, int threads, int team, int room, int shared) {
        /**
         * @param columns of the longest run
         * @param arrays that are kept of a run
         * @param most blocks
         */
        static Launch of(int h, int columns, int runs, int arrays, int most) {
            int longest = Math.multiplyExact(h, columns);
            long room = longest + 2L & -2; // one more for a run that begins in the middle of 16 bytes, and even
            long bytes = 8 * arrays * room;
            boolean warps = longest <= SHORT && WARPS * bytes <= ROOM;
            int teams = warps ? WARPS : 1;
            int blocks = (int) Math.min(most, (runs + teams - 1L) / teams);
            boolean kept = teams * bytes <= ROOM;
            return new Launch(
                    blocks, warps ? WARPS * WARP : BLOCK, warps ? WARP : BLOCK, kept ? (int) room : 0,
                    kept ? (int) (teams * bytes) : 0);
        }
    }

    /** A launch for all columns of an (h, d) matrix. */
    private static Launch launch(int h, int d, Groups groups, int arrays, int most) {
        int longest = Math.max(groups.largest(), d > groups.columns() ? 1 : 0);
        return Launch.of(h, longest, runs(d, groups), arrays, most);
    }

    private static int runs(int d, Groups groups) {
        return groups.count() + d - groups.columns();
    }

    @Override
    public void norms(int h, Groups groups, F64 m, F64 out) {
        atLeast("h", h, 0);
        atLeast("m", m, (long) h * groups.columns());
        exactly("out", out, groups.count());
        device.require(m, out, groups.starts(), groups.weights());
        try (Turn turn = device.turn()) {
            norms(h, groups, null, m, out);
        }
    }

    @Override
    public void penalty(int h, Groups groups, F64 m, F64 out) {
        atLeast("h", h, 0);
        atLeast("m", m, (long) h * groups.columns());
        atLeast("out", out, 1);
        device.require(m, out, groups.starts(), groups.weights());
        try (Turn turn = device.turn()) {
            Address weighted = new Address(device.scratch(8L * groups.count()));
            norms(h, groups, groups.weights(), m, weighted);
            sums(1, groups.count(), weighted, out);
        }
    }

    /** The sums of some arrays of {@code count} numbers, one behind the other. */
    private void sums(int arrays, int count, Address parts, F64 out) {
        double size = (double) arrays * count;
        kernels.work(8 * size, size).launch("lnr_sums", arrays, 1, BLOCK, 0, count, parts, out);
    }

    /** @param out (count), a buffer or an address */
    private void norms(int h, Groups groups, F64 weights, F64 m, Object out) {
        if (groups.count() == 0) {
            return;
        }
        Launch launch = Launch.of(h, groups.largest(), groups.count(), 0, Integer.MAX_VALUE);
        double size = (double) h * groups.columns();
        kernels.work(8 * size, 2 * size)
                .launch(
                        "lnr_norms", launch.blocks, 1, launch.threads, 0, h, groups.count(), launch.team,
                        groups.starts(), weights, m, out);
    }

    @Override
    public void prox(int h, int d, Groups groups, double t, F64 m, F64 out) {
        atLeast("h", h, 0);
        exactly("m", m, (long) h * d);
        exactly("out", out, (long) h * d);
        within("columns of groups", groups.columns(), d);
        requireNonNegative("t", t);
        device.require(m, out, groups.starts(), groups.weights());
        if (d == 0) {
            return;
        }
        try (Turn turn = device.turn()) {
            Launch launch = launch(h, d, groups, 1, Integer.MAX_VALUE);
            double size = (double) h * d;
            kernels.work(16 * size, 3 * size)
                    .launch(
                            "lnr_prox", launch.blocks, 1, launch.threads, launch.shared, h, runs(d, groups),
                            groups.count(), launch.team, launch.room, t, groups.starts(), groups.weights(), m, out);
        }
    }

    @Override
    public void step(
            int h,
            int d,
            Groups groups,
            F64 u,
            double step,
            double t,
            F64 m,
            F64 mPrev,
            F64 mr,
            F64 mrPrev,
            F64 c,
            F64 next,
            F64 stats) {
        atLeast("h", h, 0);
        long size = (long) h * d;
        atLeast("u", u, 1);
        exactly("m", m, size);
        exactly("mPrev", mPrev, size);
        exactly("mr", mr, size);
        exactly("mrPrev", mrPrev, size);
        exactly("c", c, size);
        exactly("next", next, size);
        atLeast("stats", stats, STATS);
        within("columns of groups", groups.columns(), d);
        requireNonNegative("t", t);
        device.require(u, m, mPrev, mr, mrPrev, c, next, stats, groups.starts(), groups.weights());
        try (Turn turn = device.turn()) {
            Launch launch = launch(h, d, groups, STEP_ARRAYS, MOST_SUMMED);
            Address sums = new Address(device.scratch(8L * STATS * launch.blocks));
            if (d > 0) {
                kernels.work(48.0 * size, 20.0 * size)
                        .launch(
                                "lnr_step", launch.blocks, 1, launch.threads, launch.shared, h, runs(d, groups),
                                groups.count(), launch.team, launch.room, step, t, groups.starts(), groups.weights(),
                                u, m, mPrev, mr, mrPrev, c, next, sums);
            }
            sums(STATS, launch.blocks, sums, stats);
        }
    }

    @Override
    public void restartedStep(
            int batch, int h, int d, Groups groups, F64 motion, F64 m, F64 g, F64 s, F64 sr, F64 stats) {
        restartedStep("lnr_restarted_step", 56, batch, h, d, groups, motion, m, g, s, sr, stats);
    }

    @Override
    public void restartedStep(
            int batch, int h, int d, Groups groups, F64 motion, F64 m, F64 g, F32 s, F32 sr, F64 stats) {
        restartedStep("lnr_restarted_step_f32", 44, batch, h, d, groups, motion, m, g, s, sr, stats);
    }

    /** @param bytes that move for each number of M */
    private void restartedStep(
            String kernel,
            double bytes,
            int batch,
            int h,
            int d,
            Groups groups,
            F64 motion,
            F64 m,
            F64 g,
            Buffer s,
            Buffer sr,
            F64 stats) {
        within("batch", batch, MOST_PROBLEMS);
        atLeast("h", h, 0);
        long size = batch * (long) h * d;
        atLeast("motion", motion, (long) MOTION * batch);
        exactly("m", m, size);
        exactly("g", g, size);
        exactly("s", s, size);
        exactly("sr", sr, size);
        atLeast("stats", stats, (long) STATS * batch);
        within("columns of groups", groups.columns(), d);
        device.require(motion, m, g, s, sr, stats, groups.starts(), groups.weights());
        if (batch == 0) {
            return;
        }
        try (Turn turn = device.turn()) {
            Launch launch = launch(h, d, groups, 1, MOST_SUMMED);
            Address sums = new Address(device.scratch(8L * STATS * launch.blocks * batch));
            if (d > 0) {
                kernels.work(bytes * size, 20.0 * size)
                        .launch(
                                kernel, launch.blocks, batch, launch.threads, launch.shared, h, d, runs(d, groups),
                                groups.count(), launch.team, launch.room, groups.starts(), groups.weights(), motion, m,
                                g, s, sr, sums);
            }
            double parts = (double) STATS * launch.blocks * batch;
            kernels.work(8 * parts, parts)
                    .launch("lnr_restart", batch, 1, BLOCK, 0, launch.blocks, sums, stats, motion);
        }
    }

    @Override
    public void gapSums(int batch, int h, int d, Groups groups, F64 m, F64 mr, F64 c, F64 g, F64 sums) {
        within("batch", batch, MOST_PROBLEMS);
        atLeast("h", h, 0);
        long size = batch * (long) h * d;
        exactly("m", m, size);
        exactly("mr", mr, size);
        exactly("c", c, size);
        exactly("g", g, size);
        atLeast("sums", sums, (long) GAP_SUMS * batch);
        within("columns of groups", groups.columns(), d);
        device.require(m, mr, c, g, sums, groups.starts(), groups.weights());
        if (batch == 0) {
            return;
        }
        try (Turn turn = device.turn()) {
            Launch launch = launch(h, d, groups, 0, MOST_SUMMED);
            Address parts = new Address(device.scratch(8L * GAP_SUMS * launch.blocks * batch));
            if (d > 0) {
                kernels.work(32.0 * size, 9.0 * size)
                        .launch(
                                "lnr_gap_sums", launch.blocks, batch, launch.threads, 0, h, d, runs(d, groups),
                                groups.count(), launch.team, groups.starts(), groups.weights(), m, mr, c, g, parts);
            }
            double numbers = (double) GAP_SUMS * launch.blocks * batch;
            kernels.work(8 * numbers, numbers)
                    .launch("lnr_gap_totals", GAP_SUMS, batch, BLOCK, 0, launch.blocks, parts, sums);
        }
    }

    @Override
    public void variationalDiagonal(int h, int d, Groups groups, double lambda, double epsilon, F64 m, F64 out) {
        atLeast("h", h, 0);
        exactly("m", m, (long) h * d);
        exactly("out", out, d);
        within("columns of groups", groups.columns(), d);
        device.require(m, out, groups.starts(), groups.weights());
        if (d == 0) {
            return;
        }
        try (Turn turn = device.turn()) {
            Launch launch = launch(h, d, groups, 0, Integer.MAX_VALUE);
            double size = (double) h * groups.columns();
            kernels.work(8 * size, 2 * size)
                    .launch(
                            "lnr_variational_diagonal", launch.blocks, 1, launch.threads, 0, h, runs(d, groups),
                            groups.count(), launch.team, lambda, epsilon, groups.starts(), groups.weights(), m, out);
        }
    }

    private static void requireNonNegative(String name, double value) {
        if (!(value >= 0)) {
            throw new IllegalArgumentException(name + ": expected 0 or more, got " + value);
        }
    }
}
