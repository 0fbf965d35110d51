package lnr.lenet.cli;

import java.nio.file.Path;
import java.util.List;
import lnr.kernels.Device;
import lnr.lenet.InputException;
import lnr.lenet.data.Dataset;
import lnr.lenet.network.Architecture;
import lnr.lenet.network.DeviceImages;
import lnr.lenet.network.Evaluation;
import lnr.lenet.network.Model;
import lnr.lenet.network.ModelFile;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Measures a model on the test images. */
@Command(
        name = "eval",
        description = {
            "Measures a model on a data set's test images. Any LeNet-5 in safetensors with PyTorch's parameter names"
                    + " will do, compressed or not."
        },
        footer = {"", "Example:", "  lnr eval --model lenet5-compressed.safetensors --data mnist"})
final class EvalCommand implements Runnable {
    private final Session session;

    @Option(names = "--model", paramLabel = "FILE", required = true, description = "The model to measure.")
    private Path file;

    @Mixin
    private final DataOption dataOption = new DataOption();

    @Mixin
    private final DeviceOption deviceOption = new DeviceOption();

    @Mixin
    private final JsonOption json = new JsonOption();

    EvalCommand(Session session) {
        this.session = session;
    }

    @Override
    public void run() {
        Model model = ModelFile.read(file);
        deviceOption.use(session, device -> {
            Dataset data = dataOption.open(session);
            DataOption.announce(session, data, json.on);
            try (DeviceImages images = Images.of(device, data.test())) {
                long start = System.nanoTime();
                Evaluation.Score score = Images.score(device, model, images);
                if (!Double.isFinite(score.loss())) {
                    throw new InputException("--model: " + file + ": its activations are not finite on the test images"
                            + ": loss " + score.loss());
                }
                report(model, device, data, score, (System.nanoTime() - start) * 1e-9);
            }
        });
    }

    private void report(Model model, Device device, Dataset data, Evaluation.Score score, double seconds) {
        Architecture shape = model.architecture();
        if (json.on) {
            session.json(new Json()
                    .put("data", DataOption.json(data))
                    .put("model", file.toString())
                    .put("widths", widths(shape))
                    .put("parameters", shape.parameters())
                    .put("flops", shape.flops())
                    .put("device", device.name())
                    .put("accuracy", score.accuracy())
                    .put("loss", score.loss())
                    .put("correct", score.correct())
                    .put("images", score.count())
                    .put("seconds", seconds)
                    .fields());
            return;
        }
        session.print("model: %s", file);
        session.print("accuracy   %.4f (%d of %d)", score.accuracy(), score.correct(), score.count());
        session.print("loss       %.4f", score.loss());
        session.print("widths     %s", shape);
        session.print("parameters %,d", shape.parameters());
        session.print("FLOPs      %,d an image", shape.flops());
        session.print("time       %.2f s on %s (%s)", seconds, device.name(), device.choice());
    }

    /** Outputs of the four layers, in order. */
    static List<Integer> widths(Architecture shape) {
        return List.of(shape.conv1(), shape.conv2(), shape.fc1(), shape.classes());
    }
}
