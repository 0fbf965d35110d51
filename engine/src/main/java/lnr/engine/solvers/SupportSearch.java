package lnr.engine.solvers;

import java.util.Objects;
import java.util.Optional;
import java.util.function.ToIntFunction;
import java.util.stream.Stream;
import lnr.engine.Problem;
import lnr.engine.Solution;
import lnr.engine.Status;

/**
 * The lambda that keeps a given number of groups, or of columns: down from lambda_max in even strides, then bisection
 * on the logarithm, each solve started from the one before. Supports shrink as lambda grows but for rare exceptions,
 * and may change by several groups at once, so that some numbers are kept at no lambda.
 */
public final class SupportSearch {
    /** Below this part of lambda_max the penalty has no bearing on which columns are used. */
    private static final double LEAST = 1e-8;

    /** From one lambda to the next: never far below the one looked for, where solves cost most. */
    private static final double STRIDE = 1.3;

    /** Width of a bracket, relative, that is not worth halving again. */
    private static final double WIDTH = 1e-5;

    private final Problem problem;
    private final Path path;
    private final int size;
    private final ToIntFunction<Solution> measure;
    private final Monitor monitor;
    private Solution exact;
    private Solution below;
    private Solution above;
    private Solution unproved; // the last answer that did not reach the gap
    private boolean stopped;

    private SupportSearch(
            Problem problem, Path path, int size, ToIntFunction<Solution> measure, Monitor monitor) {
        this.problem = problem;
        this.path = path;
        this.size = size;
        this.measure = measure;
        this.monitor = monitor;
    }

    /**
     * The answers that come nearest to the size asked for, of all that were tried and reached their gap. Where none is exact, and both of the
     * others are there, no size between them was met at lambdas a hundred-thousandth apart.
     *
     * @param exact the answer of that size, if there is one
     * @param below the largest that is smaller, if one was tried
     * @param above the smallest that is larger, if one was tried
     * @param nearest the exact one, else the nearer of the others, the smaller of two
     */
    public record Found(
            Optional<Solution> exact, Optional<Solution> below, Optional<Solution> above, Solution nearest) {
        /** The largest that is not larger than asked for. It is there unless the search was stopped. */
        public Optional<Solution> atMost() {
            return exact.or(() -> below);
        }
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
        return groups(solver, problem, count, monitor).nearest();
    }

    /** The same, with the nearest numbers of groups besides. */
    public static Found groups(Solver solver, Problem problem, int count, Monitor monitor) {
        return find(solver, problem, count, problem.groups().count(), "groups", s -> s.support().length, monitor);
    }

    /** Searches for {@code count} columns, 0 to all that are penalised; otherwise as {@link #groups}. */
    public static Found columns(Solver solver, Problem problem, int count, Monitor monitor) {
        return find(solver, problem, count, problem.penalised(), "columns", s -> s.columns().length, monitor);
    }

    private static Found find(
            Solver solver, Problem problem, int size, int all, String of, ToIntFunction<Solution> measure,
            Monitor monitor) {
        if (size < 0 || size > all) {
            throw new IllegalArgumentException("keep: expected 0 to " + all + " " + of + ", got " + size);
        }
        try (Path path = solver.path(problem)) {
            return new SupportSearch(problem, path, size, measure, monitor).search();
        }
    }

    private Found search() {
        double high = problem.lambdaMax();
        double least = LEAST * high;
        double low = high;
        boolean enough = at(high) >= size;
        while (!enough && !finished() && low > least) {
            high = low;
            low = Math.max(least, low / STRIDE);
            enough = at(low) >= size;
        }
        while (enough && !finished() && high > low * (1 + WIDTH)) {
            double middle = Math.sqrt(low * high);
            if (at(middle) < size) {
                high = middle;
            } else {
                low = middle;
            }
        }
        return new Found(
                Optional.ofNullable(exact), Optional.ofNullable(below), Optional.ofNullable(above), nearest());
    }

    private Solution nearest() {
        if (exact != null || below == null || above == null) {
            return Stream.of(exact, below, above, unproved).filter(Objects::nonNull).findFirst().orElseThrow();
        }
        int less = size - measure.applyAsInt(below);
        int more = measure.applyAsInt(above) - size;
        return less <= more ? below : above;
    }

    private boolean finished() {
        return stopped || exact != null;
    }

    /** Solves at {@code lambda}, keeps the answer if it is nearer than those before, and returns its size. */
    private int at(double lambda) {
        Solution tried = path.at(lambda, monitor);
        stopped = tried.status() == Status.STOPPED;
        int found = measure.applyAsInt(tried);
        if (tried.status() != Status.CONVERGED) {
            unproved = tried; // its groups need not be the answer's
        } else if (found == size) {
            exact = tried;
        } else if (found < size && (below == null || found >= measure.applyAsInt(below))) {
            below = tried;
        } else if (found > size && (above == null || found <= measure.applyAsInt(above))) {
            above = tried;
        }
        return found;
    }
}
