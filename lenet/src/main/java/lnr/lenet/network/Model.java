package lnr.lenet.network;

import java.util.Arrays;
import java.util.SplittableRandom;
import lnr.lenet.network.Architecture.Layer;

/**
 * A network's parameters on the host.
 *
 * @param architecture its widths
 * @param values all parameters: conv1.weight, conv1.bias, conv2.weight, ... fc2.bias, each in PyTorch's layout. Owned
 *     by the model; copy before changing them.
 */
public record Model(Architecture architecture, float[] values) {
    /** Shares the values. Throws IllegalArgumentException when they are not as many as the architecture has. */
    public Model {
        if (values.length != architecture.parameters()) {
            throw new IllegalArgumentException(
                    "values: expected [" + architecture.parameters() + "], got [" + values.length + "]");
        }
    }

    /**
     * Random parameters by PyTorch's default: weight and bias uniform within 1 / sqrt(inputs).
     *
     * @param seed the same seed gives the same model
     */
    public static Model random(Architecture architecture, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        float[] values = new float[architecture.parameters()];
        int at = 0;
        for (Layer layer : architecture.layers()) {
            double bound = 1 / Math.sqrt(Math.max(1, layer.inputs()));
            for (int i = 0; i < layer.parameters(); i++) {
                values[at++] = (float) ((2 * random.nextDouble() - 1) * bound);
            }
        }
        return new Model(architecture, values);
    }

    /** Index in {@link #values} of a layer's weight; its bias follows the weight. */
    public int offset(int layer) {
        return architecture.layers().stream().limit(layer).mapToInt(Layer::parameters).sum();
    }

    /** A copy of a layer's weight, rows contiguous. */
    public float[] weight(int layer) {
        int from = offset(layer);
        Layer shape = architecture.layers().get(layer);
        return Arrays.copyOfRange(values, from, from + shape.outputs() * shape.inputs());
    }

    /** A copy of a layer's bias. */
    public float[] bias(int layer) {
        Layer shape = architecture.layers().get(layer);
        int from = offset(layer) + shape.outputs() * shape.inputs();
        return Arrays.copyOfRange(values, from, from + shape.outputs());
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Model model
                && model.architecture.equals(architecture)
                && Arrays.equals(model.values, values);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(values);
    }

    @Override
    public String toString() {
        return "LeNet-5 " + architecture;
    }
}
