package lnr.engine.solvers;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import lnr.engine.Problem;
import lnr.engine.Solution;

/**
 * A way to solve a {@link Problem}. Solvers hold parameters and no state: one may be used by many threads, each with
 * its own problem. Same device, same problem, same start: same answer, bit for bit.
 */
public interface Solver {
    /** The solver's name, as {@link #named} takes it. */
    String name();

    /** Solves from M = 0; otherwise as {@link #solve(Problem, double[], Monitor)}. */
    default Solution solve(Problem problem) {
        return solve(problem, new double[Math.multiplyExact(problem.h(), problem.d())], Monitor.NONE);
    }

    /**
     * Solves from {@code start}. At lambda &gt;= lambda_max the answer is known and returned at once: no penalised
     * column, and the best bias. All device memory taken is given back before this returns or throws.
     *
     * @param start (h, d), column-major; not modified
     * @param monitor told of progress; what it throws is thrown here
     * @throws IllegalArgumentException when {@code start} has another shape or is not finite
     * @throws lnr.engine.MatrixException when R proves indefinite, or C has a part that R has not
     * @throws ArithmeticException when an objective or the gap is not a finite number
     */
    Solution solve(Problem problem, double[] start, Monitor monitor);

    /**
     * Solves many problems from M = 0, of one device, one number of rows and equal groups, each to its own stopping
     * rule: together where the solver {@link #stacks}, and otherwise in turn.
     *
     * @param problems may share data fits; with or without a bias
     * @param monitor told of every solve's progress; false ends the solve that it was told of
     * @return the answers, in the same order
     * @throws RuntimeException what the first solve to fail threw, where solved together after the others have ended
     */
    default List<Solution> solve(List<Problem> problems, Monitor monitor) {
        return problems.stream()
                .map(problem -> solve(problem, new double[Math.multiplyExact(problem.h(), problem.d())], monitor))
                .toList();
    }

    /** Whether it takes the steps of many problems together: what a device that favours batches gains by. */
    default boolean stacks() {
        return false;
    }

    /**
     * Answers to {@code problem} at many lambdas, its own not among them.
     *
     * @return to be closed
     */
    default Path path(Problem problem) {
        return new WarmStarts(this, problem);
    }

    /** When it stops. */
    Stopping stopping();

    /** The same solver with another stopping rule. */
    Solver withStopping(Stopping stopping);

    /** The precision of its products. */
    default Precision precision() {
        return Precision.FP64;
    }

    /**
     * The same solver with products of another precision.
     *
     * @throws IllegalArgumentException when it knows only {@link Precision#FP64}, and is asked for another
     */
    default Solver withPrecision(Precision precision) {
        if (precision != Precision.FP64) {
            throw new IllegalArgumentException("precision: " + name() + " expected " + Precision.FP64 + ", got "
                    + precision + "; " + RestartedFista.NAME + " has it");
        }
        return this;
    }

    /** The names that {@link #named} takes, without their other spellings. */
    static Set<String> names() {
        return known().keySet();
    }

    /**
     * The solver of that name: {@code proximal-gradient}, {@code fista} or {@code alternating-minimization} with the
     * text's parameters, {@code newton} or {@code restarted-fista}. The text's own spellings
     * {@code proximal_gradient_descent} and {@code alternate_minimization} are taken too.
     *
     * @throws IllegalArgumentException when there is none; the message lists the known ones
     */
    static Solver named(String name) {
        Map<String, Solver> known = known();
        Solver solver =
                switch (name) {
                    case "proximal_gradient_descent", "proximal_gradient" -> known.get(ProximalGradient.NAME);
                    case "alternate_minimization" -> known.get(AlternatingMinimization.NAME);
                    default -> known.get(name);
                };
        if (solver == null) {
            throw new IllegalArgumentException(
                    "method: expected one of " + String.join(", ", known.keySet()) + ", got '" + name + "'");
        }
        return solver;
    }

    private static Map<String, Solver> known() {
        Map<String, Solver> known = new LinkedHashMap<>();
        known.put(ProximalGradient.NAME, new ProximalGradient());
        known.put(Fista.NAME, new Fista());
        known.put(AlternatingMinimization.NAME, new AlternatingMinimization());
        known.put(SupportNewton.NAME, new SupportNewton());
        known.put(RestartedFista.NAME, new RestartedFista());
        return known;
    }
}
