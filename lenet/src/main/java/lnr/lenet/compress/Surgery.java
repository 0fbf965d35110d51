package lnr.lenet.compress;

import lnr.lenet.network.Architecture;
import lnr.lenet.network.Architecture.Layer;
import lnr.lenet.network.Model;

/** Changes of a model's layer, and of the one before it once units are no longer read. */
final class Surgery {
    private Surgery() {}

    /**
     * The model with a layer's weight replaced.
     *
     * @param m (h, d'), column-major
     * @param bias whether the last column of M is the new bias; otherwise the bias stays
     * @throws OverflowException when a number of M is beyond what single precision holds
     */
    static Model replace(Model model, Target target, double[] m, boolean bias) {
        Layer layer = model.architecture().layers().get(target.layer());
        int h = layer.outputs();
        int d = layer.inputs();
        float[] values = model.values().clone();
        int at = model.offset(target.layer());
        for (int i = 0; i < h; i++) {
            for (int j = 0; j < d; j++) {
                values[at + i * d + j] = single(m[j * h + i]);
            }
            if (bias) {
                values[at + h * d + i] = single(m[d * h + i]);
            }
        }
        return new Model(model.architecture(), values);
    }

    private static float single(double value) {
        if (!Float.isFinite((float) value)) {
            throw new OverflowException("reconstructed from so few neurons, fc2 has a weight of " + value
                    + ", beyond what single precision holds");
        }
        return (float) value;
    }

    /**
     * The model without the units that are not kept: their rows of the layer before, their biases and the columns of
     * the target that read them. Its output is the same when those columns are zero.
     *
     * @param keep units that the target reads, ascending
     */
    static Model collapse(Model model, Target target, int[] keep) {
        Architecture before = model.architecture();
        Architecture after = before.withWidth(target.before(), keep.length);
        float[] values = new float[after.parameters()];
        int at = 0;
        for (int i = 0; i < before.layers().size(); i++) {
            float[] weight = model.weight(i);
            float[] bias = model.bias(i);
            if (i == target.before()) {
                weight = rows(weight, before.layers().get(i).inputs(), keep);
                bias = rows(bias, 1, keep);
            } else if (i == target.layer()) {
                weight = columns(weight, before.layers().get(i), target.columns(), keep);
            }
            System.arraycopy(weight, 0, values, at, weight.length);
            System.arraycopy(bias, 0, values, at + weight.length, bias.length);
            at += weight.length + bias.length;
        }
        return new Model(after, values);
    }

    /** The rows {@code keep} of a matrix whose rows are {@code size} numbers each. */
    static float[] rows(float[] from, int size, int[] keep) {
        float[] rows = new float[keep.length * size];
        for (int k = 0; k < keep.length; k++) {
            System.arraycopy(from, keep[k] * size, rows, k * size, size);
        }
        return rows;
    }

    private static float[] columns(float[] from, Layer layer, int size, int[] keep) {
        float[] columns = new float[layer.outputs() * keep.length * size];
        for (int i = 0; i < layer.outputs(); i++) {
            for (int k = 0; k < keep.length; k++) {
                int to = (i * keep.length + k) * size;
                System.arraycopy(from, i * layer.inputs() + keep[k] * size, columns, to, size);
            }
        }
        return columns;
    }
}
