package lnr.lenet.compress;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import lnr.engine.Status;
import lnr.engine.solvers.Solver;
import lnr.kernels.Device;
import lnr.lenet.Progress;
import lnr.lenet.data.Dataset;
import lnr.lenet.data.DrawnDigits;
import lnr.lenet.network.DeviceImages;
import lnr.lenet.network.Evaluation;
import lnr.lenet.network.LeNet5;
import lnr.lenet.network.Model;
import lnr.lenet.network.Architecture;
import lnr.lenet.network.Training;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The pipeline on a small network trained on drawn digits. */
class CompressionTest {
    private static Device device;
    private static DeviceImages images;
    private static Model model;

    @BeforeAll
    static void train() {
        device = Device.open("cpu");
        Dataset.Split digits = DrawnDigits.draw(3, 1500, 10).train();
        images = new DeviceImages(device, digits.images(), digits.labels());
        try (LeNet5 network = new LeNet5(device, Model.random(new Architecture(8, 12, 60, 10), 0), 50);
                Training training = new Training(network, 1e-3, 0)) {
            for (int epoch = 0; epoch < 4; epoch++) {
                training.epoch(images, Progress.NONE);
            }
            model = network.model();
        }
        images.inOrder();
    }

    @AfterAll
    static void nothingIsHeld() {
        images.close();
        assertThat(device.heldBytes()).isZero();
        device.close();
    }

    @Test
    void collapsedAndUncollapsedAgreeOnEveryImage() {
        for (boolean bias : new boolean[] {false, true}) {
            Compression.Result result = run(new Strength.Ratio(0.1), bias, true);
            assertThat(result.kept()).isBetween(1, 59);
            assertThat(result.solution().status()).isEqualTo(Status.CONVERGED);
            assertThat(result.samples()).isEqualTo(1500);
            assertThat(predictions(result.compressed())).isEqualTo(predictions(result.refitted()));
        }
    }

    @Test
    void withoutBiasTheBiasStays() {
        Compression.Result result = run(new Strength.Ratio(0.1), false, true);
        assertThat(result.compressed().bias(3)).isEqualTo(model.bias(3));
    }

    @Test
    void refittingReducesTheReconstructionError() {
        Compression.Result result = run(new Strength.Ratio(0.1), true, true);
        double shrunk = result.solution().objective()
                - result.solution().lambda() * norms(result.solution().m(), 10, 60);
        assertThat(result.debiasing().orElseThrow().fit()).isLessThan(shrunk);
    }

    @Test
    void nothingKeptLeavesTheBias() {
        for (boolean bias : new boolean[] {false, true}) {
            Compression.Result result = run(new Strength.Lambda(1e6), bias, true);
            assertThat(result.kept()).isZero();
            assertThat(Arrays.stream(predictions(result.compressed())).distinct()).hasSize(1);
        }
    }

    @Test
    void keepKeepsThatMany() {
        for (int count : new int[] {0, 1, 7, 20}) {
            assertThat(run(new Strength.Keep(count), true, true).kept()).isEqualTo(count);
        }
        assertThatThrownBy(() -> run(new Strength.Keep(61), true, true))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("60");
    }

    @Test
    void keepingEverythingReconstructsExactly() {
        Compression.Result result = run(new Strength.Keep(60), true, true);
        assertThat(predictions(result.compressed())).isEqualTo(predictions(model));
    }

    @Test
    void everyLayerCollapses() {
        for (Target target : Target.values()) {
            for (boolean bias : new boolean[] {false, true}) {
                Compression.Options options =
                        new Compression.Options(target, new Strength.Ratio(0.1), bias, true, Solver.named("newton"));
                Compression.Result result = Compression.run(device, model, images, options, Progress.NONE);
                int all = target.units(model.architecture());
                assertThat(result.kept()).isBetween(1, all);
                assertThat(result.compressed().architecture())
                        .isEqualTo(model.architecture().withWidth(target.before(), result.kept()));
                assertThat(predictions(result.compressed())).isEqualTo(predictions(result.refitted()));
                if (!bias) {
                    assertThat(result.compressed().bias(target.layer())).isEqualTo(model.bias(target.layer()));
                }
            }
        }
    }

    private static Compression.Result run(Strength strength, boolean bias, boolean debias) {
        return Compression.run(
                device,
                model,
                images,
                new Compression.Options(Target.FC2, strength, bias, debias, Solver.named("fista")),
                Progress.NONE);
    }

    private static int[] predictions(Model of) {
        try (LeNet5 network = new LeNet5(device, of, 100)) {
            return Evaluation.predictions(network, images);
        }
    }

    private static double norms(double[] m, int h, int p) {
        double sum = 0;
        for (int j = 0; j < p; j++) {
            double squares = 0;
            for (int i = 0; i < h; i++) {
                squares += m[j * h + i] * m[j * h + i];
            }
            sum += Math.sqrt(squares);
        }
        return sum;
    }
}
