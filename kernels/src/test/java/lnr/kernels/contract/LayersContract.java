package lnr.kernels.contract;

import static lnr.kernels.contract.Expected.U32;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import lnr.kernels.F32;
import lnr.kernels.F64;
import lnr.kernels.I32;
import lnr.kernels.U8;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Gathers, dense layers, loss and optimiser; for convolutions see {@link ConvolutionContract}. */
public abstract class LayersContract extends DeviceContract {
    @ParameterizedTest
    @CsvSource({"0, 784", "1, 1", "33, 0", "31, 33", "257, 784"})
    void gatherImagesNormalisesUnsignedBytes(int n, int size) {
        int count = 40;
        float mean = 0.1307f;
        float deviation = 0.3081f;
        byte[] images = draw.bytes(count * size, 256);
        int[] order = draw.indices(n, count);
        Expected expected = new Expected(n * size);
        for (int i = 0; i < n; i++) {
            for (int k = 0; k < size; k++) {
                double value = (images[order[i] * size + k] & 0xff) / 255.0;
                expected.set(i * size + k, (value - mean) / deviation, 3 * (value + mean) / deviation);
            }
        }
        // Images of no bytes: their number is unknown, the indices are not looked at.
        int[] indices = size == 0 ? new int[n] : order;
        for (int run = 0; run < 2; run++) {
            F32 x = arena.out32(n * size);
            U8 stored = size == 0 ? arena.in(new byte[1]) : arena.in(images);
            device.layers().gatherImages(n, size, stored, arena.in(indices), mean, deviation, x);
            expected.matches("x", x.toArray());
            renewArena();
        }
    }

    /** The same bits as the moved images' own: by up to a pixel more than they are large, and by as much as can be. */
    @ParameterizedTest
    @CsvSource({"0, 28, 28", "1, 1, 1", "5, 0, 3", "33, 3, 5", "31, 6, 4", "257, 28, 28"})
    void gatherShiftedMovesEachImageByItsOwnWay(int n, int height, int width) {
        int count = 40;
        int size = height * width;
        byte[] images = draw.bytes(Math.max(1, count * size), 256);
        int[] order = size == 0 ? new int[n] : draw.indices(n, count);
        int[] shifts = new int[2 * (size == 0 ? 1 : count)];
        int[] rows = draw.indices(shifts.length, 2 * height + 3);
        int[] columns = draw.indices(shifts.length, 2 * width + 3);
        for (int i = 0; i < shifts.length; i += 2) {
            shifts[i] = i == 2 ? Integer.MIN_VALUE : i == 4 ? Integer.MAX_VALUE : rows[i] - height - 1;
            shifts[i + 1] = i == 6 ? Integer.MIN_VALUE : i == 8 ? Integer.MAX_VALUE : columns[i] - width - 1;
        }
        byte[] moved = new byte[images.length];
        for (int i = 0; i < count * size; i++) {
            int image = i / size;
            long row = i % size / width - (long) shifts[2 * image];
            long column = i % width - (long) shifts[2 * image + 1];
            if (row >= 0 && row < height && column >= 0 && column < width) {
                moved[i] = images[image * size + (int) row * width + (int) column];
            }
        }
        F32 plain = arena.out32(n * size);
        F32 x = arena.out32(n * size);
        I32 indices = arena.in(order);
        device.layers().gatherImages(n, size, arena.in(moved), indices, 0.1307f, 0.3081f, plain);
        device.layers()
                .gatherShifted(
                        n, height, width, arena.in(images), indices, arena.in(shifts), 0.1307f, 0.3081f, x);
        assertThat(x.toArray()).isEqualTo(plain.toArray());
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 31, 33, 1000})
    void gatherLabelsIsExact(int n) {
        byte[] labels = draw.bytes(40, 256);
        int[] order = draw.indices(n, 40);
        byte[] expected = new byte[n];
        for (int i = 0; i < n; i++) {
            expected[i] = labels[order[i]];
        }
        U8 y = arena.outBytes(n);
        device.layers().gatherLabels(n, arena.in(labels), arena.in(order), y);
        assertThat(y.toArray()).isEqualTo(expected);
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 4, Integer.MAX_VALUE, Integer.MIN_VALUE})
    void indicesOutsideTheSetAreRefused(int index) {
        I32 order = arena.in(new int[] {0, 3, index});
        U8 bytes = arena.in(draw.bytes(8, 256));
        String message = "order: expected indices in [0, 4), got " + index;
        F32 x = arena.in(new float[6]);
        assertThatThrownBy(() -> device.layers().gatherImages(3, 2, bytes, order, 0, 1, x))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(message);
        I32 shifts = arena.in(new int[8]);
        assertThatThrownBy(() -> device.layers().gatherShifted(3, 1, 2, bytes, order, shifts, 0, 1, x))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(message);
        U8 y = arena.in(new byte[3]);
        assertThatThrownBy(() -> device.layers().gatherLabels(3, bytes.slice(0, 4), order, y))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(message);
    }

    // Behind as many as a block has threads; of two the first is named.
    @Test
    void whatIsWrongFarIntoABatchIsFound() {
        int n = 2100;
        int[] order = draw.indices(n, 4);
        order[1100] = 4;
        order[2050] = -5;
        U8 y = arena.in(new byte[n]);
        assertThatThrownBy(() ->
                        device.layers().gatherLabels(n, arena.in(new byte[4]), arena.in(order), y))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("order: expected indices in [0, 4), got 4");
        byte[] labels = draw.bytes(n, 2);
        labels[1100] = 2;
        labels[2050] = (byte) 200;
        F32 z = arena.in(new float[2 * n]);
        F64 sums = arena.in(new double[2]);
        assertThatThrownBy(() -> device.layers().crossEntropy(n, 2, z, arena.in(labels), null, sums))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("labels: expected below 2, got 2");
    }

    @Test
    void eachPartOfAnOrderIsLookedAt() {
        I32 order = arena.in(new int[] {0, 3, 4, 1});
        U8 labels = arena.in(new byte[] {1, 2, 3, 4});
        U8 y = arena.outBytes(2);
        device.layers().gatherLabels(2, labels, order.slice(0, 2), y);
        assertThat(y.toArray()).containsExactly(1, 4);
        assertThatThrownBy(() -> device.layers().gatherLabels(2, labels, order.slice(2, 2), y))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("order: expected indices in [0, 4), got 4");
        assertThat(y.toArray()).containsExactly(1, 4);
    }

    @ParameterizedTest
    @CsvSource({
        "0, 3, 2", "3, 0, 2", "3, 2, 0", "1, 1, 1", "1, 33, 31", "7, 31, 33", "9, 257, 10", "257, 32, 10",
        "33, 255, 257", "64, 800, 500"
    })
    void denseIsTheProductPlusBias(int n, int inputs, int outputs) {
        float[] x = draw.floats(n * inputs);
        float[] w = draw.floats(outputs * inputs);
        float[] b = draw.floats(outputs);
        for (boolean relu : new boolean[] {false, true}) {
            Expected expected = new Expected(n * outputs);
            for (int i = 0; i < n; i++) {
                for (int j = 0; j < outputs; j++) {
                    Sum sum = new Sum().add(b[j]);
                    for (int k = 0; k < inputs; k++) {
                        sum.add((double) x[i * inputs + k] * w[j * inputs + k]);
                    }
                    expected.set(i * outputs + j, relu ? Math.max(sum.value, 0) : sum.value, sum.error());
                }
            }
            F32 y = arena.out32(n * outputs);
            device.layers().dense(n, inputs, outputs, relu, arena.in(x), arena.in(w), arena.in(b), y);
            expected.matches("y, relu " + relu, y.toArray());
            renewArena();
        }
    }

    @ParameterizedTest
    @CsvSource({
        "0, 3, 2", "3, 0, 2", "3, 2, 0", "1, 1, 1", "1, 33, 31", "7, 31, 33", "9, 257, 10", "257, 32, 10",
        "33, 255, 257"
    })
    void denseBackwardIsTheTransposedProducts(int n, int inputs, int outputs) {
        float[] x = draw.floats(n * inputs);
        float[] w = draw.floats(outputs * inputs);
        float[] y = draw.integers(n * outputs, 1);
        float[] dy = draw.floats(n * outputs);
        for (boolean relu : new boolean[] {false, true}) {
            float[] g = dy.clone();
            for (int i = 0; i < g.length; i++) {
                g[i] = relu && !(y[i] > 0) ? 0 : g[i];
            }
            Expected dx = new Expected(n * inputs);
            for (int i = 0; i < n; i++) {
                for (int k = 0; k < inputs; k++) {
                    Sum sum = new Sum();
                    for (int j = 0; j < outputs; j++) {
                        sum.add((double) g[i * outputs + j] * w[j * inputs + k]);
                    }
                    dx.set(i * inputs + k, sum);
                }
            }
            Expected dw = new Expected(outputs * inputs);
            Expected db = new Expected(outputs);
            for (int j = 0; j < outputs; j++) {
                Sum bias = new Sum();
                for (int i = 0; i < n; i++) {
                    bias.add(g[i * outputs + j]);
                }
                db.set(j, bias);
                for (int k = 0; k < inputs; k++) {
                    Sum sum = new Sum();
                    for (int i = 0; i < n; i++) {
                        sum.add((double) g[i * outputs + j] * x[i * inputs + k]);
                    }
                    dw.set(j * inputs + k, sum);
                }
            }
            F32 gradient = relu ? arena.inOut(dy) : arena.in(dy);
            F32 dxs = arena.out32(n * inputs);
            F32 dws = arena.out32(outputs * inputs);
            F32 dbs = arena.out32(outputs);
            device.layers().denseBackward(
                    n, inputs, outputs, relu, arena.in(x), arena.in(w), arena.in(y), gradient, dxs, dws, dbs);
            assertThat(gradient.toArray()).as("dy, relu %s", relu).isEqualTo(g);
            dx.matches("dx, relu " + relu, dxs.toArray());
            dw.matches("dw, relu " + relu, dws.toArray());
            db.matches("db, relu " + relu, dbs.toArray());
            renewArena();
        }
    }

    @Test
    void reluDoesNotHideNotANumber() {
        float[] x = draw.floats(33 * 31);
        x[5 * 31 + 7] = Float.NaN;
        F32 y = arena.out32(33 * 10);
        device.layers().dense(
                33, 31, 10, true, arena.in(x), arena.in(draw.floats(310)), arena.in(draw.floats(10)), y);
        float[] result = y.toArray();
        for (int i = 0; i < result.length; i++) {
            assertThat(Float.isNaN(result[i])).as("element %d", i).isEqualTo(i / 10 == 5);
        }
    }

    // "In single precision": exponentials and quotients may be computed so, whence U32 for the loss as well.
    @ParameterizedTest
    @CsvSource({"0, 10", "1, 1", "1, 10", "7, 2", "31, 33", "33, 257", "257, 10", "1000, 10", "64, 1000", "1033, 3"})
    void crossEntropyAndItsGradientMatchTheirFormula(int n, int classes) {
        float[] z = draw.floats(n * classes);
        for (int i = 0; i < z.length; i++) {
            z[i] *= 5;
        }
        byte[] labels = draw.bytes(n, Math.min(classes, 256));
        Sum loss = new Sum().add(2.5);
        double error = 0;
        int correct = 3;
        Expected dz = new Expected(n * classes);
        for (int i = 0; i < n; i++) {
            int label = labels[i] & 0xff;
            int best = 0;
            for (int k = 1; k < classes; k++) {
                best = z[i * classes + k] > z[i * classes + best] ? k : best;
            }
            correct += best == label ? 1 : 0;
            double[] p = softmax(z, i * classes, classes);
            double one = -Math.log(p[label]);
            loss.add(one);
            // exp(z - top): relative error of a unit per unit of z - top, at most 10; then a sum of the classes.
            error += classes + 12 + 2 * one;
            for (int k = 0; k < classes; k++) {
                double hit = k == label ? 1 : 0;
                dz.set(i * classes + k, (p[k] - hit) / n, ((classes + 14) * p[k] + 2 * hit) / n);
            }
        }
        F32 gradient = arena.out32(n * classes);
        F64 sums = arena.inOut(new double[] {2.5, 3, 7});
        device.layers().crossEntropy(n, classes, arena.in(z), arena.in(labels), gradient, sums);
        dz.matches("dz", gradient.toArray());
        double[] result = sums.toArray();
        assertThat(Math.abs(result[0] - loss.value)).as("loss").isLessThanOrEqualTo(2 * U32 * error);
        assertThat(result[1]).as("correct").isEqualTo(correct);
        assertThat(result[2]).as("beyond the sums").isEqualTo(7);
        F64 alone = arena.inOut(new double[] {2.5, 3});
        device.layers().crossEntropy(n, classes, arena.in(z), arena.in(labels), null, alone);
        assertThat(alone.toArray()).as("without a gradient").isEqualTo(Arrays.copyOf(result, 2));
    }

    private static double[] softmax(float[] z, int from, int classes) {
        double top = Double.NEGATIVE_INFINITY;
        for (int k = 0; k < classes; k++) {
            top = Math.max(top, z[from + k]);
        }
        double[] p = new double[classes];
        double total = 0;
        for (int k = 0; k < classes; k++) {
            p[k] = Math.exp(z[from + k] - top);
            total += p[k];
        }
        for (int k = 0; k < classes; k++) {
            p[k] /= total;
        }
        return p;
    }

    @Test
    void theGradientOfCrossEntropyMatchesFiniteDifferences() {
        int n = 3;
        int classes = 10;
        float[] z = draw.floats(n * classes);
        byte[] labels = draw.bytes(n, classes);
        F32 dz = arena.out32(n * classes);
        device.layers().crossEntropy(n, classes, arena.in(z), arena.in(labels), dz, arena.inOut(new double[2]));
        float[] gradient = dz.toArray();
        float delta = 0x1p-10f;
        for (int i = 0; i < z.length; i++) {
            float[] up = z.clone();
            float[] down = z.clone();
            up[i] += delta;
            down[i] -= delta;
            double rise = meanLoss(n, classes, up, labels) - meanLoss(n, classes, down, labels);
            double slope = rise / (up[i] - (double) down[i]);
            // Truncation: delta^2 / 6 times a third derivative below 1; the rest is rounding in single precision.
            assertThat(Math.abs(gradient[i] - slope)).isLessThanOrEqualTo(0x1p-20 / 6 + 2 * U32 * (classes + 14));
        }
    }

    private static double meanLoss(int n, int classes, float[] z, byte[] labels) {
        double loss = 0;
        for (int i = 0; i < n; i++) {
            loss -= Math.log(softmax(z, i * classes, classes)[labels[i]]);
        }
        return loss / n;
    }

    @ParameterizedTest
    @CsvSource({"1, 10", "7, 3", "257, 10", "5, 33", "1033, 3"})
    void distillationAndItsGradientMatchTheirFormula(int n, int classes) {
        float[] z = draw.floats(n * classes);
        float[] t = draw.floats(n * classes);
        for (int i = 0; i < z.length; i++) {
            z[i] *= 5;
            t[i] *= 5;
        }
        byte[] labels = draw.bytes(n, classes);
        double temperature = 2;
        double share = 0.7;
        double loss = 0;
        double[] slope = new double[n * classes];
        for (int i = 0; i < n; i++) {
            int label = labels[i] & 0xff;
            double[] hard = softmax(z, i * classes, classes);
            double[] soft = softmax(over(z, temperature), i * classes, classes);
            double[] wanted = softmax(over(t, temperature), i * classes, classes);
            loss -= (1 - share) * Math.log(hard[label]);
            for (int k = 0; k < classes; k++) {
                // Logits as far apart as these leave their logarithms wrong by a few units of 30.
                loss += share * temperature * temperature * wanted[k] * Math.log(wanted[k] / soft[k]);
                slope[i * classes + k] = ((1 - share) * (hard[k] - (k == label ? 1 : 0))
                        + share * temperature * (soft[k] - wanted[k])) / n;
            }
        }
        F32 dz = arena.out32(n * classes);
        F64 sums = arena.inOut(new double[2]);
        device.layers()
                .distillation(n, classes, temperature, share, arena.in(z), arena.in(t), arena.in(labels), dz, sums);
        assertThat(sums.toArray()[0]).isCloseTo(loss, within(n * (classes + 60) * U32));
        float[] gradient = dz.toArray();
        for (int i = 0; i < slope.length; i++) {
            assertThat((double) gradient[i]).isCloseTo(slope[i], within((classes + 60) * U32 / n));
        }
    }

    private static float[] over(float[] z, double temperature) {
        float[] cool = z.clone();
        for (int i = 0; i < z.length; i++) {
            cool[i] = (float) (z[i] / temperature); // exact for a temperature of 2
        }
        return cool;
    }

    /** A teacher of the same opinion has nothing to add: what is left is the labels' share. */
    @Test
    void distillationFromItselfIsCrossEntropy() {
        float[] z = draw.floats(50);
        byte[] labels = draw.bytes(5, 10);
        F32 plain = arena.out32(50);
        F32 distilled = arena.out32(50);
        F64 one = arena.inOut(new double[2]);
        F64 other = arena.inOut(new double[2]);
        device.layers().crossEntropy(5, 10, arena.in(z), arena.in(labels), plain, one);
        device.layers().distillation(5, 10, 3, 0.5, arena.in(z), arena.in(z), arena.in(labels), distilled, other);
        assertThat(other.toArray()[0]).isCloseTo(0.5 * one.toArray()[0], within(1e-5));
        assertThat(other.toArray()[1]).isEqualTo(one.toArray()[1]);
        for (int i = 0; i < 50; i++) {
            assertThat(distilled.toArray()[i]).isCloseTo(0.5f * plain.toArray()[i], within(1e-7f));
        }
        assertThatThrownBy(() -> device.layers()
                        .distillation(5, 10, 0, 0.5, arena.in(z), arena.in(z), arena.in(labels), distilled, other))
                .hasMessageContaining("temperature");
    }

    @Test
    void gatherRowsIsExact() {
        float[] rows = draw.floats(7 * 3);
        int[] order = {6, 0, 0, 3};
        F32 x = arena.out32(12);
        device.layers().gatherRows(4, 3, arena.in(rows), arena.in(order), x);
        for (int i = 0; i < 12; i++) {
            assertThat(x.toArray()[i]).isEqualTo(rows[order[i / 3] * 3 + i % 3]);
        }
        assertThatThrownBy(() ->
                        device.layers().gatherRows(1, 3, arena.in(rows), arena.in(new int[] {7}), x.slice(0, 3)))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void crossEntropyIsStableForHugeLogits() {
        float[] z = {1e30f, 1e30f, -1e30f, 1e30f, 0, 0};
        byte[] labels = {0, 1};
        F32 dz = arena.out32(6);
        F64 sums = arena.inOut(new double[2]);
        device.layers().crossEntropy(2, 3, arena.in(z), arena.in(labels), dz, sums);
        double loss = Math.log(2) + (double) 1e30f;
        assertThat(Math.abs(sums.toArray()[0] - loss)).isLessThanOrEqualTo(4 * U32 * loss);
        assertThat(sums.toArray()[1]).as("the first largest logit is the prediction").isEqualTo(1);
        assertThat(dz.toArray()).containsExactly(-0.25f, 0.25f, 0, 0.5f, -0.5f, 0);
    }

    @Test
    void theFirstOfEqualLogitsIsThePrediction() {
        float[] z = {2, 2, 1, 0, 3, 3, -1, -1, -1};
        F64 sums = arena.inOut(new double[2]);
        device.layers().crossEntropy(3, 3, arena.in(z), arena.in(new byte[] {0, 2, 0}), null, sums);
        assertThat(sums.toArray()[1]).isEqualTo(2);
    }

    @Test
    void crossEntropyPropagatesNotANumber() {
        for (int place = 0; place < 10; place++) {
            float[] z = draw.floats(330);
            z[70 + place] = Float.NaN;
            F32 dz = arena.out32(330);
            F64 sums = arena.inOut(new double[2]);
            device.layers().crossEntropy(33, 10, arena.in(z), arena.in(draw.bytes(33, 10)), dz, sums);
            assertThat(sums.toArray()[0]).isNaN();
            float[] gradient = dz.toArray();
            for (int i = 0; i < gradient.length; i++) {
                assertThat(Float.isNaN(gradient[i])).as("element %d", i).isEqualTo(i / 10 == 7);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {3, 128, 255})
    void labelsBeyondTheClassesAreRefused(int label) {
        F32 z = arena.in(draw.floats(6));
        F32 dz = arena.in(draw.floats(6));
        F64 sums = arena.in(new double[2]);
        U8 labels = arena.in(new byte[] {0, (byte) label});
        assertThatThrownBy(() -> device.layers().crossEntropy(2, 3, z, labels, dz, sums))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("labels: expected below 3, got " + label);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 31, 32, 33, 255, 257, 1000, 100_003})
    void everyStepOfAdamMatchesItsFormula(int n) {
        stepsOfAdam(n);
        renewArena();
        stepsOfAdam(n);
    }

    private void stepsOfAdam(int n) {
        double rate = 1e-3;
        double beta1 = 0.9;
        double beta2 = 0.999;
        double epsilon = 1e-8;
        I32 steps = arena.inOut(new int[] {0, 3});
        F32 m = arena.inOut(new float[n]);
        F32 v = arena.inOut(new float[n]);
        F32 w = arena.inOut(draw.floats(n));
        for (int t = 1; t <= 5; t++) {
            float[] g = draw.floats(n);
            float[] m0 = m.toArray();
            float[] v0 = v.toArray();
            float[] w0 = w.toArray();
            device.layers().adam(steps, rate, beta1, beta2, epsilon, arena.in(g), m, v, w);
            float[] m1 = m.toArray();
            float[] v1 = v.toArray();
            Expected first = new Expected(n);
            Expected second = new Expected(n);
            Expected weight = new Expected(n);
            for (int i = 0; i < n; i++) {
                first.set(i, beta1 * m0[i] + (1 - beta1) * g[i], 4 * (Math.abs(m0[i]) + Math.abs(g[i])));
                double square = beta2 * v0[i] + (1 - beta2) * g[i] * g[i];
                second.set(i, square, 6 * square);
                // From the moments the device has just stored: their errors were judged above.
                double step = rate / (1 - Math.pow(beta1, t)) * m1[i]
                        / (Math.sqrt(v1[i] / (1 - Math.pow(beta2, t))) + epsilon);
                weight.set(i, w0[i] - step, 10 * Math.abs(step) + Math.abs(w0[i]));
            }
            first.matches("m, step " + t, m1);
            second.matches("v, step " + t, v1);
            weight.matches("w, step " + t, w.toArray());
            assertThat(steps.toArray()).containsExactly(t, 3);
        }
    }

    @Test
    void adamLeavesWeightsWithoutGradientAlone() {
        float[] weights = draw.floats(257);
        F32 w = arena.inOut(weights);
        F32 m = arena.inOut(new float[257]);
        F32 v = arena.inOut(new float[257]);
        device.layers().adam(arena.inOut(new int[1]), 1e-3, 0.9, 0.999, 1e-8, arena.in(new float[257]), m, v, w);
        assertThat(w.toArray()).isEqualTo(weights);
        assertThat(m.toArray()).containsOnly(0);
        assertThat(v.toArray()).containsOnly(0);
    }

    @Test
    void adamPropagatesNotANumber() {
        float[] g = draw.floats(257);
        g[200] = Float.NaN;
        F32 w = arena.inOut(draw.floats(257));
        F32 m = arena.inOut(new float[257]);
        F32 v = arena.inOut(new float[257]);
        device.layers().adam(arena.inOut(new int[1]), 1e-3, 0.9, 0.999, 1e-8, arena.in(g), m, v, w);
        for (F32 buffer : new F32[] {w, m, v}) {
            float[] values = buffer.toArray();
            for (int i = 0; i < 257; i++) {
                assertThat(Float.isNaN(values[i])).as("element %d", i).isEqualTo(i == 200);
            }
        }
    }
}
