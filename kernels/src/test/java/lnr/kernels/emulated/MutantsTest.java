package lnr.kernels.emulated;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import lnr.kernels.contract.DeviceContract;
import lnr.kernels.emulated.Contracts.Blas;
import lnr.kernels.emulated.Contracts.BlockDescents;
import lnr.kernels.emulated.Contracts.Correlation;
import lnr.kernels.emulated.Contracts.GroupNorm;
import lnr.kernels.emulated.Contracts.Memory;
import lnr.kernels.emulated.Contracts.Supports;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
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
    void aWrongLeadingDimensionIsFound() throws IOException {
        assertThat(isFound(Blas.class, host("CudaBlas", "operand(b, c), ldb", "operand(b, c), lda"))).isTrue();
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
    void aMissingSynchronisationIsFound() throws IOException {
        String wait = "device.check(JCudaDriver.cuEventSynchronize(piece.copied), \"cuEventSynchronize\");";
        assertThat(isFound(Memory.class, host("Staging", wait, ""))).isTrue();
    }
}
