package lnr.bench.compare;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * A comparison's results, as text to read and as a map to be written as JSON.
 *
 * @param circumstances when, where, with what versions and by what command, in order; values are strings, numbers or
 *     maps of these
 * @param targets whether the targets apply: they are for 60,000 images
 * @param outcomes one for each task
 */
record Findings(Map<String, Object> circumstances, boolean targets, List<Outcome> outcomes) {
    /** Two tables: times with their ratios, and objectives with their differences. */
    String text() {
        StringBuilder text = new StringBuilder();
        line(text, "%-36s %25s   %25s   %22s %8s", "task", "LNR: median, range [s]", "PyTorch: median, range",
                "ratio, range of rounds", "target");
        for (Outcome outcome : outcomes) {
            Timings ratios = outcome.lnr().ratios(outcome.torch());
            line(text, "%-36s %25s   %25s   %22s %8s", outcome.task().title(), spread(outcome.lnr(), "%.4f"),
                    spread(outcome.torch(), "%.4f"),
                    String.format(Locale.ROOT, "%.2f (%.2f - %.2f)", outcome.ratio(), ratios.min(), ratios.max()),
                    verdict(outcome));
        }
        Map<String, Double> spreads = Outcome.spreads(outcomes);
        if (!spreads.isEmpty()) {
            line(text, "");
            line(text, "%-36s %25s   %25s   %22s", "objective", "LNR", "PyTorch", "relative difference");
            for (Outcome outcome : outcomes) {
                if (!outcome.task().isPass()) {
                    line(text, "%-36s %25.15g   %25.15g   %22.1e", outcome.task().title(), outcome.lnrValue(),
                            outcome.torchValue(), outcome.difference());
                }
            }
            spreads.forEach((problem, spread) -> line(text,
                    "%s: all methods of both sides within %.1e, expected %.0e or less: %s", problem, spread,
                    Outcome.AGREEMENT, spread <= Outcome.AGREEMENT ? "agree" : "DISAGREE"));
        }
        return text.toString();
    }

    /** The circumstances, every time of every round, and the summaries that {@link #text} prints. */
    Map<String, Object> json() {
        Map<String, Object> root = new LinkedHashMap<>(circumstances);
        List<Map<String, Object>> tasks = new ArrayList<>();
        for (Outcome outcome : outcomes) {
            Map<String, Object> task = new LinkedHashMap<>();
            task.put("task", outcome.task().title());
            task.put("request", outcome.task().request());
            task.put("lnr", side(outcome.lnr(), outcome.lnrValue()));
            task.put("torch", side(outcome.torch(), outcome.torchValue()));
            Timings ratios = outcome.lnr().ratios(outcome.torch());
            task.put("ratio", outcome.ratio());
            task.put("ratio_min", ratios.min());
            task.put("ratio_max", ratios.max());
            if (hasTarget(outcome)) {
                task.put("target", outcome.task().target());
                task.put("reached", outcome.ratio() >= outcome.task().target());
            }
            if (!outcome.task().isPass()) {
                task.put("objective_difference", outcome.difference());
            }
            tasks.add(task);
        }
        root.put("tasks", tasks);
        root.put("objective_spreads", Outcome.spreads(outcomes));
        root.put("objectives_agree", Outcome.agree(outcomes));
        return root;
    }

    private static Map<String, Object> side(Timings timings, double value) {
        Map<String, Object> side = new LinkedHashMap<>();
        side.put("median", timings.median());
        side.put("min", timings.min());
        side.put("max", timings.max());
        side.put("seconds", timings.seconds());
        side.put("value", value);
        return side;
    }

    private boolean hasTarget(Outcome outcome) {
        return targets && !Double.isNaN(outcome.task().target());
    }

    private String verdict(Outcome outcome) {
        if (!hasTarget(outcome)) {
            return "-";
        }
        double target = outcome.task().target();
        return String.format(Locale.ROOT, "%.1f %s", target, outcome.ratio() >= target ? "yes" : "NO");
    }

    private static String spread(Timings timings, String format) {
        return String.format(
                Locale.ROOT,
                format + " (" + format + " - " + format + ")",
                timings.median(),
                timings.min(),
                timings.max());
    }

    private static void line(StringBuilder text, String format, Object... values) {
        text.append(String.format(Locale.ROOT, format, values).stripTrailing()).append(System.lineSeparator());
    }
}
