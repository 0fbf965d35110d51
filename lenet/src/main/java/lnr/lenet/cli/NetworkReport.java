package lnr.lenet.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import lnr.lenet.compress.Goal;
import lnr.lenet.compress.GradualCompression.Round;
import lnr.lenet.compress.NetworkCompression.Fit;
import lnr.lenet.compress.Retraining;
import lnr.lenet.compress.Target;
import lnr.lenet.network.Architecture;
import lnr.lenet.network.Evaluation.Score;

/** What a compression of several layers did: tables to read, or an object for programs. */
record NetworkReport(NetworkJob job, Score validated, List<Round> rounds, NetworkJob.Tested tested) {

    /** The tables, on stdout. */
    void print() {
        Session session = job.session();
        Architecture before = before();
        Architecture after = after();
        session.print(
                "model: %s%s",
                job.original().how(),
                job.original().file().map(f -> " (" + f + ")").orElse(""));
        session.print("device: %s (%s)", job.device().name(), job.device().choice());
        session.print(
                "%,d of the training images held out, to choose by; test images seen once, at the end",
                job.validation());
        session.print("");
        session.print("%-6s %-16s %11s %12s %12s %12s", "round", "widths", "parameters", "FLOPs", "compressed",
                "retrained");
        for (int i = 0; i < rounds.size(); i++) {
            Round round = rounds.get(i);
            Architecture shape = round.model().architecture();
            session.print(
                    "%-6d %-16s %,11d %,12d %12.4f %12s",
                    i + 1,
                    shape,
                    shape.parameters(),
                    shape.flops(),
                    round.compressed().accuracy(),
                    retraining() ? String.format(Locale.ROOT, "%.4f", round.retrained().accuracy()) : "-");
        }
        session.print("(accuracies are of the images held out; the original's is %.4f)", validated.accuracy());
        session.print("");
        session.print("%-6s %-8s %9s %9s %12s %12s", "layer", "reads", "kept", "of", "parameters", "FLOPs");
        for (Target target : Target.values()) {
            session.print(
                    "%-6s %-8s %,9d %,9d %,12d %,12d",
                    target,
                    before.layers().get(target.before()).name(),
                    target.units(after),
                    target.units(before),
                    after.layers().get(target.layer()).parameters(),
                    after.flops(target.layer()));
        }
        session.print("");
        row("", "original", "compressed");
        row("test accuracy", "%.4f", tested.original().accuracy(), tested.compressed().accuracy());
        row("parameters", "%,d", before.parameters(), after.parameters());
        row("FLOPs an image", "%,d", before.flops(), after.flops());
        row("compression rate", "", String.format(Locale.ROOT, "%.2f %%", 100 * rate()));
        Map<String, Double> masses = CompressReport.mass(after);
        CompressReport.mass(before)
                .forEach((layer, mass) -> row("mass of " + layer, "%.4f", mass, masses.get(layer)));
        session.print("");
        session.print("seconds:");
        job.watch().seconds().forEach((stage, seconds) -> session.print("  %-22s %12.3f", stage, seconds));
        session.print("");
        session.print("wrote %s", job.out());
    }

    /** What the user should know besides, on stderr. */
    void notices() {
        for (Fit fit : last().compression().fits()) {
            if (fit.damping() > 0) {
                job.session().notice(fit.target() + ": the kept inputs are dependent; their correlations were damped"
                        + " by " + fit.damping());
            }
        }
        if (job.plan().goal() instanceof Goal.Accuracy goal) {
            Score reached = last().retrained();
            if (reached.provenAccuracy() < goal.accuracy()) {
                job.session().notice(String.format(
                        Locale.ROOT,
                        "--target-accuracy: the network made has %.4f on the %,d images held out, %.4f less a margin of"
                                + " error, and %s was asked for; ask for as much more",
                        reached.accuracy(), reached.count(), reached.provenAccuracy(), goal.accuracy()));
            }
        }
    }

    /** One JSON object, on stdout. */
    void json() {
        Json goal = new Json();
        if (job.plan().goal() instanceof Goal.Size size) {
            goal.put("parameters", size.parameters());
        } else if (job.plan().goal() instanceof Goal.Accuracy accuracy) {
            goal.put("proven_validation_accuracy", accuracy.accuracy());
        } else {
            goal = StrengthOptions.json(((Goal.Each) job.plan().goal()).steps());
        }
        job.session()
                .json(new Json()
                        .put("data", DataOption.json(job.data()))
                        .put("model", new Json()
                                .put("source", job.original().how())
                                .put("trained", job.original().trained())
                                .put("file", job.original().file().map(Path::toString).orElse(null))
                                .put("recipe", job.original().recipe().map(Recipe::json).orElse(null)))
                        .put("device", job.device().name())
                        .put("layers", job.plan().targets().stream().map(Target::toString).toList())
                        .put("asked", goal)
                        .put("solve", SolverOptions.json(job.plan().solver()))
                        .put("validation_images", job.validation())
                        .put("retraining", job.plan().retraining().map(NetworkReport::json).orElse(null))
                        .put("original", network(before(), validated, tested.original()))
                        .put("compressed", network(after(), last().retrained(), tested.compressed()))
                        .put("compression_rate", rate())
                        .put("rounds", rounds.stream().map(this::json).toList())
                        .put("test_images", tested.compressed().count())
                        .put("seconds", job.watch().seconds())
                        .put("out", job.out().toString())
                        .fields());
    }

    private static Object json(Retraining retraining) {
        return new Json()
                .put("epochs", retraining.epochs())
                .put("distill", retraining.distill())
                .put("shift", retraining.shift())
                .put("seed", retraining.seed());
    }

    private static Json network(Architecture shape, Score validation, Score test) {
        return CompressReport.network(shape, test.accuracy())
                .put("loss", test.loss())
                .put("validation_accuracy", validation.accuracy())
                .put("validation_loss", validation.loss());
    }

    private Json json(Round round) {
        Architecture shape = round.model().architecture();
        List<Json> fits = new ArrayList<>();
        for (Fit fit : round.compression().fits()) {
            fits.add(new Json()
                    .put("layer", fit.target().toString())
                    .put("kept", fit.kept())
                    .put("of", fit.of())
                    .put("error", fit.error())
                    .put("damping", fit.damping())
                    .put("seconds", fit.seconds()));
        }
        return new Json()
                .put("widths", EvalCommand.widths(shape))
                .put("parameters", shape.parameters())
                .put("flops", shape.flops())
                .put("validation_accuracy", round.compressed().accuracy())
                .put("retrained_validation_accuracy", retraining() ? round.retrained().accuracy() : null)
                .put("fits", fits);
    }

    private boolean retraining() {
        return job.plan().retraining().isPresent();
    }

    private Round last() {
        return rounds.get(rounds.size() - 1);
    }

    private Architecture before() {
        return job.original().model().architecture();
    }

    private Architecture after() {
        return last().model().architecture();
    }

    private double rate() {
        return (double) after().parameters() / before().parameters();
    }

    private void row(String name, String format, Object before, Object after) {
        row(name, String.format(Locale.ROOT, format, before), String.format(Locale.ROOT, format, after));
    }

    private void row(String name, String before, String after) {
        job.session().print("%-22s %12s %12s", name, before, after);
    }
}
