package lnr.lenet.cli;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import lnr.engine.Problem;
import lnr.engine.Solution;
import lnr.engine.Status;
import lnr.engine.solvers.Monitor;
import lnr.engine.solvers.Solver;
import lnr.engine.solvers.SupportSearch;
import lnr.kernels.Device;
import lnr.lenet.InputException;
import lnr.lenet.format.AtomicFile;
import lnr.lenet.format.Npy;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Solves a reconstruction problem given by its correlations. */
@Command(
        name = "solve",
        description = {
            "Minimises 1/2 <M R, M> - <C, M> + lambda sum_k w_k ||M_k|| over M, for any correlations R = E[x x'] (d, d)"
                    + " and C = E[y x'] (h, d), and proves how near the optimum the answer is. M_k is a column of M, or"
                    + " a group of columns."
        },
        footer = {
            "",
            "Matrices are NumPy's .npy, float32 or float64, in C or Fortran order. A solve that reaches its cap is no"
                    + " failure: the status says so, and the gap what the answer is worth.",
            "",
            "Examples:",
            "  lnr solve --rxx R.npy --ryx C.npy --lambda 0.1 --out M.npy",
            "  lnr solve --rxx R.npy --ryx C.npy --keep 50 --bias --out M.npy",
            "  lnr solve --rxx R.npy --ryx C.npy --group-size 16 --target-size 10%%",
            "  lnr solve --rxx R.npy --ryx C.npy --lambda-ratio 0.05 --method fista --json"
        })
final class SolveCommand implements Runnable {
    private final Session session;

    @Mixin
    private final ProblemOptions problemOptions = new ProblemOptions();

    @ArgGroup(exclusive = true, multiplicity = "1")
    private TargetOptions target;

    @Option(
            names = "--path",
            paramLabel = "K",
            description = "Solve at K lambdas, from lambda_max down to the one asked for, and print a table of them.")
    private Integer points;

    @Mixin
    private final SolverOptions solverOptions = new SolverOptions();

    @Option(names = "--history", paramLabel = "FILE.csv", description = "Write the objective at each iteration there.")
    private Path history;

    @Option(names = "--out", paramLabel = "M.npy", description = "Write M, (h, d), there.")
    private Path out;

    @Mixin
    private final DeviceOption deviceOption = new DeviceOption();

    @Mixin
    private final JsonOption json = new JsonOption();

    SolveCommand(Session session) {
        this.session = session;
    }

    @Override
    public void run() {
        Solver solver = solverOptions.solver();
        problemOptions.check();
        target.check();
        if (points != null) {
            Expect.atLeast("--path", 2, points);
            if (target.search()) {
                throw new InputException("--path: expected --lambda or --lambda-ratio, where the path ends");
            }
        }
        checkOutputs();
        ProblemOptions.Given given = problemOptions.read();
        deviceOption.use(session, device -> {
            Outcome outcome = given.on(device, problem -> points == null
                    ? single(solver, problem, given)
                    : path(solver, problem, given));
            write(outcome.solution);
            if (json.on) {
                session.json(json(device, solver, outcome).fields());
            } else {
                report(device, solver, outcome);
            }
            notices(outcome);
        });
    }

    /**
     * What came of it.
     *
     * @param solution in the files' order of columns
     * @param missed what there is near a size that was asked for and not found
     * @param path the points that led there
     * @param seconds wall time, of all solves
     */
    private record Outcome(
            Solution solution, Optional<SupportSearch.Found> missed, Optional<PathTable> path, double seconds) {}

    private void checkOutputs() {
        if (out != null) {
            AtomicFile.check(out);
        }
        if (history != null) {
            AtomicFile.check(history);
        }
        Expect.apart("--history", history, "--out", out);
        problemOptions.requireApart("--history", history);
        problemOptions.requireApart("--out", out);
    }

    private Outcome single(Solver solver, Problem problem, ProblemOptions.Given given) {
        long began = System.nanoTime();
        try (Bar bar = session.bar(solver.name(), -1)) {
            Monitor monitor = (iteration, objective, gap) -> {
                bar.at(iteration);
                return true;
            };
            TargetOptions.Answer answer = target.solve(solver, problem, monitor);
            Solution solution = given.restore(answer.solution());
            return new Outcome(solution, answer.missed(), Optional.empty(), since(began));
        }
    }

    private Outcome path(Solver solver, Problem problem, ProblemOptions.Given given) {
        double most = problem.lambdaMax();
        double least = target.lambda(problem);
        if (!(least > 0 && least < most)) {
            throw new InputException(
                    "--path: expected a lambda between 0 and lambda_max = " + most + ", found " + least);
        }
        long began = System.nanoTime();
        double[] lambdas = PathTable.lambdas(most, points, least);
        try (Bar bar = session.bar(solver.name(), points)) {
            PathTable table = PathTable.of(solver, problem, lambdas, given::restore, bar);
            return new Outcome(table.last(), Optional.empty(), Optional.of(table), since(began));
        }
    }

    private static double since(long began) {
        return (System.nanoTime() - began) * 1e-9;
    }

    /** Both files or neither. */
    private void write(Solution solution) {
        Map<Path, AtomicFile.Content> files = new LinkedHashMap<>();
        if (out != null) {
            files.put(out, Npy.content(solution.h(), solution.d(), solution.m()));
        }
        if (history != null) {
            files.put(history, table(solution.history()));
        }
        AtomicFile.write(files);
    }

    private static AtomicFile.Content table(double[] objectives) {
        return stream -> {
            stream.write("iteration,objective\n".getBytes(StandardCharsets.US_ASCII));
            for (int i = 0; i < objectives.length; i++) {
                stream.write((i + "," + objectives[i] + "\n").getBytes(StandardCharsets.US_ASCII));
            }
        };
    }

    private void report(Device device, Solver solver, Outcome outcome) {
        outcome.path.ifPresent(table -> {
            table.print(session);
            session.print("");
        });
        Solution solution = outcome.solution;
        session.print(
                "method       %s, %s, on %s (%s)",
                solution.method(),
                solver.precision(),
                device.name(),
                device.choice());
        session.print("lambda       %s (lambda_max %s)", solution.lambda(), solution.lambdaMax());
        session.print("objective    %s (without Tr(Ryy)/2)", solution.objective());
        session.print("gap          %.3e (relative %.3e)", solution.gap(), solution.relativeGap());
        session.print("iterations   %d, %s", solution.iterations(), solution.status());
        session.print("support      %s", support(solution));
        if (target.search()) {
            session.print("asked        %s", target.words());
        }
        outcome.missed.ifPresent(found -> {
            found.below().ifPresent(s -> session.print("next below   %s, at lambda %s", support(s), s.lambda()));
            found.above().ifPresent(s -> session.print("next above   %s, at lambda %s", support(s), s.lambda()));
        });
        if (target.search() || points != null) {
            session.print("time         %.4f s, of %.4f s for all solves", solution.seconds(), outcome.seconds);
        } else {
            session.print("time         %.4f s", solution.seconds());
        }
        if (out != null) {
            session.print("wrote        %s", out);
        }
        if (history != null) {
            session.print("wrote        %s", history);
        }
    }

    private static String support(Solution solution) {
        String columns = solution.columns().length + " of " + solution.penalised() + " columns";
        return solution.groups() == solution.penalised()
                ? columns
                : solution.support().length + " of " + solution.groups() + " groups, " + columns;
    }

    /** What the user should know besides, on stderr. */
    private void notices(Outcome outcome) {
        outcome.missed.filter(found -> target.exact()).ifPresent(found -> session.notice(
                "no lambda was found that keeps exactly " + target.words() + "; kept "
                        + outcome.solution.support().length + ": the nearest below is " + size(found.below())
                        + ", above " + size(found.above())));
        if (outcome.path.isPresent()) {
            outcome.path.get().notice(session);
        } else if (outcome.solution.status() != Status.CONVERGED) {
            session.notice("not converged: the gap bounds how far the objective is from its minimum");
        }
    }

    /** Groups that an answer keeps, in a sentence. */
    static String size(Optional<Solution> solution) {
        return solution.map(s -> Integer.toString(s.support().length)).orElse("none");
    }

    private Json json(Device device, Solver solver, Outcome outcome) {
        Solution solution = outcome.solution;
        return SolverOptions.json(solver)
                .putAll(problemOptions.json())
                .put("device", device.name())
                .put("precision", solver.precision().toString())
                .put("rows", solution.h())
                .put("columns", solution.d())
                .put("groups", solution.groups())
                .put("asked", target.json())
                .put("lambda", solution.lambda())
                .put("lambda_max", solution.lambdaMax())
                .put("objective", solution.objective())
                .put("gap", solution.gap())
                .put("relative_gap", solution.relativeGap())
                .put("iterations", solution.iterations())
                .put("status", solution.status().name())
                .put("support", solution.support().length)
                .put("support_indices", solution.support())
                .put("columns_kept", solution.columns().length)
                .put("column_indices", solution.columns())
                .put("below", neighbour(outcome.missed.flatMap(SupportSearch.Found::below)))
                .put("above", neighbour(outcome.missed.flatMap(SupportSearch.Found::above)))
                .put("path", outcome.path.map(PathTable::json).orElse(null))
                .put("seconds", solution.seconds())
                .put("seconds_in_all", outcome.seconds)
                .put("out", out == null ? null : out.toString())
                .put("history", history == null ? null : history.toString());
    }

    private static Json neighbour(Optional<Solution> solution) {
        return solution.map(s -> new Json()
                        .put("support", s.support().length)
                        .put("columns_kept", s.columns().length)
                        .put("lambda", s.lambda()))
                .orElse(null);
    }
}
