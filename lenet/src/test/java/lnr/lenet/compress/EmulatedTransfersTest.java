package lnr.lenet.compress;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.EnumSet;
import java.util.List;
import java.util.function.ToLongFunction;
import lnr.engine.solvers.Solver;
import lnr.kernels.Device;
import lnr.kernels.emulated.Emulated;
import lnr.kernels.emulated.Emulator;
import lnr.lenet.Progress;
import lnr.lenet.data.Dataset;
import lnr.lenet.data.DrawnDigits;
import lnr.lenet.network.Architecture;
import lnr.lenet.network.DeviceImages;
import lnr.lenet.network.Evaluation;
import lnr.lenet.network.LeNet5;
import lnr.lenet.network.Model;
import lnr.lenet.network.Training;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What comes to the host of a pass over the images: the same few numbers, however many images there are. */
@Emulated
class EmulatedTransfersTest {
    private static final Model MODEL = Model.random(new Architecture(2, 3, 200, 10), 0);
    private static final int BATCH = 8;

    private Device device;

    @BeforeEach
    void open() {
        device = Emulator.open("forward");
    }

    @AfterEach
    void close() {
        assertThat(device.heldBytes()).isZero();
        device.close();
    }

    private static long bytes(Runnable work) {
        long before = Emulator.bytesToHost();
        work.run();
        return Emulator.bytesToHost() - before;
    }

    private long of(int count, ToLongFunction<DeviceImages> work) {
        Dataset.Split digits = DrawnDigits.draw(3, count, 10).train();
        try (DeviceImages images = new DeviceImages(device, digits.images(), digits.labels())) {
            return work.applyAsLong(images);
        }
    }

    private void few(String what, ToLongFunction<DeviceImages> work, long most) {
        long bytes = of(3 * BATCH, work);
        assertThat(of(6 * BATCH, work)).as("%s: bytes of twice as many images", what).isEqualTo(bytes);
        assertThat(bytes).as(what).isBetween(0L, most);
    }

    // A loss, a number of images, and whether an order is one.
    @Test
    void anEpochBringsItsLoss() {
        few("an epoch", images -> {
            try (LeNet5 network = new LeNet5(device, MODEL, BATCH);
                    Training training = new Training(network, 1e-3, 0)) {
                training.epoch(images, Progress.NONE);
                return bytes(() -> training.epoch(images, Progress.NONE));
            }
        }, 64);
    }

    @Test
    void aRetrainingBringsTheNetwork() {
        Retraining retraining = new Retraining(2, true, 1, 0);
        few("a retraining", images -> {
            try (Opinions teacher = new Opinions(device, MODEL, images)) {
                return bytes(() -> retraining.run(device, teacher, MODEL, images, Progress.NONE));
            }
        }, Float.BYTES * MODEL.values().length + 256);
    }

    @Test
    void anEvaluationBringsItsScore() {
        ToLongFunction<DeviceImages> score = images -> {
            try (LeNet5 network = new LeNet5(device, MODEL, images.count() / 2)) {
                return bytes(() -> Evaluation.score(network, images));
            }
        };
        few("an evaluation", score, 64);
    }

    @Test
    void correlationsBringNothingButTheWeights() {
        few("correlations", images -> {
            try (LeNet5 network = new LeNet5(device, MODEL, BATCH)) {
                return bytes(() -> NetworkCorrelations.gather(
                                network, images, EnumSet.allOf(Target.class), true, Progress.NONE)
                        .close());
            }
        }, Float.BYTES * MODEL.values().length + 64);
    }

    // Both answers, M and the refit, and what a round looks at, a few numbers a neuron: R alone has 201 for each.
    @Test
    void aCompressionBringsItsAnswers() {
        int h = 10;
        int d = 201;
        Compression.Options options =
                new Compression.Options(Target.FC2, new Strength.Ratio(0.3), true, true, Solver.named("newton"));
        long bytes = of(3 * BATCH, images -> {
            try (LeNet5 network = new LeNet5(device, MODEL, BATCH);
                    NetworkCorrelations sums = NetworkCorrelations.gather(
                            network, images, EnumSet.of(Target.FC2), true, Progress.NONE)) {
                return bytes(() -> Compression.run(device, MODEL, sums.of(Target.FC2), options, Progress.NONE));
            }
        });
        assertThat(bytes).isBetween((long) Double.BYTES * 2 * h * d, (long) Double.BYTES * (3 * h + 100) * d);
    }

    @Test
    void momentsOfAllLayersBringNothingButTheWeights() {
        few("moments of all layers", images -> bytes(() -> compression(images).close()),
                Float.BYTES * MODEL.values().length + 64);
    }

    // As above: R has 201 numbers for each column.
    @Test
    void aLayersFitBringsItsAnswers() {
        int h = 10;
        int d = 201;
        List<NetworkCompression.Step> steps =
                List.of(new NetworkCompression.Step(Target.FC2, new Strength.Ratio(0.3)));
        long bytes = of(3 * BATCH, images -> {
            try (NetworkCompression compression = compression(images)) {
                return bytes(() -> compression.compress(steps, Progress.NONE));
            }
        });
        assertThat(bytes).isBetween((long) Double.BYTES * 2 * h * d, (long) Double.BYTES * (3 * h + 100) * d);
    }

    private NetworkCompression compression(DeviceImages images) {
        return new NetworkCompression(device, MODEL, images, Solver.named("newton"), Progress.NONE);
    }
}
