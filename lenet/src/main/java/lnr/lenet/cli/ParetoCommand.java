package lnr.lenet.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.LongStream;
import lnr.engine.solvers.SupportNewton;
import lnr.kernels.Device;
import lnr.lenet.InputException;
import lnr.lenet.Progress;
import lnr.lenet.compress.Allocation;
import lnr.lenet.compress.Target;
import lnr.lenet.data.Dataset;
import lnr.lenet.format.Diagnostic;
import lnr.lenet.network.Architecture;
import lnr.lenet.network.DeviceImages;
import lnr.lenet.network.Model;
import lnr.lenet.network.ModelFile;
import lnr.lenet.report.Report;
import lnr.lenet.report.RunFolder;
import lnr.lenet.report.Settings;
import lnr.lenet.report.Sweep;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The frontier of accuracy against size, as a folder with a report. */
@Command(
        name = "pareto",
        description = {
            "Draws the frontier of accuracy against size: fc2 alone at several weights of the penalty, as the text does"
                    + " it, and the whole network at several sizes, without and with retraining, for several trained"
                    + " networks. Writes a folder with report.html, its plots as PNG and SVG, CSV and JSON. When it is"
                    + " interrupted, the same command goes on where it stopped; a folder with another run, of other"
                    + " settings, networks or images, is refused."
        },
        footer = {
            "",
            "Examples:",
            "  lnr pareto --quick",
            "  lnr pareto --data ./mnist --seeds 3 --out frontier",
            "  lnr pareto --data fashion-mnist --sizes 20%%,10%%,5%%,2%% --out fashion"
        })
final class ParetoCommand implements Runnable {
    private static final Set<Target> ALL = EnumSet.allOf(Target.class);
    private static final int SEEDS = 3;
    private static final int MOST_SEEDS = 1000;
    private static final int EPOCHS = 8;
    private static final List<Double> RATIOS =
            List.of(0.001, 0.003, 0.006, 0.012, 0.025, 0.05, 0.1, 0.2, 0.35, 0.55, 0.8, 1.0);
    private static final List<Double> QUICK_RATIOS = List.of(0.003, 0.025, 0.2, 0.55, 1.0);
    private static final List<String> SIZES =
            List.of("60%", "45%", "38%", "30%", "25%", "20%", "16%", "13.6%", "10%", "7.2%", "4.8%", "2.7%", "1.5%",
                    "1%", "0.65%");
    private static final List<String> QUICK_SIZES = List.of("30%", "13.6%", "4.8%", "1.5%");

    private final Session session;

    @Spec
    private CommandSpec spec;

    @Mixin
    private final DataOption dataOption = new DataOption();

    @Option(
            names = "--model",
            paramLabel = "FILE",
            description = "A LeNet-5 to compress, instead of training any. May be given several times.")
    private List<Path> modelFiles = List.of();

    @Option(
            names = "--seeds",
            paramLabel = "N",
            description = "Networks to train, with seeds 0 to N - 1. Default: " + SEEDS + ", with --quick 1")
    private Integer seeds;

    @Option(names = "--epochs", paramLabel = "N", description = "Passes of the training. Default: " + EPOCHS)
    private Integer epochs;

    @Option(
            names = "--lambda-ratios",
            split = ",",
            paramLabel = "X",
            description = "Weights of the penalty for fc2 alone, in parts of lambda_max, with commas between. The"
                    + " text's own lambda is always among them. Default: twelve from 0.001 to 1")
    private List<Double> ratios;

    @Option(
            names = "--sizes",
            split = ",",
            paramLabel = "P%",
            description = "Sizes of the whole network, each a share of the parameters or a number of them. Default:"
                    + " fifteen from 60%% to 0.65%%, those that the network cannot reach left out")
    private List<String> sizes;

    @Option(
            names = "--retrain",
            paramLabel = "E",
            defaultValue = "1",
            description = "Epochs of retraining; 0 for none. Default: ${DEFAULT-VALUE}")
    private int retrain;

    @Mixin
    private final ValidationOption validationOption = new ValidationOption();

    @Option(
            names = "--quick",
            description = "Fewer points, of one network, where --seeds, --lambda-ratios and --sizes do not say"
                    + " otherwise: a first look.")
    private boolean quick;

    @Mixin
    private final DeviceOption deviceOption = new DeviceOption();

    @Option(
            names = "--out",
            paramLabel = "FOLDER",
            defaultValue = "lnr-pareto",
            description = "The folder to write: a new one, or that of the run to go on with. Default:"
                    + " ${DEFAULT-VALUE}")
    private Path out;

    @Mixin
    private final JsonOption json = new JsonOption();

    ParetoCommand(Session session) {
        this.session = session;
    }

    @Override
    public void run() {
        List<Model> models = modelFiles.stream().map(ParetoCommand::model).toList();
        Architecture shape = models.isEmpty() ? Recipe.ARCHITECTURE : models.get(0).architecture();
        for (int i = 1; i < models.size(); i++) {
            if (!models.get(i).architecture().equals(shape)) {
                throw new InputException("--model: " + modelFiles.get(i) + ": expected widths " + shape
                        + " as of the first, found " + models.get(i).architecture());
            }
        }
        List<String> sums = modelFiles.stream().map(ParetoCommand::sum).toList();
        for (int i = 1; i < sums.size(); i++) {
            int same = sums.indexOf(sums.get(i));
            if (same < i) {
                throw new InputException("--model: " + modelFiles.get(i) + ": expected another network than in "
                        + modelFiles.get(same));
            }
        }
        if (!models.isEmpty() && (seeds != null || epochs != null)) {
            throw new InputException("--model: expected neither --seeds nor --epochs with it: nothing is trained");
        }
        int networks = models.isEmpty() ? seeds() : models.size();
        Recipe recipe = Recipe.standard(epochs == null ? EPOCHS : epochs, 0);
        Expect.atLeast("--retrain", 0, retrain);
        validationOption.check();
        if (quick && (seeds != null || !models.isEmpty()) && ratios != null && sizes != null) {
            throw new InputException("--quick: expected " + (models.isEmpty() ? "--seeds, " : "")
                    + "--lambda-ratios or --sizes left to it, found all of them");
        }
        List<Double> strengths = ratios(ratios == null ? quick ? QUICK_RATIOS : RATIOS : ratios);
        List<Integer> parameters =
                parameters(sizes == null ? usual(quick ? QUICK_SIZES : SIZES, shape) : sizes, shape);
        RunFolder.check(out);
        deviceOption.use(session, device -> {
            Dataset data = dataOption.open(session);
            Settings settings = new Settings(
                    Settings.VERSION,
                    networks,
                    models.isEmpty() ? LongStream.range(0, networks).boxed().toList() : List.of(),
                    models.isEmpty() ? training(recipe) : "",
                    sums,
                    shape.toString(),
                    StrengthOptions.LAMBDA,
                    strengths,
                    parameters,
                    validationOption.of(data.train().count()),
                    retrain,
                    device.name(),
                    SupportNewton.NAME,
                    new Settings.Data(
                            data.name(),
                            data.train().count(),
                            data.test().count(),
                            Contents.of(data.train()),
                            Contents.of(data.test())));
            try (RunFolder folder = RunFolder.open(out, settings)) {
                DataOption.announce(session, data, json.on);
                sweep(device, data, settings, models, recipe, folder);
                report(device, data, settings, folder);
            }
        });
    }

    private int seeds() {
        int count = Expect.atLeast("--seeds", 1, seeds == null ? quick ? 1 : SEEDS : seeds);
        if (count > MOST_SEEDS) {
            throw new InputException("--seeds: expected " + MOST_SEEDS + " or fewer, found " + count);
        }
        return count;
    }

    private void sweep(
            Device device, Dataset data, Settings settings, List<Model> models, Recipe recipe, RunFolder folder) {
        List<InputException> unkept = new ArrayList<>();
        ModelCache cache = new ModelCache(session);
        Sweep.Networks networks = new Sweep.Networks() {
            private Recipe recipe(int number) {
                return Recipe.standard(recipe.epochs(), number);
            }

            @Override
            public int epochs(int number) {
                return !models.isEmpty() || cache.holds(recipe(number), device, data) ? 0 : recipe.epochs();
            }

            @Override
            public Model get(int number, DeviceImages train) {
                if (!models.isEmpty()) {
                    return models.get(number);
                }
                ModelCache.Found found = cache.get(recipe(number), device, data, train);
                found.unkept().ifPresent(unkept::add);
                return found.model();
            }
        };
        try (Rounds rounds = new Rounds()) {
            new Sweep(device, data, settings, networks, folder, rounds, rounds).run();
        } catch (ArithmeticException e) {
            throw new Failure(e.getMessage());
        }
        unkept.stream().findFirst().ifPresent(e -> session.notice(e.getMessage()));
    }

    /** Bars of the task at hand, and a line for every task that is finished. */
    private final class Rounds implements Progress, Sweep.Listener, AutoCloseable {
        private Bars bars = new Bars(session);

        @Override
        public void at(String task, long done, long total) {
            bars.at(task, done, total);
        }

        @Override
        public void finished(String task, int done, int all, double left) {
            close();
            bars = new Bars(session);
            String time = left < 90 ? Math.round(left) + " s" : "about " + Math.round(left / 60) + " min";
            session.notice(done + " of " + all + ": " + task + (done < all ? "; " + time + " left" : ""));
        }

        @Override
        public void close() {
            bars.close();
        }
    }

    private void report(Device device, Dataset data, Settings settings, RunFolder folder) {
        Map<String, String> versions = new LinkedHashMap<>();
        versions.put("lnr", Version.number());
        versions.put("Java", System.getProperty("java.vm.name") + " " + System.getProperty("java.version"));
        versions.put("system", System.getProperty("os.name") + " " + System.getProperty("os.arch") + ", "
                + Runtime.getRuntime().availableProcessors() + " processors");
        versions.put("device choice", device.choice());
        Report.How how = new Report.How(command(), data.origin().sentence(), versions);
        Report.Written written = Report.write(folder, settings, how);
        written.noPictures().ifPresent(session::notice);
        if (json.on) {
            session.out().println(written.json().toPrettyString());
            return;
        }
        session.print("");
        written.table().forEach(line -> session.print("%s", line));
        session.print("");
        session.print("wrote %s", folder.path().resolve("report.html"));
    }

    /** The command line, its words quoted where a shell would take them apart. */
    private String command() {
        List<String> words = new ArrayList<>(List.of("./lnr", spec.name()));
        spec.commandLine().getParseResult().originalArgs().stream().skip(1).forEach(word -> words.add(
                word.matches("[\\w./:=,%+@-]+") ? word : "'" + word.replace("'", "'\\''") + "'"));
        return String.join(" ", words);
    }

    private static String training(Recipe recipe) {
        return "recipe " + Recipe.VERSION + ", " + recipe.toString().replaceFirst(", seed .*", "");
    }

    private static Model model(Path file) {
        Model model = ModelFile.read(file);
        for (Architecture.Layer layer : model.architecture().layers()) {
            if (layer.outputs() == 0) {
                throw new InputException("--model: " + file + ": expected outputs of " + layer.name()
                        + ", found none: nothing is left to compress");
            }
        }
        return model;
    }

    private static String sum(Path file) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file)));
        } catch (IOException e) {
            throw new InputException(file + ": cannot be read: " + Diagnostic.reason(e), e);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    private static List<Double> ratios(List<Double> asked) {
        if (asked.isEmpty()) {
            throw new InputException("--lambda-ratios: expected one or more, found none");
        }
        asked.forEach(ratio -> Expect.positive("--lambda-ratios", ratio));
        return asked.stream().distinct().sorted().toList();
    }

    /** Those of the usual sizes that a network can be compressed to. */
    private List<String> usual(List<String> sizes, Architecture shape) {
        List<String> reachable = sizes.stream()
                .filter(size -> TargetSize.reachable(size, shape, ALL))
                .toList();
        if (reachable.isEmpty()) {
            throw new InputException("--model: " + modelFiles.get(0) + ": one unit a layer takes "
                    + Allocation.least(shape, ALL) + " of its " + shape.parameters()
                    + " parameters, which is more than the usual sizes; --sizes names others");
        }
        return reachable;
    }

    private static List<Integer> parameters(List<String> asked, Architecture shape) {
        if (asked.isEmpty()) {
            throw new InputException("--sizes: expected one or more, found none");
        }
        return asked.stream()
                .map(size -> TargetSize.parameters("--sizes", size, shape, ALL))
                .distinct()
                .sorted(Comparator.reverseOrder())
                .toList();
    }
}
