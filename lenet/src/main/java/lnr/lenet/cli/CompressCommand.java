package lnr.lenet.cli;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import lnr.engine.solvers.Solver;
import lnr.kernels.Device;
import lnr.lenet.InputException;
import lnr.lenet.compress.Compression;
import lnr.lenet.compress.Goal;
import lnr.lenet.compress.GradualCompression;
import lnr.lenet.compress.NetworkCompression.Step;
import lnr.lenet.compress.OverflowException;
import lnr.lenet.compress.Strength;
import lnr.lenet.data.Dataset;
import lnr.lenet.format.AtomicFile;
import lnr.lenet.network.Architecture;
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
            "Compresses a LeNet-5. A layer, fc2 if nothing else is said, is reconstructed from few of its inputs and"
                    + " refitted, and what is no longer read is removed from the layer before. With --target-size or"
                    + " --target-accuracy all layers are compressed, each as far as serves the whole. Without a model,"
                    + " one is trained first and kept in the cache."
        },
        footer = {
            "",
            "Examples:",
            "  lnr compress",
            "  lnr compress --data ./mnist --keep 40 --bias --out small.safetensors",
            "  lnr compress --data drawn --model mine.safetensors --lambda-ratio 0.05 --json",
            "  lnr compress --target-size 5%%",
            "  lnr compress --target-size 5%% --retrain 1",
            "  lnr compress --target-size 2800 --rounds 4 --retrain 20"
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

    @Mixin
    private final NetworkOptions networkOptions = new NetworkOptions();

    @Mixin
    private final ValidationOption validationOption = new ValidationOption();

    @Option(
            names = "--bias",
            negatable = true,
            fallbackValue = "true",
            description = "Reconstruct the layer's bias too, or leave it as it is. Default: leave it, but for several"
                    + " layers")
    private Boolean bias;

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
            description = "Passes of the training of a model that is not given. Default: " + EPOCHS)
    private Integer epochs;

    @Option(
            names = "--seed",
            paramLabel = "N",
            description = "Seed of the training, and of the retraining. Default: " + SEED)
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
        Recipe recipe = Recipe.standard(epochs == null ? EPOCHS : epochs, seed == null ? SEED : seed);
        Optional<Model> given = Optional.ofNullable(modelFile).map(ModelFile::read);
        Architecture shape = given.map(Model::architecture).orElse(Recipe.ARCHITECTURE);
        if (strengthOptions.namesLayers() && networkOptions.namesLayers()) {
            throw new InputException("--keep: expected a number with --layers, found layers again");
        }
        List<Step> steps = strengthOptions.steps(networkOptions.targets());
        for (Architecture.Layer layer : shape.layers().subList(0, 3)) {
            if (layer.outputs() == 0) {
                throw new InputException("--model: " + modelFile + ": expected outputs of " + layer.name()
                        + ", found none: nothing is left to compress");
            }
        }
        for (Step step : steps) {
            int most = step.target().units(shape);
            if (step.strength() instanceof Strength.Keep keep && keep.count() > most) {
                throw new InputException("--keep: expected 0 to " + most + " " + Units.name(step.target()) + ", found "
                        + keep.count());
            }
        }
        Expect.apart("--out", out, "--model", modelFile);
        AtomicFile.check(out);
        validationOption.check();
        if (modelFile != null && epochs != null) {
            throw new InputException("--epochs: expected no --model beside it: nothing is trained");
        }
        if (modelFile != null && seed != null && !networkOptions.retrains()) {
            throw new InputException("--seed: expected no --model beside it, or --retrain: nothing is trained");
        }
        networkOptions.check();
        if (networkOptions.together() || steps.size() > 1) {
            compressTogether(watch, recipe, given, shape, steps);
            return;
        }
        validationOption.checkAbsent();
        Solver solver = solverOptions.solver();
        Compression.Options options =
                new Compression.Options(
                        steps.get(0).target(), steps.get(0).strength(), Boolean.TRUE.equals(bias), debias, solver);
        deviceOption.use(session, device -> {
            Dataset data = dataOption.open(session);
            DataOption.announce(session, data, json.on);
            Recipe training = recipe.within(data.train().count());
            try (DeviceImages train = Images.of(device, data.train())) {
                watch.lap("data");
                ModelCache.Found original = original(training, given, device, data, train);
                watch.lap("model");
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

    private ModelCache.Found original(
            Recipe recipe, Optional<Model> given, Device device, Dataset data, DeviceImages train) {
        return given.map(m -> ModelCache.Found.given(m, modelFile))
                .orElseGet(() -> new ModelCache(session).get(recipe, device, data, train));
    }

    private void compressTogether(
            Stopwatch watch, Recipe recipe, Optional<Model> given, Architecture shape, List<Step> steps) {
        if (Boolean.FALSE.equals(bias) || !debias) {
            throw new InputException("--no-bias, --no-debias: expected a single layer without a target; several are"
                    + " always reconstructed with their biases, and refitted");
        }
        for (Step step : steps) {
            if (step.strength() instanceof Strength.Keep keep) {
                Expect.atLeast("--keep", 1, keep.count());
            }
        }
        GradualCompression.Plan plan = networkOptions.plan(
                shape, strengthOptions.given() ? steps : List.of(), recipe.seed(), solverOptions.solver());
        deviceOption.use(session, device -> {
            Dataset data = dataOption.open(session);
            int validation = validationOption.of(data.train().count());
            DataOption.announce(session, data, json.on);
            watch.lap("data");
            Dataset known = plan.goal() instanceof Goal.Accuracy ? data.without(validation) : data;
            ModelCache.Found original;
            try (DeviceImages train = Images.of(device, known.train())) {
                original = original(recipe.within(known.train().count()), given, device, known, train);
            }
            watch.lap("model");
            new NetworkJob(session, device, data, original, plan, validation, watch, out).run(json.on);
            if (known != data && given.isPresent()) {
                session.notice("--model: if it was trained on the images held out, it knows them, and they prove too"
                        + " much");
            }
            original.unkept().ifPresent(e -> {
                throw e;
            });
        });
    }

    private Compression.Result compress(
            Device device, Model model, DeviceImages train, Compression.Options options) {
        try (Bars bars = new Bars(session)) {
            return Compression.run(device, model, train, options, bars);
        } catch (OverflowException e) {
            throw new InputException(modelName() + ": " + e.getMessage(), e);
        } catch (ArithmeticException e) {
            throw overflow(modelFile, e);
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

    /** @param modelFile null for a model that was trained here */
    static InputException overflow(Path modelFile, ArithmeticException e) {
        String name = modelFile == null ? "the trained model" : "--model: " + modelFile;
        return new InputException(name + ": its activations are not finite on the training images", e);
    }
}
