package lnr.kernels.emulated;

import static jcuda.driver.CUresult.CUDA_ERROR_ILLEGAL_ADDRESS;
import static jcuda.driver.CUresult.CUDA_ERROR_INVALID_VALUE;
import static jcuda.driver.CUresult.CUDA_ERROR_LAUNCH_FAILED;
import static jcuda.driver.CUresult.CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES;
import static jcuda.driver.CUresult.CUDA_ERROR_MISALIGNED_ADDRESS;
import static jcuda.driver.CUresult.CUDA_SUCCESS;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import jcuda.Pointer;
import jcuda.Sizeof;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.JCudaDriver;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the emulated device finds wrong with kernels and launches, and what it does not. */
@Buildable
class EmulatedKernelsTest {
    private RawDevice device;

    @BeforeEach
    void open() {
        Emulator.load();
        Emulator.reset();
        device = new RawDevice();
    }

    @AfterEach
    void reset() {
        Emulator.reset();
    }

    @ParameterizedTest
    @ValueSource(strings = {"forward", "reverse", "random 1", "random 2"})
    void correctKernelsGiveTheSameInEveryOrder(String order) {
        Emulator.schedule(order);
        double[] x = IntStream.range(0, 512).mapToDouble(i -> i).toArray();
        CUdeviceptr in = device.upload(x);
        CUdeviceptr out = device.allocate(64 * 8);
        device.launch("lnr_block_sum", 2, 256, 0, in, out);
        assertThat(device.download(out, 2)).containsExactly(255 * 128, 255 * 128 + 256 * 256);
        device.launch("lnr_leave_early", 1, 64, 0, 50, in, out);
        assertThat(device.download(out, 50)).startsWith(49, 48).endsWith(1, 0);
        device.launch("lnr_half_warps", 1, 64, 0, out);
        double[] expected = IntStream.range(0, 64)
                .mapToDouble(i -> i % 32 < 16 ? i / 32 * 32 + 15 + 1000 : i ^ 1)
                .toArray();
        assertThat(device.download(out, 64)).containsExactly(expected);
        device.launch("lnr_parameters", 1, 32, 0, 1, 2.0, 3f, 4L, 5, out);
        assertThat(device.download(out, 1)).containsExactly(1 + 20 + 300 + 4000 + 50000);
        assertThat(Emulator.log()).isEmpty();
    }

    @Test
    void ordersDiffer() {
        String[] orders = {"forward", "reverse", "random 1", "random 2"};
        int[][] seen = new int[4][];
        for (int i = 0; i < 4; i++) {
            Emulator.schedule(orders[i]);
            CUdeviceptr out = device.allocate(65 * 4);
            JCudaDriver.cuMemsetD8(out, (byte) 0, 65 * 4);
            device.launch("lnr_order", 64, 32, 0, out);
            seen[i] = new int[64];
            JCudaDriver.cuMemcpyDtoH(Pointer.to(seen[i]), out, 64 * 4);
        }
        assertThat(seen[0]).startsWith(0, 1, 2).endsWith(63);
        assertThat(seen[1]).startsWith(63, 62).endsWith(0);
        assertThat(seen[2]).isNotEqualTo(seen[3]);
        assertThat(Arrays.stream(seen[2]).sorted().toArray()).isEqualTo(seen[0]);
    }

    @ParameterizedTest
    @ValueSource(strings = {"forward", "reverse", "random 1"})
    void threadsThatWaitInVainAreNamed(String order) {
        Emulator.schedule(order);
        failsWith(CUDA_ERROR_LAUNCH_FAILED, "lnr_barriers_apart", "divergent barrier", "wrong.cu:");
        failsWith(
                CUDA_ERROR_LAUNCH_FAILED, "lnr_lane_missing", "no thread can go on", "lanes 0x00000020", "wrong.cu:");
        failsWith(CUDA_ERROR_LAUNCH_FAILED, "lnr_not_in_mask", "without the calling lane 31", "wrong.cu:");
        failsWith(CUDA_ERROR_LAUNCH_FAILED, "lnr_meetings_apart", "__shfl_sync", "__ballot_sync", "wrong.cu:");
    }

    private void failsWith(int error, String kernel, String... words) {
        device.launch(kernel, 1, 64, 0, device.allocate(64 * 8));
        assertThat(JCudaDriver.cuCtxSynchronize()).isEqualTo(error);
        assertThat(Emulator.log().get(0)).contains(words).contains(kernel + ", block (0, 0, 0), thread (");
        device = device.renewed();
    }

    @Test
    void aMissingBarrierShowsInOneOrderAtLeast() {
        double[] x = IntStream.range(1, 65).mapToDouble(i -> i).toArray();
        assertThat(shifted("forward", "lnr_no_barrier_to_next", x)).startsWith(Double.NaN, Double.NaN);
        assertThat(shifted("reverse", "lnr_no_barrier_to_next", x)).startsWith(2, 3).endsWith(64, 0);
        assertThat(shifted("reverse", "lnr_no_barrier_to_previous", x)).endsWith(Double.NaN, Double.NaN);
        assertThat(shifted("random 1", "lnr_no_barrier_to_previous", x)).contains(Double.NaN);
    }

    private double[] shifted(String order, String kernel, double[] x) {
        Emulator.schedule(order);
        CUdeviceptr out = device.allocate(64 * 8);
        device.launch(kernel, 1, 64, 0, device.upload(x), out);
        return device.download(out, 64);
    }

    @Test
    void memoryThatNobodyWroteIsNotANumber() {
        CUdeviceptr out = device.allocate(64 * 4);
        assertThat(device.download(out, 32)).containsOnly(Double.NaN);
        device.launch("lnr_shared_unwritten", 3, 64, 256, out);
        float[] values = new float[64];
        JCudaDriver.cuMemcpyDtoH(Pointer.to(values), out, 256);
        assertThat(values).containsOnly(Float.NaN);
    }

    @ParameterizedTest
    @ValueSource(strings = {"forward", "reverse", "random 1"})
    void copiesArriveWhenTheyAreWaitedFor(String order) {
        Emulator.schedule(order);
        double[] x = IntStream.range(1, 129).mapToDouble(i -> i).toArray();
        CUdeviceptr in = device.upload(x);
        CUdeviceptr out = device.allocate(128 * 8);
        device.launch("lnr_copy", 2, 64, 0, in, out);
        double[] reversed = IntStream.range(0, 128)
                .mapToDouble(i -> i == 64 ? 0 : i < 64 ? 64 - i : 192 - i)
                .toArray();
        assertThat(device.download(out, 128)).containsExactly(reversed);
        for (String wrong : List.of("lnr_copy_not_awaited", "lnr_copy_in_no_group")) {
            device.launch(wrong, 1, 64, 0, in, out);
            assertThat(device.download(out, 128)).startsWith(Arrays.copyOf(x, 64)).endsWith(nans(64));
        }
        assertThat(Emulator.log()).isEmpty();
    }

    private static double[] nans(int count) {
        double[] nans = new double[count];
        Arrays.fill(nans, Double.NaN);
        return nans;
    }

    @Test
    void copiesOfOthersTakeABarrier() {
        double[] x = IntStream.range(1, 65).mapToDouble(i -> i).toArray();
        assertThat(shifted("forward", "lnr_copy_of_another", x)).startsWith(Double.NaN).endsWith(2, 1);
        assertThat(shifted("reverse", "lnr_copy_of_another", x)).startsWith(64, 63).endsWith(Double.NaN);
    }

    @ParameterizedTest
    @CsvSource({"0, 1", "1, 0"})
    void unalignedCopiesAreFound(int from, int to) {
        CUdeviceptr in = device.allocate(130 * 8);
        device.launch("lnr_copy_unaligned", 1, 64, 0, 0, 0, in);
        assertThat(JCudaDriver.cuCtxSynchronize()).isEqualTo(CUDA_SUCCESS);
        device.launch("lnr_copy_unaligned", 1, 64, 0, from, to, in);
        lost(CUDA_ERROR_MISALIGNED_ADDRESS, "copy_async (wrong.cu:", "of 16 bytes, unaligned");
    }

    @ParameterizedTest
    @CsvSource({"1, beyond shared array values", "32768, no shared memory of its block"})
    void writesBeyondSharedArraysAreFound(int by, String words) {
        device.launch("lnr_beyond_shared", 1, 32, 0, by);
        lost(CUDA_ERROR_ILLEGAL_ADDRESS, "lnr_beyond_shared", words);
    }

    @Test
    void writesBeyondTheLaunchsSharedMemoryAreFound() {
        device.launch("lnr_beyond_dynamic", 1, 32, 256, 0);
        assertThat(JCudaDriver.cuCtxSynchronize()).isEqualTo(CUDA_SUCCESS);
        device.launch("lnr_beyond_dynamic", 1, 32, 256, 1);
        lost(CUDA_ERROR_ILLEGAL_ADDRESS, "thread (31, 0, 0)", "no shared memory of its block");
    }

    @ParameterizedTest
    @CsvSource({
        "10, wrote beyond block",
        "-1, wrote before block",
        "40, byte 320 of block",
        "-600, bytes before block",
        "-1000000000000, no device memory",
    })
    void writesBeyondABlockAreFound(long at, String words) {
        device.launch("lnr_write", 2, 32, 0, at, device.allocate(80));
        lost(CUDA_ERROR_ILLEGAL_ADDRESS, "lnr_write", words);
    }

    @Test
    void whatAddressAFaultWasAtIsTold() {
        CUdeviceptr freed = device.allocate(80);
        JCudaDriver.cuMemFree(freed);
        device.launch("lnr_write", 2, 32, 0, RawDevice.distance(device.allocate(80), freed) / 8, device.latest());
        lost(CUDA_ERROR_ILLEGAL_ADDRESS, "lnr_write, block (1, 0, 0), thread (5, 0, 0)", "80 bytes, which was freed");
        device = device.renewed();
        device.launch("lnr_write", 2, 32, 0, 1L, new CUdeviceptr());
        lost(CUDA_ERROR_ILLEGAL_ADDRESS, "address 0x8 is no device memory");
    }

    @Test
    void otherFaultsOfAKernelEndItAndNotTheProcess() {
        device.launch("lnr_divide", 1, 32, 0, 0, device.allocate(128));
        lost(CUDA_ERROR_LAUNCH_FAILED, "lnr_divide", "divided by zero");
        device = device.renewed();
        device.launch("lnr_deep", 1, 32, 0, 100_000, device.allocate(128));
        lost(CUDA_ERROR_ILLEGAL_ADDRESS, "lnr_deep", "overflowed its stack");
        device = device.renewed();
        device.launch("lnr_too_much_shared", 1, 32, 0, device.allocate(256));
        lost(CUDA_ERROR_LAUNCH_FAILED, "49168 bytes of shared arrays");
    }

    private void lost(int error, String... words) {
        assertThat(JCudaDriver.cuCtxSynchronize()).isEqualTo(error);
        assertThat(JCudaDriver.cuMemAlloc(new CUdeviceptr(), 1)).as("the error stays").isEqualTo(error);
        assertThat(Emulator.log().get(0)).contains(words);
    }

    @Test
    void launchesOutOfLimitsAreRefused() {
        CUdeviceptr out = device.allocate(64 * 8);
        assertThat(device.tryLaunch("lnr_half_warps", 0, 1, 64, 0, out)).isEqualTo(CUDA_ERROR_INVALID_VALUE);
        assertThat(device.tryLaunch("lnr_half_warps", 1, 65536, 64, 0, out)).isEqualTo(CUDA_ERROR_INVALID_VALUE);
        assertThat(device.tryLaunch("lnr_half_warps", 1, 1, 1025, 0, out)).isEqualTo(CUDA_ERROR_INVALID_VALUE);
        assertThat(device.tryLaunch("lnr_half_warps", 1, 1, 65, 0, out)).isEqualTo(CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES);
        assertThat(device.tryLaunch("lnr_half_warps", 1, 1, 64, (48 << 10) + 1, out))
                .isEqualTo(CUDA_ERROR_INVALID_VALUE);
        assertThat(Emulator.log()).hasSize(5).allMatch(line -> line.contains("lnr_half_warps"));
    }

    @Test
    void argumentsThatDoNotFitTheParametersAreRefused() {
        CUdeviceptr out = device.allocate(64 * 8);
        assertThat(device.tryLaunch("lnr_write", 1, 1, 32, 0, 1L)).isEqualTo(CUDA_ERROR_INVALID_VALUE);
        assertThat(device.tryLaunch("lnr_write", 1, 1, 32, 0, 1L, out, 1)).isEqualTo(CUDA_ERROR_INVALID_VALUE);
        assertThat(device.tryLaunch("lnr_write", 1, 1, 32, 0, out, 8L)).isEqualTo(CUDA_ERROR_INVALID_VALUE);
        assertThat(device.tryLaunch("lnr_write", 1, 1, 32, 0, 1L, out.withByteOffset(4)))
                .isEqualTo(CUDA_ERROR_INVALID_VALUE);
        assertThat(device.tryLaunch("lnr_write", 1, 1, 32, 0, 1L, out.withByteOffset(64 * Sizeof.DOUBLE)))
                .isEqualTo(CUDA_SUCCESS);
        assertThat(Emulator.log().toString())
                .contains("8 bytes of parameters, expected 16 in 2")
                .contains("20 bytes of parameters, expected 16 in 2")
                .contains("parameter 2: address 0x8 is no device memory")
                .contains("parameter 2 is no multiple of 8");
    }
}
