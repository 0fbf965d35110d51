package lnr.lenet.cli;

import java.util.function.Supplier;
import lnr.lenet.InputException;

/** Checks on options' values; what they refuse is named by its option. */
final class Expect {
    private Expect() {}

    /** {@code value}, if it is {@code least} or more. */
    static int atLeast(String option, int least, int value) {
        if (value < least) {
            throw new InputException(option + ": expected " + least + " or more, found " + value);
        }
        return value;
    }

    /** {@code value}, if it is finite and more than 0. */
    static double positive(String option, double value) {
        if (!(value > 0) || Double.isInfinite(value)) {
            throw new InputException(option + ": expected a finite number, more than 0, found " + value);
        }
        return value;
    }

    /** {@code value}, if it is finite and 0 or more. */
    static double nonNegative(String option, double value) {
        if (!(value >= 0) || Double.isInfinite(value)) {
            throw new InputException(option + ": expected a finite number, 0 or more, found " + value);
        }
        return value;
    }

    /**
     * What {@code maker} makes of a user's value.
     *
     * @throws InputException with the option's name in the place of the library's, if the maker refuses the value
     */
    static <T> T accepted(String option, Supplier<T> maker) {
        try {
            return maker.get();
        } catch (IllegalArgumentException e) {
            String message = String.valueOf(e.getMessage());
            int reason = message.indexOf(": ");
            throw new InputException(option + ": " + (reason < 0 ? message : message.substring(reason + 2)), e);
        }
    }
}
