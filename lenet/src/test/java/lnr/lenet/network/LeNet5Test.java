package lnr.lenet.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.Map;
import java.util.SplittableRandom;
import lnr.kernels.Device;
import lnr.kernels.F32;
import lnr.kernels.Scope;
import lnr.lenet.InputException;
import lnr.lenet.Progress;
import lnr.lenet.format.SafeTensors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LeNet5Test {
    private final Device device = Device.open("cpu");

    @AfterEach
    void nothingIsHeld() {
        assertThat(device.heldBytes()).isZero();
        device.close();
    }

    @Test
    void publishedWidthsHaveThePublishedNumberOfParameters() {
        assertThat(Architecture.LENET5.parameters()).isEqualTo(431_080);
        assertThat(Architecture.LENET5.flops()).isEqualTo(2 * (288_000 + 1_600_000 + 400_000 + 5_000));
    }

    /** The forward pass against the definition of each layer, in double precision. */
    @Test
    void forwardIsTheDefinition() {
        Model model = Model.random(new Architecture(5, 7, 13, 10), 1);
        int n = 3;
        float[] x = images(n, 2);
        try (Scope scope = device.scope();
                LeNet5 network = new LeNet5(device, model, 4)) {
            F32 input = scope.f32(x);
            double[] reference = widen(x);
            for (int steps = 1; steps <= 4; steps++) {
                reference = step(model, steps - 1, n, reference);
                float[] found = network.forward(n, input, steps).toArray();
                assertThat(found).hasSize(reference.length);
                for (int i = 0; i < found.length; i++) {
                    assertThat((double) found[i]).isCloseTo(reference[i], within(1e-5));
                }
            }
        }
    }

    @Test
    void forwardGoesOnFromWhereAPassEnded() {
        int n = 3;
        Model model = Model.random(new Architecture(5, 7, 13, 10), 1);
        try (Scope scope = device.scope();
                LeNet5 network = new LeNet5(device, model, 4)) {
            F32 x = scope.f32(images(n, 2));
            float[] logits = network.forward(n, x, LeNet5.STEPS).toArray();
            for (int layer = 0; layer <= LeNet5.STEPS; layer++) {
                F32 input = scope.f32(network.forward(n, x, layer).toArray());
                assertThat(network.forward(n, input, layer, layer)).isSameAs(input);
                assertThat(network.forward(n, input, layer, LeNet5.STEPS).toArray())
                        .isEqualTo(logits);
            }
            assertThatThrownBy(() -> network.forward(n, x, 3, 2))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("expected 3 to 4, got 2");
            assertThatThrownBy(() -> network.forward(n, x, -1, 2))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("from");
        }
    }

    @Test
    void trainingFitsAFewImages() {
        byte[] images = new byte[64 * 784];
        byte[] labels = new byte[64];
        SplittableRandom random = new SplittableRandom(5);
        random.nextBytes(images);
        for (int i = 0; i < 64; i++) {
            labels[i] = (byte) (i % 10);
        }
        try (DeviceImages data = new DeviceImages(device, images, labels);
                LeNet5 network = new LeNet5(device, Model.random(Architecture.LENET5, 0), 16);
                Training training = new Training(network, 1e-3, 0)) {
            double before = Evaluation.score(network, data).loss();
            for (int epoch = 0; epoch < 40; epoch++) {
                training.epoch(data, Progress.NONE);
            }
            Evaluation.Score after = Evaluation.score(network, data);
            assertThat(before).isCloseTo(Math.log(10), within(0.2));
            assertThat(after.accuracy()).isEqualTo(1);
        }
    }

    @Test
    void sameSeedTrainsToTheSameBits() {
        byte[] images = new byte[100 * 784];
        new SplittableRandom(5).nextBytes(images);
        byte[] labels = new byte[100];
        Model[] models = new Model[2];
        for (int run = 0; run < 2; run++) {
            try (DeviceImages data = new DeviceImages(device, images, labels);
                    LeNet5 network = new LeNet5(device, Model.random(Architecture.LENET5, 0), 32);
                    Training training = new Training(network, 1e-3, 9)) {
                training.epoch(data, Progress.NONE);
                models[run] = network.model();
            }
        }
        assertThat(models[0]).isEqualTo(models[1]);
    }

    @Test
    void predictionsAreThoseThatTheScoreCounts() {
        byte[] images = new byte[37 * 784];
        new SplittableRandom(5).nextBytes(images);
        byte[] labels = new byte[37];
        try (DeviceImages data = new DeviceImages(device, images, labels);
                LeNet5 network = new LeNet5(device, Model.random(Architecture.LENET5, 4), 10)) {
            int zeros = 0;
            for (int prediction : Evaluation.predictions(network, data)) {
                zeros += prediction == 0 ? 1 : 0;
            }
            assertThat(Evaluation.score(network, data).correct()).isEqualTo(zeros);
        }
    }

    @Test
    void filesKeepEveryBit(@TempDir Path folder) {
        Model model = Model.random(new Architecture(3, 4, 0, 10), 1);
        ModelFile.write(folder.resolve("m.safetensors"), model, Map.of("epochs", "0"));
        assertThat(ModelFile.read(folder.resolve("m.safetensors"))).isEqualTo(model);
    }

    @Test
    void filesOfOtherShapesAreRefusedByName(@TempDir Path folder) {
        Path file = folder.resolve("m.safetensors");
        new SafeTensors(Map.of("conv1.weight", new SafeTensors.Tensor(new int[] {2, 1, 5, 5}, new float[50])), Map.of())
                .write(file);
        assertThatThrownBy(() -> ModelFile.read(file))
                .isInstanceOf(InputException.class)
                .hasMessageContaining(file.toString())
                .hasMessageContaining("conv2.weight");
    }

    private static double[] step(Model model, int layer, int n, double[] x) {
        Architecture shape = model.architecture();
        float[] w = model.weight(layer);
        float[] b = model.bias(layer);
        if (layer >= 2) {
            int d = shape.layers().get(layer).inputs();
            int h = b.length;
            double[] y = new double[n * h];
            for (int i = 0; i < n; i++) {
                for (int o = 0; o < h; o++) {
                    double sum = b[o];
                    for (int k = 0; k < d; k++) {
                        sum += (double) w[o * d + k] * x[i * d + k];
                    }
                    y[i * h + o] = layer == 2 ? Math.max(sum, 0) : sum;
                }
            }
            return y;
        }
        int channels = layer == 0 ? 1 : shape.conv1();
        int side = layer == 0 ? 28 : 12;
        int out = (side - 4) / 2;
        double[] y = new double[n * b.length * out * out];
        int at = 0;
        for (int i = 0; i < n; i++) {
            for (int f = 0; f < b.length; f++) {
                for (int py = 0; py < out; py++) {
                    for (int px = 0; px < out; px++) {
                        double best = 0;
                        for (int place = 0; place < 4; place++) {
                            double sum = b[f];
                            for (int c = 0; c < channels; c++) {
                                for (int a = 0; a < 25; a++) {
                                    int row = 2 * py + place / 2 + a / 5;
                                    int column = 2 * px + place % 2 + a % 5;
                                    sum += (double) w[(f * channels + c) * 25 + a]
                                            * x[((i * channels + c) * side + row) * side + column];
                                }
                            }
                            best = Math.max(best, sum);
                        }
                        y[at++] = best;
                    }
                }
            }
        }
        return y;
    }

    private static float[] images(int n, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        float[] x = new float[n * 784];
        for (int i = 0; i < x.length; i++) {
            x[i] = (float) (3 * random.nextDouble() - 0.5);
        }
        return x;
    }

    private static double[] widen(float[] x) {
        double[] y = new double[x.length];
        for (int i = 0; i < x.length; i++) {
            y[i] = x[i];
        }
        return y;
    }
}
