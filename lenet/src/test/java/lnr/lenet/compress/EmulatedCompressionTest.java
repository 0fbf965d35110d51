package lnr.lenet.compress;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import lnr.engine.Correlations;
import lnr.engine.Debiasing;
import lnr.engine.Problem;
import lnr.engine.Quadratic;
import lnr.engine.Solution;
import lnr.engine.Status;
import lnr.engine.solvers.Solver;
import lnr.kernels.Device;
import lnr.kernels.F32;
import lnr.kernels.Groups;
import lnr.kernels.Scope;
import lnr.kernels.emulated.Emulated;
import lnr.kernels.emulated.Emulator;
import lnr.lenet.Progress;
import lnr.lenet.data.Dataset;
import lnr.lenet.data.DrawnDigits;
import lnr.lenet.network.Architecture;
import lnr.lenet.network.DeviceImages;
import lnr.lenet.network.LeNet5;
import lnr.lenet.network.Model;
import lnr.lenet.network.PassBounds;
import lnr.lenet.network.Training;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Compression on the CUDA device, on emulated hardware, beside the CPU: each stage of both from the same inputs, which
 * the device made, and each within bounds that are computed from these. Training has its own test.
 */
@Emulated
class EmulatedCompressionTest {
    private static final Dataset.Split DIGITS = DrawnDigits.draw(3, 20, 10).train();
    private static final Architecture NARROW = new Architecture(4, 6, 30, 10);

    /** Of the network's passes: 8, 8 and 4 images. */
    private static final int BATCH = 8;

    /** Unit roundoff. */
    private static final double U = 0x1p-53;

    @ParameterizedTest
    @ValueSource(strings = {"forward", "reverse", "random 1", "random 2", "random 3"})
    void everyStageIsWithinItsBounds(String order) {
        Emulator.load();
        Emulator.schedule(order);
        Emulator.lazy(true);
        try (Device cuda = Device.open("cuda");
                Device cpu = Device.open("cpu")) {
            assertThat(cuda.description()).containsEntry("processor", "emulated");
            stages(cuda, cpu, trained(cuda, Architecture.LENET5), EnumSet.of(Target.FC2));
            stages(cuda, cpu, trained(cuda, NARROW), EnumSet.allOf(Target.class));
            assertThat(cuda.heldBytes()).isZero();
        }
    }

    /** Errors corrected twice, fc2's from what fc1's left there, and again with nothing kept between them. */
    @Test
    void correctionsAreTheSameFromInputsThatWereKept() {
        Emulator.load();
        Emulator.schedule("forward");
        Emulator.lazy(true);
        List<NetworkCompression.Step> steps = List.of(
                new NetworkCompression.Step(Target.FC2, new Strength.Keep(12)),
                new NetworkCompression.Step(Target.FC1, new Strength.Keep(4)),
                new NetworkCompression.Step(Target.CONV2, new Strength.Keep(3)));
        try (Device cuda = Device.open("cuda")) {
            Model model = trained(cuda, NARROW);
            List<Model> compressed = new ArrayList<>();
            for (long room : new long[] {0, 1_000_000}) {
                try (DeviceImages images = new DeviceImages(cuda, DIGITS.images(), DIGITS.labels());
                        NetworkCompression compression = new NetworkCompression(
                                cuda, model, images, Solver.named("newton"), room, Progress.NONE)) {
                    compressed.add(compression.compress(steps, Progress.NONE).model());
                }
            }
            assertThat(compressed.get(0).architecture()).isEqualTo(new Architecture(3, 4, 12, 10));
            assertThat(compressed.get(1)).isEqualTo(compressed.get(0));
            assertThat(cuda.heldBytes()).isZero();
        }
    }

    private static Model trained(Device device, Architecture shape) {
        try (DeviceImages images = new DeviceImages(device, DIGITS.images(), DIGITS.labels());
                LeNet5 network = new LeNet5(device, Model.random(shape, 0), BATCH);
                Training training = new Training(network, 1e-3, 0)) {
            training.epoch(images, Progress.NONE);
            training.epoch(images, Progress.NONE);
            return network.model();
        }
    }

    private static void stages(Device cuda, Device cpu, Model model, Set<Target> targets) {
        try (DeviceImages images = new DeviceImages(cuda, DIGITS.images(), DIGITS.labels());
                LeNet5 network = new LeNet5(cuda, model, BATCH);
                NetworkCorrelations sums =
                        NetworkCorrelations.gather(network, images, targets, true, Progress.NONE)) {
            for (Target target : targets) {
                List<float[]> inputs = inputs(network, images, target);
                double[] w = NetworkCorrelations.weight(model, target.layer(), true);
                Moments expected = new Moments(target, model.architecture(), inputs, w);
                Correlations correlations = sums.of(target);
                expected.contain(correlations);
                expected.containSumsOn(cpu, inputs);
                solvesAndRefits(cuda, cpu, target, correlations);
            }
            compressed(cuda, cpu, model, images, sums.of(Target.FC2));
        }
    }

    /** What a layer was given for each batch, (n, inputs). */
    private static List<float[]> inputs(LeNet5 network, DeviceImages images, Target target) {
        List<float[]> inputs = new ArrayList<>();
        pass(network, images, (n, x) -> inputs.add(network.activation(target.layer(), n).toArray()));
        return inputs;
    }

    private interface Batch {
        void seen(int n, float[] x);
    }

    /** Full passes of all images. */
    private static void pass(LeNet5 network, DeviceImages images, Batch batch) {
        try (Scope scope = network.device().scope()) {
            for (int from = 0; from < images.count(); from += network.batch()) {
                int n = Math.min(network.batch(), images.count() - from);
                F32 x = scope.f32((long) n * network.width(0));
                images.gather(from, n, x);
                network.forward(n, x, LeNet5.STEPS);
                batch.seen(n, x.toArray());
            }
        }
    }

    /**
     * R and C of samples, and how far computed ones may be from them. A sum of n products is wrong by no more than
     * (n + 2) u times the sum of their magnitudes, in any order; this one is too, hence twice that. C = W R has the
     * errors of R besides.
     */
    private static final class Moments {
        private final Target target;
        private final Architecture shape;
        private final int h;
        private final int d; // with the bias
        private final double[] w;
        private final double[] r;
        private final double[] rError;
        private final double[] c;
        private final double[] cError;

        Moments(Target target, Architecture shape, List<float[]> inputs, double[] w) {
            this.target = target;
            this.shape = shape;
            this.w = w;
            this.h = shape.layers().get(target.layer()).outputs();
            this.d = shape.layers().get(target.layer()).inputs() + 1;
            this.r = new double[d * d];
            this.rError = new double[d * d];
            double[] size = new double[d * d];
            int samples = 0;
            for (float[] batch : inputs) {
                double[] x = samples(batch);
                for (int from = 0; from < x.length; from += d, samples++) {
                    for (int j = 0; j < d; j++) {
                        for (int i = 0; i < d; i++) {
                            double term = x[from + i] * x[from + j];
                            r[j * d + i] += term;
                            size[j * d + i] += Math.abs(term);
                        }
                    }
                }
            }
            double scale = 1.0 / ((double) d * samples);
            for (int k = 0; k < r.length; k++) {
                r[k] *= scale;
                rError[k] = 2 * (samples + 4) * U * size[k] * scale;
            }
            this.c = new double[h * d];
            this.cError = new double[h * d];
            for (int j = 0; j < d; j++) {
                for (int k = 0; k < d; k++) {
                    for (int i = 0; i < h; i++) {
                        double term = w[k * h + i] * r[j * d + k];
                        c[j * h + i] += term;
                        cError[j * h + i] +=
                                2 * (d + 2) * U * Math.abs(term) + Math.abs(w[k * h + i]) * rError[j * d + k];
                    }
                }
            }
        }

        /** One sample after another, each with a last 1; a convolution's are patches. */
        private double[] samples(float[] batch) {
            int features = d - 1;
            if (target != Target.CONV2) {
                int n = batch.length / features;
                double[] x = new double[n * d];
                for (int s = 0; s < n; s++) {
                    for (int j = 0; j < features; j++) {
                        x[s * d + j] = batch[s * features + j];
                    }
                    x[s * d + features] = 1;
                }
                return x;
            }
            int side = shape.second().width();
            int across = side - 4;
            int n = batch.length / shape.second().inputs();
            double[] x = new double[n * across * across * d];
            for (int p = 0; p < n * across * across; p++) {
                int corner = p / (across * across) * shape.second().inputs() + p / across % across * side + p % across;
                for (int j = 0; j < features; j++) {
                    x[p * d + j] = batch[corner + j / 25 * side * side + j / 5 % 5 * side + j % 5];
                }
                x[p * d + features] = 1;
            }
            return x;
        }

        void contain(Correlations actual) {
            within("R of " + target, actual.r(), r, rError);
            within("C of " + target, actual.c(), c, cError);
        }

        void containSumsOn(Device device, List<float[]> inputs) {
            try (Scope scope = device.scope();
                    Correlations sums = Correlations.ofLayer(device, d - 1, true, h, w)) {
                for (float[] batch : inputs) {
                    if (target == Target.CONV2) {
                        int side = shape.second().width();
                        sums.addPatches(batch.length / shape.second().inputs(), side, side, 5, scope.f32(batch));
                    } else {
                        sums.add(batch.length / (d - 1), scope.f32(batch));
                    }
                }
                contain(sums);
            }
        }
    }

    private static void within(String what, double[] actual, double[] expected, double[] error) {
        assertThat(actual).as(what).hasSize(expected.length);
        for (int k = 0; k < actual.length; k++) {
            if (!(Math.abs(actual[k] - expected[k]) <= error[k])) {
                assertThat(actual[k]).as("%s, element %d, give or take %s", what, k, error[k]).isEqualTo(expected[k]);
            }
        }
    }

    private interface Work<T> {
        T on(Problem problem);
    }

    /** The same problem, bit for bit, on any device. */
    private static <T> T pose(Device device, Target target, int h, double[] r, double[] c, double tau, Work<T> work) {
        int d = c.length / h;
        try (Scope scope = device.scope()) {
            Groups groups = Groups.ofSize(scope, (d - 1) / target.columns(), target.columns());
            return work.on(new Problem(Quadratic.withTau(scope, h, d, r, c, tau), groups, 0));
        }
    }

    private static void solvesAndRefits(Device cuda, Device cpu, Target target, Correlations correlations) {
        int h = correlations.h();
        double[] r = correlations.r();
        double[] c = correlations.c();
        double tau = correlations.tau();
        Work<Solution> solve = problem -> Solver.named("newton").solve(problem.withLambda(0.3 * problem.lambdaMax()));
        Solution actual = pose(cuda, target, h, r, c, tau, solve);
        Solution expected = pose(cpu, target, h, r, c, tau, solve);
        assertThat(actual.status()).isEqualTo(Status.CONVERGED);
        assertThat(actual.columns()).hasSizeBetween(1, actual.penalised() - 1);
        double[] apart = new double[c.length];
        Arrays.setAll(apart, k -> actual.m()[k] - expected.m()[k]);
        assertThat(length(h, apart, r))
                .as("%s: distance of both answers", target)
                .isLessThanOrEqualTo(distance(actual, tau) + distance(expected, tau));
        int[] columns = actual.columns();
        for (Device device : List.of(cuda, cpu)) {
            refitted(h, r, c, pose(device, target, h, r, c, tau, problem -> Debiasing.of(problem, columns)));
        }
    }

    /**
     * How far an answer may be from the optimum in the norm ||M||_R^2 = Tr(M R M'), in which P is strongly convex:
     * P(M) - P(M*) is at least half the squared distance, and at most the gap. The gap's own sums have h d terms, none
     * of them more than tau in all.
     */
    private static double distance(Solution solution, double tau) {
        double rounding = 8.0 * solution.m().length * U * tau;
        return Math.sqrt(2 * (solution.gap() + rounding));
    }

    private static double length(int h, double[] m, double[] r) {
        int d = m.length / h;
        double square = 0;
        for (int j = 0; j < d; j++) {
            for (int k = 0; k < d; k++) {
                for (int i = 0; i < h; i++) {
                    square += m[j * h + i] * r[k * d + j] * m[k * h + i];
                }
            }
        }
        return Math.sqrt(Math.max(0, square));
    }

    /**
     * The residual of M_S (R_SS + delta I) = C_S is at most gamma_(4 n + 2) |M_S| |L| |L'| (Higham, Accuracy and
     * Stability of Numerical Algorithms, theorems 10.3 and 10.4), and || |L| |L'| || at most Tr(R_SS + delta I). Twice
     * that, for delta's rounding and for the residual's own.
     */
    private static void refitted(int h, double[] r, double[] c, Debiasing refit) {
        int d = c.length / h;
        int[] kept = refit.kept();
        int n = kept.length;
        double mean = Arrays.stream(kept).mapToDouble(j -> r[j * d + j]).sum() / n;
        double delta = refit.damping() * mean;
        double residual = 0;
        double size = 0;
        for (int j : kept) {
            for (int i = 0; i < h; i++) {
                double sum = delta * refit.m()[j * h + i] - c[j * h + i];
                for (int k : kept) {
                    sum += refit.m()[k * h + i] * r[j * d + k];
                }
                residual += sum * sum;
                size += refit.m()[j * h + i] * refit.m()[j * h + i];
            }
        }
        assertThat(Math.sqrt(residual))
                .as("residual of %d columns", n)
                .isLessThanOrEqualTo(2 * (4 * n + 2) * U * n * (mean + delta) * Math.sqrt(size));
        assertThat(IntStream.range(0, d).filter(j -> Arrays.binarySearch(kept, j) < 0))
                .allSatisfy(j -> assertThat(Arrays.copyOfRange(refit.m(), j * h, (j + 1) * h)).containsOnly(0));
    }

    /** The job itself for fc2: its networks hold the refit's numbers, and compute what these say, on either device. */
    private static void compressed(
            Device cuda, Device cpu, Model model, DeviceImages images, Correlations correlations) {
        Compression.Options options =
                new Compression.Options(Target.FC2, new Strength.Ratio(0.3), true, true, Solver.named("newton"));
        Compression.Result result = Compression.run(cuda, model, correlations, options, Progress.NONE);
        Debiasing refit = result.debiasing().orElseThrow();
        refitted(correlations.h(), correlations.r(), correlations.c(), refit);
        assertThat(result.refitted()).isEqualTo(Surgery.replace(model, Target.FC2, refit.m(), true));
        assertThat(result.compressed())
                .isEqualTo(Surgery.collapse(result.refitted(), Target.FC2, result.solution().support()));
        for (Device device : List.of(cuda, cpu)) {
            try (DeviceImages same = new DeviceImages(device, DIGITS.images(), DIGITS.labels());
                    LeNet5 whole = new LeNet5(device, result.refitted(), BATCH);
                    LeNet5 small = new LeNet5(device, result.compressed(), BATCH)) {
                assertThat(same.count()).isEqualTo(images.count());
                pass(whole, same, (n, x) -> {
                    PassBounds.assertForward(whole, n, x, null);
                    try (Scope scope = device.scope()) {
                        small.forward(n, scope.f32(x), LeNet5.STEPS);
                    }
                    PassBounds.assertForward(small, n, x, null);
                    PassBounds.assertCollapsed(whole, small, n, result.solution().support());
                });
            }
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
                LeNet5 network = new LeNet5(cuda, Model.random(NARROW, 0), 5);
                Training training = new Training(network, 1e-3, 0)) {
            training.epoch(images, Progress.NONE);
            Map<String, Long> before = Emulator.launches();
            training.epoch(images, Progress.NONE);
            Map<String, Long> after = Emulator.launches();
            after.replaceAll((kernel, count) -> count - before.getOrDefault(kernel, 0L));
            assertThat(after)
                    .containsEntry("lnr_cross_entropy", 4L)
                    .containsEntry("lnr_check_order", 1L)
                    .containsEntry("lnr_check_labels", 0L);
        }
    }
}
