package lnr.engine.solvers;

import lnr.engine.Arguments;

/**
 * When to stop: by default as soon as the iterate hardly moves, the rule of the original text; with {@code gap}, only
 * when the answer is proved good.
 *
 * @param cap proximal steps at most, 1 or more
 * @param change relative change of the iterate to stop at, more than 0; not used when {@code gap} is more than 0
 * @param gap relative gap to stop at ({@link lnr.engine.Certificate}), or 0 for the rule on change
 * @param every steps from one look at the gap, and one call of the {@link Monitor}, to the next; 1 or more
 */
public record Stopping(int cap, double change, double gap, int every) {
    /** The relative change at which the text stops. */
    public static final double CHANGE = 1e-8;

    /** Steps between looks at the gap: its cost stays below a tenth of theirs. */
    public static final int EVERY = 10;

    /** Throws IllegalArgumentException when a number is outside the range named above. */
    public Stopping {
        Arguments.atLeastOne("cap", cap);
        Arguments.positive("change", change);
        Arguments.nonNegative("gap", gap);
        Arguments.atLeastOne("every", every);
    }

    /** The text's rule, on change, with this cap. */
    public static Stopping onChange(int cap) {
        return new Stopping(cap, CHANGE, 0, EVERY);
    }

    /** The rule on change, at another one, whatever the rule was. */
    public Stopping withChange(double other) {
        return new Stopping(cap, other, 0, every);
    }

    /** The rule on the gap: stop when gap &lt;= {@code relative} tau / 2. */
    public Stopping withGap(double relative) {
        return new Stopping(cap, change, relative, every);
    }

    /** The same rule with another cap. */
    public Stopping withCap(int other) {
        return new Stopping(other, change, gap, every);
    }

    /** The same rule, looked at every so many steps. */
    public Stopping withEvery(int steps) {
        return new Stopping(cap, change, gap, steps);
    }
}
