package lnr.lenet.network;

import java.util.SplittableRandom;
import lnr.kernels.F32;
import lnr.kernels.F64;
import lnr.kernels.I32;
import lnr.kernels.Layers;
import lnr.kernels.Recording;
import lnr.kernels.Scope;
import lnr.kernels.U8;
import lnr.lenet.Progress;

/**
 * Training by Adam on softmax cross-entropy, against labels or against a teacher's opinion as well. Holds the
 * gradients, Adam's moments and the number of steps so far; the network is the caller's, and is closed after this.
 */
public final class Training implements AutoCloseable {
    private static final double BETA1 = 0.9;
    private static final double BETA2 = 0.999;
    private static final double EPSILON = 1e-8;

    /** Batches at one rate: a recording serves no other. */
    private static final int STRETCH = 8;

    /**
     * What an epoch did.
     *
     * @param loss mean cross-entropy over the samples, each measured when its batch came
     * @param accuracy share of samples that were classified rightly when their batch came
     */
    public record Epoch(double loss, double accuracy) {}

    /**
     * A network to learn from, on every image of those that are trained on.
     *
     * @param logits (images, classes) in the images' own order, on the network's device; the caller's
     * @param temperature that softens both opinions, more than 0
     * @param share of the loss that is the teacher's, 0 to 1
     */
    public record Teacher(F32 logits, double temperature, double share) {}

    private final LeNet5 network;
    private final Teacher teacher; // or null
    private double rate;
    private final SplittableRandom random;
    private final Scope scope;
    private final F32 x; // (batch, 784)
    private final U8 labels; // (batch)
    private final F32 opinion; // (batch, classes), the teacher's logits; empty without one
    private final U8 winner1; // (batch, outputs of step 1)
    private final U8 winner2; // (batch, outputs of step 2)
    private final F32[] gradient = new F32[LeNet5.STEPS]; // of the activations, (batch, outputs of the step)
    private final F32 slope; // gradient of the parameters, in their order
    private final F32 first; // Adam's moments, in the parameters' order
    private final F32 second;
    private final I32 steps; // (1), so far
    private final F64 sums; // loss, correct
    private Recording recording; // of a full batch's update, from the second full batch on

    /**
     * Without a teacher.
     *
     * @param network what is trained; its batch size is the training batch size
     * @param rate Adam's step length
     * @param seed of the order of samples
     */
    public Training(LeNet5 network, double rate, long seed) {
        this(network, null, rate, seed);
    }

    /** With a teacher, or null; otherwise as above. */
    public Training(LeNet5 network, Teacher teacher, double rate, long seed) {
        this.network = network;
        this.teacher = teacher;
        setRate(rate);
        // Split, so that it shares no numbers with the initial parameters drawn from the same seed.
        this.random = new SplittableRandom(seed).split();
        this.scope = network.device().scope();
        try {
            int batch = network.batch();
            x = scope.f32((long) batch * network.width(0));
            labels = scope.u8(batch);
            opinion = scope.f32(teacher == null ? 0 : (long) batch * network.width(LeNet5.STEPS));
            winner1 = scope.u8((long) batch * network.width(1));
            winner2 = scope.u8((long) batch * network.width(2));
            for (int i = 0; i < LeNet5.STEPS; i++) {
                gradient[i] = scope.f32((long) batch * network.width(i + 1));
            }
            slope = scope.f32(network.parameters().length());
            first = scope.f32(network.parameters().length());
            second = scope.f32(network.parameters().length());
            steps = scope.i32(1);
            sums = scope.f64(2);
        } catch (RuntimeException | Error e) {
            scope.close();
            throw e;
        }
    }

    /** Changes Adam's step length from the next batch on; every change costs a recording. */
    private void setRate(double other) {
        if (!(other > 0) || Double.isInfinite(other)) {
            throw new IllegalArgumentException("rate: expected a positive number, got " + other);
        }
        if (other != rate && recording != null) {
            recording.close();
            recording = null;
        }
        rate = other;
    }

    /** Adam's step length in the course of a training. */
    @FunctionalInterface
    public interface Schedule {
        /** @param done share of the epoch that is done, from 0 to less than 1 */
        double rate(double done);
    }

    /** Goes once through the images in a new random order; {@code progress} is told after every batch. */
    public Epoch epoch(DeviceImages images, Progress progress) {
        return epoch(images, done -> rate, progress);
    }

    /**
     * As above, at changing rates: a new one every {@value #STRETCH} batches.
     *
     * @param schedule asked at the beginning of each stretch
     */
    public Epoch epoch(DeviceImages images, Schedule schedule, Progress progress) {
        return network.device().range("epoch", () -> run(images, schedule, progress));
    }

    private Epoch run(DeviceImages images, Schedule schedule, Progress progress) {
        images.reorder(permutation(images.count()));
        sums.clear();
        for (int from = 0; from < images.count(); from += network.batch()) {
            int n = Math.min(network.batch(), images.count() - from);
            if (from / network.batch() % STRETCH == 0) {
                setRate(schedule.rate((double) from / images.count()));
            }
            step(images, from, n);
            progress.at("epoch", from + n, images.count());
        }
        double[] totals = sums.toArray();
        return new Epoch(totals[0] / images.count(), totals[1] / images.count());
    }

    private void step(DeviceImages images, int from, int n) {
        F32 input = x.slice(0, (long) n * network.width(0));
        U8 target = labels.slice(0, n);
        images.gather(from, n, input);
        images.gatherLabels(from, n, target);
        if (teacher != null) {
            images.gatherRows(from, n, network.width(LeNet5.STEPS), teacher.logits(), opinion(n));
        }
        if (n == network.batch() && recording != null) {
            recording.replay();
            return;
        }
        update(n, input, target);
        if (n == network.batch()) {
            recording = network.device().record(() -> update(n, input, target));
        }
    }

    /** The step from gathered images on: what is the same for every batch of the same size. */
    private void update(int n, F32 input, U8 target) {
        slope(n, input, target);
        Layers layers = network.device().layers();
        layers.adam(steps, rate, BETA1, BETA2, EPSILON, slope, first, second, network.parameters());
    }

    /**
     * The gradient of the batch's mean loss with respect to the parameters, in their order.
     *
     * @param input (n, 784), normalised images
     * @param target (n), labels
     */
    F32 slope(int n, F32 input, U8 target) {
        Layers layers = network.device().layers();
        Architecture shape = network.architecture();
        U8 places1 = winner1.slice(0, (long) n * network.width(1));
        U8 places2 = winner2.slice(0, (long) n * network.width(2));
        F32 z = network.forward(n, input, LeNet5.STEPS, places1, places2);
        F32 dz = gradient(3, n);
        if (teacher == null) {
            layers.crossEntropy(n, network.width(4), z, target, dz, sums);
        } else {
            layers.distillation(
                    n, network.width(4), teacher.temperature(), teacher.share(), z, opinion(n), target, dz, sums);
        }
        for (int i = 3; i >= 2; i--) {
            layers.denseBackward(
                    n,
                    network.width(i),
                    network.width(i + 1),
                    i == 2,
                    network.activation(i, n),
                    network.weight(i),
                    network.activation(i + 1, n),
                    gradient(i, n),
                    gradient(i - 1, n),
                    network.weightIn(slope, i),
                    network.biasIn(slope, i));
        }
        layers.convolveBackward(
                shape.second(),
                n,
                network.activation(1, n),
                network.weight(1),
                places2,
                gradient(1, n),
                gradient(0, n),
                network.weightIn(slope, 1),
                network.biasIn(slope, 1));
        layers.convolveBackward(
                shape.first(),
                n,
                input,
                network.weight(0),
                places1,
                gradient(0, n),
                null,
                network.weightIn(slope, 0),
                network.biasIn(slope, 0));
        return slope;
    }

    /** (n, classes), the teacher's logits of the batch. */
    F32 opinion(int n) {
        return opinion.slice(0, (long) n * network.width(LeNet5.STEPS));
    }

    private F32 gradient(int layer, int n) {
        return gradient[layer].slice(0, (long) n * network.width(layer + 1));
    }

    private int[] permutation(int count) {
        int[] order = new int[count];
        for (int i = 0; i < count; i++) {
            int j = random.nextInt(i + 1);
            order[i] = order[j];
            order[j] = i;
        }
        return order;
    }

    @Override
    public void close() {
        if (recording != null) {
            recording.close();
        }
        scope.close();
    }
}
