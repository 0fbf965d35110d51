package lnr.engine.solvers;

/** Told of a solve's progress now and then; may end it. Called on the thread that solves. */
@FunctionalInterface
public interface Monitor {
    /** Lets every solve run. */
    Monitor NONE = (iteration, objective, relativeGap) -> true;

    /**
     * @param iteration steps taken so far
     * @param objective f(M) + lambda g(M) at the last iterate, or at the one before it where that is what is known
     * @param relativeGap the gap of the last iterate over tau/2, or NaN when it was not computed
     * @return whether to go on; false ends the solve with {@link lnr.engine.Status#STOPPED}
     */
    boolean proceed(int iteration, double objective, double relativeGap);
}
