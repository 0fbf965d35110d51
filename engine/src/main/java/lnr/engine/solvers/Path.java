package lnr.engine.solvers;

import lnr.engine.Arguments;
import lnr.engine.Solution;

/**
 * Answers to one problem at one lambda after another, each from the one before ({@link Solver#path}): quickest when
 * lambdas are near each other. Owns device memory: close it. One thread at a time may use it.
 */
public interface Path extends AutoCloseable {
    /**
     * {@code points} lambdas from {@code lambdaMax} down to {@code least} times that, evenly on a logarithmic scale.
     *
     * @param points 2 or more
     * @param least between 0 and 1
     * @throws IllegalArgumentException when an argument is none of these
     */
    static double[] lambdas(double lambdaMax, int points, double least) {
        Arguments.positive("least", least);
        if (points < 2 || least >= 1) {
            throw new IllegalArgumentException("path: expected 2 points or more and a least ratio below 1, got "
                    + points + " and " + least);
        }
        double[] lambdas = new double[points];
        for (int i = 0; i < points; i++) {
            lambdas[i] = lambdaMax * Math.pow(least, (double) i / (points - 1));
        }
        return lambdas;
    }

    /**
     * Begins at M = {@code start}; without this, at 0.
     *
     * @param start (h, d), column-major; not kept
     * @throws IllegalArgumentException when {@code start} has another shape or is not finite
     * @throws lnr.engine.MatrixException when it shows that R is indefinite, or tau too small
     */
    void begin(double[] start);

    /**
     * The answer at {@code lambda}.
     *
     * @param lambda 0 or more
     * @param monitor told of progress
     * @throws lnr.engine.MatrixException when R proves indefinite
     * @throws ArithmeticException when an objective or the gap is not a finite number
     */
    Solution at(double lambda, Monitor monitor);

    @Override
    void close();
}
