package lnr.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import java.util.function.BiConsumer;
import lnr.engine.Solution;
import lnr.engine.Status;
import lnr.kernels.Device;
import org.junit.jupiter.api.Test;

/** Every benchmark's operands are made and its operation runs, at sizes too small to time. */
class BenchmarksTest {
    /** Opens a state, calls its benchmarks twice, closes it. */
    @SafeVarargs
    private static <S extends OnDevice> void run(S state, BiConsumer<S, Work>... benchmarks) {
        state.device = "cpu";
        state.open();
        for (BiConsumer<S, Work> benchmark : benchmarks) {
            Work once = new Work();
            benchmark.accept(state, once);
            assertThat(once.gigaflops + once.gigabytes).isPositive();
            Work twice = new Work();
            benchmark.accept(state, twice);
            benchmark.accept(state, twice);
            assertThat(twice.gigabytes).isCloseTo(2 * once.gigabytes, within(1e-12));
        }
        Device device = state.on();
        state.close();
        assertThat(device.heldBytes()).isZero();
    }

    @Test
    void denseLinearAlgebra() {
        BlasBenchmark benchmark = new BlasBenchmark();
        BlasBenchmark.Product product = new BlasBenchmark.Product();
        product.shape = "7x5x3";
        run(product, benchmark::gemmF32, benchmark::gemmF64);
        BlasBenchmark.Batch batch = new BlasBenchmark.Batch();
        batch.shape = "4x7x5x3";
        run(batch, benchmark::gemmStridedBatchedF32, benchmark::gemmStridedBatchedF64);
        BlasBenchmark.Definite definite = new BlasBenchmark.Definite();
        definite.shape = "3x7";
        run(definite, benchmark::cholesky, benchmark::choleskySolve, benchmark::choleskyInverse);
        run(definite, benchmark::eigen, benchmark::largestEigenvalue);
        BlasBenchmark.Vectors vectors = new BlasBenchmark.Vectors();
        vectors.length = 17;
        run(vectors, benchmark::dot, benchmark::copy, benchmark::axpy, benchmark::addDiagonal, benchmark::narrow);
    }

    @Test
    void workIsTheTextbooksCount() {
        BlasBenchmark.Product product = new BlasBenchmark.Product();
        product.device = "cpu";
        product.shape = "7x5x3";
        product.open();
        Work work = new Work();
        new BlasBenchmark().gemmF64(product, work);
        product.close();
        assertThat(work.gigaflops).isCloseTo(2 * 7 * 5 * 3 * 1e-9, within(1e-18));
    }

    @Test
    void penalty() {
        GroupNormBenchmark benchmark = new GroupNormBenchmark();
        GroupNormBenchmark.Pair pair = new GroupNormBenchmark.Pair();
        pair.shape = "3x7";
        run(pair, benchmark::norms, benchmark::penalty, benchmark::variationalDiagonal, benchmark::prox);
        GroupNormBenchmark.Iterates iterates = new GroupNormBenchmark.Iterates();
        iterates.shape = "3x7";
        run(iterates, benchmark::step);
        GroupNormBenchmark.Changes changes = new GroupNormBenchmark.Changes();
        changes.shape = "3x7";
        changes.batch = 2;
        run(changes, benchmark::restartedStep, benchmark::restartedStepF32, benchmark::gapSums);
    }

    @Test
    void stepsOnTheSupport() {
        SupportBenchmark benchmark = new SupportBenchmark();
        SupportBenchmark.Packed packed = new SupportBenchmark.Packed();
        packed.shape = "3x7";
        run(packed, benchmark::gather, benchmark::scatter, benchmark::submatrix, benchmark::slope);
        run(packed, benchmark::complement, benchmark::inner, benchmark::addScaled, benchmark::retreat);
    }

    @Test
    void passesOverGroups() {
        BlockDescentBenchmark benchmark = new BlockDescentBenchmark();
        for (int size : new int[] {1, 3}) {
            BlockDescentBenchmark.Problem problem = new BlockDescentBenchmark.Problem();
            problem.shape = "4x12";
            problem.size = size;
            run(problem, benchmark::prepare, benchmark::pass);
        }
    }

    @Test
    void correlationSumsWithAShortLastBatch() {
        CorrelationBenchmark benchmark = new CorrelationBenchmark();
        CorrelationBenchmark.Samples samples = new CorrelationBenchmark.Samples();
        samples.shape = "23x7";
        samples.batch = 10;
        samples.h = 3;
        run(samples, benchmark::addGram, benchmark::addCross, benchmark::addSquares);
        CorrelationBenchmark.Maps maps = new CorrelationBenchmark.Maps();
        maps.shape = "23x2x7x6x3";
        maps.batch = 10;
        run(maps, benchmark::addPatchGram, benchmark::addPatchGram);
    }

    @Test
    void layers() {
        LayersBenchmark benchmark = new LayersBenchmark();
        for (String layer : List.of("conv1", "conv2")) {
            LayersBenchmark.Convolution convolution = new LayersBenchmark.Convolution();
            convolution.layer = layer;
            convolution.batch = 3;
            run(convolution, benchmark::convolve, benchmark::convolveOnly, benchmark::convolveBackward);
        }
        for (String layer : List.of("fc1", "fc2")) {
            LayersBenchmark.Dense dense = new LayersBenchmark.Dense();
            dense.layer = layer;
            dense.batch = 3;
            run(dense, benchmark::dense, benchmark::denseBackward);
        }
        LayersBenchmark.Logits logits = new LayersBenchmark.Logits();
        logits.batch = 3;
        run(logits, benchmark::crossEntropy, benchmark::distillation);
        run(new LayersBenchmark.Parameters(), benchmark::adam);
        LayersBenchmark.Images images = new LayersBenchmark.Images();
        images.count = 7;
        images.batch = 3;
        run(images, benchmark::gatherImages, benchmark::gatherLabels, benchmark::gatherRows, benchmark::gatherShifted);
    }

    @Test
    void solvers() {
        for (String method : List.of("proximal-gradient", "fista", "alternating-minimization", "restarted-fista")) {
            SolverBenchmark.Case tiny = new SolverBenchmark.Case();
            tiny.problem = "9x7x3x1100";
            tiny.method = method;
            tiny.precision = method.startsWith("restarted") ? "fp32" : "fp64";
            run(tiny, (s, work) -> {
                Solution solution = new SolverBenchmark().solve(s, work);
                assertThat(solution.status()).isEqualTo(Status.CONVERGED);
                assertThat(solution.objective()).isNegative();
            });
        }
    }

    @Test
    void batches() {
        SolverBenchmark.Lambdas lambdas = new SolverBenchmark.Lambdas();
        lambdas.problem = "9x7x3x1100";
        lambdas.precision = "fp32";
        lambdas.count = 5;
        run(lambdas, (s, work) -> {
            assertThat(new SolverBenchmark().batch(s, work))
                    .hasSize(5)
                    .allMatch(solution -> solution.status() == Status.CONVERGED);
        });
    }

    @Test
    void passes() {
        LenetBenchmark benchmark = new LenetBenchmark();
        LenetBenchmark.Passes passes = new LenetBenchmark.Passes();
        passes.samples = 23;
        passes.batch = 10;
        passes.evaluationBatch = 9;
        run(passes, benchmark::epoch, benchmark::forward, benchmark::correlation);
    }

    @Test
    void textProblemsAreDrawnTheSameEveryTimeWithTheirRank() {
        try (Device device = Device.open("cpu")) {
            TextProblem first = TextProblem.draw(device, "9x7x3x1100");
            TextProblem second = TextProblem.draw(device, "9x7x3x1100");
            assertThat(first.r()).isEqualTo(second.r());
            assertThat(first.c()).isEqualTo(second.c()).hasSize(27);
            try (lnr.kernels.Scope scope = device.scope()) {
                var values = scope.f64(9);
                device.blas().eigen(9, scope.f64(first.r()), values);
                double[] spectrum = values.toArray();
                double rounding = 1e-12 * spectrum[8];
                assertThat(Arrays.stream(spectrum).filter(v -> v > rounding).count()).isEqualTo(7);
            }
        }
    }

    @Test
    void wrongShapesAreTold() {
        assertThatThrownBy(() -> OnDevice.sizes("3x4", 3))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("expected 3 sizes")
                .hasMessageContaining("3x4");
    }
}
