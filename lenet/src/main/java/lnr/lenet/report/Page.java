package lnr.lenet.report;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import lnr.lenet.network.Architecture;

/** The report as one page of HTML, which is XML too: it needs no other file, no network and no scripts. */
final class Page {
    private final Results results;
    private final List<Frontier.Row> rows;
    private final List<Figure> figures;
    private final Report.How how;
    private final StringBuilder out = new StringBuilder();

    Page(Results results, List<Frontier.Row> rows, List<Figure> figures, Report.How how) {
        this.results = results;
        this.rows = rows;
        this.figures = figures;
        this.how = how;
    }

    String html() {
        out.append("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n")
                .append("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n")
                .append("<title>Compression of LeNet-5: the frontier</title>\n<style>\n")
                .append(style())
                .append("</style>\n</head>\n<body>\n");
        summary();
        accuracy();
        mass();
        convergence();
        certificate();
        kept();
        work();
        seconds();
        again();
        return out.append("</body>\n</html>\n").toString();
    }

    private void summary() {
        out.append("<h1>Compression of LeNet-5: the frontier</h1>\n");
        Settings.Data data = results.settings().data();
        paragraph("lead", dominance());
        paragraph("soft", format(
                "Data: %s; %,d images to train on, of which %,d are held out to choose widths by, and %,d to test with."
                        + " %s, %s. Test images are seen once for every figure, and no network is made by them; but each point of the"
                        + " text's is set against the one of the whole networks no larger that surpasses it most.",
                how.origin(),
                data.train(),
                results.settings().validation(),
                data.test(),
                count(results.settings().networks(), "network"),
                results.settings().training().isEmpty() ? "given" : "trained: " + results.settings().training()));
        heading("Summary");
        Table table = new Table(
                List.of(),
                "setting",
                "parameters",
                "size",
                "FLOPs",
                "accuracy",
                "spread",
                "retrained",
                "spread");
        Frontier.Spread original = Frontier.Spread.of(results.originals(), o -> o.test().accuracy());
        Tested.Original first = results.originals().get(0);
        table.row(
                "original, " + first.widths(),
                format("%,d", first.parameters()),
                "100 %",
                "100 %",
                percent(original.mean()),
                range(original),
                "",
                "");
        for (Point.Method method : new Point.Method[] {Point.Method.NETWORK, Point.Method.TEXT}) {
            boolean text = method == Point.Method.TEXT;
            table.part(text ? "layer" : "network", text ? "text\u2019s method, fc2 alone" : "whole network");
            rows.stream().filter(r -> r.method() == method).forEach(row -> table.row(
                    row.setting(),
                    format("%,.0f", row.parameters()),
                    percent(row.size().mean()),
                    percent(row.work().mean()),
                    percent(row.compressed().mean()),
                    range(row.compressed()),
                    row.retrained() == null ? "" : percent(row.retrained().mean()),
                    row.retrained() == null ? "" : range(row.retrained())));
        }
        out.append(table.html("Means over the networks, and from the least to the largest. Where lambda is lambda_max"
                + " or more nothing of fc2 is left but its bias, and the network always gives the same answer, which"
                + " retraining does not change."));
        rivals();
    }

    private void rivals() {
        List<Frontier.Comparison> comparisons = Frontier.Comparison.all(results.retrained());
        List<String> names = new ArrayList<>(List.of("fc2 alone", "size"));
        comparisons.forEach(comparison -> names.addAll(List.of(words(comparison), "ahead by", "surpassed")));
        Table table = new Table(List.of(2, 5, 8), names.toArray(String[]::new));
        text(rows).forEach(row -> {
            List<String> cells = new ArrayList<>(List.of(row.setting(), percent(row.size().mean())));
            for (Frontier.Comparison comparison : comparisons) {
                Frontier.Rival rival = row.rivals().get(comparison);
                cells.addAll(
                        rival == null
                                ? List.of("none as small", "", "no")
                                : List.of(rival.setting(), margin(rival), rival.surpasses() ? "yes" : "no"));
            }
            table.row(cells.toArray(String[]::new));
        });
        out.append(table.html("Each point of the text\u2019s method, and the most accurate of the whole networks that"
                + " are no larger: by how much its accuracy is higher in the mean over the networks, in percentage"
                + " points, with the standard error that so many test images leave, image for image. Near the"
                + " original\u2019s accuracy both methods differ by a few images, which is chance as much as merit."));
    }

    private String dominance() {
        List<String> parts = Frontier.Comparison.all(results.retrained()).stream()
                .map(comparison -> part(rows, comparison) + " " + words(comparison))
                .toList();
        return "Of the frontier of the text\u2019s method, which compresses fc2 alone, the whole network\u2019s"
                + " surpasses " + String.join("; ", parts)
                + ". A point is surpassed by a whole network that is no larger and no less accurate in the mean.";
    }

    private static List<Frontier.Row> text(List<Frontier.Row> rows) {
        return rows.stream().filter(r -> r.method() == Point.Method.TEXT).toList();
    }

    /** How many points are surpassed, and by how little the others are not. */
    private static String part(List<Frontier.Row> rows, Frontier.Comparison comparison) {
        List<Frontier.Row> text = text(rows);
        List<Frontier.Row> left =
                text.stream().filter(r -> !r.surpassed(comparison)).toList();
        if (left.isEmpty()) {
            return "all " + text.size() + " points";
        }
        String part = text.size() - left.size() + " of " + text.size() + " points";
        if (left.stream().anyMatch(r -> !r.rivals().containsKey(comparison))) {
            return part;
        }
        double most = left.stream()
                .map(r -> r.rivals().get(comparison))
                .filter(rival -> rival.error() > 0)
                .mapToDouble(rival -> -rival.margin() / rival.error())
                .max()
                .orElse(0);
        return part + format(" (the rest behind by %.1f standard errors at most)", most);
    }

    private static String words(Frontier.Comparison comparison) {
        return switch (comparison) {
            case PLAIN -> "without retraining";
            case AHEAD -> "with the whole network retrained";
            case RETRAINED -> "with both retrained";
        };
    }

    private static String margin(Frontier.Rival rival) {
        return format("%+.3f \u00b1 %.3f", 100 * rival.margin(), 100 * rival.error());
    }

    private String epochs() {
        return count(results.settings().retrain(), "epoch");
    }

    private static String count(int count, String what) {
        return (count == 1 ? "one " : count + " ") + what + (count == 1 ? "" : "s");
    }

    private void accuracy() {
        heading("Accuracy against size");
        paragraph("", "Marks are means over the networks, bars reach from the least to the largest. The text\u2019s"
                + " method keeps both convolutions as they are, so that it cannot go below what these take; the whole"
                + " network shrinks every layer, each as far as serves the whole."
                + (results.retrained()
                        ? " Retraining takes " + epochs() + ": of the text\u2019s method, as it trains; of the whole"
                                + " network, at falling rates and learning from the original one too."
                        : ""));
        figure(0, "Test accuracy against the parameters that are kept. Ringed points of the text\u2019s method are not"
                + " surpassed by a whole network.");
        figure(1, "The same against the multiplications and additions of one image. fc2 and fc1, which the text\u2019s"
                + " method shrinks, are most of the parameters, but little of the work.");
    }

    private void mass() {
        heading("Layer mass before and after");
        Anatomy anatomy = results.anatomy();
        long left = Arrays.stream(anatomy.sparse()).filter(n -> n > 0).count();
        paragraph("", format(
                "fc2 of the first network at lambda = %s: %d of its %d columns are not zero. The others\u2019 neurons"
                        + " are removed from fc1; the refit takes back the shrinkage that the penalty brings with it.",
                plain(anatomy.lambda()),
                left,
                anatomy.sparse().length));
        figure(2, "Norms of fc2\u2019s columns, each sorted by itself.");
        Table table = new Table(List.of(), "parameters of", "original", "share", "kept", "share", "of original");
        Architecture before = shape(results.originals().get(0).widths());
        FiltersFigure.shown(results).ifPresent(point -> {
            Architecture after = point.shape();
            for (int i = 0; i < before.layers().size(); i++) {
                int whole = before.layers().get(i).parameters();
                int kept = after.layers().get(i).parameters();
                table.row(
                        before.layers().get(i).name(),
                        format("%,d", whole),
                        percent((double) whole / before.parameters()),
                        format("%,d", kept),
                        percent((double) kept / after.parameters()),
                        percent((double) kept / whole));
            }
            out.append(table.html("Where the parameters are: the original, and the first network compressed to "
                    + percent(point.size()) + " as a whole (" + after + ")."));
        });
    }

    private void convergence() {
        Convergence convergence = results.convergence();
        heading("Convergence");
        paragraph("", "The loss of each solver above the least that any found, on " + convergence.problem()
                + ", and the same for the damping q of FISTA. Iterations are on a logarithmic axis too: they span"
                + " several decades. An iteration of the first two is a proximal step, one of alternating minimisation"
                + " a linear solve (then proximal steps), one of Newton\u2019s method a pass and a step on the"
                + " support.");
        figure(3, "Solvers, started from zero (FISTA with q = 10).");
        figure(4, "FISTA with several q, started from 0.01 as in the text: more damping bounces less, and starts"
                + " slower.");
        Table table = new Table(List.of(), "solver", "iterations", "ended", "loss", "relative gap", "seconds");
        List<Convergence.Run> runs = new ArrayList<>(convergence.solvers());
        runs.addAll(convergence.damping());
        for (Convergence.Run run : runs) {
            table.row(
                    run.name().startsWith("q") ? "fista, " + run.name() : run.name(),
                    format("%,d", run.iterations()),
                    run.status().name().toLowerCase(Locale.ROOT).replace('_', ' '),
                    format("%.12g", run.objective()),
                    gap(run.relativeGap()),
                    format("%.3f", run.seconds()));
        }
        out.append(table.html("All but Newton\u2019s method stop by the text\u2019s rule, on the change of the iterate;"
                + " proximal gradient after 20,000 steps at the latest."));
    }

    private void certificate() {
        heading("Certificate");
        paragraph("", "Every answer of the text\u2019s problem comes with a duality gap: a proof of how far its"
                + " loss can be above the minimum, here in parts of what M = 0 leaves unexplained. Solver: "
                + results.settings().solver() + ".");
        Table table =
                new Table(List.of(), "setting", "lambda", "of lambda_max", "neurons kept", "loss", "relative gap");
        results.first(Point.Method.TEXT).forEach(point -> table.row(
                point.setting(),
                format("%.6g", point.proof().lambda()),
                format("%.4g", point.proof().lambdaRatio()),
                format("%d", point.kept().get(2).size()),
                format("%.10g", point.proof().objective()),
                gap(point.proof().relativeGap())));
        double worst = rows.stream()
                .filter(r -> r.relativeGap() != null)
                .mapToDouble(Frontier.Row::relativeGap)
                .max()
                .orElse(0);
        out.append(table.html("The first network. Over all networks no gap is larger than " + gap(worst) + "."));
    }

    private void kept() {
        heading("What is kept");
        FiltersFigure.shown(results).ifPresent(point -> paragraph("", format(
                "The first network as a whole. Framed are the %d of conv1\u2019s %d filters that it keeps at %s of its"
                        + " parameters; below each stands the smallest size at which it is still there. Red is ink"
                        + " that speaks for the feature, blue ink that speaks against it.",
                point.kept().get(0).size(),
                results.anatomy().filters().size(),
                percent(point.size()))));
        figure(5, "Filters of conv1, 5 x 5 each, on one scale of colours.");
        figure(6, "What is left at each size: channels of conv1 and conv2, neurons of fc1, in their own order.");
    }

    private void work() {
        heading("Parameters and FLOPs");
        Table table = new Table(
                List.of(1), "setting", "widths", "parameters", "size", "FLOPs", "of original", "accuracy", "retrained");
        Tested.Original original = results.originals().get(0);
        table.row(
                "original",
                original.widths(),
                format("%,d", original.parameters()),
                "100 %",
                format("%,d", original.flops()),
                "100 %",
                percent(original.test().accuracy()),
                "");
        for (Point.Method method : new Point.Method[] {Point.Method.NETWORK, Point.Method.TEXT}) {
            boolean text = method == Point.Method.TEXT;
            table.part(text ? "layer" : "network", text ? "text\u2019s method, fc2 alone" : "whole network");
            results.first(method).forEach(point -> table.row(
                    point.setting(),
                    point.shape().toString(),
                    format("%,d", point.parameters()),
                    percent(point.size()),
                    format("%,d", point.flops()),
                    percent(point.work()),
                    percent(point.compressed().accuracy()),
                    point.retrained() == null ? "" : percent(point.retrained().accuracy())));
        }
        out.append(table.html("The first network. FLOPs are multiplications and additions of one image, biases and"
                + " activations left out."));
    }

    private void seconds() {
        heading("Timings");
        Table table = new Table(List.of(1), "method", "stage", "mean", "largest", "total");
        for (Point.Method method : new Point.Method[] {Point.Method.NETWORK, Point.Method.TEXT}) {
            Map<String, List<Double>> stages = new LinkedHashMap<>();
            results.points().stream().filter(p -> p.method() == method).forEach(p -> p.seconds()
                    .forEach((stage, s) -> stages.computeIfAbsent(stage, k -> new ArrayList<>()).add(s)));
            stages.forEach((stage, all) -> {
                Frontier.Spread spread = Frontier.Spread.of(all, s -> s);
                table.row(
                        method == Point.Method.TEXT ? "fc2 alone" : "whole network",
                        stage,
                        format("%.2f", spread.mean()),
                        format("%.2f", spread.most()),
                        format("%.1f", spread.mean() * all.size()));
            });
        }
        out.append(table.html("Seconds of wall time for a point, on " + results.settings().device() + ". The first"
                + " point of a network gathers the correlations that the others use."));
    }

    private void again() {
        heading("How to run it again");
        out.append("<pre>").append(Markup.escape(how.command())).append("</pre>\n");
        paragraph("", "The same settings give the same figures on the same kind of processor, times excepted. A run"
                + " that was interrupted goes on when the command is given again. points.csv and report.json beside"
                + " this page hold every figure.");
        Settings settings = results.settings();
        Map<String, String> facts = new LinkedHashMap<>();
        facts.put("data", how.origin());
        facts.put("SHA-256 of what is trained on", settings.data().sha256());
        facts.put("SHA-256 of the test images", settings.data().testSha256());
        facts.put("training", settings.training().isEmpty() ? "none: networks were given" : settings.training());
        String seeds = settings.seeds().stream().map(Object::toString).collect(Collectors.joining(", "));
        facts.put("seeds", seeds.isEmpty() ? "none" : seeds);
        for (String model : settings.models()) {
            facts.merge("networks given, by SHA-256", model, (a, b) -> a + ", " + b);
        }
        facts.put("images held out", format("%,d", settings.validation()));
        facts.put("retraining", settings.retrain() == 0 ? "none" : epochs());
        facts.put("device", settings.device());
        facts.putAll(how.versions());
        out.append("<dl>\n");
        facts.forEach((name, value) -> out.append("<dt>")
                .append(Markup.escape(name))
                .append("</dt><dd>")
                .append(Markup.escape(value))
                .append("</dd>\n"));
        out.append("</dl>\n");
    }

    /** The frontier as lines of text, for a terminal. */
    static List<String> lines(List<Frontier.Row> rows) {
        List<String> lines = new ArrayList<>();
        lines.add(format("%-10s %-22s %11s %8s %8s %10s %10s", "method", "setting", "parameters", "size", "FLOPs",
                "accuracy", "retrained"));
        for (Frontier.Row row : rows) {
            lines.add(format(
                    "%-10s %-22s %,11.0f %8s %8s %10.4f %10s",
                    row.method() == Point.Method.TEXT ? "fc2 alone" : "network",
                    row.setting(),
                    row.parameters(),
                    percent(row.size().mean()),
                    percent(row.work().mean()),
                    row.compressed().mean(),
                    row.retrained() == null ? "-" : format("%.4f", row.retrained().mean())));
        }
        boolean retrained = rows.stream().allMatch(row -> row.retrained() != null);
        for (Frontier.Comparison comparison : Frontier.Comparison.all(retrained)) {
            lines.add("of fc2 alone, the whole network surpasses " + part(rows, comparison) + ", " + words(comparison));
        }
        return lines;
    }

    private void heading(String title) {
        out.append("<h2>").append(Markup.escape(title)).append("</h2>\n");
    }

    private void paragraph(String style, String text) {
        out.append(style.isEmpty() ? "<p>" : "<p class=\"" + style + "\">")
                .append(Markup.escape(text))
                .append("</p>\n");
    }

    private void figure(int number, String caption) {
        out.append("<figure>\n")
                .append(Svg.inline(figures.get(number)))
                .append("\n<figcaption>")
                .append(Markup.escape(caption))
                .append("</figcaption>\n</figure>\n");
    }

    private static Architecture shape(String widths) {
        int[] w = Arrays.stream(widths.split("-")).mapToInt(Integer::parseInt).toArray();
        return new Architecture(w[0], w[1], w[2], w[3]);
    }

    private static String percent(double share) {
        return format("%.2f %%", 100 * share);
    }

    private static String range(Frontier.Spread spread) {
        return format("%.2f \u2013 %.2f", 100 * spread.least(), 100 * spread.most());
    }

    private static String gap(double gap) {
        return gap == 0 ? "0" : format("%.1e", gap);
    }

    private static String plain(double value) {
        return format("%.6g", value).replaceAll("0+$", "");
    }

    private static String format(String format, Object... arguments) {
        return String.format(Locale.ROOT, format, arguments);
    }

    private static String style() {
        try (InputStream in = Page.class.getResourceAsStream("report.css")) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
