package lnr.lenet.cli;

import java.util.Set;
import lnr.lenet.InputException;
import lnr.lenet.compress.Allocation;
import lnr.lenet.compress.Target;
import lnr.lenet.network.Architecture;

/** Sizes of a network as words: {@code 5%} of its parameters, or a number of them. */
final class TargetSize {
    private TargetSize() {}

    /**
     * The number of parameters that a word stands for; of more than there are, all.
     *
     * @param option that the word was given for
     * @param targets layers that may give
     * @throws InputException when it is no size, or one that the targets cannot reach
     */
    static int parameters(String option, String word, Architecture whole, Set<Target> targets) {
        int parameters = parameters(word.strip(), whole.parameters());
        if (parameters < 0) {
            throw new InputException(option + ": expected a share such as 5%, more than 0 % and at most 100 %, or a"
                    + " number of parameters, found '" + word + "'");
        }
        int least = Allocation.least(whole, targets);
        if (parameters < least) {
            throw new InputException(option + ": expected " + least + " parameters or more, which is one unit a layer,"
                    + " found " + word + ": " + parameters + " of " + whole.parameters());
        }
        return parameters;
    }

    /** Negative for what is no size. */
    private static int parameters(String word, int whole) {
        try {
            if (word.endsWith("%")) {
                double share = Double.parseDouble(word.substring(0, word.length() - 1)) / 100;
                return share > 0 && share <= 1 ? (int) (share * whole) : -1;
            }
            int parameters = Integer.parseInt(word);
            return parameters > 0 ? Math.min(parameters, whole) : -1;
        } catch (NumberFormatException e) {
            return -1;
        }
    }
}
