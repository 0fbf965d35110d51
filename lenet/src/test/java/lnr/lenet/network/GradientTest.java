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
    private static final double STEP = 1e-4;

    private final SplittableRandom random = new SplittableRandom(7);

    /**
     * Along a direction v, loss(w + s v) - loss(w - s v) = 2 s &lt;slope, v&gt; + O(s^3) as long as no maximum and no ReLU
     * changes side, hence the short step; rounding of a loss of about 2.3 then costs 2e-7 / s, under one percent.
     */
    @Test
    void slopeIsTheDerivativeOfTheLossAlongRandomDirections() {
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
                float[] direction = new float[at.length];
                double norm = 0;
                for (int i = from; i < to; i++) {
                    direction[i] = slope[i];
                    norm += slope[i] * slope[i];
                }
                norm = Math.sqrt(norm);
                double rise = loss(network, scope, x, labels, at, direction, STEP / norm)
                        - loss(network, scope, x, labels, at, direction, -STEP / norm);
                assertThat(norm).isPositive();
                assertThat(rise / (2 * STEP)).isCloseTo(norm, within(0.01 * norm));
            }
        }
    }

    private static double loss(
            LeNet5 network, Scope scope, F32 x, U8 labels, float[] at, float[] direction, double step) {
        float[] moved = at.clone();
        for (int i = 0; i < moved.length; i++) {
            moved[i] += (float) (step * direction[i]);
        }
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
