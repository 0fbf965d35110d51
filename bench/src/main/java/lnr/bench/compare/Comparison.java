package lnr.bench.compare;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectWriter;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import lnr.bench.TextProblem;
import lnr.bench.Tile;
import lnr.kernels.Device;
import lnr.lenet.InputException;
import lnr.lenet.Progress;
import lnr.lenet.data.DataSource;
import lnr.lenet.data.Dataset;
import lnr.lenet.format.AtomicFile;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The command line of {@code bench/compare/run}. */
@Command(
        name = "bench/compare/run",
        showDefaultValues = true,
        description = "Does the same work with LNR and with PyTorch, or with others, on the same machine in turns, and"
                + " compares times and results.",
        footer = {
            "",
            "Exit code: 0; 1 when objectives of one problem differ by more than 1e-9, or than their gaps allow where"
                    + " these are known, or results of one operation by more than 1e-4, relative, or a side fails; 2"
                    + " for bad usage or when PyTorch is not there. A ratio below its target is told, and no failure."
        })
public final class Comparison implements Callable<Integer> {
    private static final int FULL = 60_000;
    /** The exit code by which PyTorch's side says that it lacks a module. */
    private static final int MODULE_MISSING = 3;
    /** Threads of the side that has just run may spin for a while before they sleep; on a GPU few do. */
    private static final int REST_MILLIS = 300;

    private static final int REST_MILLIS_GPU = 50;

    @Option(names = {"-h", "--help"}, usageHelp = true, description = "Prints this.")
    private boolean help;

    @Spec
    private CommandLine.Model.CommandSpec spec;

    @Option(
            names = "--data",
            paramLabel = "SET",
            description = "mnist, fashion-mnist, drawn or a directory with IDX files; by default MNIST if it is to be"
                    + " had, else digits drawn by the program.")
    private String data;

    @Option(
            names = "--python",
            paramLabel = "COMMAND",
            defaultValue = "${env:PYTHON:-python3}",
            description = "A Python that has torch and numpy; words are split at spaces. Or set PYTHON.")
    private String python;

    @Option(names = "--device", defaultValue = "cpu", description = "cpu, cuda or cuda:N, for both sides.")
    private String device;

    @Option(names = "--torch-device", description = "PyTorch's, where it is to be another.")
    private String torchDevice;

    @Option(names = "--threads", defaultValue = "2", description = "Threads of each side.")
    private int threads;

    @Option(names = "--rounds", defaultValue = "5", description = "Timed runs of each task by each side.")
    private int rounds;

    @Option(names = "--warmups", defaultValue = "2", description = "Runs of each task by each side before these.")
    private int warmups;

    @Option(names = "--samples", defaultValue = "60000", description = "Images; the targets are for 60000.")
    private int samples;

    @Option(
            names = "--tasks",
            split = ",",
            paramLabel = "TASK",
            defaultValue = "epoch,forward,correlation,checkpoint,toy",
            description = "Some of epoch, forward, correlation, checkpoint, toy; newton, groups, path and lasso, which"
                    + " are solves to a gap of 1e-8; and the operations gram, patches and prox (memory for which has to"
                    + " be asked for on the CPU), each of which takes another shape behind a colon.")
    private Set<String> groups = new LinkedHashSet<>();

    @Option(
            names = "--prototype",
            paramLabel = "FILE",
            description = "A NumPy module with eliminate_bias(R, C) and solve(R, C, lambda, group, tau=, tol=), for the"
                    + " task groups: it is left out without one.")
    private Path prototype;

    @Option(names = "--json", paramLabel = "FILE", description = "Where to write all results.")
    private Path json;

    private Comparison() {}

    /** @param args see {@code --help} */
    public static void main(String[] args) {
        CommandLine line = new CommandLine(new Comparison());
        line.setExecutionExceptionHandler((e, command, parsed) -> {
            System.err.println(e.getMessage() == null ? e.toString() : e.getMessage());
            return e instanceof InputException ? 2 : 1;
        });
        line.setParameterExceptionHandler((e, given) -> {
            System.err.println(e.getMessage() + "; bench/compare/run --help lists the options");
            return 2;
        });
        System.exit(line.execute(args));
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        check();
        try (Folder folder = Folder.create()) {
            Map<String, Object> circumstances = circumstances();
            try (Side torch = torch(folder)) {
                List<Task> tasks = possible(Task.of(groups, !device.equals("cpu")), torch);
                prepare(folder, tasks, circumstances);
                try (Side lnr = lnr(folder)) {
                    circumstances.put("lnr", new ObjectMapper().convertValue(lnr.greeting(), Map.class));
                    circumstances.put("torch", new ObjectMapper().convertValue(torch.greeting(), Map.class));
                    System.err.println("LNR:     " + lnr.greeting());
                    System.err.println("PyTorch: " + torch.greeting());
                    int rest = device.equals("cpu") ? REST_MILLIS : REST_MILLIS_GPU;
                    Turns turns = new Turns(lnr, torch, rounds, warmups, rest);
                    List<Outcome> outcomes = new ArrayList<>();
                    for (Task task : tasks) {
                        outcomes.add(turns.at(task));
                    }
                    Findings findings = new Findings(circumstances, samples == FULL, outcomes);
                    System.out.print(findings.text());
                    if (json != null) {
                        write(findings);
                    }
                    return Outcome.agree(findings.outcomes()) ? 0 : 1;
                }
            } catch (NoTorch e) {
                System.err.println(e.getMessage());
                return 2;
            }
        }
    }

    private void check() {
        for (Map.Entry<String, Integer> option :
                Map.of("--threads", threads, "--rounds", rounds, "--samples", samples).entrySet()) {
            if (option.getValue() < 1) {
                throw bad(option.getKey() + ": expected 1 or more, got " + option.getValue());
            }
        }
        if (warmups < 0) {
            throw bad("--warmups: expected 0 or more, got " + warmups);
        }
        for (String group : groups) {
            if (!Task.GROUPS.contains(Task.name(group))) {
                throw bad("--tasks: expected some of " + String.join(", ", Task.GROUPS) + ", got '" + group + "'");
            }
        }
        if (json != null) {
            AtomicFile.check(json);
        }
        if (prototype != null && !Files.isReadable(prototype)) {
            throw bad("--prototype " + prototype + ": no such file");
        }
    }

    private ParameterException bad(String message) {
        return new ParameterException(spec.commandLine(), message);
    }

    /** Writes what both sides are to read. */
    private void prepare(Folder folder, List<Task> tasks, Map<String, Object> circumstances) throws IOException {
        Set<String> problems = tasks.stream().map(Task::problem).filter(Objects::nonNull).collect(Collectors.toSet());
        if (tasks.stream().anyMatch(Task::isOperation)) {
            folder.write(Tile.normal(new Random(1), Long.MAX_VALUE));
        }
        try (Device drawing = Device.open("cpu")) {
            for (String name : List.of("toy", "checkpoint")) {
                if (problems.contains(name)) {
                    folder.write(Given.of(drawing, TextProblem.draw(drawing, name)));
                }
            }
            if (tasks.stream().anyMatch(Task::isOfImages)) {
                Dataset set = DataSource.ofEnvironment().open(data, Progress.NONE);
                System.err.println("data: " + set.origin().sentence());
                circumstances.put("data", set.origin().sentence().replaceFirst(" from .*", ""));
                circumstances.put("samples", samples);
                Dataset.Split split = set.train().first(samples);
                folder.write(split);
                writeLayers(folder, problems, drawing, split);
            }
        }
    }

    private static void writeLayers(Folder folder, Set<String> problems, Device device, Dataset.Split split)
            throws IOException {
        if (problems.stream().anyMatch(LayerProblems::has)) {
            try (LayerProblems layers = new LayerProblems(device, split)) {
                for (String name : problems) {
                    if (LayerProblems.has(name)) {
                        folder.write(layers.problem(name));
                    }
                }
            }
        }
    }

    /** Those tasks whose other side is there. */
    private List<Task> possible(List<Task> tasks, Side torch) {
        Set<Opponent> missing = EnumSet.noneOf(Opponent.class);
        if (prototype == null) {
            missing.add(Opponent.PROTOTYPE);
        }
        if (!torch.greeting().has("scikit_learn")) {
            missing.add(Opponent.SKLEARN);
        }
        List<Task> possible = new ArrayList<>();
        for (Task task : tasks) {
            if (missing.contains(task.against())) {
                System.err.println("left out: " + task.title()
                        + (task.against() == Opponent.SKLEARN
                                ? ": --python " + python + " lacks scikit-learn"
                                : ": no --prototype was given"));
            } else {
                possible.add(task);
            }
        }
        return possible;
    }

    private Side lnr(Folder folder) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
                .filter(flag -> !flag.startsWith("-XX:ActiveProcessorCount") && !flag.startsWith("-Dlnr."))
                .forEach(command::add);
        command.addAll(List.of(
                "-XX:ActiveProcessorCount=" + threads,
                "-cp",
                System.getProperty("java.class.path"),
                LnrSide.class.getName(),
                device,
                folder.path().toString()));
        return new Side("LNR", command, Map.of());
    }

    private static final class NoTorch extends IOException {
        private static final long serialVersionUID = 1L;

        NoTorch(String why) {
            super(why + System.lineSeparator() + "PyTorch is needed to compare with. To install it:"
                    + System.lineSeparator() + "  python3 -m venv ~/.venvs/torch"
                    + System.lineSeparator() + "  ~/.venvs/torch/bin/pip install torch numpy"
                    + System.lineSeparator() + "  bench/compare/run --python ~/.venvs/torch/bin/python ..");
        }
    }

    private Side torch(Folder folder) throws IOException {
        List<String> command = new ArrayList<>(Arrays.asList(python.trim().split("\\s+")));
        command.addAll(List.of(
                Path.of(System.getProperty("lnr.scripts", "bench/compare"), "side.py").toString(),
                Integer.toString(threads),
                folder.path().toString(),
                torchDevice == null ? device : torchDevice));
        if (prototype != null) {
            command.add(prototype.toString());
        }
        Map<String, String> environment = new HashMap<>();
        for (String library : List.of("OMP", "MKL", "OPENBLAS")) {
            environment.put(library + "_NUM_THREADS", Integer.toString(threads));
        }
        try {
            return new Side("PyTorch", command, environment);
        } catch (Side.Ended e) {
            if (e.code() == MODULE_MISSING) {
                throw new NoTorch("--python " + python + ": a module is missing");
            }
            throw e;
        } catch (IOException e) {
            throw new NoTorch("--python " + python + ": " + e.getMessage());
        }
    }

    /** Where files lay on a machine that is gone tells nobody anything: their names alone. */
    static String withoutFolders(List<String> arguments) {
        return arguments.stream()
                .map(argument -> argument.replaceAll("[^=]*/+(?=[^/])", "").replaceAll("/+$", ""))
                .collect(Collectors.joining(" "));
    }

    private Map<String, Object> circumstances() {
        Map<String, Object> all = new LinkedHashMap<>();
        all.put("date", DateTimeFormatter.ISO_OFFSET_DATE_TIME.format(
                ZonedDateTime.now().truncatedTo(ChronoUnit.SECONDS)));
        all.put("command", "bench/compare/run "
                + withoutFolders(spec.commandLine().getParseResult().originalArgs()));
        all.put("commit", System.getProperty("lnr.commit", "unknown"));
        all.put("system", System.getProperty("os.name") + " " + System.getProperty("os.version") + " "
                + System.getProperty("os.arch"));
        all.put("cores", Runtime.getRuntime().availableProcessors());
        double load = ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage();
        all.put("load", load);
        if (load > 0.5) {
            System.err.println("the machine is or was just busy (load average " + load
                    + "): other programs slow the two sides unequally, so ratios are not to be trusted");
        }
        all.put("threads", threads);
        all.put("rounds", rounds);
        all.put("warmups", warmups);
        return all;
    }

    private void write(Findings findings) {
        ObjectWriter writer = new ObjectMapper().writerWithDefaultPrettyPrinter();
        AtomicFile.write(json, out -> out.write(writer.writeValueAsBytes(findings.json())));
        System.err.println("written: " + json);
    }
}
