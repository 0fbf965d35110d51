package lnr.lenet.cli;

import java.math.BigInteger;
import java.util.Set;
import lnr.lenet.InputException;
import lnr.lenet.compress.Allocation;
import lnr.lenet.compress.Target;
import lnr.lenet.network.Architecture;

/** Sizes of a network as words: {@code 5%} of its parameters, or a number of them. */
final class TargetSize {
    private TargetSize() {}

    /**
     * The number of parameters that a word stands for.
     *
     * @param option that the word was given for
     * @param targets layers that may give
     * @throws InputException when it is no size, more than there is, or less than the targets can reach
     */
    static int parameters(String option, String word, Architecture whole, Set<Target> targets) {
        double asked = asked(word.strip(), whole.parameters());
        if (!(asked > 0)) {
            throw new InputException(option + ": expected a share such as 5%, more than 0 % and at most 100 %, or a"
                    + " number of parameters, found '" + word + "'");
        }
        if (asked > whole.parameters()) {
            throw new InputException(option + ": expected at most " + whole.parameters() + " parameters, which is the"
                    + " whole network, found " + word);
        }
        int parameters = (int) asked;
        int least = Allocation.least(whole, targets);
        if (parameters < least) {
            throw new InputException(option + ": expected " + least + " parameters or more, which is one unit a layer,"
                    + " found " + word + ": " + parameters + " of " + whole.parameters());
        }
        return parameters;
    }

    /** Whether a word stands for as many parameters as one unit for each of the targets takes, or more. */
    static boolean reachable(String word, Architecture whole, Set<Target> targets) {
        return asked(word, whole.parameters()) >= Allocation.least(whole, targets);
    }

    /** Parameters and parts of one; NaN for what is no size. */
    private static double asked(String word, int whole) {
        try {
            return word.endsWith("%")
                    ? Double.parseDouble(word.substring(0, word.length() - 1)) / 100 * whole
                    : new BigInteger(word).doubleValue();
        } catch (NumberFormatException e) {
            return Double.NaN;
        }
    }
}
