package lnr.lenet.cli;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import java.util.function.ToIntFunction;
import lnr.engine.Problem;
import lnr.engine.Solution;
import lnr.engine.solvers.Solver;
import lnr.kernels.Device;
import lnr.lenet.InputException;
import lnr.lenet.format.AtomicFile;
import lnr.lenet.format.Npz;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Solves a reconstruction problem at many lambdas, each from the one before. */
@Command(
        name = "path",
        description = {
            "Solves the problem of 'lnr solve' at one lambda after another, from lambda_max, which keeps nothing, down:"
                    + " what every number of groups costs, from one run."
        },
        footer = {
            "",
            "FILE.npz holds lambdas, lambda_ratios, support (numbers of groups kept), columns_kept, objectives, gaps,"
                    + " relative_gaps and iterations, each (K), and M, (K, h, d); numpy.load reads it.",
            "",
            "Examples:",
            "  lnr path --rxx R.npy --ryx C.npy --points 50 --out path.npz",
            "  lnr path --rxx R.npy --ryx C.npy --group-size 16 --least 0.001 --json"
        })
final class PathCommand implements Runnable {
    private static final int POINTS = 50;
    private static final double LEAST = 0.01;

    private final Session session;

    @Mixin
    private final ProblemOptions problemOptions = new ProblemOptions();

    @Option(names = "--points", paramLabel = "K", description = "Number of lambdas. Default: " + POINTS)
    private Integer points;

    @Option(
            names = "--least",
            paramLabel = "RATIO",
            description = "The last lambda, in parts of lambda_max; the others are spaced evenly on a logarithmic"
                    + " scale. Default: " + LEAST)
    private Double least;

    @Mixin
    private final SolverOptions solverOptions = new SolverOptions();

    @Option(names = "--out", paramLabel = "FILE.npz", description = "Write the path there, with every M.")
    private Path out;

    @Mixin
    private final DeviceOption deviceOption = new DeviceOption();

    @Mixin
    private final JsonOption json = new JsonOption();

    PathCommand(Session session) {
        this.session = session;
    }

    @Override
    public void run() {
        Solver solver = solverOptions.solver();
        problemOptions.check();
        int count = points == null ? POINTS : Expect.atLeast("--points", 2, points);
        double ratio = least == null ? LEAST : Expect.positive("--least", least);
        if (ratio >= 1) {
            throw new InputException("--least: expected a number below 1, found " + ratio);
        }
        if (out != null) {
            AtomicFile.check(out);
        }
        problemOptions.requireApart("--out", out);
        ProblemOptions.Given given = problemOptions.read();
        deviceOption.use(session, device -> {
            long began = System.nanoTime();
            PathTable table = given.on(device, problem -> solve(solver, problem, count, ratio, given));
            double seconds = (System.nanoTime() - began) * 1e-9;
            if (out != null) {
                AtomicFile.write(out, Npz.content(arrays(table.points())));
            }
            if (json.on) {
                session.json(json(device, solver, table, seconds).fields());
            } else {
                table.print(session);
                session.print("");
                session.print(
                        "%s, %s, on %s: %.4f s in all", solver.name(), solver.precision(), device.name(), seconds);
                if (out != null) {
                    session.print("wrote %s", out);
                }
            }
            table.notice(session);
        });
    }

    private PathTable solve(
            Solver solver, Problem problem, int count, double ratio, ProblemOptions.Given given) {
        double most = problem.lambdaMax();
        double last = ratio * most;
        if (!(last > 0)) {
            throw new InputException(
                    "--least: expected a lambda above 0, found " + ratio + " times lambda_max = " + most);
        }
        try (Bar bar = session.bar(solver.name(), count)) {
            return PathTable.of(solver, problem, PathTable.lambdas(most, count, last), given::restore, bar);
        }
    }

    private static Map<String, Npz.Source> arrays(List<Solution> points) {
        Solution any = points.get(0);
        Map<String, Npz.Source> arrays = new LinkedHashMap<>();
        arrays.put("lambdas", numbers(points, Solution::lambda));
        arrays.put("lambda_ratios", numbers(points, Solution::lambdaRatio));
        arrays.put("support", integers(points, s -> s.support().length));
        arrays.put("columns_kept", integers(points, s -> s.columns().length));
        arrays.put("objectives", numbers(points, Solution::objective));
        arrays.put("gaps", numbers(points, Solution::gap));
        arrays.put("relative_gaps", numbers(points, Solution::relativeGap));
        arrays.put("iterations", integers(points, Solution::iterations));
        arrays.put("M", Npz.Source.matrices(any.h(), any.d(), points.stream().map(Solution::m).toList()));
        return arrays;
    }

    private static Npz.Source numbers(List<Solution> points, ToDoubleFunction<Solution> field) {
        return Npz.Source.numbers(points.stream().mapToDouble(field).toArray());
    }

    private static Npz.Source integers(List<Solution> points, ToIntFunction<Solution> field) {
        return Npz.Source.integers(points.stream().mapToInt(field).toArray());
    }

    private Json json(Device device, Solver solver, PathTable table, double seconds) {
        Solution any = table.last();
        return SolverOptions.json(solver)
                .putAll(problemOptions.json())
                .put("device", device.name())
                .put("precision", solver.precision().toString())
                .put("rows", any.h())
                .put("columns", any.d())
                .put("groups", any.groups())
                .put("lambda_max", any.lambdaMax())
                .put("path", table.json())
                .put("seconds", seconds)
                .put("out", out == null ? null : out.toString());
    }
}
