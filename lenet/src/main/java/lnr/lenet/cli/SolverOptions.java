package lnr.lenet.cli;

import java.util.ArrayList;
import lnr.engine.solvers.AlternatingMinimization;
import lnr.engine.solvers.Fista;
import lnr.engine.solvers.Precision;
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
            defaultValue = SupportNewton.NAME,
            description = "One of ${COMPLETION-CANDIDATES}. Default: ${DEFAULT-VALUE}",
            completionCandidates = Names.class)
    private String method;

    @Option(
            names = "--q",
            paramLabel = "Q",
            description = "Damping of fista, also after alternating-minimization: more of it bounces less and starts"
                    + " slower. Default: 10")
    private Double q;

    @Option(
            names = "--precision",
            paramLabel = "P",
            description = "Of a solver's products, ${COMPLETION-CANDIDATES}: the answer is as exact either way."
                    + " restarted-fista takes both, the others fp64 alone. Default: fp64",
            completionCandidates = Precisions.class)
    private String precision;

    @Option(
            names = "--tol",
            paramLabel = "T",
            description = "Stop once the relative gap is proved to be T or less. Default: 1e-10 for newton and"
                    + " restarted-fista; the others stop once the relative change of a step is 1e-8 or less, as the"
                    + " text does.")
    private Double tolerance;

    @Option(
            names = "--max-iterations",
            paramLabel = "N",
            description = "Stop after N proximal steps, or rounds of newton, whatever has been reached; the status says"
                    + " so. The rounds that alternating-minimization begins with are not counted. Default: newton 200,"
                    + " proximal-gradient 200000, the others 100000")
    private Integer cap;

    /** The names of all solvers. */
    static final class Names extends ArrayList<String> {
        private static final long serialVersionUID = 1L;

        Names() {
            super(Solver.names());
        }
    }

    /** The names of all precisions. */
    static final class Precisions extends ArrayList<String> {
        private static final long serialVersionUID = 1L;

        Precisions() {
            for (Precision precision : Precision.values()) {
                add(precision.toString());
            }
        }
    }

    /** The solver asked for. */
    Solver solver() {
        Solver solver = Expect.accepted("--method", () -> Solver.named(method));
        if (precision != null) {
            Solver chosen = solver;
            solver = Expect.accepted("--precision", () -> chosen.withPrecision(Precision.named(precision)));
        }
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
