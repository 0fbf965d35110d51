package lnr.lenet.cli;

import java.util.Optional;
import lnr.engine.Problem;
import lnr.engine.Solution;
import lnr.engine.solvers.Monitor;
import lnr.engine.solvers.Solver;
import lnr.engine.solvers.SupportSearch;
import lnr.lenet.InputException;
import lnr.lenet.compress.Strength;
import picocli.CommandLine.Option;

/** What a solve is to reach, said in one of four ways. */
final class TargetOptions {
    @Option(names = "--lambda", paramLabel = "X", required = true, description = "Weight of the penalty.")
    private Double lambda;

    @Option(
            names = "--lambda-ratio",
            paramLabel = "X",
            required = true,
            description = "The same, in parts of lambda_max, the least that leaves nothing.")
    private Double ratio;

    @Option(
            names = "--keep",
            paramLabel = "N",
            required = true,
            description = "Number of groups to keep, or the nearest that a lambda keeps.")
    private Integer keep;

    @Option(
            names = "--target-size",
            paramLabel = "P%",
            required = true,
            description = "Keep as many columns as a lambda does that keeps P %% of them at most.")
    private String size;

    /**
     * What came of it.
     *
     * @param solution the answer
     * @param missed what there is near the size asked for, where no answer of that size was found
     */
    record Answer(Solution solution, Optional<SupportSearch.Found> missed) {
        static Answer of(Solution solution, SupportSearch.Found found) {
            return new Answer(solution, Optional.of(found).filter(f -> f.exact().isEmpty()));
        }
    }

    /** Whether a size is asked for, and the lambda looked for. */
    boolean search() {
        return keep != null || size != null;
    }

    /** Refuses values that no problem could have. */
    void check() {
        if (keep != null) {
            Expect.atLeast("--keep", 0, keep);
        } else if (size != null) {
            percent();
        } else if (ratio != null) {
            Expect.nonNegative("--lambda-ratio", ratio);
        } else {
            Expect.nonNegative("--lambda", lambda);
        }
    }

    private double percent() {
        try {
            double percent = size.endsWith("%") ? Double.parseDouble(size.substring(0, size.length() - 1)) : Double.NaN;
            if (percent >= 0 && percent <= 100) {
                return percent;
            }
        } catch (NumberFormatException e) {
            // Told below, as other words that are no sizes.
        }
        throw new InputException("--target-size: expected 0% to 100%, found '" + size + "'");
    }

    /** The lambda asked for; not where a size is. */
    double lambda(Problem problem) {
        return ratio != null ? new Strength.Ratio(ratio).lambda(problem.lambdaMax()) : lambda;
    }

    /**
     * The answer asked for.
     *
     * @throws InputException when there are not as many groups as are to be kept
     */
    Answer solve(Solver solver, Problem problem, Monitor monitor) {
        if (keep != null) {
            int all = problem.groups().count();
            if (keep > all) {
                throw new InputException("--keep: expected 0 to " + all + " groups, found " + keep
                        + "; the nearest below is " + all + ", there is none above");
            }
            SupportSearch.Found found = SupportSearch.groups(solver, problem, keep, monitor);
            return Answer.of(found.nearest(), found);
        }
        if (size != null) {
            SupportSearch.Found found = SupportSearch.columns(solver, problem, most(problem), monitor);
            return Answer.of(found.atMost().orElse(found.nearest()), found);
        }
        double[] start = new double[problem.h() * problem.d()];
        return new Answer(solver.solve(problem.withLambda(lambda(problem)), start, monitor), Optional.empty());
    }

    /** The number of columns that are P %, or a little less, of all. */
    private int most(Problem problem) {
        return (int) Math.floor(percent() * problem.penalised() / 100);
    }

    /** What was asked for, by its option's name. */
    Json json() {
        if (size != null) {
            return new Json().put("target_size", percent());
        }
        if (keep != null) {
            return new Json().put("keep", keep);
        }
        return ratio != null ? new Json().put("lambda_ratio", ratio) : new Json().put("lambda", lambda);
    }

    /** The size asked for, in words. */
    String words() {
        return keep != null ? keep + (keep == 1 ? " group" : " groups") : "at most " + percent() + " % of the columns";
    }

    /** Whether the size asked for is to be met, and not only kept within. */
    boolean exact() {
        return keep != null;
    }
}
