package lnr.engine.solvers;

import lnr.engine.Arguments;
import lnr.engine.Problem;
import lnr.engine.Solution;

/**
 * Alternating minimisation over M and eta of the variational form ||M_j|| = min_eta ||M_j||^2 / (2 eta) + eta / 2, then
 * FISTA from where that led. Each round is one linear solve:
 *
 * <pre>
 * u_j = sqrt(||M_j||^2 + 1e-10), infinite for the bias
 * M   = C (R + lambda diag(1 / u))^-1
 * </pre>
 *
 * <p>The rounds come near the optimum fast but leave no column exactly zero; FISTA settles which are. A round costs
 * d^3 / 3 + 2 h d^2 flops. After Bach, Jenatton, Mairal and Obozinski (2011), section 5.
 *
 * @param rounds linear solves, 1 or more
 * @param fista the method that follows, with the stopping rule
 */
public record AlternatingMinimization(int rounds, Fista fista) implements Solver {
    /** {@code alternating-minimization}. */
    public static final String NAME = "alternating-minimization";

    /** Throws IllegalArgumentException when {@code rounds} is less than 1. */
    public AlternatingMinimization {
        Arguments.atLeastOne("rounds", rounds);
    }

    /** 50 rounds, then FISTA with q = 10. */
    public AlternatingMinimization() {
        this(50, new Fista());
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public Stopping stopping() {
        return fista.stopping();
    }

    @Override
    public AlternatingMinimization withStopping(Stopping other) {
        return new AlternatingMinimization(rounds, fista.withStopping(other));
    }

    @Override
    public Solution solve(Problem problem, double[] start, Monitor monitor) {
        return Descent.solve(NAME, problem, start, fista.stopping(), monitor, descent -> {
            if (descent.alternate(rounds)) {
                fista.descend(descent);
            }
        });
    }
}
