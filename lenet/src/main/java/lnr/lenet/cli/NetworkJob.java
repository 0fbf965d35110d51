package lnr.lenet.cli;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import lnr.kernels.Device;
import lnr.lenet.InputException;
import lnr.lenet.compress.Goal;
import lnr.lenet.compress.GradualCompression;
import lnr.lenet.data.Dataset;
import lnr.lenet.format.AtomicFile;
import lnr.lenet.network.DeviceImages;
import lnr.lenet.network.Evaluation;
import lnr.lenet.network.Model;
import lnr.lenet.network.ModelFile;

/** The compression of several layers: from a trained network to a file and a report. */
record NetworkJob(
        Session session,
        Device device,
        Dataset data,
        ModelCache.Found original,
        GradualCompression.Plan plan,
        int validation,
        Stopwatch watch,
        Path out) {

    /** Test images see the original and the result, once, when all choices have been made. */
    record Tested(Evaluation.Score original, Evaluation.Score compressed) {}

    void run(boolean json) {
        AtomicFile.check(out);
        List<GradualCompression.Round> rounds;
        Evaluation.Score before;
        Dataset.Split.Parts parts = data.train().holdOut(validation);
        try (DeviceImages images = Images.of(device, parts.fitted());
                DeviceImages heldOut = Images.of(device, parts.heldOut());
                Bars bars = new Bars(session)) {
            before = Images.score(device, original.model(), heldOut);
            watch.lap("validation");
            if (plan.goal() instanceof Goal.Accuracy goal && before.provenAccuracy() < goal.accuracy()) {
                throw new InputException(String.format(
                        Locale.ROOT,
                        "--target-accuracy: expected at most %.4f, found %s: the network itself has %.4f on %,d images"
                                + " held out, which proves no more",
                        before.provenAccuracy(), goal.accuracy(), before.accuracy(), before.count()));
            }
            rounds = GradualCompression.run(device, original.model(), images, heldOut, plan, bars);
        } catch (ArithmeticException e) {
            if (plan.retraining().isPresent()) {
                throw new Failure(e.getMessage());
            }
            throw CompressCommand.overflow(
                    original.recipe().isPresent() ? null : original.file().orElse(null), e);
        }
        lap("correlations", rounds, GradualCompression.Seconds::correlations);
        lap("allocation", rounds, GradualCompression.Seconds::allocation);
        lap("compression", rounds, GradualCompression.Seconds::compression);
        lap("retraining", rounds, GradualCompression.Seconds::retraining);
        Model compressed = rounds.get(rounds.size() - 1).model();
        Tested tested;
        try (DeviceImages test = Images.of(device, data.test())) {
            tested = new Tested(
                    Images.score(device, original.model(), test), Images.score(device, compressed, test));
        }
        watch.lap("evaluation");
        ModelFile.write(out, compressed, facts(tested));
        watch.lap("write");
        NetworkReport report = new NetworkReport(this, before, rounds, tested);
        if (json) {
            report.json();
        } else {
            report.print();
        }
        report.notices();
    }

    private void lap(
            String stage,
            List<GradualCompression.Round> rounds,
            ToDoubleFunction<GradualCompression.Seconds> seconds) {
        watch.lap(stage, rounds.stream().mapToDouble(r -> seconds.applyAsDouble(r.seconds())).sum());
    }

    private Map<String, String> facts(Tested tested) {
        Map<String, String> facts = new LinkedHashMap<>();
        facts.put("data", data.name());
        original.file().ifPresent(f -> facts.put("original", f.getFileName().toString()));
        facts.put("layers", plan.targets().toString());
        facts.put("goal", plan.goal().toString());
        facts.put("rounds", Integer.toString(plan.rounds()));
        plan.retraining().ifPresent(r -> facts.put("retraining", r.toString()));
        facts.put("test_accuracy", Double.toString(tested.compressed().accuracy()));
        return facts;
    }
}
