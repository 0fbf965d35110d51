package lnr.lenet.network;

import lnr.kernels.Device;
import lnr.kernels.F32;
import lnr.kernels.Layers;
import lnr.kernels.Scope;
import lnr.kernels.U8;
import lnr.lenet.network.Architecture.Layer;

/**
 * A LeNet-5 in a device's memory: parameters in one buffer, and the activations of one batch. Close it to give the
 * memory back.
 */
public final class LeNet5 implements AutoCloseable {
    /** Number of layers, and of steps of a full forward pass. */
    public static final int STEPS = 4;

    private final Device device;
    private final Architecture architecture;
    private final int batch;
    private final Scope scope;
    private final F32 parameters;
    private final F32[] weight = new F32[STEPS]; // PyTorch's layouts
    private final F32[] bias = new F32[STEPS];
    private final F32[] activation = new F32[STEPS]; // (batch, outputs of the step)
    private final int[] width = new int[STEPS + 1]; // numbers of a sample before and after each step

    /**
     * @param device where it runs; closed by the caller, after this
     * @param model its parameters, copied
     * @param batch most samples of one pass
     */
    public LeNet5(Device device, Model model, int batch) {
        if (batch < 1) {
            throw new IllegalArgumentException("batch: expected 1 or more, got " + batch);
        }
        this.device = device;
        this.architecture = model.architecture();
        this.batch = batch;
        this.scope = device.scope();
        try {
            width[0] = architecture.first().inputs();
            width[1] = architecture.first().outputs();
            width[2] = architecture.second().outputs();
            width[3] = architecture.fc1();
            width[4] = architecture.classes();
            parameters = scope.f32(model.values());
            for (int i = 0; i < STEPS; i++) {
                weight[i] = weightIn(parameters, i);
                bias[i] = biasIn(parameters, i);
                activation[i] = scope.f32((long) batch * width[i + 1]);
            }
        } catch (RuntimeException | Error e) {
            scope.close();
            throw e;
        }
    }

    /** Its widths. */
    public Architecture architecture() {
        return architecture;
    }

    /** Where it runs. */
    public Device device() {
        return device;
    }

    /** Most samples of one pass. */
    public int batch() {
        return batch;
    }

    /** Numbers of one sample after {@code steps} steps: 0 gives the image's, 4 the classes. */
    public int width(int steps) {
        return width[steps];
    }

    /** All parameters, in {@link Model}'s order. Changing them changes the network. */
    public F32 parameters() {
        return parameters;
    }

    /** A copy of the parameters on the host. */
    public Model model() {
        return new Model(architecture, parameters.toArray());
    }

    /** Replaces the parameters by a model's of the same architecture. */
    public void load(Model model) {
        if (!model.architecture().equals(architecture)) {
            throw new IllegalArgumentException("model: expected " + architecture + ", got " + model.architecture());
        }
        parameters.write(model.values());
    }

    /**
     * Runs the first {@code steps} layers, so that 3 gives the input of fc2, and 4 the logits.
     *
     * @param n samples, at most {@link #batch}
     * @param x (n, 784), normalised images
     * @return (n, {@link #width width(steps)}), overwritten by the next pass; {@code x} itself for 0 steps
     */
    public F32 forward(int n, F32 x, int steps) {
        return forward(n, x, 0, steps, null, null);
    }

    /**
     * Runs layers {@code [from, steps)}: goes on from what an earlier pass gave.
     *
     * @param n samples, at most {@link #batch}
     * @param input (n, {@link #width width(from)}), what the layers before give
     * @return (n, {@link #width width(steps)}), overwritten by the next pass; {@code input} itself where none is to run
     */
    public F32 forward(int n, F32 input, int from, int steps) {
        return forward(n, input, from, steps, null, null);
    }

    /**
     * Runs all layers.
     *
     * @param n samples, at most {@link #batch}
     * @param x (n, 784), normalised images
     * @param z (n, classes), the logits. Modified.
     */
    void logits(int n, F32 x, F32 z) {
        F32 input = forward(n, x, STEPS - 1);
        device.layers().dense(n, width[STEPS - 1], width[STEPS], false, input, weight[STEPS - 1], bias[STEPS - 1], z);
    }

    /** As the first pass; fills the pooling winners of each convolution, (n, outputs of the step), to go back by. */
    F32 forward(int n, F32 x, int steps, U8 winner1, U8 winner2) {
        return forward(n, x, 0, steps, winner1, winner2);
    }

    private F32 forward(int n, F32 x, int first, int steps, U8 winner1, U8 winner2) {
        if (n < 0 || n > batch) {
            throw new IllegalArgumentException("n: expected 0 to " + batch + ", got " + n);
        }
        if (first < 0 || first > STEPS) {
            throw new IllegalArgumentException("from: expected 0 to " + STEPS + ", got " + first);
        }
        if (steps < first || steps > STEPS) {
            throw new IllegalArgumentException("steps: expected " + first + " to " + STEPS + ", got " + steps);
        }
        F32 input = x;
        for (int i = first; i < steps; i++) {
            F32 from = input;
            int layer = i;
            U8 winner = i == 0 ? winner1 : winner2;
            input = device.range(architecture.layers().get(i).name(), () -> run(layer, n, from, winner));
        }
        return input;
    }

    private F32 run(int i, int n, F32 input, U8 winner) {
        Layers layers = device.layers();
        F32 output = activation(i + 1, n);
        switch (i) {
            case 0 -> layers.convolve(architecture.first(), n, input, weight[0], bias[0], output, winner);
            case 1 -> layers.convolve(architecture.second(), n, input, weight[1], bias[1], output, winner);
            default -> layers.dense(n, width[i], width[i + 1], i == 2, input, weight[i], bias[i], output);
        }
        return output;
    }

    /**
     * What the last pass left after {@code steps} of its steps, 1 or more.
     *
     * @param n samples of that pass
     * @return (n, {@link #width width(steps)}), overwritten by the next pass
     */
    public F32 activation(int steps, int n) {
        return activation[steps - 1].slice(0, (long) n * width[steps]);
    }

    F32 weight(int layer) {
        return weight[layer];
    }

    /** The part of a buffer laid out like {@link #parameters} that belongs to a layer's weight. */
    F32 weightIn(F32 values, int layer) {
        Layer shape = architecture.layers().get(layer);
        return values.slice(offset(layer), (long) shape.outputs() * shape.inputs());
    }

    /** The part of a buffer laid out like {@link #parameters} that belongs to a layer's bias. */
    F32 biasIn(F32 values, int layer) {
        Layer shape = architecture.layers().get(layer);
        return values.slice(offset(layer) + (long) shape.outputs() * shape.inputs(), shape.outputs());
    }

    private long offset(int layer) {
        return architecture.layers().stream().limit(layer).mapToLong(Layer::parameters).sum();
    }

    @Override
    public void close() {
        scope.close();
    }
}
