package lnr.lenet.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import lnr.engine.solvers.Solver;
import lnr.kernels.Device;
import lnr.lenet.Progress;
import lnr.lenet.compress.Strength;
import lnr.lenet.data.Dataset;
import lnr.lenet.network.DeviceImages;
import lnr.lenet.network.Model;
import lnr.lenet.report.Forecast.Kind;

/** All points of a run, network after network. What its folder holds already is not done again. */
public final class Sweep {
    private final Device device;
    private final Dataset data;
    private final Settings settings;
    private final Networks networks;
    private final RunFolder folder;
    private final Progress progress;
    private final Listener listener;
    private final Forecast forecast;

    /** Gives the networks to be compressed, training them first if need be. */
    public interface Networks {
        /** Epochs of training that it takes to give a network; 0 for one that is at hand. */
        int epochs(int number);

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
        this.forecast = new Forecast(settings.retrain());
    }

    /**
     * One file of results.
     *
     * @param name of the file
     * @param network its number
     */
    private record Task(String name, int network, Kind kind, Class<?> type, Function<Subject, Object> work) {}

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
        all.forEach(tasks -> tasks.stream().filter(task -> !done(task)).forEach(left::add));
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

    /** Whether a task was done before; what a point took then tells what those like it will. */
    private boolean done(Task task) {
        Optional<?> result = folder.read(task.name(), task.type());
        if (result.orElse(null) instanceof Point point) {
            forecast.took(
                    task.kind(),
                    point.seconds().values().stream().mapToDouble(s -> s).sum());
        }
        return result.isPresent();
    }

    private void run(int network, List<Task> tasks, Images images, List<Task> left, int count) {
        int epochs = networks.epochs(network);
        int later = left.stream()
                .mapToInt(Task::network)
                .filter(n -> n > network)
                .distinct()
                .map(networks::epochs)
                .sum();
        long start = System.nanoTime();
        Model model = networks.get(network, images.all());
        double training = (System.nanoTime() - start) * 1e-9;
        images.all().inOrder();
        Solver solver = Solver.named(settings.solver());
        try (Subject subject = new Subject(network, device, model, images, solver, settings.retrain(), progress)) {
            forecast.epoch(epochs > 0 ? training / epochs : Forecast.PASSES * subject.pass());
            for (Task task : tasks) {
                start = System.nanoTime();
                folder.store(task.name(), task.work().apply(subject));
                forecast.took(task.kind(), (System.nanoTime() - start) * 1e-9);
                left.remove(task);
                List<Kind> kinds = left.stream().map(Task::kind).toList();
                listener.finished(task.name(), count - left.size(), count, forecast.left(kinds, later));
            }
        }
    }

    private List<Task> tasks(int network) {
        List<Task> tasks = new ArrayList<>();
        tasks.add(new Task(original(network), network, Kind.ORIGINAL, Tested.Original.class, Subject::original));
        if (network == 0) {
            double lambda = settings.lambda();
            tasks.add(new Task(ANATOMY, network, Kind.STUDY, Anatomy.class, s -> s.anatomy(lambda)));
            tasks.add(new Task(CONVERGENCE, network, Kind.STUDY, Convergence.class, s -> s.convergence(lambda)));
        }
        for (Strength strength : settings.strengths()) {
            tasks.add(new Task(text(network, strength), network, Kind.TEXT, Point.class, s -> s.text(strength)));
        }
        for (int parameters : settings.sizes()) {
            String name = whole(network, parameters);
            tasks.add(new Task(name, network, Kind.NETWORK, Point.class, s -> s.network(parameters)));
        }
        return tasks;
    }
}
