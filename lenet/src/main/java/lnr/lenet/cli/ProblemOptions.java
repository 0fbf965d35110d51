package lnr.lenet.cli;

import java.nio.file.Path;
import java.util.function.Function;
import lnr.engine.Grouping;
import lnr.engine.MatrixException;
import lnr.engine.Problem;
import lnr.engine.Quadratic;
import lnr.engine.Solution;
import lnr.kernels.Device;
import lnr.kernels.Scope;
import lnr.lenet.InputException;
import lnr.lenet.format.GroupFile;
import lnr.lenet.format.Npy;
import lnr.lenet.format.WeightFile;
import picocli.CommandLine.Option;

/** The options that give a problem: its correlations, and which columns stay or go together. */
final class ProblemOptions {
    /** Relative error of correlations that come in single precision. */
    private static final double SINGLE = 1e-5;

    private static final double DOUBLE = 1e-12;

    @Option(names = "--rxx", paramLabel = "R.npy", required = true, description = "R, (d, d), symmetric.")
    private Path rxx;

    @Option(names = "--ryx", paramLabel = "C.npy", required = true, description = "C, (h, d).")
    private Path ryx;

    @Option(names = "--bias", description = "The last column is a bias: it is not penalised, and in no group.")
    private boolean bias;

    @Option(
            names = "--group-size",
            paramLabel = "K",
            description = "Each K neighbouring columns are a group. Default: 1")
    private Integer groupSize;

    @Option(
            names = "--groups",
            paramLabel = "FILE",
            description = "Groups of any columns: a line of FILE for each, '3 7 16-31' say, columns counted from 0."
                    + " Empty lines, and what follows a #, are passed over.")
    private Path groupFile;

    @Option(
            names = "--weights",
            paramLabel = "FILE",
            description = "A positive number for each group, which its norm counts times; text, or a vector as .npy."
                    + " Default: 1 each")
    private Path weights;

    /** Refuses values that no problem could have. */
    void check() {
        if (groupSize != null && groupFile != null) {
            throw new InputException("--groups: expected no --group-size beside it");
        }
        if (groupSize != null) {
            Expect.atLeast("--group-size", 1, groupSize);
        }
    }

    /** Refuses a file to write that is one of those to read. */
    void requireApart(String option, Path written) {
        Expect.apart(option, written, "--rxx", rxx);
        Expect.apart(option, written, "--ryx", ryx);
        Expect.apart(option, written, "--groups", groupFile);
        Expect.apart(option, written, "--weights", weights);
    }

    /** Reads the files. */
    Given read() {
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
        Grouping groups = groups(r.cols() - (bias ? 1 : 0));
        return new Given(r, c, weights == null ? groups : groups.withWeights(WeightFile.read(weights, groups.count())));
    }

    private Grouping groups(int columns) {
        if (groupFile != null) {
            return Grouping.of(columns, GroupFile.read(groupFile, columns));
        }
        int size = groupSize == null ? 1 : groupSize;
        return Expect.accepted("--group-size", () -> Grouping.ofSize(columns, size));
    }

    /** What was given, by the options' names. */
    Json json() {
        return new Json()
                .put("rxx", rxx.toString())
                .put("ryx", ryx.toString())
                .put("bias", bias)
                .put("group_size", groupSize)
                .put("groups_file", groupFile == null ? null : groupFile.toString())
                .put("weights_file", weights == null ? null : weights.toString());
    }

    /** The content of the files. */
    final class Given {
        private final Npy.Matrix r;
        private final Npy.Matrix c;
        private final Grouping grouping;

        private Given(Npy.Matrix r, Npy.Matrix c, Grouping grouping) {
            this.r = r;
            this.c = c;
            this.grouping = grouping;
        }

        /**
         * Does {@code work} on the problem, whose own lambda is 0.
         *
         * @throws InputException when the matrices are not correlations, or overflow; it names their files
         */
        <T> T on(Device device, Function<Problem, T> work) {
            double tolerance = r.single() || c.single() ? SINGLE : DOUBLE;
            try (Scope scope = device.scope()) {
                Quadratic fit = Quadratic.of(scope, c.rows(), r.rows(), r.data(), c.data(), tolerance);
                return work.apply(grouping.problem(scope, fit, 0));
            } catch (MatrixException e) {
                String file = e.matrix().equals("C") ? "--ryx: " + ryx : "--rxx: " + rxx;
                throw new InputException(file + ": " + e.getMessage(), e);
            } catch (ArithmeticException e) {
                throw new InputException("--rxx: " + rxx + ", --ryx: " + ryx + ": " + e.getMessage(), e);
            }
        }

        /** The answer with the columns in the files' order. */
        Solution restore(Solution solution) {
            return grouping.restore(solution);
        }
    }
}
