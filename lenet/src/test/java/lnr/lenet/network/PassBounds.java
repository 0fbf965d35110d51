package lnr.lenet.network;

import static org.assertj.core.api.Assertions.assertThat;

import lnr.kernels.Layers.ConvShape;
import lnr.lenet.network.Architecture.Layer;

/**
 * What single precision may make of a pass through a LeNet-5: every number computed again, in double precision, from
 * the same inputs that the device had, with a bound on how far the device's may be from it.
 *
 * <p>A sum of n products in any order, with fused products or without, is wrong by no more than (n + 2) u times the sum
 * of their magnitudes, to first order (Higham, Accuracy and Stability of Numerical Algorithms, 3.5); bounds are twice
 * what the first order gives, which leaves room for the others. Maxima and ReLU move by no more than their arguments.
 */
public final class PassBounds {
    /** Unit roundoff of single precision. */
    static final double U = 0x1p-24;

    private static final int STEPS = LeNet5.STEPS;

    private PassBounds() {}

    /** Numbers, and how far a device's may be from each, to first order. */
    static final class Bounded {
        final double[] value;
        final double[] error;

        Bounded(int length) {
            value = new double[length];
            error = new double[length];
        }

        private void add(int i, double term, double uncertainty) {
            value[i] += term;
            error[i] += uncertainty;
        }

        void contains(String what, float[] actual) {
            assertThat(actual).as(what).hasSize(value.length);
            for (int i = 0; i < actual.length; i++) {
                double bound = 2 * error[i] + Float.MIN_NORMAL;
                if (!(Math.abs(actual[i] - value[i]) <= bound)) {
                    assertThat((double) actual[i]).as("%s, element %d, give or take %s", what, i, bound)
                            .isEqualTo(value[i]);
                }
            }
        }
    }

    /**
     * Fails unless each layer's outputs are within the bounds that its inputs give.
     *
     * @param n samples of the network's last pass, which was a full one
     * @param x (n, 784), what it was given
     * @param winners (n, outputs) of the two convolutions, or null: the CPU may then take its sums by fewer products
     */
    public static void assertForward(LeNet5 network, int n, float[] x, byte[][] winners) {
        Model model = network.model();
        boolean fewer = winners == null && network.device().name().equals("cpu");
        float[] input = x;
        for (int i = 0; i < STEPS; i++) {
            float[] output = network.activation(i + 1, n).toArray();
            String name = model.architecture().layers().get(i).name();
            if (i < 2) {
                ConvShape shape = i == 0 ? model.architecture().first() : model.architecture().second();
                convolution(name, shape, n, input, model.weight(i), model.bias(i), output,
                        winners == null ? null : winners[i], fewer);
            } else {
                dense(n, i == 2, input, model.architecture().layers().get(i), model.weight(i), model.bias(i))
                        .contains(name, output);
            }
            input = output;
        }
    }

    /**
     * Fails unless a network and the same without some of fc1's neurons, which fc2 does not read, gave logits whose
     * difference rounding explains: each hidden number's, as fc2 passes it on, and fc2's own.
     *
     * @param n samples of the last pass of both, on the same images
     * @param kept fc1's neurons that {@code small} has
     */
    public static void assertCollapsed(LeNet5 whole, LeNet5 small, int n, int[] kept) {
        Model model = whole.model();
        float[] features = whole.activation(2, n).toArray();
        assertThat(small.activation(2, n).toArray()).as("conv2").isEqualTo(features);
        Layer fc1 = model.architecture().layers().get(2);
        Bounded hidden = dense(n, true, features, fc1, model.weight(2), model.bias(2));
        Bounded[] logits = {logits(whole, n), logits(small, n)};
        float[] z = whole.activation(STEPS, n).toArray();
        float[] other = small.activation(STEPS, n).toArray();
        int classes = model.architecture().classes();
        float[] fc2 = model.weight(3);
        for (int i = 0; i < z.length; i++) {
            double error = logits[0].error[i] + logits[1].error[i];
            for (int k : kept) {
                double weight = Math.abs(fc2[i % classes * fc1.outputs() + k]);
                error += weight * 2 * hidden.error[i / classes * fc1.outputs() + k];
            }
            assertThat((double) other[i]).as("logit %d", i).isBetween(z[i] - 2 * error, z[i] + 2 * error);
        }
    }

    /** The logits that a network's hidden numbers give. */
    private static Bounded logits(LeNet5 network, int n) {
        Model model = network.model();
        float[] hidden = network.activation(STEPS - 1, n).toArray();
        return dense(n, false, hidden, model.architecture().layers().get(3), model.weight(3), model.bias(3));
    }

    /** Y = X W' + b, then ReLU when asked: (n, outputs). */
    static Bounded dense(int n, boolean relu, float[] x, Layer layer, float[] w, float[] b) {
        int inputs = layer.inputs();
        int outputs = layer.outputs();
        Bounded y = new Bounded(n * outputs);
        for (int s = 0; s < n; s++) {
            for (int o = 0; o < outputs; o++) {
                double sum = b[o];
                double size = Math.abs(b[o]);
                for (int j = 0; j < inputs; j++) {
                    double term = (double) w[o * inputs + j] * x[s * inputs + j];
                    sum += term;
                    size += Math.abs(term);
                }
                y.add(s * outputs + o, relu ? Math.max(0, sum) : sum, (inputs + 2) * U * size);
            }
        }
        return y;
    }

    /**
     * Checks Y = relu(maxpool(conv(X, W) + b)), and that each winner may be its window's largest.
     *
     * @param fewer whether the sums may have been taken by fewer products than one a weight
     */
    private static void convolution(
            String name,
            ConvShape shape,
            int n,
            float[] x,
            float[] w,
            float[] b,
            float[] y,
            byte[] winners,
            boolean fewer) {
        int patch = shape.patch();
        double[] sums = new double[4];
        double[] errors = new double[4];
        Bounded expected = new Bounded(n * shape.outputs());
        for (int s = 0; s < n; s++) {
            double largest = 0;
            for (int i = s * shape.inputs(); i < (s + 1) * shape.inputs(); i++) {
                largest = Math.max(largest, Math.abs(x[i]));
            }
            for (int i = 0; i < shape.outputs(); i++) {
                int f = i / (shape.pooledHeight() * shape.pooledWidth());
                double filter = 0;
                for (int j = 0; j < patch; j++) {
                    filter += Math.abs(w[f * patch + j]);
                }
                double most = Double.NEGATIVE_INFINITY;
                double worst = 0;
                for (int place = 0; place < 4; place++) {
                    double sum = b[f];
                    double size = Math.abs(b[f]);
                    for (int j = 0; j < patch; j++) {
                        double term = (double) w[f * patch + j] * x[pixel(shape, s, i, place, j)];
                        sum += term;
                        size += Math.abs(term);
                    }
                    sums[place] = sum;
                    errors[place] = fewer
                            ? U * (16 * patch * largest * filter + 2 * size)
                            : U * (patch + 2) * size;
                    most = Math.max(most, sum);
                    worst = Math.max(worst, errors[place]);
                }
                int at = s * shape.outputs() + i;
                expected.add(at, Math.max(0, most), worst);
                if (winners != null) {
                    int winner = winners[at];
                    assertThat(winner == 4).as("%s, element %d: ReLU gave 0", name, at).isEqualTo(y[at] == 0);
                    assertThat(winner == 4 || sums[winner] + 4 * worst >= most).as("%s, element %d", name, at).isTrue();
                }
            }
        }
        expected.contains(name, y);
    }

    /** Where weight {@code j} of a filter meets the image, at one of the four places that output {@code i} is of. */
    private static int pixel(ConvShape shape, int sample, int i, int place, int j) {
        int k = shape.kernel();
        int at = i % (shape.pooledHeight() * shape.pooledWidth());
        int row = 2 * (at / shape.pooledWidth()) + place / 2 + j / k % k;
        int column = 2 * (at % shape.pooledWidth()) + place % 2 + j % k;
        return ((sample * shape.channels() + j / (k * k)) * shape.height() + row) * shape.width() + column;
    }

    /**
     * The gradient of a loss with respect to all parameters, as it follows from the pass's activations and winners, in
     * the parameters' order.
     *
     * @param n samples of the network's last pass
     * @param x (n, 784), what it was given
     * @param dz (n, classes), the gradient with respect to the logits
     * @param winners (n, outputs) of the two convolutions
     */
    static Bounded gradient(LeNet5 network, int n, float[] x, Bounded dz, byte[][] winners) {
        Model model = network.model();
        Architecture shape = model.architecture();
        Bounded gradient = new Bounded(shape.parameters());
        Bounded dy = dz;
        for (int i = STEPS - 1; i >= 0; i--) {
            float[] input = i == 0 ? x : network.activation(i, n).toArray();
            float[] output = network.activation(i + 1, n).toArray();
            dy = i >= 2
                    ? dense(n, i == 2, input, output, shape.layers().get(i), model.weight(i), dy, gradient,
                            model.offset(i))
                    : convolution(i == 0 ? shape.first() : shape.second(), n, input, model.weight(i), winners[i], dy,
                            gradient, model.offset(i));
        }
        return gradient;
    }

    /**
     * The gradient of {@link lnr.kernels.Layers#distillation} from the last pass's logits, S = 1 / T and L the
     * logarithm of the classes' number. An argument (z - max) S is wrong by 3 u of itself; the logarithm of the sum by
     * what these make of it and 5 u, and by 2 u L of its own; their difference by u of both, and expf by 4 u: of a
     * spread s = S (max - min), 7 s + 3 L + 9 units relative to a probability.
     *
     * @param t (n, classes), the teacher's logits
     * @param labels (n)
     */
    static Bounded distillation(
            LeNet5 network, int n, float[] t, byte[] labels, double temperature, double share) {
        int classes = network.architecture().classes();
        float[] z = network.activation(STEPS, n).toArray();
        Bounded dz = new Bounded(n * classes);
        for (int s = 0; s < n; s++) {
            Probabilities hard = new Probabilities(classes, z, s, 1);
            Probabilities soft = new Probabilities(classes, z, s, temperature);
            Probabilities wanted = new Probabilities(classes, t, s, temperature);
            for (int k = 0; k < classes; k++) {
                double miss = hard.p[k] - (k == labels[s] ? 1 : 0);
                double apart = soft.p[k] - wanted.p[k];
                double slope = (1 - share) * miss + share * temperature * apart;
                // 1 - share is wrong by u; differences, products, their sum, and its division by n are rounded.
                double error = (1 - share) * hard.error(k)
                        + share * temperature * (soft.error(k) + wanted.error(k))
                        + U * ((1 + 2 * (1 - share)) * Math.abs(miss) + 5 * share * temperature * Math.abs(apart))
                        + 2 * U * Math.abs(slope);
                dz.add(s * classes + k, slope / n, error / n);
            }
        }
        return dz;
    }

    /** softmax(z / T) of one sample, as {@link #distillation} bounds it. */
    private static final class Probabilities {
        private final double[] p;
        private final double relative;

        Probabilities(int classes, float[] z, int sample, double temperature) {
            p = new double[classes];
            double top = Double.NEGATIVE_INFINITY;
            double least = Double.POSITIVE_INFINITY;
            for (int k = 0; k < classes; k++) {
                top = Math.max(top, z[sample * classes + k]);
                least = Math.min(least, z[sample * classes + k]);
            }
            double total = 0;
            for (int k = 0; k < classes; k++) {
                p[k] = Math.exp((z[sample * classes + k] - top) / temperature);
                total += p[k];
            }
            for (int k = 0; k < classes; k++) {
                p[k] /= total;
            }
            relative = U * (7 * (top - least) / temperature + 3 * Math.log(classes) + 9);
        }

        double error(int k) {
            return relative * p[k];
        }
    }

    /**
     * dZ = (softmax(Z) - e) / n, from the last pass's logits. An exponential's argument is rounded, which is
     * u |z - max| relative to the result, and expf is wrong by 2 units in the last place at most (CUDA C++ Programming
     * Guide, mathematical functions), 4 u.
     */
    static Bounded crossEntropy(LeNet5 network, int n, byte[] labels) {
        int classes = network.architecture().classes();
        float[] z = network.activation(STEPS, n).toArray();
        Bounded dz = new Bounded(n * classes);
        for (int s = 0; s < n; s++) {
            double top = Double.NEGATIVE_INFINITY;
            double least = Double.POSITIVE_INFINITY;
            for (int k = 0; k < classes; k++) {
                top = Math.max(top, z[s * classes + k]);
                least = Math.min(least, z[s * classes + k]);
            }
            double total = 0;
            for (int k = 0; k < classes; k++) {
                total += Math.exp(z[s * classes + k] - top);
            }
            for (int k = 0; k < classes; k++) {
                double p = Math.exp(z[s * classes + k] - top) / total;
                double slope = p - (k == labels[s] ? 1 : 0);
                // Numerator and sum, their quotient and the sum's rounding; then the difference and the division by n.
                double error = p * U * (2 * (top - least + 4) + 2) + 2 * U * Math.abs(slope);
                dz.add(s * classes + k, slope / n, error / n);
            }
        }
        return dz;
    }

    /** Adds a dense layer's part to the gradient, from {@code at} on, and returns that of its input. */
    private static Bounded dense(
            int n, boolean relu, float[] x, float[] y, Layer layer, float[] w, Bounded dy, Bounded gradient, int at) {
        int inputs = layer.inputs();
        int outputs = layer.outputs();
        Bounded dx = new Bounded(n * inputs);
        for (int s = 0; s < n; s++) {
            for (int o = 0; o < outputs; o++) {
                if (relu && y[s * outputs + o] <= 0) {
                    continue;
                }
                double g = dy.value[s * outputs + o];
                double e = dy.error[s * outputs + o];
                for (int j = 0; j < inputs; j++) {
                    product(gradient, at + o * inputs + j, g, e, x[s * inputs + j], n);
                    product(dx, s * inputs + j, g, e, w[o * inputs + j], outputs);
                }
                product(gradient, at + outputs * inputs + o, g, e, 1, n);
            }
        }
        return dx;
    }

    /** The same of a convolution: only the winners' places have a gradient. */
    private static Bounded convolution(
            ConvShape shape, int n, float[] x, float[] w, byte[] winners, Bounded dy, Bounded gradient, int at) {
        int patch = shape.patch();
        int positions = shape.pooledHeight() * shape.pooledWidth();
        Bounded dx = new Bounded(n * shape.inputs());
        for (int s = 0; s < n; s++) {
            for (int i = 0; i < shape.outputs(); i++) {
                int winner = winners[s * shape.outputs() + i];
                if (winner == 4) {
                    continue;
                }
                int f = i / positions;
                double g = dy.value[s * shape.outputs() + i];
                double e = dy.error[s * shape.outputs() + i];
                for (int j = 0; j < patch; j++) {
                    int pixel = pixel(shape, s, i, winner, j);
                    product(gradient, at + f * patch + j, g, e, x[pixel], n * positions);
                    product(dx, pixel, g, e, w[f * patch + j], shape.filters() * shape.kernel() * shape.kernel());
                }
                product(gradient, at + shape.filters() * patch + f, g, e, 1, n * positions);
            }
        }
        return dx;
    }

    /** Adds (g +- e) x to a sum of {@code terms} such products at most. */
    private static void product(Bounded sum, int i, double g, double e, double x, int terms) {
        sum.add(i, g * x, e * Math.abs(x) + (terms + 2) * U * Math.abs(g * x));
    }

    /** Adam's moments as they follow from gradients that are known, and what single precision may make of them. */
    static final class Adam {
        private static final double BETA1 = 0.9;
        private static final double BETA2 = 0.999;
        private static final double EPSILON = 1e-8;

        private final Bounded first;
        private final double[] second;
        private int t;

        Adam(int parameters) {
            first = new Bounded(parameters);
            second = new double[parameters];
        }

        /**
         * The weights after a step. The second moment is a sum of positive terms, so that its relative error is 6 u a
         * step at most, the coefficients' rounding included; in the first moment terms may cancel.
         *
         * @param w the weights before
         * @param g the gradient
         */
        Bounded step(float[] w, float[] g, double rate) {
            t++;
            Bounded after = new Bounded(w.length);
            double stride = rate / (1 - Math.pow(BETA1, t));
            for (int i = 0; i < w.length; i++) {
                double sizes = BETA1 * Math.abs(first.value[i]) + Math.abs(first.value[i]) + Math.abs(g[i]);
                first.error[i] = BETA1 * first.error[i] + 4 * U * sizes;
                first.value[i] = BETA1 * first.value[i] + (1 - BETA1) * g[i];
                second[i] = BETA2 * second[i] + (1 - BETA2) * g[i] * g[i];
                double root = Math.sqrt(second[i] / (1 - Math.pow(BETA2, t)));
                double step = stride * first.value[i] / (root + EPSILON);
                double relative = 3 * t * U * root / (root + EPSILON) + 10 * U;
                double error = stride * first.error[i] / (root + EPSILON) + relative * Math.abs(step);
                after.add(i, w[i] - step, error + U * Math.abs(w[i]));
            }
            return after;
        }
    }
}
