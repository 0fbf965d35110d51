package lnr.lenet.cli;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import lnr.engine.solvers.Solver;
import lnr.kernels.Device;
import lnr.lenet.InputException;
import lnr.lenet.compress.Compression;
import lnr.lenet.compress.OverflowException;
import lnr.lenet.compress.Strength;
import lnr.lenet.data.Dataset;
import lnr.lenet.format.AtomicFile;
import lnr.lenet.network.DeviceImages;
import lnr.lenet.network.Model;
import lnr.lenet.network.ModelFile;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The main job: data, a trained network, its compression, and what that cost and kept. */
@Command(
        name = "compress",
        description = {
            "Compresses the last hidden layer of a LeNet-5: fc2 is reconstructed from few of its inputs, refitted, and"
                    + " the neurons of fc1 that are no longer read are removed. Without a model, one is trained first"
                    + " and kept in the cache."
        },
        footer = {
            "",
            "Examples:",
            "  lnr compress",
            "  lnr compress --data ./mnist --keep 40 --bias --out small.safetensors",
            "  lnr compress --data drawn --model mine.safetensors --lambda-ratio 0.05 --json"
        })
final class CompressCommand implements Runnable {
    private static final int EPOCHS = 8;
    private static final long SEED = 0;

    private final Session session;

    @Mixin
    private final DataOption dataOption = new DataOption();

    @Option(
            names = "--model",
            paramLabel = "FILE",
            description = "A LeNet-5 as safetensors with PyTorch's parameter names. Default: one that is trained here.")
    private Path modelFile;

    @ArgGroup(exclusive = true, multiplicity = "0..1")
    private final StrengthOptions strengthOptions = new StrengthOptions();

    @Option(
            names = "--bias",
            negatable = true,
            defaultValue = "false",
            fallbackValue = "true",
            description = "Reconstruct fc2's bias too, or leave it as it is. Default: leave it")
    private boolean bias;

    @Option(
            names = "--debias",
            negatable = true,
            defaultValue = "true",
            fallbackValue = "true",
            description = "Refit the kept columns by least squares, or do not. Default: refit them")
    private boolean debias;

    @Mixin
    private final SolverOptions solverOptions = new SolverOptions();

    @Option(
            names = "--epochs",
            paramLabel = "N",
            description = "Passes of the training, if there is one. Default: " + EPOCHS)
    private Integer epochs;

    @Option(
            names = "--seed",
            paramLabel = "N",
            description = "Seed of the training. Default: " + SEED)
    private Long seed;

    @Mixin
    private final DeviceOption deviceOption = new DeviceOption();

    @Option(
            names = "--out",
            paramLabel = "FILE",
            defaultValue = "lenet5-compressed.safetensors",
            description = {"The file to write. Default:", "  ${DEFAULT-VALUE}"})
    private Path out;

    @Mixin
    private final JsonOption json = new JsonOption();

    CompressCommand(Session session) {
        this.session = session;
    }

    @Override
    public void run() {
        Stopwatch watch = new Stopwatch();
        Strength strength = strengthOptions.strength();
        Solver solver = solverOptions.solver();
        Recipe recipe = Recipe.standard(epochs == null ? EPOCHS : epochs, seed == null ? SEED : seed);
        Optional<Model> given = Optional.ofNullable(modelFile).map(ModelFile::read);
        if (given.isPresent() && given.get().architecture().fc1() == 0) {
            throw new InputException(
                    "--model: " + modelFile + ": expected outputs of fc1, found none: nothing is left to compress");
        }
        if (strength instanceof Strength.Keep keep) {
            int most = given.map(Model::architecture).orElse(Recipe.ARCHITECTURE).fc1();
            if (keep.count() > most) {
                throw new InputException("--keep: expected 0 to " + most + " neurons, found " + keep.count());
            }
        }
        Expect.apart("--out", out, "--model", modelFile);
        AtomicFile.check(out);
        if (modelFile != null && (epochs != null || seed != null)) {
            session.notice("--model is given: nothing is trained, and --epochs and --seed have no effect");
        }
        deviceOption.use(session, device -> {
            Dataset data = dataOption.open(session);
            DataOption.announce(session, data, json.on);
            Recipe training = recipe.within(data.train().count());
            try (DeviceImages train = Images.of(device, data.train())) {
                watch.lap("data");
                ModelCache.Found original = given.map(m -> ModelCache.Found.given(m, modelFile))
                        .orElseGet(() -> new ModelCache(session).get(training, device, data, train));
                watch.lap("model");
                Compression.Options options = new Compression.Options(strength, bias, debias, solver);
                Compression.Result result = compress(device, original.model(), train, options);
                watch.lap("correlations", result.seconds().correlations());
                watch.lap("solve", result.seconds().solve());
                watch.lap("debias", result.seconds().debias());
                Comparison comparison = compare(device, original.model(), result, data.test());
                watch.lap("evaluation");
                ModelFile.write(out, result.compressed(), facts(data, original, result, comparison));
                watch.lap("write");
                CompressReport report =
                        new CompressReport(session, device, data, original, result, comparison, options, watch, out);
                if (json.on) {
                    report.json();
                } else {
                    report.print();
                }
                report.notices();
                original.unkept().ifPresent(e -> {
                    throw e;
                });
            }
        });
    }

    private Compression.Result compress(
            Device device, Model model, DeviceImages train, Compression.Options options) {
        try (Bars bars = new Bars(session)) {
            return Compression.run(device, model, train, options, bars);
        } catch (OverflowException e) {
            throw new InputException(modelName() + ": " + e.getMessage(), e);
        } catch (ArithmeticException e) {
            throw new InputException(modelName() + ": its activations are not finite on the training images", e);
        }
    }

    private Comparison compare(Device device, Model model, Compression.Result result, Dataset.Split test) {
        try {
            return Comparison.of(device, model, result, test);
        } catch (ArithmeticException e) {
            throw new InputException(modelName() + ": " + e.getMessage(), e);
        }
    }

    private String modelName() {
        return modelFile == null ? "the trained model" : "--model: " + modelFile;
    }

    private static Map<String, String> facts(
            Dataset data, ModelCache.Found original, Compression.Result result, Comparison comparison) {
        Map<String, String> facts = new LinkedHashMap<>();
        facts.put("data", data.name());
        original.file().ifPresent(f -> facts.put("original", f.getFileName().toString()));
        facts.put("method", result.solution().method());
        facts.put("lambda", Double.toString(result.solution().lambda()));
        facts.put("kept", Integer.toString(result.kept()));
        facts.put("debiased", Boolean.toString(result.debiasing().isPresent()));
        facts.put("test_accuracy", Double.toString(comparison.compressed()));
        return facts;
    }
}
