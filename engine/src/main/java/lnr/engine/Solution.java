package lnr.engine;

/**
 * An answer M, on the host, with the proof of its worth. Arrays are the solution's own, not copies: treat them as
 * read-only.
 *
 * @param method name of the solver
 * @param h rows of M
 * @param d columns of M
 * @param penalised p: columns the penalty counts; they come first
 * @param lambda weight of the penalty
 * @param lambdaMax least lambda whose answer has no penalised column
 * @param m (h, d), column-major
 * @param support the penalised columns that are not zero, ascending
 * @param objective f(M) + lambda g(M), without the constant tau/2
 * @param gap upper bound on the objective's distance to its minimum ({@link Certificate})
 * @param relativeGap gap / (tau / 2)
 * @param iterations steps taken, linear solves included
 * @param status how the solve ended
 * @param seconds wall time of the solve: from the start on the device to the last iterate there
 * @param history the objective before each proximal step, and after each linear solve
 */
public record Solution(
        String method,
        int h,
        int d,
        int penalised,
        double lambda,
        double lambdaMax,
        double[] m,
        int[] support,
        double objective,
        double gap,
        double relativeGap,
        int iterations,
        Status status,
        double seconds,
        double[] history) {

    /** lambda / lambdaMax: 1 or more leaves nothing, 0 penalises nothing. */
    public double lambdaRatio() {
        return lambdaMax > 0 ? lambda / lambdaMax : lambda > 0 ? Double.POSITIVE_INFINITY : 1;
    }

    /** The columns below {@code penalised} of an (h, d) matrix that have a number other than 0. */
    public static int[] support(int h, int penalised, double[] m) {
        return java.util.stream.IntStream.range(0, penalised)
                .filter(j -> {
                    for (int k = j * h; k < (j + 1) * h; k++) {
                        if (m[k] != 0) {
                            return true;
                        }
                    }
                    return false;
                })
                .toArray();
    }

    @Override
    public String toString() {
        return method + ": lambda " + lambda + ", " + support.length + " of " + penalised + " columns, objective "
                + objective + ", relative gap " + relativeGap + ", " + iterations + " iterations, " + status;
    }
}
