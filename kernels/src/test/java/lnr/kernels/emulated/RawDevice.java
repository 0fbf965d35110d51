package lnr.kernels.emulated;

import static jcuda.driver.CUresult.CUDA_SUCCESS;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import jcuda.NativePointerObject;
import jcuda.Pointer;
import jcuda.driver.CUcontext;
import jcuda.driver.CUdevice;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUfunction;
import jcuda.driver.CUmodule;
import jcuda.driver.CUstream;
import jcuda.driver.JCudaDriver;

/** The emulated device through the driver's own calls: a context that is current on this thread, and a module. */
final class RawDevice {
    final CUcontext context = new CUcontext();
    final CUmodule module = new CUmodule();
    private CUdeviceptr latest;

    RawDevice() {
        ok(JCudaDriver.cuInit(0));
        CUdevice device = new CUdevice();
        ok(JCudaDriver.cuDeviceGet(device, 0));
        ok(JCudaDriver.cuCtxCreate(context, 0, device));
        ok(JCudaDriver.cuModuleLoadData(module, "// all kernels there are\0".getBytes()));
    }

    /** Ends the context, and returns a new one. */
    RawDevice renewed() {
        Emulator.reset();
        return new RawDevice();
    }

    static void ok(int result) {
        assertThat(result).isEqualTo(CUDA_SUCCESS);
    }

    CUdeviceptr allocate(long bytes) {
        latest = new CUdeviceptr();
        ok(JCudaDriver.cuMemAlloc(latest, bytes));
        return latest;
    }

    /** What was allocated last. */
    CUdeviceptr latest() {
        return latest;
    }

    CUdeviceptr upload(double[] values) {
        CUdeviceptr block = allocate(8L * values.length);
        ok(JCudaDriver.cuMemcpyHtoD(block, Pointer.to(values), 8L * values.length));
        return block;
    }

    double[] download(CUdeviceptr from, int count) {
        double[] values = new double[count];
        ok(JCudaDriver.cuMemcpyDtoH(Pointer.to(values), from, 8L * count));
        return values;
    }

    void launch(String kernel, int blocks, int threads, int shared, Object... arguments) {
        ok(tryLaunch(kernel, blocks, 1, threads, shared, arguments));
    }

    int tryLaunch(String kernel, int blocksX, int blocksY, int threads, int shared, Object... arguments) {
        return tryLaunch(null, kernel, blocksX, blocksY, threads, shared, arguments);
    }

    int tryLaunch(CUstream stream, String kernel, int blocksX, int blocksY, int threads, int shared, Object... values) {
        CUfunction function = new CUfunction();
        ok(JCudaDriver.cuModuleGetFunction(function, module, kernel));
        ByteBuffer packed = ByteBuffer.allocateDirect(256).order(ByteOrder.nativeOrder());
        for (Object value : values) {
            int size = value instanceof Integer || value instanceof Float ? 4 : 8;
            packed.position((packed.position() + size - 1) & -size);
            if (value instanceof Integer number) {
                packed.putInt(number);
            } else if (value instanceof Float number) {
                packed.putFloat(number);
            } else if (value instanceof Double number) {
                packed.putDouble(number);
            } else {
                packed.putLong(value instanceof Long number ? number : address((CUdeviceptr) value));
            }
        }
        Pointer extra = Pointer.to(
                JCudaDriver.CU_LAUNCH_PARAM_BUFFER_POINTER,
                Pointer.to(packed.rewind()),
                JCudaDriver.CU_LAUNCH_PARAM_BUFFER_SIZE,
                Pointer.to(new long[] {used(values)}),
                JCudaDriver.CU_LAUNCH_PARAM_END);
        return JCudaDriver.cuLaunchKernel(function, blocksX, blocksY, 1, threads, 1, 1, shared, stream, null, extra);
    }

    private static long used(Object[] values) {
        long used = 0;
        for (Object value : values) {
            int size = value instanceof Integer || value instanceof Float ? 4 : 8;
            used = ((used + size - 1) & -size) + size;
        }
        return used;
    }

    /** Bytes from one address to another. */
    static long distance(CUdeviceptr from, CUdeviceptr to) {
        return address(to) - address(from);
    }

    private static long address(CUdeviceptr pointer) {
        // JCuda tells addresses in text alone.
        return new Address(pointer).value();
    }

    private static final class Address extends CUdeviceptr {
        Address(CUdeviceptr of) {
            super(of, 0);
        }

        long value() {
            return getNativePointer() + getByteOffset();
        }
    }

    static boolean isNull(NativePointerObject handle) {
        return handle.equals(new CUdeviceptr());
    }
}
