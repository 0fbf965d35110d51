package lnr.lenet.compress;

import java.util.Arrays;
import lnr.lenet.network.Architecture;
import lnr.lenet.network.Model;

/** Changes of a model's last layer, and of the one before it once neurons are no longer read. */
final class Surgery {
    private static final int FC1 = 2;
    private static final int FC2 = 3;

    private Surgery() {}

    /**
     * The model with fc2's weight replaced.
     *
     * @param m (classes, d'), column-major
     * @param bias whether the last column of M is the new bias; otherwise the bias stays
     * @throws OverflowException when a number of M is beyond what single precision holds
     */
    static Model replaceLast(Model model, double[] m, boolean bias) {
        int h = model.architecture().classes();
        int d = model.architecture().fc1();
        float[] values = model.values().clone();
        int at = model.offset(FC2);
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
     * The model without the neurons of fc1 that are not kept: their rows of fc1, their biases and their columns of fc2.
     * Its output is the same when those columns are zero.
     *
     * @param keep neurons of fc1, ascending
     */
    static Model collapse(Model model, int[] keep) {
        Architecture before = model.architecture();
        Architecture after = new Architecture(before.conv1(), before.conv2(), keep.length, before.classes());
        int inputs = before.layers().get(FC1).inputs();
        Model collapsed = new Model(after, Arrays.copyOf(model.values(), after.parameters()));
        float[] values = collapsed.values();
        float[] weight = model.weight(FC1);
        float[] bias = model.bias(FC1);
        int at = collapsed.offset(FC1);
        for (int k = 0; k < keep.length; k++) {
            System.arraycopy(weight, keep[k] * inputs, values, at + k * inputs, inputs);
            values[at + keep.length * inputs + k] = bias[keep[k]];
        }
        float[] last = model.weight(FC2);
        at = collapsed.offset(FC2);
        for (int i = 0; i < before.classes(); i++) {
            for (int k = 0; k < keep.length; k++) {
                values[at + i * keep.length + k] = last[i * before.fc1() + keep[k]];
            }
        }
        System.arraycopy(model.bias(FC2), 0, values, at + before.classes() * keep.length, before.classes());
        return collapsed;
    }
}
