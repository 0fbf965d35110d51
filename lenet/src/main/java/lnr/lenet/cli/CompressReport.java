package lnr.lenet.cli;

import java.math.BigDecimal;
import java.math.MathContext;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import lnr.engine.Solution;
import lnr.engine.Status;
import lnr.kernels.Device;
import lnr.lenet.compress.Compression;
import lnr.lenet.compress.Strength;
import lnr.lenet.compress.Target;
import lnr.lenet.data.Dataset;
import lnr.lenet.network.Architecture;
import lnr.lenet.network.Architecture.Layer;

/** What a compression did: a table to read, or an object for programs. */
record CompressReport(
        Session session,
        Device device,
        Dataset data,
        ModelCache.Found original,
        Compression.Result result,
        Comparison comparison,
        Compression.Options options,
        Stopwatch watch,
        Path out) {

    /** The table, on stdout. */
    void print() {
        Solution solution = result.solution();
        Architecture before = before();
        Architecture after = after();
        session.print("model: %s%s", original.how(), original.file().map(f -> " (" + f + ")").orElse(""));
        session.print("device: %s (%s)", device.name(), device.choice());
        session.print(
                "solve: %s, lambda %s = %s lambda_max, %s; %s after %d iterations, relative gap %.1e",
                solution.method(),
                rounded(solution.lambda()),
                rounded(solution.lambdaRatio()),
                options.bias() ? "bias reconstructed" : "bias left as it is",
                solution.status().name().toLowerCase(Locale.ROOT).replace('_', ' '),
                solution.iterations(),
                solution.relativeGap());
        session.print("");
        row("", "original", "compressed");
        row("test accuracy", "%.4f", comparison.original(), comparison.compressed());
        if (result.debiasing().isPresent()) {
            row("  before debiasing", "", number("%.4f", comparison.sparse()));
        }
        row(Units.name(target()), "%,d", target().units(before), target().units(after));
        row("parameters", "%,d", before.parameters(), after.parameters());
        row("FLOPs an image", "%,d", before.flops(), after.flops());
        row("compression rate", "", number("%.2f %%", 100 * rate()));
        Map<String, Double> masses = mass(after);
        mass(before).forEach((layer, mass) -> row("mass of " + layer, "%.4f", mass, masses.get(layer)));
        session.print("");
        session.print("seconds:");
        watch.seconds().forEach((stage, seconds) -> session.print("  %-22s %12.3f", stage, seconds));
        session.print("");
        int images = comparison.images();
        session.print(
                comparison.agreeing() == images
                        ? "collapsed and uncollapsed networks agree on all %,d test images"
                        : "collapsed and uncollapsed networks agree on %2$,d of %1$,d test images",
                images,
                comparison.agreeing());
        if (result.kept() == 0) {
            session.print("nothing is kept: " + target() + " is its bias alone, and every image gets the same class");
        }
        session.print("wrote %s", out);
    }

    /** What the user should know besides, on stderr. */
    void notices() {
        result.search().filter(found -> found.exact().isEmpty()).ifPresent(found -> session.notice(
                "no lambda was found that keeps exactly " + ((Strength.Keep) options.strength()).count() + " "
                        + Units.name(target()) + "; kept " + result.kept() + ": the nearest below is "
                        + SolveCommand.size(found.below()) + ", above " + SolveCommand.size(found.above())));
        result.debiasing().filter(d -> d.damping() > 0).ifPresent(d -> session.notice(
                "debiasing: the kept inputs are dependent; their correlations were damped by " + d.damping()));
        if (result.solution().status() != Status.CONVERGED) {
            session.notice("the solver did not converge; the relative gap tells what its answer is worth");
        }
    }

    /** One JSON object, on stdout. */
    void json() {
        Solution solution = result.solution();
        session.json(new Json()
                .put("data", DataOption.json(data))
                .put("model", new Json()
                        .put("source", original.how())
                        .put("trained", original.trained())
                        .put("file", original.file().map(Path::toString).orElse(null))
                        .put("recipe", original.recipe().map(Recipe::json).orElse(null)))
                .put("device", device.name())
                .put("asked", StrengthOptions.json(options.strength()))
                .put("solve", SolverOptions.json(options.solver())
                        .put("precision", options.solver().precision().toString())
                        .put("lambda", solution.lambda())
                        .put("lambda_max", solution.lambdaMax())
                        .put("objective", solution.objective())
                        .put("gap", solution.gap())
                        .put("relative_gap", solution.relativeGap())
                        .put("iterations", solution.iterations())
                        .put("status", solution.status().name())
                        .put("seconds", solution.seconds()))
                .put("layer", target().toString())
                .put("bias", options.bias())
                .put("debias", options.debias())
                .put("damping", result.debiasing().map(d -> (Object) d.damping()).orElse(null))
                .put("original", network(before(), comparison.original()))
                .put("compressed", network(after(), comparison.compressed()))
                .put("accuracy_before_debiasing", comparison.sparse())
                .put("kept", result.kept())
                .put("compression_rate", rate())
                .put("agreeing", comparison.agreeing())
                .put("test_images", comparison.images())
                .put("samples", result.samples())
                .put("seconds", watch.seconds())
                .put("out", out.toString())
                .fields());
    }

    /** A network's figures. */
    static Json network(Architecture shape, double accuracy) {
        return new Json()
                .put("accuracy", accuracy)
                .put("widths", EvalCommand.widths(shape))
                .put("parameters", shape.parameters())
                .put("flops", shape.flops())
                .put("mass", mass(shape));
    }

    private Target target() {
        return options.target();
    }

    private Architecture before() {
        return original.model().architecture();
    }

    private Architecture after() {
        return result.compressed().architecture();
    }

    private double rate() {
        return (double) after().parameters() / before().parameters();
    }

    /** Each layer's part of the parameters. */
    static Map<String, Double> mass(Architecture shape) {
        Map<String, Double> mass = new LinkedHashMap<>();
        for (Layer layer : shape.layers()) {
            mass.put(layer.name(), (double) layer.parameters() / shape.parameters());
        }
        return mass;
    }

    private void row(String name, String format, Object before, Object after) {
        row(name, number(format, before), number(format, after));
    }

    private static String number(String format, Object number) {
        return String.format(Locale.ROOT, format, number);
    }

    /** To four digits. */
    private static double rounded(double value) {
        return Double.isFinite(value) ? new BigDecimal(value).round(new MathContext(4)).doubleValue() : value;
    }

    private void row(String name, String before, String after) {
        session.print("%-22s %12s %12s", name, before, after);
    }
}
