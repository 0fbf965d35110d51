package lnr.bench.compare;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import lnr.engine.solvers.AlternatingMinimization;
import lnr.engine.solvers.Fista;
import lnr.engine.solvers.ProximalGradient;

/**
 * Something that both sides do.
 *
 * @param group what the command line calls it: a pass of the network, or a problem for the solvers
 * @param request the line that asks a side for it: {@code epoch}, or {@code solve toy fista 10}
 * @param target how many times faster than PyTorch LNR is to be on 60,000 images, or NaN
 */
record Task(String group, String request, double target) {
    /** The groups, in the order of the table. */
    static final Set<String> GROUPS =
            new LinkedHashSet<>(List.of("epoch", "forward", "correlation", "checkpoint", "toy"));

    private static final Set<String> PASSES = Set.of("epoch", "forward", "correlation");

    /** The tasks of some groups. */
    static List<Task> of(Collection<String> groups) {
        List<Task> tasks = new ArrayList<>();
        for (String group : GROUPS) {
            if (groups.contains(group)) {
                switch (group) {
                    case "epoch" -> tasks.add(new Task(group, group, 1.5));
                    case "forward", "correlation" -> tasks.add(new Task(group, group, 2));
                    case "checkpoint" -> {
                        tasks.add(solve(group, Fista.NAME, 10));
                        tasks.add(solve(group, AlternatingMinimization.NAME, 10));
                    }
                    default -> {
                        tasks.add(solve(group, ProximalGradient.NAME, 0));
                        for (int q : new int[] {1, 5, 10, 50, 250}) {
                            tasks.add(solve(group, Fista.NAME, q));
                        }
                        tasks.add(solve(group, AlternatingMinimization.NAME, 10));
                    }
                }
            }
        }
        return tasks;
    }

    /** Whether the network runs over images; otherwise a solver solves a problem. */
    boolean isPass() {
        return PASSES.contains(group);
    }

    /** What the table calls it. */
    String title() {
        return isPass() ? group : request.replaceFirst("solve ", "").replaceFirst("(fista) ", "$1 q=")
                .replaceFirst(" (0|10)$", "");
    }

    private static Task solve(String problem, String method, int q) {
        return new Task(problem, String.format(Locale.ROOT, "solve %s %s %d", problem, method, q), Double.NaN);
    }
}
