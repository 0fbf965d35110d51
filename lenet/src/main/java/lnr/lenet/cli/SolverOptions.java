package lnr.lenet.cli;

import java.util.ArrayList;
import lnr.engine.solvers.AlternatingMinimization;
import lnr.engine.solvers.Fista;
import lnr.engine.solvers.Solver;
import lnr.lenet.InputException;
import picocli.CommandLine.Option;

/** The options that choose a solver and its parameters. */
final class SolverOptions {
    @Option(
            names = "--method",
            paramLabel = "NAME",
            defaultValue = AlternatingMinimization.NAME,
            description = "One of ${COMPLETION-CANDIDATES}. Default: ${DEFAULT-VALUE}",
            completionCandidates = Names.class)
    private String method;

    @Option(
            names = "--q",
            paramLabel = "Q",
            description = "FISTA's damping, also after alternating-minimization: more of it bounces less and starts"
                    + " slower. Default: 10")
    private Double q;

    @Option(
            names = "--tol",
            paramLabel = "T",
            description = "Stop once the relative gap is proved to be T or less. Default: stop once the relative change"
                    + " of a step is 1e-8 or less, as the text does.")
    private Double tolerance;

    @Option(
            names = "--max-iterations",
            paramLabel = "N",
            description = "Stop after N proximal steps whatever has been reached; the status says so. Default: 100000,"
                    + " proximal-gradient 200000")
    private Integer cap;

    /** The names of all solvers. */
    static final class Names extends ArrayList<String> {
        private static final long serialVersionUID = 1L;

        Names() {
            super(Solver.names());
        }
    }

    /** The solver asked for. */
    Solver solver() {
        Solver solver = Expect.accepted("--method", () -> Solver.named(method));
        if (q != null) {
            solver = damped(solver, Expect.positive("--q", q));
        }
        if (tolerance != null) {
            solver = solver.withStopping(solver.stopping().withGap(Expect.positive("--tol", tolerance)));
        }
        if (cap != null) {
            solver = solver.withStopping(solver.stopping().withCap(Expect.atLeast("--max-iterations", 1, cap)));
        }
        return solver;
    }

    private static Solver damped(Solver solver, double q) {
        if (solver instanceof Fista fista) {
            return new Fista(q, fista.stopping());
        }
        if (solver instanceof AlternatingMinimization alternating) {
            return new AlternatingMinimization(alternating.rounds(), new Fista(q, alternating.stopping()));
        }
        throw new InputException("--q: " + solver.name() + " has no such parameter; " + Fista.NAME + " and "
                + AlternatingMinimization.NAME + " have");
    }
}
