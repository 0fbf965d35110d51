package lnr.lenet.compress;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import lnr.engine.Correlations;
import lnr.engine.Debiasing;
import lnr.engine.MatrixException;
import lnr.engine.Problem;
import lnr.engine.solvers.Solver;
import lnr.kernels.Device;
import lnr.kernels.F32;
import lnr.kernels.Groups;
import lnr.kernels.Scope;
import lnr.lenet.InputException;
import lnr.lenet.Progress;
import lnr.lenet.network.Architecture.Layer;
import lnr.lenet.network.DeviceImages;
import lnr.lenet.network.LeNet5;
import lnr.lenet.network.Model;

/**
 * Compression of several layers, one after the other. Every layer reconstructs what the original network computes for
 * those of its outputs that are still there, from the inputs that the compressed network gives it, so that errors are
 * corrected as they arise. A layer that was fitted before one that it reads changed is fitted once more at the end.
 *
 * <p>As long as nothing before a layer has changed but that units were removed, its moments are parts of the original
 * network's, and all of these come from one pass over the images. Last layer first, every layer but the last therefore
 * has only those outputs to reconstruct that are read.
 *
 * <p>Owns device memory: close it.
 */
public final class NetworkCompression implements AutoCloseable {
    private static final int BATCH = LayerInputs.BATCH;

    private final Device device;
    private final Model original;
    private final DeviceImages images;
    private final Solver solver;
    private final long room; // for each layer's inputs
    private final NetworkCorrelations moments;
    private OriginalActivations activations; // of as many images as a correction has asked for; null before

    /**
     * Gathers the original network's moments.
     *
     * @param original the trained network; every layer has an output
     * @param images what the reconstruction is to be good on; in use as long as this is, and in the same order whenever
     *     this is used
     * @throws ArithmeticException when activations overflow on these images
     */
    public NetworkCompression(Device device, Model original, DeviceImages images, Solver solver, Progress progress) {
        this(device, original, images, solver, LayerInputs.ROOM, progress);
    }

    /** The same with another bound of the bytes of each layer's inputs that are kept. */
    NetworkCompression(
            Device device, Model original, DeviceImages images, Solver solver, long room, Progress progress) {
        this.device = device;
        this.original = original;
        this.images = images;
        this.solver = solver;
        this.room = room;
        try (LeNet5 network = new LeNet5(device, original, Math.min(BATCH, images.count()))) {
            this.moments =
                    NetworkCorrelations.gather(network, images, EnumSet.allOf(Target.class), true, progress);
        }
    }

    /** One layer's compression. */
    public record Step(Target target, Strength strength) {}

    /**
     * What a step did.
     *
     * @param kept units that the layer still reads
     * @param of units that it read before
     * @param error what its reconstruction misses, in parts of its outputs' variance
     * @param damping of its least squares ({@link Debiasing})
     * @param seconds of wall time
     */
    public record Fit(Target target, int kept, int of, double error, double damping, double seconds) {}

    /**
     * The compressed network.
     *
     * @param fits the fits that made it, in their order
     * @param kept for each layer, conv1 first, those of the original's outputs that are left, ascending
     */
    public record Result(Model model, List<Fit> fits, List<int[]> kept) {}

    /** The original network. */
    public Model original() {
        return original;
    }

    /**
     * Carries out the steps in this order, then fits again, first layer first, what they left behind.
     *
     * @param steps each layer once at most
     * @param progress told of the fits that are done
     * @throws InputException when a ratio's lambda overflows, or a layer would keep nothing
     */
    public Result compress(List<Step> steps, Progress progress) {
        return compress(steps, images.count(), progress);
    }

    /** As above, errors corrected on the first images, {@code most} at most. */
    Result compress(List<Step> steps, int most, Progress progress) {
        Map<Target, Strength> strengths = new LinkedHashMap<>();
        steps.forEach(step -> strengths.put(step.target(), step.strength()));
        Choice choice = (target, problem) -> Selection.of(solver, problem, strengths.get(target));
        return compress(strengths.keySet(), choice, most, progress);
    }

    /** Chooses the units that a layer keeps. */
    @FunctionalInterface
    interface Choice {
        /**
         * @param problem the layer's, each unit that is left a group
         * @return some of these groups, ascending
         */
        int[] units(Target target, Problem problem);
    }

    /** As above, with another choice of units. */
    Result compress(Collection<Target> order, Choice choice, int most, Progress progress) {
        try (Run run = new Run(Math.min(most, images.count()))) {
            for (Target target : order) {
                run.fit(target, choice);
                progress.at("compress", run.fits.size(), -1);
            }
            while (!run.stale.isEmpty()) {
                run.fit(run.stale.iterator().next(), (target, problem) -> IntStream.range(0, problem.groups().count())
                        .toArray());
                progress.at("compress", run.fits.size(), -1);
            }
            return new Result(run.model, run.fits, List.of(run.units));
        }
    }

    /** What the first {@code count} images, or more of them, are to the original network. */
    private OriginalActivations activations(int count) {
        if (activations == null || activations.count() < count) {
            closeActivations();
            activations = new OriginalActivations(device, original, images, count, room);
        }
        return activations;
    }

    private void closeActivations() {
        if (activations != null) {
            activations.close();
            activations = null;
        }
    }

    /**
     * A layer's reconstruction error as the original network's inputs allow it.
     *
     * @param outputs of the layer, those that are to be reconstructed, ascending
     */
    ErrorCurve curve(Target target, int[] outputs) {
        try (Scope scope = device.scope()) {
            return new ErrorCurve(solver, uncorrected(target, outputs, all(target.before()), scope));
        }
    }

    /** The problem of reconstructing some outputs from some units, a group of columns each, and from the bias. */
    private Problem uncorrected(Target target, int[] outputs, int[] units, Scope scope) {
        Correlations sums = moments.of(target);
        int[] read = Selection.columns(units, target.columns());
        int[] columns = Arrays.copyOf(read, read.length + 1);
        columns[read.length] = sums.width() - 1;
        return sums.part(scope, outputs, columns, Groups.ofSize(scope, units.length, target.columns()), 0);
    }

    /** All outputs of a layer. */
    int[] all(int layer) {
        return IntStream.range(0, original.architecture().layers().get(layer).outputs()).toArray();
    }

    @Override
    public void close() {
        closeActivations();
        moments.close();
    }

    /** A network on its way. */
    private final class Run implements AutoCloseable {
        private final int count; // of the images that errors are corrected on
        private final int[][] units = new int[LeNet5.STEPS][]; // of each layer: those of the original's that are left
        private final boolean[] changed = new boolean[LeNet5.STEPS];
        private final Set<Target> stale = EnumSet.noneOf(Target.class);
        private final List<Fit> fits = new ArrayList<>();
        private Model model = original;
        private LayerInputs features; // fc1's inputs, as the convolutions are at present; null when these have changed

        Run(int count) {
            this.count = count;
            Arrays.setAll(units, NetworkCompression.this::all);
        }

        void fit(Target target, Choice choice) {
            long start = System.nanoTime();
            int[] before = units[target.before()];
            try (Scope scope = device.scope()) {
                Problem problem = problem(target, scope);
                int[] kept = choice.units(target, problem);
                if (kept.length == 0) {
                    throw new InputException(target + ": nothing of it would be kept: expected a weaker penalty");
                }
                Debiasing fit = Debiasing.of(problem, Selection.columns(kept, target.columns()));
                model = Surgery.collapse(Surgery.replace(model, target, fit.m(), true), target, kept);
                units[target.before()] =
                        Arrays.stream(kept).map(k -> before[k]).toArray();
                changed[target.layer()] = true;
                if (target == Target.CONV2 || target == Target.FC1 && kept.length < before.length) {
                    close();
                }
                stale.remove(target);
                fits.stream().map(Fit::target).filter(t -> t.layer() > target.layer()).forEach(stale::add);
                double seconds = (System.nanoTime() - start) * 1e-9;
                double error = ReconstructionError.of(problem, fit.fit());
                fits.add(new Fit(target, kept.length, before.length, error, fit.damping(), seconds));
            } catch (MatrixException e) {
                throw (ArithmeticException) new ArithmeticException(target + ": " + e.getMessage()).initCause(e);
            }
        }

        private Problem problem(Target target, Scope scope) {
            for (int i = 0; i < target.layer(); i++) {
                if (changed[i]) {
                    return corrected(target, scope);
                }
            }
            return uncorrected(target, units[target.layer()], units[target.before()], scope);
        }

        /** fc1's problem or fc2's (no fit changes what conv2 reads): y from the original network, x from this one. */
        private Problem corrected(Target target, Scope scope) {
            OriginalActivations activations = activations(count);
            Layer layer = original.architecture().layers().get(target.layer());
            int[] outputs = units[target.layer()];
            int h = outputs.length;
            int d = model.architecture().layers().get(target.layer()).inputs();
            try (Scope work = device.scope();
                    LeNet5 network = new LeNet5(device, model, Math.min(BATCH, count));
                    Correlations sums = Correlations.ofTargets(device, d, true, h)) {
                F32 w = work.f32(Surgery.rows(original.weight(target.layer()), layer.inputs(), outputs));
                F32 b = work.f32(Surgery.rows(original.bias(target.layer()), 1, outputs));
                F32 y = work.f32((long) network.batch() * h);
                if (features == null) {
                    features = new LayerInputs(images, count, network, Target.FC1.layer(), null, room);
                }
                for (int from = 0; from < count; from += BATCH) {
                    int n = Math.min(BATCH, count - from);
                    F32 targets = y.slice(0, (long) n * h);
                    F32 before = activations.input(target, from, n);
                    device.layers().dense(n, layer.inputs(), h, false, before, w, b, targets);
                    F32 input = features.batch(network, from, n);
                    sums.add(n, network.forward(n, input, Target.FC1.layer(), target.layer()), targets);
                }
                int groups = units[target.before()].length;
                return sums.problem(scope, Groups.ofSize(scope, groups, target.columns()), 0);
            }
        }

        @Override
        public void close() {
            if (features != null) {
                features.close();
                features = null;
            }
        }
    }
}
