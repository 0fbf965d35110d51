package lnr.lenet.compress;

/** How much to compress: a weight of the penalty, absolute or relative, or a number of neurons to keep. */
public sealed interface Strength {
    /** The penalty's weight, in the scaling of {@link lnr.engine.Correlations}: 0 or more. */
    record Lambda(double value) implements Strength {
        public Lambda {
            requireNonNegative("lambda", value);
        }
    }

    /** The penalty's weight over the least one that keeps nothing: 0 or more. */
    record Ratio(double value) implements Strength {
        public Ratio {
            requireNonNegative("lambda-ratio", value);
        }
    }

    /** The number of neurons to keep: 0 or more. */
    record Keep(int count) implements Strength {
        public Keep {
            if (count < 0) {
                throw new IllegalArgumentException("keep: expected 0 or more, got " + count);
            }
        }
    }

    private static void requireNonNegative(String name, double value) {
        if (!(value >= 0) || Double.isInfinite(value)) {
            throw new IllegalArgumentException(name + ": expected a finite number, 0 or more, got " + value);
        }
    }
}
