package lnr.lenet.compress;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Map;
import lnr.engine.Status;
import lnr.engine.solvers.Solver;
import lnr.kernels.Device;
import lnr.kernels.emulated.Emulated;
import lnr.kernels.emulated.Emulator;
import lnr.lenet.Progress;
import lnr.lenet.data.Dataset;
import lnr.lenet.data.DrawnDigits;
import lnr.lenet.network.Architecture;
import lnr.lenet.network.DeviceImages;
import lnr.lenet.network.LeNet5;
import lnr.lenet.network.Model;
import lnr.lenet.network.Training;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The main job, small, on the CUDA device on emulated hardware beside the CPU. */
@Emulated
class EmulatedCompressionTest {
    private static final Dataset.Split DIGITS = DrawnDigits.draw(3, 40, 10).train();

    /** What the job leaves: the trained network, and the compressed one with the solve that made it. */
    private record Job(Model trained, double loss, Compression.Result result) {}

    @ParameterizedTest
    @ValueSource(strings = {"forward", "reverse", "random 1", "random 2", "random 3"})
    void trainingAndCompressionAreTheCpus(String order) {
        Emulator.load();
        Emulator.schedule(order);
        Emulator.lazy(true);
        Job expected;
        try (Device cpu = Device.open("cpu")) {
            expected = run(cpu);
        }
        try (Device cuda = Device.open("cuda")) {
            assertThat(cuda.description()).containsEntry("processor", "emulated");
            Job actual = run(cuda);
            assertThat(cuda.heldBytes()).isZero();
            near(actual.trained(), expected.trained());
            assertThat(actual.loss()).isCloseTo(expected.loss(), within(1e-4));
            assertThat(actual.result().solution().status()).isEqualTo(Status.CONVERGED);
            assertThat(actual.result().solution().support()).isEqualTo(expected.result().solution().support());
            near(actual.result().compressed(), expected.result().compressed());
        }
    }

    // What refers to others by number is looked at by kernels whose word is waited for: an order once, labels only
    // where they are no recording's.
    @Test
    void noStepInTheMiddleOfAnEpochWaits() {
        Emulator.load();
        Emulator.lazy(true);
        try (Device cuda = Device.open("cuda");
                DeviceImages images = new DeviceImages(cuda, DIGITS.images(), DIGITS.labels());
                LeNet5 network = new LeNet5(cuda, Model.random(new Architecture(2, 3, 12, 10), 0), 8);
                Training training = new Training(network, 1e-3, 0)) {
            training.epoch(images, Progress.NONE);
            Map<String, Long> before = Emulator.launches();
            training.epoch(images, Progress.NONE);
            Map<String, Long> after = Emulator.launches();
            after.replaceAll((kernel, count) -> count - before.getOrDefault(kernel, 0L));
            assertThat(after)
                    .containsEntry("lnr_cross_entropy", 5L)
                    .containsEntry("lnr_check_order", 1L)
                    .containsEntry("lnr_check_labels", 0L);
        }
    }

    // Adam steps by the rate whatever the gradient's length, so that one lost in rounding may turn round:
    // a handful of steps at 1e-3 cannot take weights further apart than this, and a wrong gradient takes nearly all.
    private static void near(Model actual, Model expected) {
        float[] a = actual.values();
        float[] e = expected.values();
        assertThat(a).hasSameSizeAs(e);
        int far = 0;
        for (int i = 0; i < a.length; i++) {
            assertThat(a[i]).isCloseTo(e[i], within(2e-2f));
            far += Math.abs(a[i] - e[i]) > 1e-4 + 1e-2 * Math.abs(e[i]) ? 1 : 0;
        }
        assertThat(far).as("weights that differ").isLessThan(a.length / 50);
    }

    private static Job run(Device device) {
        try (DeviceImages images = new DeviceImages(device, DIGITS.images(), DIGITS.labels());
                LeNet5 network = new LeNet5(device, Model.random(new Architecture(2, 3, 12, 10), 0), 16);
                Training training = new Training(network, 1e-3, 0)) {
            // Batches of 16, 16 and 8: eager, recorded, and short.
            training.epoch(images, Progress.NONE);
            double loss = training.epoch(images, Progress.NONE).loss();
            Model model = network.model();
            images.inOrder();
            Compression.Options options =
                    new Compression.Options(Target.FC2, new Strength.Ratio(0.3), true, true, Solver.named("fista"));
            return new Job(model, loss, Compression.run(device, model, images, options, Progress.NONE));
        }
    }
}
