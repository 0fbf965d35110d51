package lnr.engine;

import java.util.Arrays;
import java.util.stream.IntStream;
import lnr.kernels.Groups;

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
 * @param groups of columns that the penalty counts
 * @param support the groups that are not zero, ascending: columns, where each column is a group
 * @param columns the penalised columns that belong to these, ascending
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
        int groups,
        int[] support,
        int[] columns,
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

    /**
     * What is known of {@code m} (h, d), not copied.
     *
     * @param method name of the solver
     */
    public static Solution of(
            Problem problem,
            String method,
            double[] m,
            Certificate.Gap gap,
            int iterations,
            Status status,
            double seconds,
            double[] history) {
        Groups groups = problem.groups();
        int h = problem.h();
        int[] support = IntStream.range(0, groups.count())
                .filter(k -> anything(m, h * groups.start(k), h * groups.start(k + 1)))
                .toArray();
        int[] columns = groups.columnsOf(support);
        return new Solution(
                method,
                h,
                problem.d(),
                problem.penalised(),
                problem.lambda(),
                problem.lambdaMax(),
                m,
                groups.count(),
                support,
                columns,
                gap.objective(),
                gap.gap(),
                gap.relativeGap(),
                iterations,
                status,
                seconds,
                history);
    }

    /** The same answer with M's columns in another order, {@code kept} of them in groups that are not zero. */
    Solution withColumns(double[] other, int[] kept) {
        return new Solution(
                method, h, d, penalised, lambda, lambdaMax, other, groups, support, kept, objective, gap, relativeGap,
                iterations, status, seconds, history);
    }

    private static boolean anything(double[] m, int from, int to) {
        for (int i = from; i < to; i++) {
            if (m[i] != 0) {
                return true;
            }
        }
        return false;
    }

    @Override
    public String toString() {
        return method + ": lambda " + lambda + ", " + support.length + " of " + groups + " groups, objective "
                + objective + ", relative gap " + relativeGap + ", " + iterations + " iterations, " + status;
    }
}
