package lnr.lenet.cli;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import lnr.engine.MatrixException;
import lnr.engine.Problem;
import lnr.engine.Quadratic;
import lnr.engine.Solution;
import lnr.engine.Status;
import lnr.engine.solvers.Monitor;
import lnr.engine.solvers.Solver;
import lnr.kernels.Device;
import lnr.kernels.Scope;
import lnr.lenet.InputException;
import lnr.lenet.compress.Strength;
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
            "Minimises 1/2 <M R, M> - <C, M> + lambda sum_j ||M_j|| over M, for any correlations R = E[x x'] (d, d) and"
                    + " C = E[y x'] (h, d), and proves how near the optimum the answer is."
        },
        footer = {
            "",
            "Files are NumPy's .npy, float32 or float64, in C or Fortran order. A solve that reaches its cap is no"
                    + " failure: the status says so, and the gap what the answer is worth.",
            "",
            "Examples:",
            "  lnr solve --rxx R.npy --ryx C.npy --lambda 0.1 --out M.npy",
            "  lnr solve --rxx R.npy --ryx C.npy --lambda-ratio 0.05 --method fista --json"
        })
final class SolveCommand implements Runnable {
    /** Relative error of correlations that come in single precision. */
    private static final double SINGLE = 1e-5;

    private static final double DOUBLE = 1e-12;

    private final Session session;

    @Option(names = "--rxx", paramLabel = "R.npy", required = true, description = "R, (d, d), symmetric.")
    private Path rxx;

    @Option(names = "--ryx", paramLabel = "C.npy", required = true, description = "C, (h, d).")
    private Path ryx;

    @ArgGroup(exclusive = true, multiplicity = "1")
    private Weight weight;

    /** The penalty's weight, in one of two ways. */
    private static final class Weight {
        @Option(names = "--lambda", paramLabel = "X", required = true, description = "Weight of the penalty.")
        private Double lambda;

        @Option(
                names = "--lambda-ratio",
                paramLabel = "X",
                required = true,
                description = "The same, in parts of lambda_max, the least that leaves nothing.")
        private Double ratio;

        Strength strength() {
            return ratio != null
                    ? new Strength.Ratio(Expect.nonNegative("--lambda-ratio", ratio))
                    : new Strength.Lambda(Expect.nonNegative("--lambda", lambda));
        }
    }

    @Mixin
    private final SolverOptions solverOptions = new SolverOptions();

    @Option(names = "--bias", description = "The last column is a bias: it is not penalised.")
    private boolean bias;

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
        Strength strength = weight.strength();
        checkOutputs();
        Npy.Matrix r = Npy.read(rxx);
        Npy.Matrix c = Npy.read(ryx);
        if (r.rows() != r.cols()) {
            throw new InputException(
                    "--rxx: " + rxx + ": expected a square matrix, found " + r.rows() + " x " + r.cols());
        }
        if (c.cols() != r.cols()) {
            throw new InputException("--ryx: " + ryx + ": expected " + r.cols() + " columns, as many as " + rxx
                    + " has, found " + c.rows() + " x " + c.cols());
        }
        deviceOption.use(session, device -> {
            Solution solution = solve(device, solver, strength, r, c);
            write(solution);
            report(device, solver, strength, solution);
        });
    }

    private void checkOutputs() {
        if (out != null) {
            AtomicFile.check(out);
        }
        if (history != null) {
            AtomicFile.check(history);
        }
        Expect.apart("--history", history, "--out", out);
        Expect.apart("--history", history, "--rxx", rxx);
        Expect.apart("--history", history, "--ryx", ryx);
        Expect.apart("--out", out, "--rxx", rxx);
        Expect.apart("--out", out, "--ryx", ryx);
    }

    private Solution solve(Device device, Solver solver, Strength strength, Npy.Matrix r, Npy.Matrix c) {
        double tolerance = r.single() || c.single() ? SINGLE : DOUBLE;
        try (Scope scope = device.scope();
                Bar bar = session.bar(solver.name(), -1)) {
            Quadratic fit = Quadratic.of(scope, c.rows(), r.rows(), r.data(), c.data(), tolerance);
            Problem free = new Problem(fit, fit.d() - (bias ? 1 : 0), 0);
            double lambda = strength instanceof Strength.Ratio ratio
                    ? ratio.lambda(free.lambdaMax())
                    : ((Strength.Lambda) strength).value();
            Monitor monitor = (iteration, objective, gap) -> {
                bar.at(iteration);
                return true;
            };
            return solver.solve(free.withLambda(lambda), new double[fit.h() * fit.d()], monitor);
        } catch (MatrixException e) {
            String file = e.matrix().equals("C") ? "--ryx: " + ryx : "--rxx: " + rxx;
            throw new InputException(file + ": " + e.getMessage(), e);
        } catch (ArithmeticException e) {
            throw new InputException("--rxx: " + rxx + ", --ryx: " + ryx + ": " + e.getMessage(), e);
        }
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

    private void report(Device device, Solver solver, Strength strength, Solution solution) {
        if (json.on) {
            session.json(json(device, solver, strength, solution).fields());
            return;
        }
        session.print(
                "method       %s, %s, on %s (%s)", solution.method(), solver.precision(), device.name(), device.choice());
        session.print("lambda       %s (lambda_max %s)", solution.lambda(), solution.lambdaMax());
        session.print("objective    %s (without Tr(Ryy)/2)", solution.objective());
        session.print("gap          %.3e (relative %.3e)", solution.gap(), solution.relativeGap());
        session.print("iterations   %d, %s", solution.iterations(), solution.status());
        session.print("support      %d of %d columns", solution.columns().length, solution.penalised());
        session.print("time         %.4f s", solution.seconds());
        if (out != null) {
            session.print("wrote        %s", out);
        }
        if (history != null) {
            session.print("wrote        %s", history);
        }
        if (solution.status() != Status.CONVERGED) {
            session.notice("not converged: the gap bounds how far the objective is from its minimum");
        }
    }

    private Json json(Device device, Solver solver, Strength strength, Solution solution) {
        return SolverOptions.json(solver)
                .put("rxx", rxx.toString())
                .put("ryx", ryx.toString())
                .put("device", device.name())
                .put("precision", solver.precision().toString())
                .put("bias", bias)
                .put("rows", solution.h())
                .put("columns", solution.d())
                .put("asked", StrengthOptions.json(strength))
                .put("lambda", solution.lambda())
                .put("lambda_max", solution.lambdaMax())
                .put("objective", solution.objective())
                .put("gap", solution.gap())
                .put("relative_gap", solution.relativeGap())
                .put("iterations", solution.iterations())
                .put("status", solution.status().name())
                .put("support", solution.support().length)
                .put("support_indices", solution.support())
                .put("seconds", solution.seconds())
                .put("out", out == null ? null : out.toString())
                .put("history", history == null ? null : history.toString());
    }
}
