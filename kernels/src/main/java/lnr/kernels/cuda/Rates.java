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
        // Two transfers a clock.
        double bytes = 2e3 * memoryClock * memoryWidth / 8;
        // Two flops for each product that is added.
        double products = 2e3 * clock * multiprocessors;
        return new Rates(
                known(bytes), known(products * singles(architecture)), known(products * doubles(architecture)));
    }

    /**
     * Products in single precision that a multiprocessor adds in a clock: CUDA C++ Best Practices Guide 13.0,
     * Throughput of Native Arithmetic Instructions.
     */
    private static double singles(int architecture) {
        return switch (architecture) {
            case 75, 80 -> 64;
            case 86, 89, 90, 100, 120 -> 128;
            default -> Double.NaN;
        };
    }

    /**
     * The same in double precision, from there too; on the tensor cores of sm_80 and sm_90, where they do twice what
     * the guide has, from NVIDIA's white papers on the A100 and the H100 (19.5 and 67 TF/s a device).
     */
    private static double doubles(int architecture) {
        return switch (architecture) {
            case 75, 86, 89, 120 -> 2;
            case 80, 100 -> 64;
            case 90 -> 128;
            default -> Double.NaN;
        };
    }

    private static double known(double rate) {
        return rate > 0 ? rate : Double.NaN;
    }

    /** The least time for so many bytes and flops. */
    double seconds(double bytes, double flops, Device.Type arithmetic) {
        return Math.max(bytes / this.bytes, flops / (arithmetic == Device.Type.F64 ? doubles : singles));
    }
}
