package lnr.engine.solvers;

import lnr.engine.Problem;
import lnr.engine.Solution;
import lnr.engine.Status;

/**
 * The lambda that keeps a given number of groups: down from lambda_max in growing strides, then bisection on the
 * logarithm, each solve started from the one before. Supports shrink as lambda grows but for rare exceptions, and may
 * change by several groups at once; where no lambda tried keeps exactly the number asked for, the nearest answer is
 * given, the smaller of two.
 */
public final class SupportSearch {
    /** Below this part of lambda_max the penalty has no bearing on which columns are used. */
    private static final double LEAST = 1e-8;

    private static final double FIRST_STRIDE = 3;

    /** Width of a bracket, relative, that is not worth halving again. */
    private static final double WIDTH = 1e-5;

    private final Problem problem;
    private final Path path;
    private final int count;
    private final Monitor monitor;
    private Solution best;
    private boolean stopped;

    private SupportSearch(Problem problem, Path path, int count, Monitor monitor) {
        this.problem = problem;
        this.path = path;
        this.count = count;
        this.monitor = monitor;
    }

    /**
     * Searches for {@code count} groups.
     *
     * @param problem the problem; its own lambda is not used
     * @param count groups to keep, 0 to all
     * @param monitor told of every solve's progress; when it stops one, the search ends with the best answer so far
     * @return the answer at the lambda found; its support has {@code count} groups, or the nearest number met
     * @throws IllegalArgumentException when {@code count} is not in that range
     */
    public static Solution solve(Solver solver, Problem problem, int count, Monitor monitor) {
        if (count < 0 || count > problem.groups().count()) {
            throw new IllegalArgumentException(
                    "keep: expected 0 to " + problem.groups().count() + " groups, got " + count);
        }
        try (Path path = solver.path(problem)) {
            return new SupportSearch(problem, path, count, monitor).search();
        }
    }

    private Solution search() {
        double high = problem.lambdaMax();
        double least = LEAST * high;
        double low = high;
        double stride = FIRST_STRIDE;
        for (int size = at(high); size < count && low > least; stride *= stride) {
            if (finished()) {
                return best;
            }
            high = low;
            low = Math.max(least, low / stride);
            size = at(low);
        }
        while (!finished() && high > low * (1 + WIDTH)) {
            double middle = Math.sqrt(low * high);
            if (at(middle) < count) {
                high = middle;
            } else {
                low = middle;
            }
        }
        return best;
    }

    private boolean finished() {
        return stopped || best.support().length == count;
    }

    /** Solves at {@code lambda}, keeps the answer if it is the best so far, and returns the size of its support. */
    private int at(double lambda) {
        Solution tried = path.at(lambda, monitor);
        stopped = tried.status() == Status.STOPPED;
        int size = tried.support().length;
        int miss = Math.abs(size - count);
        int least = best == null ? Integer.MAX_VALUE : Math.abs(best.support().length - count);
        if (miss < least || miss == least && size < best.support().length) {
            best = tried;
        }
        return size;
    }
}
