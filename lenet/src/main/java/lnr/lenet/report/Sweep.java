package lnr.lenet.report;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import lnr.engine.solvers.Solver;
import lnr.kernels.Device;
import lnr.lenet.Progress;
import lnr.lenet.compress.Strength;
import lnr.lenet.data.Dataset;
import lnr.lenet.network.DeviceImages;
import lnr.lenet.network.Model;

/** All points of a run, network after network. What its folder holds already is not done again. */
public final class Sweep {
    private final Device device;
    private final Dataset data;
    private final Settings settings;
    private final Networks networks;
    private final RunFolder folder;
    private final Progress progress;
    private final Listener listener;
    private final Map<Kind, List<Double>> seen = new EnumMap<>(Kind.class);

    /** Gives a network to be compressed, training it first if need be. */
    @FunctionalInterface
    public interface Networks {
        /**
         * @param number of the network, from 0
         * @param train images to train on
         */
        Model get(int number, DeviceImages train);
    }

    /** Is told of every task that is finished. */
    @FunctionalInterface
    public interface Listener {
        /**
         * @param task what was done
         * @param done tasks done, those of earlier runs included
         * @param all tasks
         * @param left seconds that the rest will take, by what the tasks so far took
         */
        void finished(String task, int done, int all, double left);
    }

    /**
     * @param folder of a run of these settings
     * @param progress told of the task at hand
     */
    public Sweep(
            Device device,
            Dataset data,
            Settings settings,
            Networks networks,
            RunFolder folder,
            Progress progress,
            Listener listener) {
        this.device = device;
        this.data = data;
        this.settings = settings;
        this.networks = networks;
        this.folder = folder;
        this.progress = progress;
        this.listener = listener;
    }

    /** Kinds of tasks, with a guess at their seconds for as long as none has been done. */
    private enum Kind {
        ORIGINAL(45),
        STUDY(15),
        TEXT(6),
        NETWORK(14);

        private final double seconds;

        Kind(double seconds) {
            this.seconds = seconds;
        }
    }

    /**
     * One file of results.
     *
     * @param name of the file
     */
    private record Task(String name, Kind kind, Class<?> type, Function<Subject, Object> work) {}

    /** Names of what a sweep stores. */
    static String original(int network) {
        return "network-" + network + "-original";
    }

    static String text(int network, Strength strength) {
        return "network-" + network + "-text-"
                + (strength instanceof Strength.Ratio ratio
                        ? "ratio-" + ratio.value()
                        : "lambda-" + ((Strength.Lambda) strength).value());
    }

    static String whole(int network, int parameters) {
        return "network-" + network + "-whole-" + parameters;
    }

    static final String ANATOMY = "network-0-anatomy";
    static final String CONVERGENCE = "network-0-convergence";

    /** Does what is not done yet, and stores every result at once. */
    public void run() {
        List<List<Task>> all = new ArrayList<>();
        for (int network = 0; network < settings.networks(); network++) {
            all.add(tasks(network));
        }
        List<Task> left = new ArrayList<>();
        all.forEach(tasks -> tasks.stream()
                .filter(task -> folder.read(task.name(), task.type()).isEmpty())
                .forEach(left::add));
        int count = all.stream().mapToInt(List::size).sum();
        if (left.isEmpty()) {
            return;
        }
        try (Images images = Images.of(device, data, settings.validation())) {
            for (int network = 0; network < settings.networks(); network++) {
                List<Task> mine = all.get(network).stream().filter(left::contains).toList();
                if (!mine.isEmpty()) {
                    run(network, mine, images, left, count);
                }
            }
        }
    }

    private void run(int network, List<Task> tasks, Images images, List<Task> left, int count) {
        long start = System.nanoTime();
        Model model = networks.get(network, images.all());
        images.all().inOrder();
        Solver solver = Solver.named(settings.solver());
        try (Subject subject = new Subject(network, device, model, images, solver, settings.retrain(), progress)) {
            for (Task task : tasks) {
                folder.store(task.name(), task.work().apply(subject));
                long now = System.nanoTime();
                seen.computeIfAbsent(task.kind(), k -> new ArrayList<>()).add((now - start) * 1e-9);
                start = now;
                left.remove(task);
                listener.finished(
                        task.name(),
                        count - left.size(),
                        count,
                        left.stream().mapToDouble(t -> expected(t.kind())).sum());
            }
        }
    }

    private double expected(Kind kind) {
        return seen.getOrDefault(kind, List.of()).stream()
                .mapToDouble(s -> s)
                .average()
                .orElse(kind.seconds);
    }

    private List<Task> tasks(int network) {
        List<Task> tasks = new ArrayList<>();
        tasks.add(new Task(original(network), Kind.ORIGINAL, Tested.Original.class, Subject::original));
        if (network == 0) {
            double lambda = settings.lambda();
            tasks.add(new Task(ANATOMY, Kind.STUDY, Anatomy.class, s -> s.anatomy(lambda)));
            tasks.add(new Task(CONVERGENCE, Kind.STUDY, Convergence.class, s -> s.convergence(lambda)));
        }
        for (Strength strength : settings.strengths()) {
            tasks.add(new Task(text(network, strength), Kind.TEXT, Point.class, s -> s.text(strength)));
        }
        for (int parameters : settings.sizes()) {
            tasks.add(new Task(whole(network, parameters), Kind.NETWORK, Point.class, s -> s.network(parameters)));
        }
        return tasks;
    }
}
