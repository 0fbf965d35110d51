package lnr.lenet.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import lnr.engine.Problem;
import lnr.engine.Solution;
import lnr.engine.Status;
import lnr.engine.solvers.Monitor;
import lnr.engine.solvers.Path;
import lnr.engine.solvers.Solver;

/**
 * Answers at one lambda after another, as a table to read or as arrays for programs.
 *
 * @param points the answers, lambda falling
 */
record PathTable(List<Solution> points) {
    /**
     * Solves at {@code lambdas}, each from the one before.
     *
     * @param restore makes of each answer what is kept of it
     * @param bar told of the points done
     */
    static PathTable of(
            Solver solver, Problem problem, double[] lambdas, UnaryOperator<Solution> restore, Bar bar) {
        List<Solution> points = new ArrayList<>();
        try (Path path = solver.path(problem)) {
            for (double lambda : lambdas) {
                points.add(restore.apply(path.at(lambda, Monitor.NONE)));
                bar.at(points.size());
            }
        }
        return new PathTable(points);
    }

    /** So many lambdas from the most down to the least, evenly on a logarithmic scale; the ends are exact. */
    static double[] lambdas(double most, int points, double least) {
        double[] lambdas = Path.lambdas(most, points, least / most);
        lambdas[points - 1] = least;
        return lambdas;
    }

    /** The answer at the least lambda. */
    Solution last() {
        return points.get(points.size() - 1);
    }

    /** How many answers are worth less than was asked for, on stderr. */
    void notice(Session session) {
        long unconverged =
                points.stream().filter(s -> s.status() != Status.CONVERGED).count();
        if (unconverged > 0) {
            session.notice("not converged at " + unconverged + " of " + points.size() + " lambdas: the gap bounds how"
                    + " far the objective is from its minimum");
        }
    }

    /** The table, on stdout. */
    void print(Session session) {
        session.print(
                "%-13s %-11s %8s %8s %-16s %-9s %10s",
                "lambda", "ratio", "groups", "columns", "objective", "rel. gap", "iterations");
        for (Solution point : points) {
            session.print(
                    "%-13.6e %-11.4e %8d %8d %-16.9e %-9.2e %10d%s",
                    point.lambda(),
                    point.lambdaRatio(),
                    point.support().length,
                    point.columns().length,
                    point.objective(),
                    point.relativeGap(),
                    point.iterations(),
                    point.status() == Status.CONVERGED ? "" : "  " + point.status());
        }
    }

    /** The arrays, by the names of a solve's fields. */
    Json json() {
        return new Json()
                .put("lambda", each(Solution::lambda))
                .put("lambda_ratio", each(Solution::lambdaRatio))
                .put("support", each(s -> s.support().length))
                .put("columns_kept", each(s -> s.columns().length))
                .put("objective", each(Solution::objective))
                .put("gap", each(Solution::gap))
                .put("relative_gap", each(Solution::relativeGap))
                .put("iterations", each(Solution::iterations))
                .put("status", each(s -> s.status().name()))
                .put("seconds", each(Solution::seconds));
    }

    private <T> List<T> each(Function<Solution, T> field) {
        return points.stream().map(field).toList();
    }
}
