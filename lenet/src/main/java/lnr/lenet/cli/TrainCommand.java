package lnr.lenet.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import lnr.kernels.Device;
import lnr.kernels.DeviceException;
import lnr.lenet.data.Dataset;
import lnr.lenet.format.AtomicFile;
import lnr.lenet.network.DeviceImages;
import lnr.lenet.network.Evaluation;
import lnr.lenet.network.Model;
import lnr.lenet.network.ModelFile;
import lnr.lenet.network.Training;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Trains a LeNet-5 and writes it after every epoch. */
@Command(
        name = "train",
        description = {
            "Trains a LeNet-5 and writes it as safetensors with PyTorch's parameter names. The file is replaced after"
                    + " every epoch: interrupted, it holds the last complete one."
        },
        footer = {
            "",
            "Examples:",
            "  lnr train --out lenet5.safetensors",
            "  lnr train --data ./my-idx-files --epochs 3 --lr 5e-4 --seed 7 --out mine"
        })
final class TrainCommand implements Runnable {
    private final Session session;

    @Mixin
    private final DataOption dataOption = new DataOption();

    @Option(names = "--epochs", paramLabel = "N", defaultValue = "8", description = "Passes. Default: ${DEFAULT-VALUE}")
    private int epochs;

    @Option(
            names = "--batch",
            paramLabel = "N",
            defaultValue = "256",
            description = "Images of a step. Default: ${DEFAULT-VALUE}")
    private int batch;

    @Option(
            names = "--lr",
            paramLabel = "X",
            defaultValue = "1e-3",
            description = "Learning rate of Adam. Default: ${DEFAULT-VALUE}")
    private double rate;

    @Option(
            names = "--seed",
            paramLabel = "N",
            defaultValue = "0",
            description = "Same seed, same device: same network. Default: ${DEFAULT-VALUE}")
    private long seed;

    @Mixin
    private final DeviceOption deviceOption = new DeviceOption();

    @Option(names = "--out", paramLabel = "FILE", required = true, description = "The file to write.")
    private Path out;

    @Mixin
    private final JsonOption json = new JsonOption();

    TrainCommand(Session session) {
        this.session = session;
    }

    @Override
    public void run() {
        Recipe recipe = new Recipe(epochs, batch, rate, seed);
        AtomicFile.check(out);
        deviceOption.use(session, device -> {
            Dataset data = dataOption.open(session);
            DataOption.announce(session, data, json.on);
            Recipe within = recipe.within(data.train().count());
            if (within.batch() < batch) {
                session.notice("--batch: a step takes all " + within.batch() + " images, and not " + batch);
            }
            try {
                train(within, device, data);
            } catch (DeviceException e) {
                boolean memory = e.getMessage().contains("out of memory");
                throw memory ? new DeviceException(e.getMessage() + ", and a smaller --batch takes less", e) : e;
            }
        });
    }

    private void train(Recipe recipe, Device device, Dataset data) {
        String contents = Contents.of(data.train());
        List<Object> figures = new ArrayList<>();
        Evaluation.Score[] score = new Evaluation.Score[1];
        long start = System.nanoTime();
        try (DeviceImages train = Images.of(device, data.train());
                DeviceImages test = Images.of(device, data.test())) {
            recipe.train(session, device, train, (epoch, done, seconds, model) -> {
                Map<String, String> facts = recipe.metadata(data, contents, device, epoch);
                facts.put("train_accuracy", Double.toString(done.accuracy()));
                if (epoch == recipe.epochs()) {
                    score[0] = Images.score(device, model, test);
                    if (!Double.isFinite(score[0].loss())) {
                        throw recipe.diverged(epoch, score[0].loss());
                    }
                    facts.put("test_accuracy", Double.toString(score[0].accuracy()));
                }
                ModelFile.write(out, model, facts);
                report(epoch, done, seconds, figures);
            });
        } catch (Failure e) {
            String left = figures.isEmpty() ? "nothing was written" : out + " holds epoch " + figures.size();
            throw new Failure(e.getMessage() + "; " + left);
        }
        double seconds = (System.nanoTime() - start) * 1e-9;
        if (json.on) {
            session.json(new Json()
                    .put("data", DataOption.json(data))
                    .put("device", device.name())
                    .put("batch", recipe.batch())
                    .put("lr", recipe.rate())
                    .put("seed", recipe.seed())
                    .put("epochs", figures)
                    .put("test_accuracy", score[0].accuracy())
                    .put("test_loss", score[0].loss())
                    .put("seconds", seconds)
                    .put("out", out.toString())
                    .fields());
        } else {
            session.print("test accuracy %.4f, loss %.4f", score[0].accuracy(), score[0].loss());
            session.print("wrote %s (%.1f s on %s: %s)", out, seconds, device.name(), device.choice());
        }
    }

    private void report(int epoch, Training.Epoch done, double seconds, List<Object> figures) {
        if (!json.on) {
            session.print(
                    "epoch %d/%d: train loss %.4f, accuracy %.4f, %.2f s",
                    epoch, epochs, done.loss(), done.accuracy(), seconds);
        }
        figures.add(new Json()
                .put("epoch", epoch)
                .put("loss", done.loss())
                .put("accuracy", done.accuracy())
                .put("seconds", seconds)
                .fields());
    }
}
