package lnr.bench.compare;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import lnr.bench.TextProblem;
import lnr.engine.solvers.AlternatingMinimization;
import lnr.engine.solvers.Fista;
import lnr.engine.solvers.ProximalGradient;

/**
 * Something that LNR and another do.
 *
 * @param group what the command line calls it: a pass of the network, a problem for the text's solvers, solves to a
 *     gap, or one operation
 * @param title what the table calls it
 * @param request the line that asks LNR for it: {@code epoch}, {@code solve toy fista 10 0.1} for a solve with q = 10
 *     and lambda 0.1, or {@code prox 4096x16384 20} for the mean of 20 operations of that shape
 * @param against the other
 * @param other the line that asks the other for it
 * @param target how many times faster than the other LNR is to be, on 60,000 images where it needs images; or NaN
 * @param share how much of the speed that the device allows LNR is to reach, or NaN
 */
record Task(
        String group, String title, String request, Opponent against, String other, double target, double share) {
    /** The groups, in the order of the table. */
    static final Set<String> GROUPS = groups();

    private static final Set<String> PASSES = Set.of("epoch", "forward", "correlation");

    /** The other takes that long that a few rounds have to do. */
    private static final Set<String> SLOW = Set.of("checkpoint multi-task-lasso");

    private static final int FEW = 3;

    /**
     * Shapes of the operations: of sums of outer products, samples x features; of those of patches, samples x channels
     * x height x width x kernel, as LeNet-5's second convolution sees them; of the prox, h x d.
     */
    private static final Map<String, String> SHAPES =
            Map.of("gram", "60000x800", "patches", "10000x20x12x12x5", "prox", "4096x16384");

    /** Operations whose bound PyTorch's side knows. */
    private static final Set<String> BOUNDED = Set.of("gram", "prox");

    /** So many operations behind each other that the launch of the first and the wait for the last weigh little. */
    private static final int REPEATS = 20;

    private static Set<String> groups() {
        Set<String> groups = new LinkedHashSet<>(List.of("epoch", "forward", "correlation", "checkpoint", "toy"));
        groups.addAll(Certified.GROUPS);
        groups.addAll(List.of("gram", "patches", "prox"));
        return groups;
    }

    /**
     * The tasks of some groups.
     *
     * @param groups some of {@link #GROUPS}; an operation may have another shape behind a colon, for a trial: then it
     *     has no target
     * @param gpu whether LNR runs on a GPU, for which the targets are others
     */
    static List<Task> of(Collection<String> groups, boolean gpu) {
        List<Task> tasks = new ArrayList<>();
        for (String group : GROUPS) {
            if (SHAPES.containsKey(group)) {
                groups.stream().filter(asked -> name(asked).equals(group))
                        .forEach(asked -> tasks.add(operation(asked, gpu)));
            } else if (groups.contains(group)) {
                switch (group) {
                    case "epoch" -> tasks.add(same(group, group, group, gpu ? 5 : 1.5, Double.NaN));
                    case "forward", "correlation" ->
                        tasks.add(same(group, group, group, gpu ? Double.NaN : 2, Double.NaN));
                    case "checkpoint" -> {
                        tasks.add(solve(group, Fista.NAME, 10, gpu ? 5 : Double.NaN));
                        tasks.add(solve(group, AlternatingMinimization.NAME, 10, Double.NaN));
                    }
                    case "toy" -> {
                        tasks.add(solve(group, ProximalGradient.NAME, 0, Double.NaN));
                        for (int q : new int[] {1, 5, 10, 50, 250}) {
                            tasks.add(solve(group, Fista.NAME, q, Double.NaN));
                        }
                        tasks.add(solve(group, AlternatingMinimization.NAME, 10, Double.NaN));
                    }
                    default -> tasks.addAll(Certified.tasks(group, gpu));
                }
            }
        }
        return tasks;
    }

    /** A group without the shape that may stand behind it. */
    static String name(String asked) {
        int colon = asked.indexOf(':');
        return colon < 0 || !SHAPES.containsKey(asked.substring(0, colon)) ? asked : asked.substring(0, colon);
    }

    private static Task operation(String asked, boolean gpu) {
        String group = name(asked);
        boolean usual = asked.equals(group) || asked.equals(group + ":" + SHAPES.get(group));
        String shape = usual ? SHAPES.get(group) : asked.substring(group.length() + 1);
        boolean judged = gpu && usual;
        return same(
                group,
                group + " " + shape,
                group + " " + shape + " " + (gpu ? REPEATS : 1),
                judged && group.equals("patches") ? 1 : Double.NaN,
                !judged ? Double.NaN : group.equals("gram") ? 1 / 1.5 : group.equals("prox") ? 0.85 : Double.NaN);
    }

    /** Whether the network runs over images. */
    boolean isPass() {
        return PASSES.contains(group);
    }

    /** Whether it is one operation, repeated. */
    boolean isOperation() {
        return SHAPES.containsKey(group);
    }

    /** Whether a solver of the text solves a problem by its own stopping rule, on both sides. */
    boolean isSolve() {
        return !isPass() && !isOperation() && !isCertified();
    }

    /** Whether LNR solves to a gap, and the other as it does. */
    boolean isCertified() {
        return Certified.GROUPS.contains(group);
    }

    /** The problem to be solved; null when there is none. */
    String problem() {
        return isSolve() || isCertified() ? request.split(" ")[1] : null;
    }

    /** Whether it needs images. */
    boolean isOfImages() {
        return isPass() || problem() != null && LayerProblems.has(problem());
    }

    /** Whether PyTorch's side can say how fast the device could be at most. */
    boolean isBounded() {
        return BOUNDED.contains(group);
    }

    /** Rounds, or warm-ups, where so many are asked for. */
    int rounds(int asked) {
        return isCertified() && SLOW.contains(problem() + " " + other.split(" ")[2]) ? Math.min(FEW, asked) : asked;
    }

    /** The same work without a target. */
    Task withoutTarget() {
        return new Task(group, title, request, against, other, Double.NaN, share);
    }

    /** The line that asks for a solve; only FISTA reads {@code q}, {@link Lambdas} the last word. */
    static String request(String problem, String method, int q, String lambdas) {
        return String.format(Locale.ROOT, "solve %s %s %d %s", problem, method, q, lambdas);
    }

    private static Task same(String group, String title, String request, double target, double share) {
        return new Task(group, title, request, Opponent.TORCH, request, target, share);
    }

    private static Task solve(String problem, String method, int q, double target) {
        String title = problem + " " + method + (method.equals(Fista.NAME) ? " q=" + q : "");
        String request = request(problem, method, q, Double.toString(TextProblem.LAMBDA));
        return same(problem, title, request, target, Double.NaN);
    }
}
