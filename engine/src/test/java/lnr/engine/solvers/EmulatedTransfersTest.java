package lnr.engine.solvers;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.Random;
import java.util.stream.IntStream;
import lnr.engine.Correlations;
import lnr.engine.Debiasing;
import lnr.engine.Draws;
import lnr.engine.Layer;
import lnr.engine.Problem;
import lnr.kernels.Device;
import lnr.kernels.F32;
import lnr.kernels.Scope;
import lnr.kernels.emulated.Emulated;
import lnr.kernels.emulated.Emulator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What comes to the host: the numbers that decide whether to stop, and answers. Counted by the emulated device. */
@Emulated
class EmulatedTransfersTest {
    /** Steps of a block, whose numbers come together. */
    private static final int BLOCK = 16;

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

    private long bytes(Runnable work) {
        long before = Emulator.bytesToHost();
        work.run();
        return Emulator.bytesToHost() - before;
    }

    /** Bytes that a solve brings to the host, stopped after so many steps or rounds. */
    private long bytes(Solver solver, int h, int d, int steps) {
        Layer layer = Layer.random(new Random(5), h, d, 3 * d, true);
        try (Scope scope = device.scope()) {
            Problem whole = layer.problem(scope, 1);
            Problem problem = whole.withLambda(0.01 * whole.lambdaMax());
            Monitor untilThen = (iteration, objective, gap) -> iteration < steps;
            return bytes(() -> {
                int taken = solver.solve(problem, new double[h * d], untilThen).iterations();
                assertThat(taken).as("steps").isEqualTo(steps);
            });
        }
    }

    // A block of ten steps is five numbers of each of 16, whatever M's size.
    @ParameterizedTest
    @ValueSource(strings = {"proximal-gradient", "fista", "alternating-minimization"})
    void aStepOfTheTextsMethodsBringsAFewNumbers(String name) {
        Solver solver = Solver.named(name).withStopping(new Stopping(1000, 1e-12, 0, 10));
        for (int h : new int[] {3, 40}) {
            for (int d : new int[] {9, 41}) {
                long ten = bytes(solver, h, d, 10);
                long fifty = bytes(solver, h, d, 50);
                assertThat((fifty - ten) / 4).as("%s: bytes of ten steps, h = %d, d = %d", name, h, d)
                        .isPositive()
                        .isLessThanOrEqualTo(5L * BLOCK * Double.BYTES);
            }
        }
    }

    // Stopped at the end of the first block, the device has been given the second one already.
    @ParameterizedTest
    @ValueSource(strings = {"proximal-gradient", "fista"})
    void theNextBlockIsAskedForBeforeTheLastOnesNumbersCome(String name) {
        Solver solver = Solver.named(name).withStopping(new Stopping(1000, 1e-12, 0, 10));
        long before = Emulator.launches().getOrDefault("lnr_step", 0L);
        bytes(solver, 3, 9, 10);
        assertThat(Emulator.launches().get("lnr_step") - before).isEqualTo(20);
    }

    // A look at the gap takes the slopes of all groups, and Newton's method the norms too: at each try of a step.
    @ParameterizedTest
    @ValueSource(strings = {"fista", "restarted-fista", "newton"})
    void aLookAtTheGapBringsANumberForEachGroup(String name) {
        Solver solver = Solver.named(name);
        int every = name.equals("newton") ? 1 : BLOCK;
        Solver looking = solver.withStopping(new Stopping(10_000, 1e-12, 1e-15, every));
        int d = 41;
        for (int h : new int[] {3, 160}) {
            long first = bytes(looking, h, d, every);
            long third = bytes(looking, h, d, 3 * every);
            assertThat((third - first) / 2).as("%s: bytes of a look, h = %d", name, h)
                    .isPositive()
                    .isLessThanOrEqualTo(Double.BYTES * (5L * BLOCK + 6L * d + 50));
        }
    }

    @Test
    void aRefitBringsItsAnswerAlone() {
        int h = 30;
        int d = 41;
        int[] kept = IntStream.range(0, 20).toArray();
        try (Scope scope = device.scope()) {
            Problem problem = Layer.random(new Random(5), h, d, 3 * d, true).problem(scope, 1);
            long few = Double.BYTES * (2L * d + 10);
            assertThat(bytes(() -> Debiasing.fit(problem, kept))).isLessThanOrEqualTo(few);
            assertThat(bytes(() -> Debiasing.of(problem, kept))).isLessThanOrEqualTo(Double.BYTES * h * d + few);
        }
    }

    @Test
    void correlationsBecomeAProblemOnTheDevice() {
        int h = 12;
        int d = 31;
        int n = 50;
        float[] samples = new float[n * d];
        Random random = new Random(7);
        for (int i = 0; i < samples.length; i++) {
            samples[i] = (float) random.nextGaussian();
        }
        double[] w = Draws.normal(random, h * (d + 1));
        try (Scope scope = device.scope();
                Correlations layer = Correlations.ofLayer(device, d, true, h, w);
                Correlations targets = Correlations.ofTargets(device, d, true, h)) {
            F32 x = scope.f32(samples);
            F32 y = scope.f32(Arrays.copyOf(samples, n * h));
            assertThat(bytes(() -> {
                for (int batch = 0; batch < 3; batch++) {
                    layer.add(n, x);
                    targets.add(n, x, y);
                }
            })).isZero();
            assertThat(bytes(() -> layer.problem(scope, 1))).isLessThanOrEqualTo(10 * Double.BYTES);
            assertThat(bytes(() -> targets.problem(scope, 1))).isLessThanOrEqualTo(10 * Double.BYTES);
        }
    }
}
