package lnr.lenet.network;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import lnr.kernels.Device;
import lnr.kernels.F32;
import lnr.kernels.Scope;
import lnr.kernels.U8;
import lnr.kernels.emulated.Emulated;
import lnr.kernels.emulated.Emulator;
import lnr.lenet.data.Dataset;
import lnr.lenet.data.DrawnDigits;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Training of a whole LeNet-5 on the CUDA device, on emulated hardware, and on the CPU: every step of both is within
 * bounds of what its weights and images give, and so within the sum of both bounds of the other's.
 */
@Emulated
class EmulatedTrainingTest {
    private static final Dataset.Split DIGITS = DrawnDigits.draw(3, 20, 10).train();
    private static final int BATCH = 8;
    private static final double RATE = 1e-3;

    @ParameterizedTest
    @ValueSource(strings = {"forward", "reverse", "random 1", "random 2", "random 3"})
    void everyStepIsWithinItsBounds(String order) {
        Emulator.load();
        Emulator.schedule(order);
        Emulator.lazy(true);
        try (Device cuda = Device.open("cuda")) {
            assertThat(cuda.description()).containsEntry("processor", "emulated");
            assertThat(train(cuda)).isEqualTo(6);
            assertThat(cuda.heldBytes()).isZero();
        }
    }

    @Test
    void soIsEveryStepOfTheCpus() {
        try (Device cpu = Device.open("cpu")) {
            assertThat(train(cpu)).isEqualTo(6);
        }
    }

    /** Two epochs of batches of 8, 8 and 4: one by one, recorded, and short. Returns the number of steps. */
    private static int train(Device device) {
        try (DeviceImages images = new DeviceImages(device, DIGITS.images(), DIGITS.labels());
                LeNet5 network = new LeNet5(device, Model.random(Architecture.LENET5, 0), BATCH);
                Training training = new Training(network, RATE, 0);
                Judge judge = new Judge(network, images)) {
            for (int epoch = 0; epoch < 2; epoch++) {
                training.epoch(images, (task, done, of) -> judge.step((int) done));
                judge.from = 0;
            }
            return judge.steps;
        }
    }

    /** Looks at each step when it has been taken: its gradient is had again from the weights before it. */
    private static final class Judge implements AutoCloseable {
        private final LeNet5 trained;
        private final DeviceImages images;
        private final LeNet5 network;
        private final Training training; // of that network, for its gradient
        private final PassBounds.Adam adam;
        private float[] weights;
        private int from;
        private int steps;

        Judge(LeNet5 trained, DeviceImages images) {
            this.trained = trained;
            this.images = images;
            this.network = new LeNet5(trained.device(), trained.model(), trained.batch());
            this.training = new Training(network, RATE, 0);
            this.weights = trained.parameters().toArray();
            this.adam = new PassBounds.Adam(weights.length);
        }

        /** @param to the image behind the batch's last one */
        void step(int to) {
            int n = to - from;
            network.parameters().write(weights);
            try (Scope scope = trained.device().scope()) {
                F32 x = scope.f32(n * network.width(0));
                U8 labels = scope.u8(n);
                images.gather(from, n, x);
                images.gatherLabels(from, n, labels);
                List<U8> places = new ArrayList<>();
                for (int i = 1; i <= 2; i++) {
                    places.add(scope.u8((long) n * network.width(i)));
                }
                network.forward(n, x, LeNet5.STEPS, places.get(0), places.get(1));
                byte[][] winners = places.stream().map(U8::toArray).toArray(byte[][]::new);
                float[] input = x.toArray();
                PassBounds.assertForward(network, n, input, winners);
                float[] gradient = training.slope(n, x, labels).toArray();
                PassBounds.gradient(network, n, input, labels.toArray(), winners).contains("gradient", gradient);
                float[] after = trained.parameters().toArray();
                adam.step(weights, gradient, RATE).contains("weights", after);
                weights = after;
            }
            from = to;
            steps++;
        }

        @Override
        public void close() {
            training.close();
            network.close();
        }
    }
}
