package lnr.engine.solvers;

import lnr.engine.Arguments;
import lnr.engine.Problem;
import lnr.engine.Solution;

/**
 * FISTA: proximal gradient steps from a look-ahead point, the excess of the objective falling as 1/k^2.
 *
 * <pre>
 * A_k     = M_k + (k - 1) / (k + q + 2) (M_k - M_{k-1})
 * M_{k+1} = prox_{(lambda/L) g}(A_k - grad f(A_k) / L)          k = 1, 2, ..
 * </pre>
 *
 * <p>Not a descent method: the objective bounces. The rule on change is therefore on a fading sum of relative changes,
 * delta = delta / 2 + ||M_{k+1} - M_k|| / (||M_{k+1}|| + 1e-10), from 1 down. After Beck and Teboulle (2009), with the
 * look-ahead of Chambolle and Dossal (2015).
 *
 * @param q damping of the look-ahead, more than 0: more of it bounces less and starts slower
 * @param stopping when to stop
 */
public record Fista(double q, Stopping stopping) implements Solver {
    /** {@code fista}. */
    public static final String NAME = "fista";

    /** Throws IllegalArgumentException when {@code q} is not a finite number, more than 0. */
    public Fista {
        Arguments.positive("q", q);
    }

    /** q = 10; stops on delta &lt;= 1e-8, or after 100,000 steps. */
    public Fista() {
        this(10);
    }

    /** This q, otherwise as {@link #Fista()}. */
    public Fista(double q) {
        this(q, Stopping.onChange(100_000));
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public Fista withStopping(Stopping other) {
        return new Fista(q, other);
    }

    @Override
    public Solution solve(Problem problem, double[] start, Monitor monitor) {
        return Descent.solve(NAME, problem, start, stopping, monitor, this::descend);
    }

    void descend(Descent descent) {
        descent.descend(k -> (k - 1) / (k + q + 2), 0.5);
    }
}
