package lnr.lenet;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.ToDoubleFunction;
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

/**
 * The main job on real MNIST: training as the original text does it (Adam, 8 epochs of batches of 256), then fc2 at
 * lambda = 0.01. Needs the data: {@code -Dlnr.data=DIR}; the continuous build gives it, and fails when this did not
 * run.
 */
@EnabledIfSystemProperty(named = "lnr.data", matches = ".+")
class MnistTest {
    private static final int SEEDS = 3;

    /**
     * How many neurons one lambda keeps is a matter of the trained network: it varies by a fifth from one training to
     * the next, in PyTorch as here. The mean over the seeds says more.
     */
    @Test
    void trainsAndCompressesAsTheTextDoes() {
        Dataset mnist = DataSource.ofEnvironment().open(folder().toString(), Progress.NONE);
        try (Device device = Device.open("cpu");
                DeviceImages train =
                        new DeviceImages(device, mnist.train().images(), mnist.train().labels());
                DeviceImages test =
                        new DeviceImages(device, mnist.test().images(), mnist.test().labels())) {
            List<Architecture> withoutBias = new ArrayList<>();
            List<Architecture> withBias = new ArrayList<>();
            for (int seed = 0; seed < SEEDS; seed++) {
                Model model = train(device, train, seed);
                double original = accuracy(device, model, test);
                assertThat(original).as("seed %d", seed).isGreaterThanOrEqualTo(0.989);
                train.inOrder();
                withoutBias.add(compress(device, model, train, test, false, seed + ", without bias", original));
                withBias.add(compress(device, model, train, test, true, seed + ", with bias", original));
            }
            for (List<Architecture> compressed : List.of(withoutBias, withBias)) {
                assertThat(mean(compressed, Architecture::fc1)).isBetween(45.0, 65.0);
                assertThat(mean(compressed, MnistTest::rate)).isBetween(15.0, 18.0);
            }
        }
    }

    /** Returns the widths after the compression of fc2. */
    private static Architecture compress(
            Device device,
            Model model,
            DeviceImages train,
            DeviceImages test,
            boolean bias,
            String what,
            double original) {
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
        Architecture widths = result.compressed().architecture();
        double before = accuracy(device, result.sparse(), test);
        double after = accuracy(device, result.compressed(), test);
        System.out.printf(
                "seed %s: accuracy %.4f, kept %d, rate %.2f %%, %.4f before, %.4f after debiasing%n",
                what, original, result.kept(), rate(widths), before, after);
        assertThat(result.solution().status()).as("seed %s", what).isEqualTo(Status.CONVERGED);
        assertThat(result.solution().relativeGap()).as("seed %s", what).isLessThan(1e-6);
        assertThat(result.kept()).as("seed %s", what).isBetween(40, 65);
        assertThat(after).as("seed %s", what).isGreaterThanOrEqualTo(0.985).isGreaterThan(before);
        assertThat(predictions(device, result.compressed(), test))
                .as("seed %s", what)
                .isEqualTo(predictions(device, result.refitted(), test));
        return widths;
    }

    /** Per cent of LeNet-5's parameters. */
    private static double rate(Architecture widths) {
        return 100.0 * widths.parameters() / Architecture.LENET5.parameters();
    }

    private static double mean(List<Architecture> networks, ToDoubleFunction<Architecture> quantity) {
        return networks.stream().mapToDouble(quantity).average().orElseThrow();
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
