package lnr.lenet.cli;

import java.util.ArrayList;
import lnr.engine.solvers.AlternatingMinimization;
import lnr.engine.solvers.Fista;
import lnr.engine.solvers.Solver;
import lnr.engine.solvers.Stopping;
import lnr.engine.solvers.SupportNewton;
import lnr.lenet.InputException;
import picocli.CommandLine.Option;

/** The options that choose a solver and its parameters. */
final class SolverOptions {
    @Option(
            names = "--method",
            paramLabel = "NAME",
            description = "One of ${COMPLETION-CANDIDATES}. Default: " + AlternatingMinimization.NAME
                    + ", for several layers " + SupportNewton.NAME,
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
            description = "Stop after N proximal steps whatever has been reached; the status says so. The rounds that"
                    + " alternating-minimization begins with are not counted. Default: 100000, proximal-gradient"
                    + " 200000")
    private Integer cap;

    /** The names of all solvers. */
    static final class Names extends ArrayList<String> {
        private static final long serialVersionUID = 1L;

        Names() {
            super(Solver.names());
        }
    }

    /** The solver asked for; the text's, when none is. */
    Solver solver() {
        return solver(AlternatingMinimization.NAME);
    }

    /** The solver asked for; {@code usual}, when none is. */
    Solver solver(String usual) {
        Solver solver = Expect.accepted("--method", () -> Solver.named(method == null ? usual : method));
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

    /** A solver's name and parameters, by their options' names; null for those that have no part in it. */
    static Json json(Solver solver) {
        Stopping rule = solver.stopping();
        return new Json()
                .put("method", solver.name())
                .put("q", q(solver))
                .put("tol", rule.gap() > 0 ? rule.gap() : null)
                .put("max_iterations", rule.cap());
    }

    private static Double q(Solver solver) {
        if (solver instanceof AlternatingMinimization alternating) {
            return alternating.fista().q();
        }
        return solver instanceof Fista fista ? fista.q() : null;
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
