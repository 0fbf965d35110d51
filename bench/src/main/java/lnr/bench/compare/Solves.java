package lnr.bench.compare;

import java.io.IOException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import lnr.engine.Solution;
import lnr.engine.solvers.AlternatingMinimization;
import lnr.engine.solvers.Fista;
import lnr.engine.solvers.Monitor;
import lnr.engine.solvers.Path;
import lnr.engine.solvers.ProximalGradient;
import lnr.engine.solvers.Solver;
import lnr.engine.solvers.SupportNewton;
import lnr.kernels.Device;
import lnr.kernels.Scope;

/** LNR's side of solves. Every problem is posed anew, so that nothing is left of an earlier solve but its matrices. */
final class Solves {
    private final Device device;
    private final Folder folder;
    private final Map<String, Given> problems = new HashMap<>();

    Solves(Device device, Folder folder) {
        this.device = device;
        this.folder = folder;
    }

    /**
     * Carries out a solve of {@link Task}. Its time is that of the solves alone, from matrices on the device to M, and
     * what they find together.
     *
     * @param q of FISTA
     * @param lambdas as {@link Lambdas} reads them
     */
    LnrSide.Answer run(String name, String method, double q, String lambdas) throws IOException {
        if (!problems.containsKey(name)) {
            problems.put(name, folder.problem(name));
        }
        Given given = problems.get(name);
        double[] each = Lambdas.of(lambdas, given.facts().lambdaMax());
        return answer(method.equals(Certified.PATH) ? along(given, each) : apart(given, solver(method, q), each));
    }

    private Solution[] apart(Given given, Solver solver, double[] lambdas) {
        return Arrays.stream(lambdas)
                .mapToObj(lambda -> {
                    try (Scope scope = device.scope()) {
                        return solver.solve(given.on(scope, lambda));
                    }
                })
                .toArray(Solution[]::new);
    }

    private Solution[] along(Given given, double[] lambdas) {
        try (Scope scope = device.scope();
                Path path = newton().path(given.on(scope, 0))) {
            return Arrays.stream(lambdas)
                    .mapToObj(lambda -> path.at(lambda, Monitor.NONE))
                    .toArray(Solution[]::new);
        }
    }

    private static LnrSide.Answer answer(Solution[] solutions) {
        double seconds = 0;
        double objective = 0;
        double gap = 0;
        double relativeGap = 0;
        for (Solution solution : solutions) {
            seconds += solution.seconds();
            objective += solution.objective();
            gap += solution.gap();
            relativeGap = Math.max(relativeGap, solution.relativeGap());
        }
        return new LnrSide.Answer(seconds, new Found(objective, gap, relativeGap));
    }

    private static Solver newton() {
        SupportNewton newton = new SupportNewton();
        return newton.withStopping(newton.stopping().withGap(Certified.GAP));
    }

    private static Solver solver(String method, double q) {
        return switch (method) {
            case ProximalGradient.NAME -> new ProximalGradient();
            case Fista.NAME -> new Fista(q);
            case AlternatingMinimization.NAME -> new AlternatingMinimization(50, new Fista(q));
            case SupportNewton.NAME -> newton();
            default -> throw new IllegalArgumentException("method: not known: '" + method + "'");
        };
    }
}
