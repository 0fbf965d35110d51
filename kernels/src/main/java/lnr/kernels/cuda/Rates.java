package lnr.kernels.cuda;

import lnr.kernels.Device;

/**
 * What a device does in a second at most: bytes that its memory moves, and flops in single precision and in double, by
 * its tensor cores where they have it. NaN where it is not known.
 */
record Rates(double bytes, double singles, double doubles) {
    /**
     * @param memoryClock kHz
     * @param memoryWidth bits
     * @param clock of the multiprocessors, kHz
     * @param architecture 10 major + minor
     */
    static Rates of(int memoryClock, int memoryWidth, int clock, int multiprocessors, int architecture) {
        // Two transfers a clock, and two flops for each product that is added: products of a multiprocessor in a clock,
        // from the table of arithmetic throughput in NVIDIA's programming guide.
        double products = 2e3 * clock * multiprocessors;
        int doubles = switch (architecture) {
            case 80, 100 -> 64;
            case 90 -> 128;
            default -> 2;
        };
        return new Rates(
                known(2e3 * memoryClock * memoryWidth / 8), known(products * (architecture <= 80 ? 64 : 128)),
                known(products * doubles));
    }

    private static double known(double rate) {
        return rate > 0 ? rate : Double.NaN;
    }

    /** The least time for so many bytes and flops. */
    double seconds(double bytes, double flops, Device.Type arithmetic) {
        return Math.max(bytes / this.bytes, flops / (arithmetic == Device.Type.F64 ? doubles : singles));
    }
}
