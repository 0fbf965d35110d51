package lnr.lenet.compress;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import lnr.engine.solvers.Solver;
import lnr.kernels.Device;
import lnr.lenet.Progress;
import lnr.lenet.compress.NetworkCompression.Fit;
import lnr.lenet.compress.NetworkCompression.Step;
import lnr.lenet.data.Dataset;
import lnr.lenet.data.DrawnDigits;
import lnr.lenet.network.Architecture;
import lnr.lenet.network.DeviceImages;
import lnr.lenet.network.Evaluation;
import lnr.lenet.network.LeNet5;
import lnr.lenet.network.Model;
import lnr.lenet.network.Training;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Several layers of a small network trained on drawn digits. */
class NetworkCompressionTest {
    private static final Set<Target> ALL = EnumSet.allOf(Target.class);
    private static final Solver SOLVER = Solver.named("newton");

    private static Device device;
    private static DeviceImages images;
    private static DeviceImages heldOut;
    private static Model model;
    private static NetworkCompression compression;

    @BeforeAll
    static void train() {
        device = Device.open("cpu");
        Dataset.Split.Parts digits = DrawnDigits.draw(3, 1500, 10).train().holdOut(300);
        images = new DeviceImages(device, digits.fitted().images(), digits.fitted().labels());
        heldOut = new DeviceImages(device, digits.heldOut().images(), digits.heldOut().labels());
        try (LeNet5 network = new LeNet5(device, Model.random(new Architecture(8, 12, 60, 10), 0), 50);
                Training training = new Training(network, 1e-3, 0)) {
            for (int epoch = 0; epoch < 4; epoch++) {
                training.epoch(images, Progress.NONE);
            }
            model = network.model();
        }
        images.inOrder();
        compression = new NetworkCompression(device, model, images, SOLVER, Progress.NONE);
    }

    @AfterAll
    static void nothingIsHeld() {
        compression.close();
        images.close();
        heldOut.close();
        assertThat(device.heldBytes()).isZero();
        device.close();
    }

    private static Step keep(Target target, int count) {
        return new Step(target, new Strength.Keep(count));
    }

    @Test
    void withNothingRemovedItIsTheIdentity() {
        for (List<Target> order : List.of(
                List.of(Target.CONV2, Target.FC1, Target.FC2),
                List.of(Target.FC2, Target.FC1, Target.CONV2),
                List.of(Target.FC1))) {
            List<Step> steps = order.stream().map(t -> keep(t, 1000)).toList();
            NetworkCompression.Result result = compression.compress(steps, Progress.NONE);
            assertThat(result.model().architecture()).isEqualTo(model.architecture());
            assertThat(result.fits()).allSatisfy(fit -> assertThat(fit.error()).isLessThan(1e-6));
            try (LeNet5 before = new LeNet5(device, model, 100);
                    LeNet5 after = new LeNet5(device, result.model(), 100)) {
                float[] expected = Evaluation.logits(before, heldOut);
                float[] actual = Evaluation.logits(after, heldOut);
                for (int i = 0; i < expected.length; i++) {
                    assertThat(actual[i]).isCloseTo(expected[i], within(2e-2f));
                }
            }
        }
    }

    @Test
    void everyOrderGivesTheWidthsAskedFor() {
        for (List<Step> steps : List.of(
                List.of(keep(Target.CONV2, 5), keep(Target.FC1, 8), keep(Target.FC2, 20)),
                List.of(keep(Target.FC2, 20), keep(Target.FC1, 8), keep(Target.CONV2, 5)),
                List.of(keep(Target.FC1, 8), keep(Target.FC2, 20), keep(Target.CONV2, 5)))) {
            NetworkCompression.Result result = compression.compress(steps, Progress.NONE);
            assertThat(result.model().architecture()).isEqualTo(new Architecture(5, 8, 20, 10));
            assertThat(accuracy(result.model())).isGreaterThan(accuracy(model) - 0.1);
        }
    }

    /** Least squares on what conv2 and fc1 leave of fc2's input is no worse than fc2 as it was. */
    @Test
    void errorsAreCorrectedAsTheyArise() {
        List<Step> two = List.of(keep(Target.CONV2, 3), keep(Target.FC1, 5));
        Model uncorrected = compression.compress(two, Progress.NONE).model();
        List<Step> three = List.of(keep(Target.CONV2, 3), keep(Target.FC1, 5), keep(Target.FC2, 60));
        Model corrected = compression.compress(three, Progress.NONE).model();
        assertThat(distance(corrected)).isLessThan(distance(uncorrected));
    }

    @Test
    void whatIsLeftBehindIsFittedAgain() {
        List<Fit> fits = compression
                .compress(List.of(keep(Target.FC2, 20), keep(Target.FC1, 8), keep(Target.CONV2, 5)), Progress.NONE)
                .fits();
        assertThat(fits.stream().map(Fit::target))
                .containsExactly(Target.FC2, Target.FC1, Target.CONV2, Target.FC1, Target.FC2);
        assertThat(fits.subList(3, 5)).allSatisfy(fit -> assertThat(fit.kept()).isEqualTo(fit.of()));
    }

    /** Room for all inputs, for the first batch of fc1's, for none: the images are two batches, the second not full. */
    @Test
    void whatIsKeptOfEarlierPassesChangesNothing() {
        List<List<Step>> orders = List.of(
                List.of(keep(Target.FC2, 20), keep(Target.FC1, 8), keep(Target.CONV2, 5)),
                List.of(keep(Target.CONV2, 5), keep(Target.FC1, 8), keep(Target.FC2, 20)),
                List.of(keep(Target.FC1, 8), keep(Target.FC2, 20), keep(Target.CONV2, 5)),
                List.of(keep(Target.CONV2, 5), keep(Target.FC2, 20)));
        int[] samples = {700, 1100, images.count()};
        assertThat(images.count()).isBetween(LayerInputs.BATCH + 101, 2 * LayerInputs.BATCH - 1);
        long one = (long) LayerInputs.BATCH * 12 * 16 * Float.BYTES;
        try (NetworkCompression all = withRoom(LayerInputs.ROOM);
                NetworkCompression some = withRoom(one);
                NetworkCompression none = withRoom(0)) {
            for (int sample : samples) {
                for (List<Step> steps : orders) {
                    NetworkCompression.Result expected = none.compress(steps, sample, Progress.NONE);
                    for (NetworkCompression kept : List.of(all, some)) {
                        NetworkCompression.Result result = kept.compress(steps, sample, Progress.NONE);
                        assertThat(result.model()).isEqualTo(expected.model());
                        assertThat(result.fits().stream().map(Fit::error).toList())
                                .isEqualTo(expected.fits().stream().map(Fit::error).toList());
                    }
                }
            }
            List<Step> steps = orders.get(0);
            assertThat(all.compress(steps, samples[0], Progress.NONE).model())
                    .isEqualTo(none.compress(steps, samples[0], Progress.NONE).model())
                    .isNotEqualTo(none.compress(steps, samples[1], Progress.NONE).model());
        }
    }

    private static NetworkCompression withRoom(long bytes) {
        return new NetworkCompression(device, model, images, SOLVER, bytes, Progress.NONE);
    }

    @Test
    void allocationKeepsToItsBudget() {
        for (Set<Target> targets : List.of(ALL, EnumSet.of(Target.FC1, Target.FC2), EnumSet.of(Target.CONV2))) {
            Allocation allocation = new Allocation(device, compression, targets, heldOut);
            int least = Allocation.least(model.architecture(), targets);
            for (int budget : new int[] {least, (least + model.values().length) / 2, model.values().length}) {
                Architecture widths = allocation.within(budget, Progress.NONE);
                assertThat(widths.parameters()).isBetween(least, budget);
                Model compressed = compression
                        .compress(Allocation.steps(widths, targets), Progress.NONE)
                        .model();
                assertThat(compressed.values().length).isLessThanOrEqualTo(budget);
            }
            assertThatThrownBy(() -> allocation.within(least - 1, Progress.NONE))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining(Integer.toString(least));
        }
    }

    @Test
    void allocationReachesAnAccuracy() {
        double asked = accuracy(model) - 0.05;
        Allocation allocation = new Allocation(device, compression, ALL, heldOut);
        Architecture widths = allocation.reaching(asked, Progress.NONE);
        assertThat(widths.parameters()).isLessThan(model.values().length / 2);
        assertThatThrownBy(() -> allocation.reaching(1.1, Progress.NONE))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("accuracy");
    }

    @Test
    void retrainingMendsAndGoesOnFromRoundToRound() {
        GradualCompression.Plan plan = new GradualCompression.Plan(
                List.of(Target.values()), new Goal.Size(900), 2, Optional.of(new Retraining(3, true, 1, 0)), SOLVER);
        List<GradualCompression.Round> rounds =
                GradualCompression.run(device, model, images, heldOut, plan, Progress.NONE);
        assertThat(rounds).hasSize(2);
        assertThat(rounds.get(0).model().values().length).isGreaterThan(900);
        assertThat(rounds.get(1).model().values().length).isLessThanOrEqualTo(900);
        for (GradualCompression.Round round : rounds) {
            assertThat(round.retrained().loss()).isLessThan(round.compressed().loss());
        }
        List<GradualCompression.Round> again =
                GradualCompression.run(device, model, images, heldOut, plan, Progress.NONE);
        assertThat(again.get(1).model()).isEqualTo(rounds.get(1).model());
    }

    /** E||z - z'||^2 of the logits on the images that were fitted to, but for a factor. */
    private static double distance(Model other) {
        try (LeNet5 before = new LeNet5(device, model, 100);
                LeNet5 after = new LeNet5(device, other, 100)) {
            float[] z = Evaluation.logits(before, images);
            float[] y = Evaluation.logits(after, images);
            double sum = 0;
            for (int i = 0; i < z.length; i++) {
                sum += (z[i] - y[i]) * (z[i] - y[i]);
            }
            return sum;
        }
    }

    private static double accuracy(Model of) {
        try (LeNet5 network = new LeNet5(device, of, 100)) {
            return Evaluation.score(network, heldOut).accuracy();
        }
    }
}
