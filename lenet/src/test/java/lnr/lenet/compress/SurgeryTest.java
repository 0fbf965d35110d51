package lnr.lenet.compress;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.SplittableRandom;
import lnr.kernels.Device;
import lnr.kernels.F32;
import lnr.kernels.Scope;
import lnr.lenet.network.Architecture;
import lnr.lenet.network.LeNet5;
import lnr.lenet.network.Model;
import org.junit.jupiter.api.Test;

class SurgeryTest {
    private static final Architecture SHAPE = new Architecture(3, 4, 9, 10);

    /** Removing neurons that nothing reads cannot change the output by more than the order of summation does. */
    @Test
    void collapseLeavesTheOutputUnchanged() {
        int[][] kept = {{}, {0}, {8}, {1, 4, 5}, {0, 1, 2, 3, 4, 5, 6, 7, 8}};
        for (int[] keep : kept) {
            for (boolean bias : new boolean[] {false, true}) {
                Model wide = Surgery.replaceLast(Model.random(SHAPE, 1), columns(keep, bias), bias);
                Model narrow = Surgery.collapse(wide, keep);
                assertThat(narrow.architecture().fc1()).isEqualTo(keep.length);
                float[] before = logits(wide);
                float[] after = logits(narrow);
                for (int i = 0; i < before.length; i++) {
                    assertThat(after[i]).isCloseTo(before[i], within(1e-5f));
                }
            }
        }
    }

    @Test
    void replacingWithItsOwnWeightChangesNothing() {
        Model model = Model.random(SHAPE, 1);
        double[] m = new double[10 * 10];
        for (int i = 0; i < 10; i++) {
            for (int j = 0; j < 9; j++) {
                m[j * 10 + i] = model.weight(3)[i * 9 + j];
            }
            m[9 * 10 + i] = model.bias(3)[i];
        }
        assertThat(Surgery.replaceLast(model, m, true)).isEqualTo(model);
        assertThat(Surgery.replaceLast(model, java.util.Arrays.copyOf(m, 90), false)).isEqualTo(model);
    }

    /** A random M, (10, 9 or 10), zero outside the kept columns and the bias. */
    private static double[] columns(int[] keep, boolean bias) {
        SplittableRandom random = new SplittableRandom(3);
        double[] m = new double[10 * (bias ? 10 : 9)];
        for (int j : keep) {
            for (int i = 0; i < 10; i++) {
                m[j * 10 + i] = random.nextGaussian();
            }
        }
        for (int i = 90; i < m.length; i++) {
            m[i] = random.nextGaussian();
        }
        return m;
    }

    private static float[] logits(Model model) {
        SplittableRandom random = new SplittableRandom(2);
        float[] x = new float[5 * 784];
        for (int i = 0; i < x.length; i++) {
            x[i] = (float) random.nextGaussian();
        }
        try (Device device = Device.open("cpu");
                Scope scope = device.scope();
                LeNet5 network = new LeNet5(device, model, 5)) {
            F32 input = scope.f32(x);
            return network.forward(5, input, LeNet5.STEPS).toArray();
        }
    }
}
