package lnr.lenet.compress;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.SplittableRandom;
import java.util.stream.IntStream;
import lnr.kernels.Device;
import lnr.kernels.F32;
import lnr.kernels.Scope;
import lnr.lenet.network.Architecture;
import lnr.lenet.network.LeNet5;
import lnr.lenet.network.Model;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class SurgeryTest {
    private static final Architecture SHAPE = new Architecture(3, 4, 9, 10);

    /** Removing units that nothing reads cannot change the output by more than the order of summation does. */
    @ParameterizedTest
    @EnumSource(Target.class)
    void collapseLeavesTheOutputUnchanged(Target target) {
        int units = target.units(SHAPE);
        int[][] kept = {{}, {0}, {units - 1}, {0, 2}, IntStream.range(0, units).toArray()};
        for (int[] keep : kept) {
            for (boolean bias : new boolean[] {false, true}) {
                double[] m = columns(target, keep, bias);
                Model wide = Surgery.replace(Model.random(SHAPE, 1), target, m, bias);
                Model narrow = Surgery.collapse(wide, target, keep);
                assertThat(narrow.architecture()).isEqualTo(SHAPE.withWidth(target.before(), keep.length));
                float[] before = logits(wide);
                float[] after = logits(narrow);
                for (int i = 0; i < before.length; i++) {
                    assertThat(after[i]).isCloseTo(before[i], within(1e-4f * Math.max(1, Math.abs(before[i]))));
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Target.class)
    void replacingWithItsOwnWeightChangesNothing(Target target) {
        Model model = Model.random(SHAPE, 1);
        for (boolean bias : new boolean[] {false, true}) {
            double[] m = NetworkCorrelations.weight(model, target.layer(), bias);
            assertThat(Surgery.replace(model, target, m, bias)).isEqualTo(model);
        }
    }

    /** A random M, (h, d or d + 1), zero outside the columns that read {@code keep} and the bias. */
    private static double[] columns(Target target, int[] keep, boolean bias) {
        SplittableRandom random = new SplittableRandom(3);
        Architecture.Layer layer = SHAPE.layers().get(target.layer());
        int h = layer.outputs();
        double[] m = new double[h * (layer.inputs() + (bias ? 1 : 0))];
        for (int j : Selection.columns(keep, target.columns())) {
            for (int i = 0; i < h; i++) {
                m[j * h + i] = random.nextGaussian();
            }
        }
        for (int i = h * layer.inputs(); i < m.length; i++) {
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
