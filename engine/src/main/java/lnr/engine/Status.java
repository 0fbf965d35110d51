package lnr.engine;

/** How a solve ended. */
public enum Status {
    /** The stopping rule fired. */
    CONVERGED,
    /**
     * The cap on iterations was reached first, or double precision went no further; the gap tells what the answer is
     * worth.
     */
    MAX_ITERATIONS,
    /** The monitor asked to stop; the gap tells what the answer is worth. */
    STOPPED
}
