package lnr.kernels.cpu;

/**
 * How work is cut into pieces: by its size alone, never by the number of threads, so results do not depend on that.
 */
final class Pieces {
    private static final int MOST = 64;

    private Pieces() {}

    /** The largest power of two that leaves {@code least} or more to each piece; from 1 to 64. */
    static int of(double work, double least) {
        int pieces = 1;
        while (pieces < MOST && work >= 2 * least * pieces) {
            pieces *= 2;
        }
        return pieces;
    }

    /** First of {@code n} elements in piece {@code i} of {@code pieces}, cut at multiples of {@code grain}. */
    static int start(int i, int pieces, int n, int grain) {
        if (i == pieces) {
            return n;
        }
        long blocks = (n + (long) grain - 1) / grain;
        return (int) Math.min(n, blocks * i / pieces * grain);
    }
}
