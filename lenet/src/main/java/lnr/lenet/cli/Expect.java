package lnr.lenet.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
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

    /** Refuses a file to write that is, by another name perhaps, the file of another option. */
    static void apart(String option, Path written, String other, Path file) {
        if (written != null && file != null && same(written, file)) {
            throw new InputException(option + ": expected another file than " + other + ", found " + written);
        }
    }

    private static boolean same(Path a, Path b) {
        try {
            return a.toAbsolutePath().normalize().equals(b.toAbsolutePath().normalize())
                    || Files.exists(a) && Files.exists(b) && Files.isSameFile(a, b);
        } catch (IOException e) {
            return false;
        }
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
