package lnr.kernels;

import java.util.List;

/**
 * Times of a device's operations, from {@link Device#profile()} until it is closed. Every kernel and library call is
 * timed on the device, by an event before it and one behind it, so that small ones seem longer by the events' own time,
 * a microsecond or so; and recorded operations run one by one, so that the whole takes longer than without a profile.
 */
public interface Profile extends AutoCloseable {
    /**
     * What one kernel, or one function of a library, has taken so far.
     *
     * @param name in the source, or in the library
     * @param calls how often it ran
     * @param seconds on the device, summed
     * @param bytes that it had to move, summed; 0 where it was not told
     * @param flops that it had to do, summed; 0 where it was not told
     * @param bound seconds that this takes at least, summed: to move the bytes by the clock and width of the device's
     *     memory, or to do the flops by the clock and number of its units, whichever is longer; NaN where these are not
     *     known. What caches keep can take less.
     */
    record Entry(String name, long calls, double seconds, double bytes, double flops, double bound) {
        /** Billions of bytes a second. */
        public double gigabytesPerSecond() {
            return bytes / seconds / 1e9;
        }

        /** Billions of floating-point operations a second. */
        public double gigaflopsPerSecond() {
            return flops / seconds / 1e9;
        }

        /** Part of the speed that the device's bound allows. */
        public double shareOfBound() {
            return bound / seconds;
        }
    }

    /** All that ran, the most time first. Waits for what was asked for. */
    List<Entry> entries();

    /** Ends the timing. Closing twice does nothing the second time. */
    @Override
    void close();
}
