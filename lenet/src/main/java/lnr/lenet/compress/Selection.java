package lnr.lenet.compress;

import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;
import lnr.engine.Problem;
import lnr.engine.Solution;
import lnr.engine.solvers.Monitor;
import lnr.engine.solvers.Solver;
import lnr.engine.solvers.SupportSearch;

/** The units that a layer keeps: those that the penalised problem's answer reads. */
final class Selection {
    private Selection() {}

    /**
     * Selects as strongly as asked for.
     *
     * @param problem the layer's, each unit a group
     * @return units, ascending; of {@link Strength.Keep} at most so many, and all of them when that is enough
     */
    static int[] of(Solver solver, Problem problem, Strength strength) {
        int all = problem.groups().count();
        if (strength instanceof Strength.Keep keep) {
            if (keep.count() >= all) {
                return IntStream.range(0, all).toArray();
            }
            Solution solution = SupportSearch.solve(solver, problem, keep.count(), Monitor.NONE);
            return Arrays.stream(strongestFirst(solution, problem))
                    .limit(keep.count())
                    .sorted()
                    .toArray();
        }
        double lambda = strength instanceof Strength.Ratio ratio
                ? ratio.lambda(problem.lambdaMax())
                : ((Strength.Lambda) strength).value();
        double[] start = new double[problem.h() * problem.d()];
        return solver.solve(problem.withLambda(lambda), start, Monitor.NONE).support();
    }

    /** The groups of a support, those of the largest norm first. */
    static int[] strongestFirst(Solution solution, Problem problem) {
        int h = problem.h();
        double[] squares = new double[problem.groups().count()];
        for (int k : solution.support()) {
            for (int i = h * problem.groups().start(k); i < h * problem.groups().start(k + 1); i++) {
                squares[k] += solution.m()[i] * solution.m()[i];
            }
        }
        return Arrays.stream(solution.support())
                .boxed()
                .sorted(Comparator.comparingDouble(k -> -squares[k]))
                .mapToInt(k -> k)
                .toArray();
    }

    /** The columns that read {@code units}, {@code size} each. */
    static int[] columns(int[] units, int size) {
        return Arrays.stream(units)
                .flatMap(k -> IntStream.range(k * size, (k + 1) * size))
                .toArray();
    }
}
