package lnr.lenet.compress;

import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import lnr.engine.Debiasing;
import lnr.engine.Problem;
import lnr.engine.Solution;
import lnr.engine.solvers.Monitor;
import lnr.engine.solvers.Path;
import lnr.engine.solvers.Solver;

/**
 * A layer's path: its reconstruction error against the number of units it keeps, and which these are. Of the supports
 * met on the way down from lambda_max, refitted, the errors' logarithms are interpolated.
 */
final class ErrorCurve {
    private static final double STRIDE = 0.7; // from one lambda to the next
    private static final double LEAST = 1e-4; // of lambda_max
    private static final double FLOOR = 1e-9; // of an error's logarithm

    private final TreeMap<Integer, Double> errors = new TreeMap<>(); // decreasing in the number of units
    private final TreeMap<Integer, int[]> supports = new TreeMap<>(); // of so many units, strongest first

    /** The path of a layer's problem. {@code units} are all that it could keep: its error there is 0. */
    ErrorCurve(Solver solver, Problem problem) {
        int units = problem.groups().count();
        errors.put(0, 1.0);
        errors.put(units, 0.0);
        try (Path path = solver.path(problem)) {
            for (double share = STRIDE; share > LEAST; share *= STRIDE) {
                Solution solution = path.at(share * problem.lambdaMax(), Monitor.NONE);
                int size = solution.support().length;
                supports.putIfAbsent(size, Selection.strongestFirst(solution, problem));
                if (size == units) {
                    break;
                }
                if (!errors.containsKey(size)) {
                    put(size, ReconstructionError.of(problem, Debiasing.fit(problem, solution.columns())));
                }
            }
        }
    }

    private void put(int size, double error) {
        errors.put(size, Math.min(error, errors.floorEntry(size).getValue()));
    }

    /** The error with {@code size} units, 0 to all. */
    double at(int size) {
        Map.Entry<Integer, Double> fewer = errors.floorEntry(size);
        Map.Entry<Integer, Double> more = errors.ceilingEntry(size);
        if (fewer.getKey() == size || more == null) {
            return fewer.getValue();
        }
        double share = (double) (size - fewer.getKey()) / (more.getKey() - fewer.getKey());
        double low = Math.log(Math.max(FLOOR, fewer.getValue()));
        double high = Math.log(Math.max(FLOOR, more.getValue()));
        return Math.exp(low + share * (high - low));
    }

    /**
     * The strongest {@code size} units of the next larger support, ascending; fewer where no support has so many, but
     * one at least: where nothing is to be read, which one does not matter.
     */
    int[] units(int size) {
        Map.Entry<Integer, int[]> support = supports.ceilingEntry(size);
        int[] units = (support == null ? supports.lastEntry() : support).getValue();
        return units.length == 0
                ? new int[] {0}
                : Arrays.stream(units).limit(size).sorted().toArray();
    }
}
