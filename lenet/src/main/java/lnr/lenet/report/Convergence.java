package lnr.lenet.report;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lnr.engine.Problem;
import lnr.engine.Solution;
import lnr.engine.Status;
import lnr.engine.solvers.AlternatingMinimization;
import lnr.engine.solvers.Fista;
import lnr.engine.solvers.Monitor;
import lnr.engine.solvers.ProximalGradient;
import lnr.engine.solvers.Solver;

/**
 * The text's plots of convergence: the objective's excess over its minimum against iterations, for solvers and for
 * FISTA's q.
 *
 * @param problem in words
 * @param minimum the least objective of all runs
 * @param solvers one run each
 * @param damping FISTA's runs, one for each q
 */
public record Convergence(String problem, double minimum, List<Run> solvers, List<Run> damping) {
    private static final int CAP = 20_000; // of proximal gradient, whose tail is long
    private static final double START = 0.01; // the text's, where q is compared
    private static final double[] Q = {1, 5, 50, 250};
    private static final int BUCKETS = 240;

    /**
     * One solve.
     *
     * @param iteration some of the iterations, from 1
     * @param loss the objective at these
     */
    public record Run(
            String name,
            int iterations,
            Status status,
            double objective,
            double relativeGap,
            int[] iteration,
            double[] loss,
            double seconds) {}

    /** @param best a solver whose answer is near the minimum; it comes last */
    static Convergence of(String name, Problem problem, Solver best) {
        List<Solver> solvers = new ArrayList<>(List.of(
                new ProximalGradient().withStopping(new ProximalGradient().stopping().withCap(CAP)),
                new Fista(),
                new AlternatingMinimization()));
        if (solvers.stream().noneMatch(s -> s.name().equals(best.name()))) {
            solvers.add(best);
        }
        List<Solution> all = new ArrayList<>();
        List<Run> runs = new ArrayList<>();
        for (Solver solver : solvers) {
            Solution solution = solver.solve(problem);
            all.add(solution);
            runs.add(run(solver.name(), solution));
        }
        double[] start = new double[problem.h() * problem.d()];
        Arrays.fill(start, START);
        List<Run> damping = new ArrayList<>();
        for (double q : Q) {
            Solution solution = new Fista(q).solve(problem, start, Monitor.NONE);
            all.add(solution);
            damping.add(run("q = " + (int) q, solution));
        }
        double minimum = Double.POSITIVE_INFINITY;
        for (Solution solution : all) {
            minimum = Math.min(minimum, solution.objective());
            for (double loss : solution.history()) {
                minimum = Math.min(minimum, loss);
            }
        }
        return new Convergence(name, minimum, runs, damping);
    }

    /** Of every span of iterations, equal on the axis's logarithm, the least and the largest objective. */
    private static Run run(String name, Solution solution) {
        double[] history = solution.history();
        List<Integer> chosen = new ArrayList<>();
        int n = history.length;
        int from = 0;
        while (from < n) {
            int to = Math.min(n, Math.max(from + 1, (int) Math.ceil((from + 1) * Math.pow(n, 1.0 / BUCKETS)) - 1));
            int low = from;
            int high = from;
            for (int i = from; i < to; i++) {
                low = history[i] < history[low] ? i : low;
                high = history[i] > history[high] ? i : high;
            }
            chosen.add(Math.min(low, high));
            if (low != high) {
                chosen.add(Math.max(low, high));
            }
            from = to;
        }
        if (n > 0 && chosen.get(chosen.size() - 1) != n - 1) {
            chosen.add(n - 1);
        }
        return new Run(
                name,
                solution.iterations(),
                solution.status(),
                solution.objective(),
                solution.relativeGap(),
                chosen.stream().mapToInt(i -> i + 1).toArray(),
                chosen.stream().mapToDouble(i -> history[i]).toArray(),
                solution.seconds());
    }
}
