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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Training of a whole LeNet-5 on the CUDA device, on emulated hardware, without a teacher and with one. Every step is
 * within bounds of what its weights and images give; so is the step that the CPU would take from the same weights. Each
 * layer is judged by the inputs that its device gave it: which of two equals a maximum takes may differ, and with it
 * all that follows.
 */
@Emulated
class EmulatedTrainingTest {
    private static final Dataset.Split DIGITS = DrawnDigits.draw(3, 20, 10).train();
    private static final int BATCH = 8;
    private static final double RATE = 1e-3;
    private static final double TEMPERATURE = 2;
    private static final double SHARE = 0.7;

    @ParameterizedTest
    @CsvSource({
        "forward, false", "forward, true", "reverse, false", "reverse, true", "random 1, false", "random 2, true",
        "random 3, true"
    })
    void everyStepIsWithinItsBounds(String order, boolean taught) {
        Emulator.load();
        Emulator.schedule(order);
        Emulator.lazy(true);
        try (Device cuda = Device.open("cuda");
                Device cpu = Device.open("cpu")) {
            assertThat(cuda.description()).containsEntry("processor", "emulated");
            assertThat(train(cuda, cpu, taught)).isEqualTo(6);
            assertThat(cuda.heldBytes()).isZero();
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void soIsEveryStepOfTheCpus(boolean taught) {
        try (Device cpu = Device.open("cpu")) {
            assertThat(train(cpu, cpu, taught)).isEqualTo(6);
        }
    }

    /** Two epochs of batches of 8, 8 and 4: one by one, recorded, and short. Returns the number of steps. */
    private static int train(Device device, Device other, boolean taught) {
        try (Scope scope = device.scope();
                DeviceImages images = new DeviceImages(device, DIGITS.images(), DIGITS.labels());
                LeNet5 network = new LeNet5(device, Model.random(Architecture.LENET5, 0), BATCH)) {
            F32 opinions = scope.f32(images.count() * network.width(LeNet5.STEPS));
            try (LeNet5 teacher = new LeNet5(device, Model.random(Architecture.LENET5, 1), BATCH)) {
                Evaluation.logits(teacher, images, opinions);
            }
            Training.Teacher teacher = taught ? new Training.Teacher(opinions, TEMPERATURE, SHARE) : null;
            try (Training training = new Training(network, teacher, RATE, 0);
                    Judge own = new Judge(device, taught);
                    Judge others = new Judge(other, taught)) {
                Steps steps = new Steps(network, images, opinions, own, others);
                for (int epoch = 0; epoch < 2; epoch++) {
                    training.epoch(images, (task, done, of) -> steps.taken((int) done));
                    steps.from = 0;
                }
                return steps.count;
            }
        }
    }

    /** Looks at each step when it has been taken: its gradient is had again from the weights before it. */
    private static final class Steps {
        private final LeNet5 trained;
        private final DeviceImages images;
        private final F32 opinions; // (images, classes)
        private final Judge own;
        private final Judge other;
        private final PassBounds.Adam adam;
        private float[] weights;
        private int from;
        private int count;

        Steps(LeNet5 trained, DeviceImages images, F32 opinions, Judge own, Judge other) {
            this.trained = trained;
            this.images = images;
            this.opinions = opinions;
            this.own = own;
            this.other = other;
            this.weights = trained.parameters().toArray();
            this.adam = new PassBounds.Adam(weights.length);
        }

        /** @param to the image behind the batch's last one */
        void taken(int to) {
            int n = to - from;
            int classes = trained.width(LeNet5.STEPS);
            try (Scope scope = trained.device().scope()) {
                F32 x = scope.f32(n * trained.width(0));
                U8 labels = scope.u8(n);
                F32 opinion = scope.f32(n * classes);
                images.gather(from, n, x);
                images.gatherLabels(from, n, labels);
                images.gatherRows(from, n, classes, opinions, opinion);
                Batch batch = new Batch(n, x.toArray(), labels.toArray(), opinion.toArray());
                float[] gradient = own.gradient(weights, batch);
                other.gradient(weights, batch);
                float[] after = trained.parameters().toArray();
                adam.step(weights, gradient, RATE).contains("weights", after);
                weights = after;
            }
            from = to;
            count++;
        }
    }

    /**
     * What a step is given.
     *
     * @param x (n, 784)
     * @param labels (n)
     * @param opinion (n, classes)
     */
    private record Batch(int n, float[] x, byte[] labels, float[] opinion) {}

    /** Takes steps on a device, and holds their gradients to the bounds. */
    private static final class Judge implements AutoCloseable {
        private final boolean taught;
        private final Scope scope;
        private final LeNet5 network;
        private final Training training; // of that network, for its gradient

        Judge(Device device, boolean taught) {
            this.taught = taught;
            this.scope = device.scope();
            this.network = new LeNet5(device, Model.random(Architecture.LENET5, 0), BATCH);
            Training.Teacher teacher = new Training.Teacher(scope.f32(0), TEMPERATURE, SHARE); // opinions are given
            this.training = new Training(network, taught ? teacher : null, RATE, 0);
        }

        float[] gradient(float[] weights, Batch batch) {
            int n = batch.n();
            network.parameters().write(weights);
            try (Scope work = network.device().scope()) {
                F32 x = work.f32(batch.x());
                List<U8> places = new ArrayList<>();
                for (int i = 1; i <= 2; i++) {
                    places.add(work.u8((long) n * network.width(i)));
                }
                network.forward(n, x, LeNet5.STEPS, places.get(0), places.get(1));
                byte[][] winners = places.stream().map(U8::toArray).toArray(byte[][]::new);
                PassBounds.assertForward(network, n, batch.x(), winners);
                if (taught) {
                    training.opinion(n).write(batch.opinion());
                }
                float[] gradient = training.slope(n, x, work.u8(batch.labels())).toArray();
                PassBounds.Bounded dz = taught
                        ? PassBounds.distillation(network, n, batch.opinion(), batch.labels(), TEMPERATURE, SHARE)
                        : PassBounds.crossEntropy(network, n, batch.labels());
                PassBounds.gradient(network, n, batch.x(), dz, winners).contains("gradient", gradient);
                return gradient;
            }
        }

        @Override
        public void close() {
            training.close();
            network.close();
            scope.close();
        }
    }
}
