package lnr.kernels.emulated;

import static jcuda.driver.CUresult.CUDA_ERROR_ILLEGAL_ADDRESS;
import static jcuda.driver.CUresult.CUDA_ERROR_INVALID_CONTEXT;
import static jcuda.driver.CUresult.CUDA_ERROR_INVALID_HANDLE;
import static jcuda.driver.CUresult.CUDA_ERROR_INVALID_IMAGE;
import static jcuda.driver.CUresult.CUDA_ERROR_INVALID_VALUE;
import static jcuda.driver.CUresult.CUDA_ERROR_NOT_FOUND;
import static jcuda.driver.CUresult.CUDA_ERROR_NOT_READY;
import static jcuda.driver.CUresult.CUDA_ERROR_NOT_SUPPORTED;
import static jcuda.driver.CUresult.CUDA_ERROR_STREAM_CAPTURE_INVALIDATED;
import static jcuda.driver.CUresult.CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
import static jcuda.driver.CUresult.CUDA_SUCCESS;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.DoubleBuffer;
import jcuda.Pointer;
import jcuda.driver.CUcontext;
import jcuda.driver.CUdevice;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUevent;
import jcuda.driver.CUfunction;
import jcuda.driver.CUgraph;
import jcuda.driver.CUgraphExec;
import jcuda.driver.CUmodule;
import jcuda.driver.CUstream;
import jcuda.driver.CUstream_flags;
import jcuda.driver.JCudaDriver;
import jcuda.jcublas.JCublas2;
import jcuda.jcublas.cublasHandle;
import jcuda.jcublas.cublasStatus;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the emulated driver finds wrong with its callers, and when it runs what. */
@Buildable
class EmulatedDriverTest {
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

    private static void assertLog(String... words) {
        assertThat(String.join("\n", Emulator.log())).contains(words);
    }

    @Test
    void itSaysThatItIsEmulated() {
        byte[] name = new byte[64];
        RawDevice.ok(JCudaDriver.cuDeviceGetName(name, 64, new CUdevice()));
        assertThat(new String(name)).startsWith("emulated\0");
    }

    @Test
    void callsThatAreNotEmulatedFailAndAreNamed() {
        assertThat(JCudaDriver.cuMemAllocManaged(new CUdeviceptr(), 1, 1)).isEqualTo(CUDA_ERROR_NOT_SUPPORTED);
        cublasHandle handle = new cublasHandle();
        assertThat(JCublas2.cublasCreate(handle)).isEqualTo(cublasStatus.CUBLAS_STATUS_SUCCESS);
        assertThat(JCublas2.cublasDasum(handle, 1, new Pointer(), 1, new Pointer()))
                .isEqualTo(cublasStatus.CUBLAS_STATUS_NOT_SUPPORTED);
        assertLog("cuMemAllocManaged: CUDA_ERROR_NOT_SUPPORTED", "cublasDasum");
    }

    @Test
    void copiesStayWithinBlocks() {
        CUdeviceptr block = device.allocate(80);
        Pointer host = Pointer.to(new double[11]);
        assertThat(JCudaDriver.cuMemcpyHtoD(block, host, 88)).isEqualTo(CUDA_ERROR_INVALID_VALUE);
        assertThat(JCudaDriver.cuMemcpyDtoH(host, block.withByteOffset(8), 80)).isEqualTo(CUDA_ERROR_INVALID_VALUE);
        assertThat(JCudaDriver.cuMemcpyDtoD(block, block.withByteOffset(8), 80)).isEqualTo(CUDA_ERROR_INVALID_VALUE);
        assertThat(JCudaDriver.cuMemsetD8(block, (byte) 0, 81)).isEqualTo(CUDA_ERROR_INVALID_VALUE);
        assertThat(JCudaDriver.cuMemcpyHtoD(new CUdeviceptr(), host, 8)).isEqualTo(CUDA_ERROR_INVALID_VALUE);
        assertThat(JCudaDriver.cuMemcpyHtoD(block, block, 8)).isEqualTo(CUDA_ERROR_INVALID_VALUE);
        assertThat(JCudaDriver.cuMemcpyHtoD(block, host, 80)).isEqualTo(CUDA_SUCCESS);
        assertLog("88 bytes from byte 0 of block 1 of 80 bytes", "80 bytes from byte 8", "on the device");
    }

    @Test
    void freedMemoryIsNotTouchedNorFreedAgain() {
        CUdeviceptr block = device.upload(new double[10]);
        RawDevice.ok(JCudaDriver.cuMemFree(block));
        assertThat(JCudaDriver.cuMemcpyDtoH(Pointer.to(new double[1]), block, 8)).isEqualTo(CUDA_ERROR_INVALID_VALUE);
        assertThat(JCudaDriver.cuMemFree(block)).isEqualTo(CUDA_ERROR_INVALID_VALUE);
        assertThat(device.tryLaunch("lnr_write", 2, 1, 32, 0, 0L, block)).isEqualTo(CUDA_ERROR_INVALID_VALUE);
        assertThat(JCudaDriver.cuMemFree(device.allocate(80).withByteOffset(8))).isEqualTo(CUDA_ERROR_INVALID_VALUE);
        assertLog("byte 0 of block 1 of 80 bytes, which was freed");
    }

    @Test
    void memoryIsLimitedAndCounted() {
        long[] free = new long[1];
        long[] total = new long[1];
        Emulator.memory(1000);
        assertThat(JCudaDriver.cuMemAlloc(new CUdeviceptr(), 1001)).isEqualTo(2);
        CUdeviceptr block = device.allocate(600);
        assertThat(JCudaDriver.cuMemAlloc(new CUdeviceptr(), 401)).isEqualTo(2);
        RawDevice.ok(JCudaDriver.cuMemGetInfo(free, total));
        assertThat(new long[] {free[0], total[0]}).containsExactly(400, 1000);
        RawDevice.ok(JCudaDriver.cuMemFree(block));
        device.allocate(1000);
    }

    @Test
    void whatIsLeftWhenAContextEndsHasLeaked() {
        device.allocate(12);
        Pointer host = new Pointer();
        RawDevice.ok(JCudaDriver.cuMemHostAlloc(host, 34, 0));
        RawDevice.ok(JCudaDriver.cuStreamCreate(new CUstream(), 0));
        RawDevice.ok(JCudaDriver.cuEventCreate(new CUevent(), 0));
        JCublas2.cublasCreate(new cublasHandle());
        RawDevice.ok(JCudaDriver.cuCtxDestroy(device.context));
        assertThat(Emulator.log()).containsExactlyInAnyOrder(
                "leaked block 1 of 12 bytes",
                "leaked block 2 of 34 bytes of page-locked host memory",
                "leaked a stream",
                "leaked an event",
                "leaked a module",
                "leaked a cuBLAS handle");
    }

    @Test
    void aPrimaryContextEndsWithItsLastUser() {
        CUdevice ordinal = new CUdevice();
        CUcontext shared = new CUcontext();
        CUcontext again = new CUcontext();
        RawDevice.ok(JCudaDriver.cuDevicePrimaryCtxRetain(shared, ordinal));
        RawDevice.ok(JCudaDriver.cuDevicePrimaryCtxRetain(again, ordinal));
        assertThat(again).isEqualTo(shared);
        RawDevice.ok(JCudaDriver.cuCtxPushCurrent(shared));
        device.allocate(12);
        RawDevice.ok(JCudaDriver.cuDevicePrimaryCtxRelease(ordinal));
        assertThat(Emulator.log()).isEmpty();
        RawDevice.ok(JCudaDriver.cuDevicePrimaryCtxRelease(ordinal));
        assertThat(Emulator.log()).containsExactly("leaked block 1 of 12 bytes");
        assertThat(JCudaDriver.cuMemAlloc(new CUdeviceptr(), 1)).isEqualTo(CUDA_ERROR_INVALID_CONTEXT);
    }

    @Test
    void contextsAreKeptApart() throws InterruptedException {
        CUdeviceptr block = device.allocate(80);
        CUstream stream = new CUstream();
        RawDevice.ok(JCudaDriver.cuStreamCreate(stream, 0));
        int[] elsewhere = new int[1];
        Thread thread = new Thread(() -> elsewhere[0] = JCudaDriver.cuMemFree(block));
        thread.start();
        thread.join();
        assertThat(elsewhere[0]).isEqualTo(CUDA_ERROR_INVALID_CONTEXT);
        RawDevice other = new RawDevice();
        Pointer host = Pointer.to(new double[1]);
        assertThat(JCudaDriver.cuMemcpyDtoH(host, block, 8)).isEqualTo(CUDA_ERROR_INVALID_VALUE);
        assertThat(JCudaDriver.cuMemFree(block)).isEqualTo(CUDA_ERROR_INVALID_VALUE);
        assertThat(JCudaDriver.cuStreamSynchronize(stream)).isEqualTo(CUDA_ERROR_INVALID_HANDLE);
        assertThat(other.tryLaunch("lnr_write", 1, 1, 32, 0, 0L, block)).isEqualTo(CUDA_ERROR_INVALID_VALUE);
        assertLog("no context is current", "belongs to another context", "another context's memory");
    }

    @Test
    void modulesHoldWhatTheirImagesHold() {
        assertThat(JCudaDriver.cuModuleLoadData(new CUmodule(), "nothing\0".getBytes()))
                .isEqualTo(CUDA_ERROR_INVALID_IMAGE);
        CUmodule module = new CUmodule();
        RawDevice.ok(JCudaDriver.cuModuleLoadData(module, "emulated image\nlnr_write\n\0".getBytes()));
        CUfunction function = new CUfunction();
        RawDevice.ok(JCudaDriver.cuModuleGetFunction(function, module, "lnr_write"));
        assertThat(JCudaDriver.cuModuleGetFunction(new CUfunction(), module, "lnr_deep"))
                .isEqualTo(CUDA_ERROR_NOT_FOUND);
        assertThat(JCudaDriver.cuModuleGetFunction(new CUfunction(), device.module, "lnr_none"))
                .isEqualTo(CUDA_ERROR_NOT_FOUND);
        RawDevice.ok(JCudaDriver.cuModuleUnload(module));
        assertThat(JCudaDriver.cuLaunchKernel(function, 1, 1, 1, 32, 1, 1, 0, null, new Pointer(), null))
                .isEqualTo(CUDA_ERROR_INVALID_HANDLE);
    }

    @Test
    void lazyStreamsRunNothingBeforeSomethingWaits() {
        CUstream stream = new CUstream();
        RawDevice.ok(JCudaDriver.cuStreamCreate(stream, CUstream_flags.CU_STREAM_NON_BLOCKING));
        CUdeviceptr block = device.upload(new double[] {7});
        Emulator.lazy(true);
        RawDevice.ok(device.tryLaunch(stream, "lnr_write", 2, 1, 32, 0, 0L, block));
        assertThat(device.download(block, 1)).as("no order between these streams").containsExactly(7);
        assertThat(JCudaDriver.cuStreamQuery(stream)).isEqualTo(CUDA_ERROR_NOT_READY);
        RawDevice.ok(JCudaDriver.cuStreamSynchronize(stream));
        assertThat(device.download(block, 1)).containsExactly(1);
        assertThat(JCudaDriver.cuStreamQuery(stream)).isEqualTo(CUDA_SUCCESS);
    }

    @Test
    void theDefaultStreamWaitsForBlockingOnes() {
        CUstream stream = new CUstream();
        RawDevice.ok(JCudaDriver.cuStreamCreate(stream, CUstream_flags.CU_STREAM_DEFAULT));
        CUdeviceptr block = device.upload(new double[] {7});
        Emulator.lazy(true);
        RawDevice.ok(device.tryLaunch(stream, "lnr_write", 2, 1, 32, 0, 0L, block));
        assertThat(device.download(block, 1)).containsExactly(1);
    }

    @Test
    void eventsOrderStreams() {
        CUstream first = new CUstream();
        CUstream second = new CUstream();
        CUevent event = new CUevent();
        RawDevice.ok(JCudaDriver.cuStreamCreate(first, CUstream_flags.CU_STREAM_NON_BLOCKING));
        RawDevice.ok(JCudaDriver.cuStreamCreate(second, CUstream_flags.CU_STREAM_NON_BLOCKING));
        RawDevice.ok(JCudaDriver.cuEventCreate(event, 0));
        CUdeviceptr from = device.upload(new double[] {7});
        CUdeviceptr to = device.upload(new double[] {8});
        Emulator.lazy(true);
        RawDevice.ok(device.tryLaunch(first, "lnr_write", 2, 1, 32, 0, 0L, from));
        RawDevice.ok(JCudaDriver.cuEventRecord(event, first));
        assertThat(JCudaDriver.cuEventQuery(event)).isEqualTo(CUDA_ERROR_NOT_READY);
        RawDevice.ok(JCudaDriver.cuMemsetD8Async(from, (byte) 0, 8, first));
        RawDevice.ok(JCudaDriver.cuStreamWaitEvent(second, event, 0));
        RawDevice.ok(JCudaDriver.cuMemcpyDtoDAsync(to, from, 8, second));
        RawDevice.ok(JCudaDriver.cuEventDestroy(event));
        RawDevice.ok(JCudaDriver.cuStreamSynchronize(second));
        assertThat(device.download(to, 1)).containsExactly(1);
        assertThat(device.download(from, 1)).containsExactly(1);
        RawDevice.ok(JCudaDriver.cuStreamSynchronize(first));
        assertThat(device.download(from, 1)).containsExactly(0);
    }

    @Test
    void pageableMemoryIsReadAtTheCallAndLockedMemoryWhenTheStreamComesToIt() {
        CUstream stream = new CUstream();
        RawDevice.ok(JCudaDriver.cuStreamCreate(stream, CUstream_flags.CU_STREAM_NON_BLOCKING));
        Pointer locked = new Pointer();
        RawDevice.ok(JCudaDriver.cuMemHostAlloc(locked, 16, 0));
        DoubleBuffer seen = locked.getByteBuffer(0, 16).order(java.nio.ByteOrder.nativeOrder()).asDoubleBuffer();
        assertThat(seen.get(0)).isNaN();
        CUdeviceptr block = device.upload(new double[] {0, 0});
        Emulator.lazy(true);
        double[] pageable = {1};
        seen.put(0, 2);
        RawDevice.ok(JCudaDriver.cuMemcpyHtoDAsync(block, Pointer.to(pageable), 8, stream));
        RawDevice.ok(JCudaDriver.cuMemcpyHtoDAsync(block.withByteOffset(8), locked, 8, stream));
        pageable[0] = 3;
        seen.put(0, 4);
        RawDevice.ok(JCudaDriver.cuMemcpyDtoHAsync(locked.withByteOffset(8), block, 8, stream));
        assertThat(seen.get(1)).as("before the stream was waited for").isNaN();
        double[] target = new double[2];
        RawDevice.ok(JCudaDriver.cuMemcpyDtoHAsync(Pointer.to(target), block, 16, stream));
        assertThat(target).as("pageable memory: the call waits").containsExactly(1, 4);
        assertThat(seen.get(1)).isEqualTo(1);
    }

    @Test
    void memoryFreedBeforeQueuedWorkHasUsedItIsAnError() {
        CUdeviceptr block = device.upload(new double[] {7});
        Emulator.lazy(true);
        device.launch("lnr_write", 2, 32, 0, 0L, block);
        RawDevice.ok(JCudaDriver.cuMemFree(block));
        assertThat(JCudaDriver.cuCtxSynchronize()).isEqualTo(CUDA_ERROR_ILLEGAL_ADDRESS);
        assertLog("context lost: lnr_write: parameter 2: address", "which was freed");
    }

    @Test
    void capturedWorkRunsAtEachReplay() {
        CUstream stream = new CUstream();
        RawDevice.ok(JCudaDriver.cuStreamCreate(stream, CUstream_flags.CU_STREAM_NON_BLOCKING));
        CUdeviceptr block = device.upload(new double[] {7, 7});
        RawDevice.ok(JCudaDriver.cuStreamBeginCapture(stream, 1));
        RawDevice.ok(JCudaDriver.cuMemcpyDtoDAsync(block.withByteOffset(8), block, 8, stream));
        RawDevice.ok(device.tryLaunch(stream, "lnr_write", 2, 1, 32, 0, 0L, block));
        CUgraph graph = new CUgraph();
        CUgraphExec executable = new CUgraphExec();
        RawDevice.ok(JCudaDriver.cuStreamEndCapture(stream, graph));
        RawDevice.ok(JCudaDriver.cuGraphInstantiate(executable, graph, 0));
        RawDevice.ok(JCudaDriver.cuGraphDestroy(graph));
        assertThat(device.download(block, 2)).containsExactly(7, 7);
        for (double[] expected : new double[][] {{1, 7}, {1, 1}}) {
            RawDevice.ok(JCudaDriver.cuGraphLaunch(executable, stream));
            RawDevice.ok(JCudaDriver.cuStreamSynchronize(stream));
            assertThat(device.download(block, 2)).containsExactly(expected);
        }
        RawDevice.ok(JCudaDriver.cuMemFree(block));
        assertThat(JCudaDriver.cuGraphLaunch(executable, stream)).isEqualTo(CUDA_ERROR_INVALID_VALUE);
    }

    @Test
    void whatWaitsOrAllocatesEndsACapture() {
        CUstream stream = new CUstream();
        RawDevice.ok(JCudaDriver.cuStreamCreate(stream, CUstream_flags.CU_STREAM_NON_BLOCKING));
        CUdeviceptr block = device.allocate(8);
        RawDevice.ok(JCudaDriver.cuStreamBeginCapture(stream, 0));
        assertThat(JCudaDriver.cuMemAlloc(new CUdeviceptr(), 1)).isEqualTo(CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED);
        assertThat(JCudaDriver.cuStreamEndCapture(stream, new CUgraph()))
                .isEqualTo(CUDA_ERROR_STREAM_CAPTURE_INVALIDATED);
        RawDevice.ok(JCudaDriver.cuStreamBeginCapture(stream, 1));
        assertThat(JCudaDriver.cuStreamSynchronize(stream)).isEqualTo(CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED);
        assertThat(JCudaDriver.cuStreamEndCapture(stream, new CUgraph()))
                .isEqualTo(CUDA_ERROR_STREAM_CAPTURE_INVALIDATED);
        RawDevice.ok(JCudaDriver.cuStreamBeginCapture(stream, 1));
        assertThat(JCudaDriver.cuMemcpyHtoDAsync(block, Pointer.to(new double[1]), 8, stream))
                .isEqualTo(CUDA_ERROR_INVALID_VALUE);
        assertLog("pageable memory");
    }

    @Test
    void aLaunchIsLostWhenATestAsksForIt() {
        Emulator.loseLaunch(2, 719);
        CUdeviceptr block = device.allocate(8);
        device.launch("lnr_write", 1, 32, 0, 0L, block);
        device.launch("lnr_write", 1, 32, 0, 0L, block);
        assertThat(JCudaDriver.cuCtxSynchronize()).isEqualTo(719);
    }
}
