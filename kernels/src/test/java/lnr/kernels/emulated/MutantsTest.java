package lnr.kernels.emulated;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import lnr.kernels.contract.DeviceContract;
import lnr.kernels.emulated.Contracts.Blas;
import lnr.kernels.emulated.Contracts.BlockDescents;
import lnr.kernels.emulated.Contracts.Convolution;
import lnr.kernels.emulated.Contracts.Correlation;
import lnr.kernels.emulated.Contracts.Factorisation;
import lnr.kernels.emulated.Contracts.GroupNorm;
import lnr.kernels.emulated.Contracts.Layers;
import lnr.kernels.emulated.Contracts.Memory;
import lnr.kernels.emulated.Contracts.Recordings;
import lnr.kernels.emulated.Contracts.Supports;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.platform.launcher.listeners.TestExecutionSummary;

/** Faults sown into the CUDA device and its kernels: each makes the contract, run as ever, fail. */
@Buildable
class MutantsTest {
    @TempDir
    private Path folder;

    @BeforeEach
    @AfterEach
    void reset() {
        Emulator.load();
        Emulator.reset();
        Emulator.lazy(true);
    }

    /** Runs a contract on a mutant, as {@link EmulatedContractTest} does on the device; whether a test failed. */
    private static boolean isFound(Class<? extends DeviceContract> contract, Mutant sown) throws IOException {
        try (sown) {
            TestExecutionSummary summary = Contracts.run(contract, sown::open);
            assertThat(summary.getTestsStartedCount()).isGreaterThan(5);
            return summary.getTotalFailureCount() > 0;
        }
    }

    /** As {@link #isFound(Class, Mutant)}, by one test, or each of its cases. */
    private static boolean isFound(Class<? extends DeviceContract> contract, String test, Mutant sown)
            throws IOException {
        try (sown) {
            TestExecutionSummary summary = Contracts.run(contract, test, sown::open);
            assertThat(summary.getTestsStartedCount()).isPositive();
            return summary.getTotalFailureCount() > 0;
        }
    }

    private Mutant host(String type, String from, String to) {
        return Mutant.host(type, from, to, folder);
    }

    @Test
    void withoutAFaultNothingFails() throws IOException {
        assertThat(isFound(Memory.class, host("CudaMemory", "final class Cuda", "final  class Cuda"))).isFalse();
        assertThat(isFound(Blas.class, Mutant.kernels("vector", "y = alpha x + y", "axpy"))).isFalse();
    }

    @Test
    void aMissingBarrierIsFound() throws IOException {
        String barrier = "= value;\n    }\n    __syncthreads();";
        String none = "= value;\n    }";
        assertThat(isFound(Blas.class, Mutant.kernels("vector", barrier, none))).isTrue();
    }

    @Test
    void aMissingBarrierInAPassIsFound() throws IOException {
        String barrier = "__syncthreads(); // from rows to columns";
        assertThat(isFound(BlockDescents.class, Mutant.kernels("block_descent", barrier, ""))).isTrue();
        String sums = "own[warp()] = value;\n    }\n    __syncthreads();";
        String none = "own[warp()] = value;\n    }";
        assertThat(isFound(BlockDescents.class, Mutant.kernels("block_descent", sums, none))).isTrue();
    }

    @Test
    void aChangeThatDoesNotReachTheNextColumnIsFound() throws IOException {
        String reach = "moved |= ((1u << size) - 1) << j;";
        assertThat(isFound(BlockDescents.class, Mutant.kernels("block_descent", reach, ""))).isTrue();
    }

    // In the tenth digit: scales, the secular root, changes on their way to G, M R_kk, and the threshold.
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
            (1 - weight / norm) / curvature      | (1 - weight / norm) * (1 + 1e-10) / curvature
            norm / (fmax(0.0, values[c]) * norm  | (1 + 1e-10) * norm / (fmax(0.0, values[c]) * norm
            return t;                            | return t * (1 + 1e-10);
            1e-15 * t                            | 1e-10 * t
            value -= x[n] * y[n]                 | value -= (1 + 1e-10) * x[n] * y[n]
            + old * curvature                    | + old * (1 + 1e-10) * curvature
            += sum; });                          | += (1 + 1e-10) * sum; });
            0 && norm > weight                   | 0 && norm > (1 + 1e-10) * weight
            (square, turn)) > weight             | (square, turn)) > (1 + 1e-10) * weight
            """)
    void aSmallErrorInAPassIsFound(String from, String to) throws IOException {
        assertThat(isFound(BlockDescents.class, Mutant.kernels("block_descent", from, to))).isTrue();
    }

    @Test
    void aSmallErrorOfTheGradientIsFound() throws IOException {
        String change = "tile.columns, -1, change";
        String more = "tile.columns, -1 - 1e-10, change";
        assertThat(isFound(BlockDescents.class, host("CudaBlockDescent", change, more))).isTrue();
    }

    @Test
    void aCopyThatIsNotWaitedForIsFound() throws IOException {
        String prox = "copy_async_wait<0>();\n        }\n        auto again";
        String none = "}\n        auto again";
        assertThat(isFound(GroupNorm.class, Mutant.kernels("group_norm", prox, none))).isTrue();
        String wait = "copy_async_wait<STAGES - 2>";
        String early = "copy_async_wait<STAGES - 1>";
        assertThat(isFound(Correlation.class, Mutant.kernels("correlation", wait, early))).isTrue();
    }

    @Test
    void aCopyOfMoreThanAddressesAllowIsFound() throws IOException {
        String narrow = "copy<width.value>(own + i, from + i, wide)";
        String wide = "copy<width.value>(own + i, from + i, true)";
        assertThat(isFound(GroupNorm.class, Mutant.kernels("group_norm", narrow, wide))).isTrue();
        String aligned = "d % 4 == 0 && aligned<16>(x)";
        assertThat(isFound(Correlation.class, Mutant.kernels("correlation", aligned, "d % 4 == 0"))).isTrue();
    }

    @Test
    void aSumThatLeavesOutHalfABlockIsFound() throws IOException {
        assertThat(isFound(Supports.class, Mutant.kernels("support", "e += width * WARP", "e += 2 * width * WARP"))).isTrue();
    }

    @Test
    void aGuardThatIsOffByOneIsFound() throws IOException {
        assertThat(isFound(Blas.class, Mutant.kernels("vector", "if (2 * i >= n)", "if (2 * i > n)"))).isTrue();
    }

    @Test
    void aColumnThatThereIsNotIsFound() throws IOException {
        String test = "aColumnThatThereIsNotIsNeitherReadNorWritten(int)";
        Mutant written = Mutant.kernels("support", "column < 0 || column >= d", "column < 0 || column > d");
        assertThat(isFound(Supports.class, test, written)).isTrue();
        Mutant read = Mutant.kernels("support", "column >= 0 && column < d", "column >= 0 && column <= d");
        assertThat(isFound(Supports.class, test, read)).isTrue();
        Mutant row = Mutant.kernels("support", "row >= 0 && row < d", "row < d");
        assertThat(isFound(Supports.class, test, row)).isTrue();
    }

    @Test
    void aComparisonThatLeavesOutEqualityIsFound() throws IOException {
        Mutant retreat = Mutant.kernels("support", "square - t * against <= 0", "square - t * against < 0");
        assertThat(isFound(Supports.class, "whatTurnsByARightAngleIsZero", retreat)).isTrue();
    }

    @Test
    void aLoopThatEndsAfterOneRoundIsFound() throws IOException {
        Mutant partials = Mutant.kernels("vector", "sum += values[i];", "sum += i < 256 ? values[i] : 0;");
        assertThat(isFound(Blas.class, "dotIsTheSumOfProducts(int)", partials)).isTrue();
        Mutant parts = Mutant.kernels("correlation", "sum += parts[i];", "sum += i < 256 ? parts[i] : 0;");
        assertThat(isFound(Correlation.class, "squaresAreAddedToTheFirstElementAlone(int, int)", parts)).isTrue();
        Mutant rows = Mutant.kernels("vector", "fma(w[i], w[i], squares)", "fma(w[i], i < 512 ? w[i] : 0, squares)");
        assertThat(isFound(Factorisation.class, "largestEigenvalueOfRankOneIsTheSquareOfItsVector", rows)).isTrue();
        String batch = "whatIsWrongFarIntoABatchIsFound";
        Mutant order = Mutant.kernels("gather", "i < length; i +=", "i < min(length, 1024LL); i +=");
        assertThat(isFound(Layers.class, batch, order)).isTrue();
        Mutant labels = Mutant.kernels("gather", "i < last; i +=", "i < min(last, 1024u); i +=");
        assertThat(isFound(Layers.class, batch, labels)).isTrue();
        Mutant loss = Mutant.kernels("cross_entropy", "i += min(warps, n - i)", "i = n");
        assertThat(isFound(Layers.class, "crossEntropyAndItsGradientMatchTheirFormula(int, int)", loss)).isTrue();
        loss = Mutant.kernels("cross_entropy", "i += min(warps, n - i)", "i = n");
        assertThat(isFound(Layers.class, "distillationAndItsGradientMatchTheirFormula(int, int)", loss)).isTrue();
        Mutant runs = Mutant.kernels("group_norm", "k + static_cast<long long>(gridDim.x) * TEAMS<team>", "1LL << 40");
        assertThat(isFound(GroupNorm.class, "stepMatchesItsFormulaForManyColumns", runs)).isTrue();
    }

    @Test
    void aLaunchThatBeginsWhereTheFirstDidIsFound() throws IOException {
        String test = "crossAddsTheOuterProductsOfWidePairs";
        Mutant products = host("CudaCorrelation", "per, (int) first, sums", "per, 0, sums");
        assertThat(isFound(Correlation.class, test, products)).isTrue();
        Mutant sums = host("CudaCorrelation", "1 : 0, (int) first, splits", "1 : 0, 0, splits");
        assertThat(isFound(Correlation.class, test, sums)).isTrue();
    }

    @Test
    void filtersOfTheFirstGroupInPlaceOfTheOthersAreFound() throws IOException {
        String shape = "(lnr.kernels.Layers$ConvShape, int)";
        Mutant weights = Mutant.kernels("convolution", "static_cast<long long>(blockIdx.y) * 2 * pairs + f;", "f;");
        assertThat(isFound(Convolution.class, "forwardPoolsAndRectifiesTheConvolution" + shape, weights)).isTrue();
        Mutant sums = Mutant.kernels("convolution_gradients", "first_filter = blockIdx.y * group", "first_filter = 0");
        assertThat(isFound(Convolution.class, "backwardSendsEachGradientThroughItsWinner" + shape, sums)).isTrue();
    }

    @Test
    void indicesTakenForThoseLookedAtBeforeAreFound() throws IOException {
        Mutant checked = host("CudaLayers", "checked = wrong == 0 ? now : null;", "checked = now;");
        assertThat(isFound(Layers.class, "eachPartOfAnOrderIsLookedAt", checked)).isTrue();
    }

    @Test
    void whatLibrariesDoNotSayIsFound() throws IOException {
        String given = "JCublas2.cublasSetWorkspace(handle, workspace, WORKSPACE)";
        assertThat(isFound(Blas.class, "gemmPropagatesNotANumber", host("CudaBlas", given, "0"))).isTrue();
        Mutant numbers = host("CudaBlas", "requireNumbers(a);", "");
        assertThat(isFound(Factorisation.class, "eigenvaluesOfNotANumberAreNoNumbers", numbers)).isTrue();
    }

    @Test
    void aWrongLeadingDimensionIsFound() throws IOException {
        assertThat(isFound(Blas.class, host("CudaBlas", "operand(b, c), ldb", "operand(b, c), lda"))).isTrue();
    }

    @Test
    void aWrongStrideIsFound() throws IOException {
        String stride = "ldb, strideB, betaPointer";
        assertThat(isFound(Blas.class, host("CudaBlas", stride, stride.replace("B,", "A,")))).isTrue();
    }

    @Test
    void aProblemThatTakesAnothersMotionIsFound() throws IOException {
        assertThat(isFound(GroupNorm.class, Mutant.kernels("group_norm", "motion += blockIdx.y;", ""))).isTrue();
    }

    @Test
    void swappedArgumentsOfAKernelAreFound() throws IOException {
        assertThat(isFound(Blas.class, host("CudaBlas", "n, alpha, x, y)", "n, alpha, y, x)"))).isTrue();
    }

    @Test
    void aLeakedBufferIsFound() throws IOException {
        String free = "check(JCudaDriver.cuMemFree(new DevicePointer(memory.address())), \"cuMemFree\", memory);";
        assertThat(isFound(Memory.class, host("CudaDevice", free, ""))).isTrue();
    }

    @Test
    void memoryFreedWhileInUseIsFound() throws IOException {
        String wait = "memory.address() != 0 && finish()";
        assertThat(isFound(Memory.class, host("CudaDevice", wait, "memory.address() != 0"))).isTrue();
    }

    @Test
    void memoryFreedUnderARecordingIsFound() throws IOException {
        String kept = "Optional<DevicePointer> block = tryReserve(roomy);";
        String freed =
                """
                Optional<DevicePointer> block = take(roomy);
                if (scratch == 0) {
                    device.onClose(() -> JCudaDriver.cuMemFree(new DevicePointer(scratch)));
                } else {
                    JCudaDriver.cuStreamSynchronize(device.stream());
                    JCudaDriver.cuMemFree(new DevicePointer(scratch));
                }
                """;
        String test = "aRecordingKeepsTheMemoryItWorksInWhenMoreIsAskedFor";
        assertThat(isFound(Recordings.class, test, host("Holdings", kept, freed))).isTrue();
    }

    @Test
    void aMissingSynchronisationIsFound() throws IOException {
        String wait = "device.check(JCudaDriver.cuEventSynchronize(piece.copied), \"cuEventSynchronize\");";
        assertThat(isFound(Memory.class, host("Staging", wait, ""))).isTrue();
    }
}
