package lnr.lenet.compress;

import lnr.lenet.InputException;

/** How much to compress: a weight of the penalty, absolute or relative, or a number of neurons to keep. */
public sealed interface Strength {
    /** The penalty's weight, in the scaling of {@link lnr.engine.Correlations}: 0 or more. */
    record Lambda(double value) implements Strength {
        /** Throws IllegalArgumentException when {@code value} is not a finite number, 0 or more. */
        public Lambda {
            requireNonNegative("lambda", value);
        }
    }

    /** The penalty's weight over the least one that keeps nothing: 0 or more. */
    record Ratio(double value) implements Strength {
        /** Throws IllegalArgumentException when {@code value} is not a finite number, 0 or more. */
        public Ratio {
            requireNonNegative("lambda-ratio", value);
        }

        /**
         * The absolute weight.
         *
         * @throws InputException when the product is too large to be a number
         */
        public double lambda(double lambdaMax) {
            double lambda = value * lambdaMax;
            if (!Double.isFinite(lambda)) {
                throw new InputException("--lambda-ratio: expected a finite number times lambda_max, found " + value
                        + " times " + lambdaMax);
            }
            return lambda;
        }
    }

    /** The number of neurons to keep: 0 or more. */
    record Keep(int count) implements Strength {
        /** Throws IllegalArgumentException when {@code count} is negative. */
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
