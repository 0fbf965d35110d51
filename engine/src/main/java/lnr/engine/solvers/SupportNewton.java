package lnr.engine.solvers;

import lnr.engine.Arguments;
import lnr.engine.Problem;
import lnr.engine.Solution;

/**
 * Block coordinate descent and Newton's method on the support, by turns, until the certificate says so. A pass over the
 * groups finds which of them are zero ({@link lnr.kernels.BlockDescent}); where no group is zero P is smooth, and one
 * exact Newton step on the others ({@link NewtonStep}) does what thousands of proximal steps would.
 *
 * <p>The pass alone converges from any start, and the step is taken only if P does not rise; near the answer the
 * support no longer changes, convergence is quadratic, and passes are left out. A round costs a pass or a few, 2 h d
 * (columns that change), and a step, O(n^3 + h n^2) for n columns that are not zero. More outputs than inputs are d
 * outputs to it. Where few combinations of many outputs carry most of C, the first rounds are those of a problem of
 * these alone, led to a small lambda by stages; the norms that it finds, corrected by what it does not see, are so
 * close that one step over all outputs is often enough. Rounds of either kind count.
 *
 * <p>A gap of 1e-12 takes 3 to 10 rounds as a rule and 20 at most, but 21 to 60 may be needed where R is singular or
 * nearly so, as where few factors and little else make all inputs, and lambda a hundredth of lambda_max or less: norms
 * are smoothed for a while there.
 *
 * @param stopping when to stop: on the gap
 */
public record SupportNewton(Stopping stopping) implements Solver {
    /** {@code newton}. */
    public static final String NAME = "newton";

    private static final int CAP = 200;
    private static final double GAP = 1e-10;

    public SupportNewton {
        Arguments.positive("gap", stopping.gap());
    }

    /** Stops at a relative gap of 1e-10, or after 200 rounds. */
    public SupportNewton() {
        this(Stopping.onChange(CAP).withGap(GAP).withEvery(1));
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public SupportNewton withStopping(Stopping other) {
        return new SupportNewton(other.gap() > 0 ? other : other.withGap(GAP));
    }

    @Override
    public Solution solve(Problem problem) {
        try (Path path = new NewtonPath(problem, stopping)) {
            return path.at(problem.lambda(), Monitor.NONE);
        }
    }

    @Override
    public Solution solve(Problem problem, double[] start, Monitor monitor) {
        try (Path path = new NewtonPath(problem, stopping)) {
            path.begin(start);
            return path.at(problem.lambda(), monitor);
        }
    }

    @Override
    public Path path(Problem problem) {
        return new NewtonPath(problem, stopping);
    }
}
