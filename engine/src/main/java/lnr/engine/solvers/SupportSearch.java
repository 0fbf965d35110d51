package lnr.engine.solvers;

import lnr.engine.Problem;
import lnr.engine.Solution;

/**
 * The lambda that keeps a given number of columns, by bisection on its logarithm with warm starts. Supports shrink as
 * lambda grows but for rare exceptions, and may change by several columns at once; where no lambda tried keeps exactly
 * the number asked for, the nearest answer is given, the smaller of two.
 */
public final class SupportSearch {
    /** Below this part of lambda_max, what is not kept has no bearing on the answer at all. */
    private static final double LEAST = 1e-8;

    private static final int SOLVES = 40;

    private SupportSearch() {}

    /**
     * Searches for {@code count} columns.
     *
     * @param problem the problem; its own lambda is not used
     * @param count penalised columns to keep, 0 to p
     * @return the answer at the lambda found; its support has {@code count} columns, or the nearest number met
     * @throws IllegalArgumentException when {@code count} is not from 0 to p
     */
    public static Solution solve(Solver solver, Problem problem, int count, Monitor monitor) {
        if (count < 0 || count > problem.penalised()) {
            throw new IllegalArgumentException(
                    "keep: expected 0 to " + problem.penalised() + " columns, got " + count);
        }
        double high = problem.lambdaMax();
        double low = LEAST * high;
        Solution best = solver.solve(
                problem.withLambda(count == problem.penalised() ? low : high),
                new double[problem.h() * problem.d()],
                monitor);
        double[] start = best.m();
        for (int i = 0; i < SOLVES && best.support().length != count && low < high; i++) {
            double middle = Math.sqrt(low * high);
            Solution tried = solver.solve(problem.withLambda(middle), start, monitor);
            start = tried.m();
            int size = tried.support().length;
            int difference = Math.abs(size - count) - Math.abs(best.support().length - count);
            if (difference < 0 || (difference == 0 && size < best.support().length)) {
                best = tried;
            }
            if (size > count) {
                low = middle;
            } else {
                high = middle;
            }
        }
        return best;
    }
}
