package lnr.lenet.report;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import lnr.engine.Problem;
import lnr.engine.Solution;
import lnr.engine.solvers.Solver;
import lnr.kernels.Device;
import lnr.kernels.Groups;
import lnr.kernels.Scope;
import lnr.lenet.Progress;
import lnr.lenet.compress.Allocation;
import lnr.lenet.compress.Compression;
import lnr.lenet.compress.NetworkCompression;
import lnr.lenet.compress.NetworkCorrelations;
import lnr.lenet.compress.Opinions;
import lnr.lenet.compress.Retraining;
import lnr.lenet.compress.Strength;
import lnr.lenet.compress.Target;
import lnr.lenet.network.Architecture;
import lnr.lenet.network.Evaluation;
import lnr.lenet.network.LeNet5;
import lnr.lenet.network.Model;
import lnr.lenet.network.Training;

/**
 * One trained network, and all that is done to it. What several points need is made when the first asks for it. Both
 * methods fit to all training images and retrain on them, each in its own way: the text trains on as it trained before;
 * how much each layer of the whole network gives is chosen before, by held-out images that the candidates were not
 * fitted to.
 */
final class Subject implements AutoCloseable {
    private static final int BATCH = 500;

    /** The text's. */
    private static final int TRAINING_BATCH = 256;

    private static final double TRAINING_RATE = 1e-3;
    private static final Set<Target> ALL = EnumSet.allOf(Target.class);

    private final int number;
    private final Device device;
    private final Model model;
    private final Images images;
    private final Solver solver;
    private final int epochs;
    private final Progress progress;
    private final Opinions opinions; // on all images
    private NetworkCorrelations correlations; // of fc2 with its bias
    private NetworkCompression trial; // on images that leave some to choose by
    private Allocation allocation; // of the trial's
    private NetworkCompression compression; // on all images

    /**
     * @param number of the network, the seed of its retraining too
     * @param images in use until this is closed
     * @param epochs of retraining; 0 for none
     */
    Subject(int number, Device device, Model model, Images images, Solver solver, int epochs, Progress progress) {
        this.number = number;
        this.device = device;
        this.model = model;
        this.images = images;
        this.solver = solver;
        this.epochs = epochs;
        this.progress = progress;
        this.opinions = new Opinions(device, model, images.all());
    }

    /** Seconds of a forward pass over the training images, by one over those of the test that follows another. */
    double pass() {
        try (LeNet5 network = network(model)) {
            Evaluation.logits(network, images.test());
            long start = System.nanoTime();
            Evaluation.logits(network, images.test());
            double seconds = (System.nanoTime() - start) * 1e-9;
            return seconds * images.all().count() / images.test().count();
        }
    }

    Tested.Original original() {
        return Tested.Original.of(number, model.architecture(), test(model));
    }

    /** fc2 as the text compresses it, its bias reconstructed too. */
    Point text(Strength strength) {
        Clock clock = new Clock();
        Compression.Result result = compressed(strength);
        clock.lap("compress");
        Solution solution = result.solution();
        Architecture shape = model.architecture();
        String setting = strength instanceof Strength.Ratio ratio
                ? "lambda ratio " + ratio.value()
                : "lambda " + ((Strength.Lambda) strength).value();
        Point.Proof proof = new Point.Proof(
                solution.lambda(),
                solution.lambdaRatio(),
                solution.objective(),
                solution.relativeGap(),
                solution.iterations());
        List<List<Integer>> kept =
                List.of(all(shape.conv1()), all(shape.conv2()), list(solution.support()));
        return point(Point.Method.TEXT, setting, result.compressed(), proof, kept, clock);
    }

    /** All layers, to a number of parameters. */
    Point network(int parameters) {
        Clock clock = new Clock();
        if (compression == null) {
            trial = new NetworkCompression(device, model, images.fitted(), solver, progress);
            allocation = new Allocation(device, trial, ALL, images.heldOut());
            compression = new NetworkCompression(device, model, images.all(), solver, progress);
        }
        clock.lap("correlations");
        Architecture widths = allocation.within(parameters, progress);
        clock.lap("allocation");
        NetworkCompression.Result result = compression.compress(Allocation.steps(widths, ALL), progress);
        clock.lap("compress");
        List<List<Integer>> kept =
                result.kept().subList(0, 3).stream().map(Subject::list).toList();
        return point(Point.Method.NETWORK, parameters + " parameters", result.model(), null, kept, clock);
    }

    Anatomy anatomy(double lambda) {
        return Anatomy.of(model, compressed(new Strength.Lambda(lambda)));
    }

    Convergence convergence(double lambda) {
        try (Scope scope = device.scope()) {
            int units = Target.FC2.units(model.architecture());
            Problem problem = correlations().of(Target.FC2).problem(scope, Groups.ofSize(scope, units, 1), lambda);
            String name = "fc2 of network " + number + ", " + problem.h() + " x " + problem.d() + ", lambda " + lambda;
            return Convergence.of(name, problem, solver);
        }
    }

    private Compression.Result compressed(Strength strength) {
        Compression.Options options = new Compression.Options(Target.FC2, strength, true, true, solver);
        return Compression.run(device, model, correlations().of(Target.FC2), options, progress);
    }

    private NetworkCorrelations correlations() {
        if (correlations == null) {
            try (LeNet5 network = network(model)) {
                correlations = NetworkCorrelations.gather(network, images.all(), Set.of(Target.FC2), true, progress);
            }
        }
        return correlations;
    }

    private Point point(
            Point.Method method,
            String setting,
            Model compressed,
            Point.Proof proof,
            List<List<Integer>> kept,
            Clock clock) {
        Tested before = test(compressed);
        clock.lap("test");
        Tested after = null;
        if (epochs > 0 && compressed.architecture().fc1() == 0) {
            after = before; // a network that always gives the same answer, and will
        } else if (epochs > 0) {
            Model retrained = method == Point.Method.TEXT
                    ? trainedOn(compressed)
                    : new Retraining(epochs, true, Retraining.usualShift(epochs), number)
                            .run(device, opinions, compressed, images.all(), progress);
            clock.lap("retrain");
            after = test(retrained);
        }
        Architecture shape = compressed.architecture();
        Architecture whole = model.architecture();
        return new Point(
                number,
                method,
                setting,
                List.of(shape.conv1(), shape.conv2(), shape.fc1(), shape.classes()),
                shape.parameters(),
                (double) shape.parameters() / whole.parameters(),
                shape.flops(),
                (double) shape.flops() / whole.flops(),
                before,
                after,
                proof,
                kept,
                clock.seconds);
    }

    /** After further epochs of the text's training: on labels alone, at one rate. */
    private Model trainedOn(Model compressed) {
        int batch = Math.min(TRAINING_BATCH, images.all().count());
        try (LeNet5 network = new LeNet5(device, compressed, batch);
                Training training = new Training(network, TRAINING_RATE, number)) {
            for (int epoch = 0; epoch < epochs; epoch++) {
                double loss = training.epoch(images.all(), progress).loss();
                if (!Double.isFinite(loss)) {
                    throw new ArithmeticException("retraining diverged in epoch " + (epoch + 1) + ": loss " + loss);
                }
            }
            return network.model();
        } finally {
            images.all().inOrder();
        }
    }

    private Tested test(Model of) {
        try (LeNet5 network = network(of)) {
            return Tested.of(Evaluation.answers(network, images.test()), images.answers());
        }
    }

    private LeNet5 network(Model of) {
        return new LeNet5(device, of, BATCH);
    }

    private static List<Integer> all(int count) {
        return IntStream.range(0, count).boxed().toList();
    }

    private static List<Integer> list(int[] values) {
        return Arrays.stream(values).boxed().toList();
    }

    @Override
    public void close() {
        opinions.close();
        if (correlations != null) {
            correlations.close();
        }
        if (trial != null) {
            trial.close();
        }
        if (compression != null) {
            compression.close();
        }
    }

    /** Wall times of a point's stages. */
    private static final class Clock {
        private final Map<String, Double> seconds = new LinkedHashMap<>();
        private long last = System.nanoTime();

        void lap(String stage) {
            long now = System.nanoTime();
            seconds.put(stage, (now - last) * 1e-9);
            last = now;
        }
    }
}
