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
    /** Tables: times with their ratios, shares of what the device allows, and values with their differences. */
    String text() {
        StringBuilder text = new StringBuilder();
        line(text, "%-50s %-12s   %27s   %27s   %22s %8s", "task", "against", "LNR: median, range [ms]",
                "the other: median, range", "ratio, range of rounds", "target");
        for (Outcome outcome : outcomes) {
            Timings ratios = outcome.lnr().ratios(outcome.other());
            line(text, "%-50s %-12s   %27s   %27s   %22s %8s", outcome.task().title(),
                    outcome.task().against().title(), spread(outcome.lnr()), spread(outcome.other()),
                    String.format(Locale.ROOT, "%.2f (%.2f - %.2f)", outcome.ratio(), ratios.min(), ratios.max()),
                    verdict(outcome.ratio(), target(outcome)));
        }
        if (outcomes.stream().anyMatch(outcome -> outcome.bound() != null)) {
            line(text, "");
            line(text, "%-50s %27s   %27s   %22s %8s", "bound", "the device's: median", "", "share of it reached",
                    "target");
            for (Outcome outcome : outcomes) {
                if (outcome.bound() != null) {
                    Timings shares = outcome.lnr().ratios(outcome.bound());
                    line(text, "%-50s %27s   %27s   %22s %8s", outcome.task().title(),
                            spread(outcome.bound()), "",
                            String.format(
                                    Locale.ROOT, "%.2f (%.2f - %.2f)", outcome.share(), shares.min(), shares.max()),
                            verdict(outcome.share(), outcome.task().share()));
                }
            }
        }
        Map<String, Double> spreads = Outcome.spreads(outcomes);
        if (outcomes.stream().anyMatch(outcome -> !outcome.task().isPass())) {
            line(text, "");
            line(text, "%-50s %27s   %27s   %22s", "objective or result", "LNR", "the other", "relative difference");
            for (Outcome outcome : outcomes) {
                if (!outcome.task().isPass()) {
                    line(text, "%-50s %27.15g   %27.15g   %22.1e", outcome.task().title(), outcome.lnrFound().value(),
                            outcome.otherFound().value(), outcome.difference());
                }
            }
            spreads.forEach((problem, spread) -> line(text,
                    "%s: all methods of both sides within %.1e, expected %.0e or less: %s", problem, spread,
                    Outcome.AGREEMENT, spread <= Outcome.AGREEMENT ? "agree" : "DISAGREE"));
            outcomes.stream().filter(outcome -> outcome.task().isCertified()).forEach(outcome -> line(text,
                    "%s: relative gaps %.1e and %.1e: %s", outcome.task().title(), outcome.lnrFound().relativeGap(),
                    outcome.otherFound().relativeGap(), outcome.isProved() ? "agree" : "DISAGREE"));
            outcomes.stream()
                    .filter(outcome -> outcome.task().isOperation() && !(outcome.difference() <= Outcome.ROUNDING))
                    .forEach(outcome -> line(text, "%s: expected %.0e or less: DISAGREE", outcome.task().title(),
                            Outcome.ROUNDING));
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
            task.put("against", outcome.task().against().title());
            task.put("other_request", outcome.task().other());
            task.put("lnr", side(outcome.lnr(), outcome.lnrFound()));
            task.put("other", side(outcome.other(), outcome.otherFound()));
            Timings ratios = outcome.lnr().ratios(outcome.other());
            task.put("ratio", outcome.ratio());
            task.put("ratio_min", ratios.min());
            task.put("ratio_max", ratios.max());
            judge(task, "", outcome.ratio(), target(outcome));
            if (outcome.bound() != null) {
                Timings shares = outcome.lnr().ratios(outcome.bound());
                task.put("bound", times(outcome.bound()));
                task.put("share", outcome.share());
                task.put("share_min", shares.min());
                task.put("share_max", shares.max());
                judge(task, "share_", outcome.share(), outcome.task().share());
            }
            if (!outcome.task().isPass()) {
                task.put(outcome.task().isOperation() ? "difference" : "objective_difference", outcome.difference());
            }
            tasks.add(task);
        }
        root.put("tasks", tasks);
        root.put("objective_spreads", Outcome.spreads(outcomes));
        root.put("objectives_agree", Outcome.agree(outcomes));
        return root;
    }

    private static Map<String, Object> side(Timings timings, Found found) {
        Map<String, Object> side = times(timings);
        side.put("value", found.value());
        if (!Double.isNaN(found.gap())) {
            side.put("gap", found.gap());
            side.put("relative_gap", found.relativeGap());
        }
        return side;
    }

    private static Map<String, Object> times(Timings timings) {
        Map<String, Object> times = new LinkedHashMap<>();
        times.put("median", timings.median());
        times.put("min", timings.min());
        times.put("max", timings.max());
        times.put("seconds", timings.seconds());
        return times;
    }

    private static void judge(Map<String, Object> task, String prefix, double reached, double target) {
        if (!Double.isNaN(target)) {
            task.put(prefix + "target", target);
            task.put(prefix + "reached", reached >= target);
        }
    }

    /** The ratio to reach, or NaN. */
    private double target(Outcome outcome) {
        return targets || !outcome.task().isOfImages() ? outcome.task().target() : Double.NaN;
    }

    private static String verdict(double reached, double target) {
        String number = target < 10 ? "%.2g" : "%.0f";
        return Double.isNaN(target)
                ? "-"
                : String.format(Locale.ROOT, number + " %s", target, reached >= target ? "yes" : "NO");
    }

    private static String spread(Timings timings) {
        return String.format(
                Locale.ROOT,
                "%.5g (%.5g - %.5g)",
                1e3 * timings.median(),
                1e3 * timings.min(),
                1e3 * timings.max());
    }

    private static void line(StringBuilder text, String format, Object... values) {
        text.append(String.format(Locale.ROOT, format, values).stripTrailing()).append(System.lineSeparator());
    }
}
