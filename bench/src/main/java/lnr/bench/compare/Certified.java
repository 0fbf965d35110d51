package lnr.bench.compare;

import java.util.List;
import lnr.engine.solvers.AlternatingMinimization;
import lnr.engine.solvers.Fista;
import lnr.engine.solvers.SupportNewton;

/**
 * Solves to a relative gap of 1e-8, against whoever else solves the same problem: LNR's Newton method on the text's
 * checkpoint problem and on layers of a trained LeNet-5, their biases among the unknowns.
 */
final class Certified {
    /** The groups, in the order of the table. */
    static final List<String> GROUPS = List.of("newton", "groups", "path", "lasso");

    /** The relative gap that LNR is to reach. */
    static final double GAP = 1e-8;

    /** What a request calls Newton's method along a path of lambdas. */
    static final String PATH = "newton-path";

    private static final String NEWTON = SupportNewton.NAME;
    private static final String ALTERNATING = AlternatingMinimization.NAME;
    private static final String PROTOTYPE = "prototype";
    private static final String LASSO = "multi-task-lasso";
    private static final int Q = 10;

    private Certified() {}

    /** The tasks of a group, without targets where LNR runs on a GPU. */
    static List<Task> tasks(String group, boolean gpu) {
        String four = "@0.3,@0.1,@0.03,@0.01";
        List<Task> tasks =
                switch (group) {
                    case "newton" -> List.of(
                            task(group, "checkpoint", "0.1", NEWTON, Opponent.TORCH, ALTERNATING, 6),
                            task(group, "checkpoint", "0.1", NEWTON, Opponent.TORCH, Fista.NAME, 40),
                            task(group, "fc2", "0.01", NEWTON, Opponent.TORCH, ALTERNATING, 150));
                    case "groups" -> List.of(
                            task(group, "fc1", four, NEWTON, Opponent.PROTOTYPE, PROTOTYPE, 10),
                            task(group, "fc1", four, PATH, Opponent.PROTOTYPE, PROTOTYPE, 10));
                    case "path" -> List.of(task(group, "fc2", "@0.01/50", PATH, Opponent.LNR, NEWTON, 4));
                    default -> List.of(
                            task(group, "checkpoint", "0.1", NEWTON, Opponent.SKLEARN, LASSO, 200),
                            task(group, "fc2", "@0.1", NEWTON, Opponent.SKLEARN, LASSO, 20));
                };
        return gpu ? tasks.stream().map(Task::withoutTarget).toList() : tasks;
    }

    private static Task task(
            String group, String problem, String lambdas, String lnr, Opponent against, String other, double target) {
        int count = Lambdas.of(lambdas, 1).length;
        return new Task(
                group,
                problem + " " + (count > 1 ? count + " lambdas" : lambdas) + ": " + lnr + " / " + other,
                Task.request(problem, lnr, Q, lambdas),
                against,
                Task.request(problem, other, Q, lambdas),
                target,
                Double.NaN);
    }
}
