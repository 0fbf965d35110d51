package lnr.lenet;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import lnr.engine.Status;
import lnr.engine.solvers.Solver;
import lnr.kernels.Device;
import lnr.lenet.compress.Compression;
import lnr.lenet.compress.Goal;
import lnr.lenet.compress.GradualCompression;
import lnr.lenet.compress.Strength;
import lnr.lenet.compress.Target;
import lnr.lenet.data.DataSource;
import lnr.lenet.data.Dataset;
import lnr.lenet.network.Architecture;
import lnr.lenet.network.DeviceImages;
import lnr.lenet.network.Evaluation;
import lnr.lenet.network.LeNet5;
import lnr.lenet.network.Model;
import lnr.lenet.network.Training;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The main job on real MNIST: training as the original text does it (Adam, 8 epochs of batches of 256), then fc2 at
 * lambda = 0.01. Needs the data: {@code -Dlnr.data=DIR}; the continuous build gives it, and fails when this did not
 * run.
 */
@EnabledIfSystemProperty(named = "lnr.data", matches = ".+")
class MnistTest {
    @ParameterizedTest
    @ValueSource(longs = {0, 1, 2})
    void trainsAndCompressesAsTheTextDoes(long seed) {
        Dataset mnist = DataSource.ofEnvironment().open(folder().toString(), Progress.NONE);
        try (Device device = Device.open("cpu");
                DeviceImages train =
                        new DeviceImages(device, mnist.train().images(), mnist.train().labels());
                DeviceImages test =
                        new DeviceImages(device, mnist.test().images(), mnist.test().labels())) {
            Model model = train(device, train, seed);
            double original = accuracy(device, model, test);
            assertThat(original).isGreaterThanOrEqualTo(0.989);
            train.inOrder();
            for (boolean bias : new boolean[] {false, true}) {
                Compression.Result result = Compression.run(
                        device,
                        model,
                        train,
                        new Compression.Options(
                                Target.FC2,
                                new Strength.Lambda(0.01),
                                bias,
                                true,
                                Solver.named("alternating-minimization")),
                        Progress.NONE);
                assertThat(result.solution().status()).isEqualTo(Status.CONVERGED);
                assertThat(result.solution().relativeGap()).isLessThan(1e-6);
                double before = accuracy(device, result.sparse(), test);
                double after = accuracy(device, result.compressed(), test);
                System.out.printf(
                        "seed %d, %s bias: accuracy %.4f, kept %d, rate %.2f %%, %.4f before, %.4f after debiasing%n",
                        seed,
                        bias ? "with" : "without",
                        original,
                        result.kept(),
                        100.0 * result.compressed().architecture().parameters() / Architecture.LENET5.parameters(),
                        before,
                        after);
                // How many neurons one lambda keeps is a matter of the trained network: it varies by a fifth from one
                // training to the next, in PyTorch as here.
                assertThat(result.kept()).isBetween(30, 70);
                assertThat(after).isGreaterThanOrEqualTo(0.985).isGreaterThan(before);
                assertThat(predictions(device, result.compressed(), test))
                        .isEqualTo(predictions(device, result.refitted(), test));
            }
        }
    }

    /** All layers together, without retraining, do better than fc2 alone does at three times the size. */
    @Test
    void compressesAllLayersToATwentieth() {
        Dataset mnist = DataSource.ofEnvironment().open(folder().toString(), Progress.NONE);
        Dataset.Split.Parts parts = mnist.train().holdOut(5000);
        try (Device device = Device.open("cpu");
                DeviceImages fitted =
                        new DeviceImages(device, parts.fitted().images(), parts.fitted().labels());
                DeviceImages heldOut =
                        new DeviceImages(device, parts.heldOut().images(), parts.heldOut().labels());
                DeviceImages test =
                        new DeviceImages(device, mnist.test().images(), mnist.test().labels())) {
            Model model = train(device, fitted, 0);
            fitted.inOrder();
            int budget = Architecture.LENET5.parameters() / 20;
            GradualCompression.Plan plan = new GradualCompression.Plan(
                    List.of(Target.values()),
                    new Goal.Size(budget),
                    1,
                    Optional.empty(),
                    Solver.named("newton"));
            Model compressed = GradualCompression.run(device, model, fitted, heldOut, plan, Progress.NONE)
                    .get(0)
                    .model();
            double accuracy = accuracy(device, compressed, test);
            System.out.printf("all layers: %s, accuracy %.4f%n", compressed.architecture(), accuracy);
            assertThat(compressed.architecture().parameters()).isLessThanOrEqualTo(budget);
            assertThat(accuracy).isGreaterThanOrEqualTo(0.981);
        }
    }

    private static Path folder() {
        Path folder = Path.of(System.getProperty("lnr.data"));
        Path inside = folder.resolve("mnist");
        return inside.toFile().isDirectory() ? inside : folder;
    }

    private static Model train(Device device, DeviceImages images, long seed) {
        try (LeNet5 network = new LeNet5(device, Model.random(Architecture.LENET5, seed), 256);
                Training training = new Training(network, 1e-3, seed)) {
            for (int epoch = 0; epoch < 8; epoch++) {
                training.epoch(images, Progress.NONE);
            }
            return network.model();
        }
    }

    private static double accuracy(Device device, Model model, DeviceImages images) {
        try (LeNet5 network = new LeNet5(device, model, 1000)) {
            return Evaluation.score(network, images).accuracy();
        }
    }

    private static int[] predictions(Device device, Model model, DeviceImages images) {
        try (LeNet5 network = new LeNet5(device, model, 1000)) {
            return Evaluation.predictions(network, images);
        }
    }
}
