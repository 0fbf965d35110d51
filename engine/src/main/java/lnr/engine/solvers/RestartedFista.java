package lnr.engine.solvers;

import java.util.List;
import lnr.engine.Problem;
import lnr.engine.Solution;

/**
 * FISTA that starts anew wherever its momentum points uphill, until the certificate says so. The bias is eliminated,
 * so that the steps are those of a problem without one:
 *
 * <pre>
 * A       = M + u S                                 S the last change of M
 * M_next  = prox_{t lambda g}(A - t grad f(A))      t = 1.3 / L
 * u       = 0 if &lt;A - M_next, M_next - M&gt; &gt; 0, else 1
 * </pre>
 *
 * The test is the gradient scheme of O'Donoghue and Candes (2015), Adaptive restart for accelerated gradient schemes:
 * it turns the 1/k^2 of FISTA into a linear rate where P grows like a square around its minimum, as it mostly does on
 * the support. Full momentum between restarts, and steps longer than 1/L, are greedy FISTA: Liang, Luo and Schoenlieb
 * (2022). With u = 1 steps of up to 4/3 L^-1 descend a quadratic stably; should the changes of M grow all the same, the
 * steps are shortened, down to 1/L.
 *
 * <p>Each step is one product, S R, of 2 h d^2 flops; M and C - M R follow by addition, in double precision. In
 * {@link Precision#FP32} the product is in single precision: as S vanishes, so does the error that it leaves. Every
 * look at the certificate computes C - M R afresh, in double, and takes away what errors have added up; the momentum
 * goes on. So either precision reaches the same gap.
 *
 * <p>Many problems of one number of rows and equal groups take their steps together: a product and a step of the device
 * are then those of all. Each has its own momentum, step length and certificate, and leaves when it is done.
 *
 * @param precision of the products
 * @param stopping when to stop; the rule on change too is looked at only every so many steps
 */
public record RestartedFista(Precision precision, Stopping stopping) implements Solver {
    /** {@code restarted-fista}. */
    public static final String NAME = "restarted-fista";

    private static final int CAP = 100_000;
    private static final double GAP = 1e-10;

    /** Steps between looks: a recorded block, whose cost in single precision is several times a look's. */
    private static final int EVERY = 16;

    /** In double precision; stops at a relative gap of 1e-10, or after 100,000 steps. */
    public RestartedFista() {
        this(Precision.FP64);
    }

    /** In this precision, otherwise as {@link #RestartedFista()}. */
    public RestartedFista(Precision precision) {
        this(precision, Stopping.onChange(CAP).withGap(GAP).withEvery(EVERY));
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public RestartedFista withStopping(Stopping other) {
        return new RestartedFista(precision, other);
    }

    @Override
    public RestartedFista withPrecision(Precision other) {
        return new RestartedFista(other, stopping);
    }

    @Override
    public Solution solve(Problem problem, double[] start, Monitor monitor) {
        Descent.requireFinite(problem, start);
        return Restarts.solve(List.of(problem), start, precision, stopping, monitor).get(0);
    }

    @Override
    public List<Solution> solve(List<Problem> problems, Monitor monitor) {
        return Restarts.solve(problems, new double[0], precision, stopping, monitor);
    }

    @Override
    public boolean stacks() {
        return true;
    }
}
