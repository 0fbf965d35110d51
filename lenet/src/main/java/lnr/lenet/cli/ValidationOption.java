package lnr.lenet.cli;

import lnr.lenet.InputException;
import picocli.CommandLine.Option;

/** The option that holds training images out. */
final class ValidationOption {
    private static final int USUAL = 5000;

    @Option(
            names = "--validation",
            paramLabel = "N",
            description = "Training images held out, by which several layers' shares are chosen and retrained networks"
                    + " judged. Default: " + USUAL
                    + ", or a tenth of fewer than " + 10 * USUAL)
    private Integer asked;

    /** Refuses what no data set could give. */
    void check() {
        if (asked != null) {
            Expect.atLeast("--validation", 1, asked);
        }
    }

    /** Refuses it where nothing is held out. */
    void checkAbsent() {
        if (asked != null) {
            throw new InputException("--validation: expected several layers, --target-size, --target-accuracy or"
                    + " --retrain with it: to compress a single layer, no images are held out");
        }
    }

    /**
     * Images to hold out.
     *
     * @param count images there are
     */
    int of(int count) {
        int held = asked == null ? Math.max(1, Math.min(USUAL, count / 10)) : asked;
        if (held < 1 || held >= count) {
            throw new InputException("--validation: expected from 1 to " + (count - 1) + " of the " + count
                    + " training images, found " + held);
        }
        return held;
    }
}
