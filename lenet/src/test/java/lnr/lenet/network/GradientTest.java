package lnr.lenet.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.SplittableRandom;
import lnr.kernels.Device;
import lnr.kernels.F32;
import lnr.kernels.F64;
import lnr.kernels.Scope;
import lnr.kernels.U8;
import org.junit.jupiter.api.Test;

/** The backward pass of the whole network against differences of its loss. */
class GradientTest {
    private static final int SAMPLES = 11; // more than a tile of the CPU's convolutions, and no multiple of one
    private static final double STEP = 2e-3;
    private static final int COORDINATES = 40;

    private final SplittableRandom random = new SplittableRandom(7);

    /**
     * For one parameter, loss(w + s) - loss(w - s) = 2 s slope + O(s^3) as long as no maximum and no ReLU changes side;
     * where one does, differences at s and s / 2 disagree, and the parameter is passed over. Rounding of a loss of
     * about 2.3 in single precision costs 1e-7 / s; slopes are up to a hundred times that.
     */
    @Test
    void slopeIsTheDerivativeOfTheLoss() {
        Architecture shape = new Architecture(6, 7, 9, 10);
        try (Device device = Device.open("cpu");
                Scope scope = device.scope();
                LeNet5 network = new LeNet5(device, Model.random(shape, 3), SAMPLES);
                Training training = new Training(network, 1e-3, 0)) {
            F32 x = scope.f32(normal(SAMPLES * 784));
            byte[] classes = new byte[SAMPLES];
            for (int i = 0; i < SAMPLES; i++) {
                classes[i] = (byte) random.nextInt(10);
            }
            U8 labels = scope.u8(classes);
            float[] slope = training.slope(SAMPLES, x, labels).toArray();
            float[] at = network.parameters().toArray();
            Model model = network.model();
            for (int layer = 0; layer < 4; layer++) {
                int from = model.offset(layer);
                int to = from + shape.layers().get(layer).parameters();
                double steepest = 0;
                int smooth = 0;
                for (int trial = 0; trial < COORDINATES; trial++) {
                    int i = from + random.nextInt(to - from);
                    double wide = difference(network, scope, x, labels, at, i, STEP);
                    double narrow = difference(network, scope, x, labels, at, i, STEP / 2);
                    if (Math.abs(wide - narrow) < 3e-4 + 0.01 * Math.abs(wide)) {
                        assertThat((double) slope[i]).isCloseTo(narrow, within(6e-4 + 0.02 * Math.abs(narrow)));
                        steepest = Math.max(steepest, Math.abs(narrow));
                        smooth++;
                    }
                }
                assertThat(smooth).as("parameters of layer %d away from a kink", layer).isGreaterThan(COORDINATES / 2);
                assertThat(steepest).as("steepest slope tried in layer %d", layer).isGreaterThan(6e-3);
            }
        }
    }

    private static double difference(
            LeNet5 network, Scope scope, F32 x, U8 labels, float[] at, int coordinate, double step) {
        double rise = loss(network, scope, x, labels, at, coordinate, step)
                - loss(network, scope, x, labels, at, coordinate, -step);
        return rise / (2 * step);
    }

    private static double loss(
            LeNet5 network, Scope scope, F32 x, U8 labels, float[] at, int coordinate, double step) {
        float[] moved = at.clone();
        moved[coordinate] += (float) step;
        network.parameters().write(moved);
        F64 sums = scope.f64(2);
        F32 z = network.forward(SAMPLES, x, LeNet5.STEPS);
        network.device().layers().crossEntropy(SAMPLES, 10, z, labels, null, sums);
        network.parameters().write(at);
        return sums.toArray()[0] / SAMPLES;
    }

    private float[] normal(int n) {
        float[] values = new float[n];
        for (int i = 0; i < n; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return values;
    }
}
