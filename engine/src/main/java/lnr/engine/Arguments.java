package lnr.engine;

/** Checks on numbers that callers give; each throws {@link IllegalArgumentException} with the argument's name. */
public final class Arguments {
    private Arguments() {}

    /** {@code value} is 1 or more. */
    public static void atLeastOne(String name, int value) {
        if (value < 1) {
            throw new IllegalArgumentException(name + ": expected 1 or more, got " + value);
        }
    }

    /** {@code value} is finite and more than 0. */
    public static void positive(String name, double value) {
        if (!(value > 0 && value < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException(name + ": expected a finite number, more than 0, got " + value);
        }
    }

    /** {@code value} is finite and 0 or more. */
    public static void nonNegative(String name, double value) {
        if (!(value >= 0 && value < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException(name + ": expected a finite number, 0 or more, got " + value);
        }
    }
}
