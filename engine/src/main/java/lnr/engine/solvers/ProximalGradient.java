package lnr.engine.solvers;

import lnr.engine.Problem;
import lnr.engine.Solution;

/**
 * Proximal gradient, or forward-backward: M_{k+1} = prox_{(lambda/L) g}(M_k - grad f(M_k) / L). The objective never
 * rises; its excess falls as 1/k.
 *
 * @param stopping when to stop; the rule on change is ||M_{k+1} - M_k|| &lt;= change (||M_{k+1}|| + 1e-10)
 */
public record ProximalGradient(Stopping stopping) implements Solver {
    /** {@code proximal-gradient}. */
    public static final String NAME = "proximal-gradient";

    /** Stops on relative change 1e-8, or after 200,000 steps. */
    public ProximalGradient() {
        this(Stopping.onChange(200_000));
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public ProximalGradient withStopping(Stopping other) {
        return new ProximalGradient(other);
    }

    @Override
    public Solution solve(Problem problem, double[] start, Monitor monitor) {
        return Descent.solve(NAME, problem, start, stopping, monitor, descent -> descent.descend(k -> 0, 0));
    }
}
