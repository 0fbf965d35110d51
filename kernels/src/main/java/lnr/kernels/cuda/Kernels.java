package lnr.kernels.cuda;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.Map;
import jcuda.Pointer;
import jcuda.driver.CUfunction;
import jcuda.driver.CUfunction_attribute;
import jcuda.driver.CUmodule;
import jcuda.driver.CUresult;
import jcuda.driver.JCudaDriver;
import lnr.kernels.Buffer;
import lnr.kernels.Device;

/** The kernels of one family, loaded on a device: a module with functions found by name. */
final class Kernels {
    /** Bytes of a kernel's arguments: CUDA's limit before version 12.1, and more than any kernel here has. */
    private static final int MOST_ARGUMENTS = 4096;

    /** Dynamic shared memory that a kernel may have without asking. */
    private static final int SHARED_UNASKED = 48 << 10;

    private static final class Function extends CUfunction {
        private int shared = SHARED_UNASKED;
    }

    private final CudaDevice device;
    private final Device.Type arithmetic;
    private final CUmodule module;
    private final Map<String, Function> functions = new HashMap<>();
    private final ByteBuffer arguments = direct(MOST_ARGUMENTS);
    private final ByteBuffer size = direct(Long.BYTES);
    private double bytes;
    private double flops;

    /** Tells the driver where the packed arguments are. It copies them before a launch returns. */
    private final Pointer packed = Pointer.to(
            JCudaDriver.CU_LAUNCH_PARAM_BUFFER_POINTER,
            Pointer.to(arguments),
            JCudaDriver.CU_LAUNCH_PARAM_BUFFER_SIZE,
            Pointer.to(size),
            JCudaDriver.CU_LAUNCH_PARAM_END);

    /**
     * Loads {@code src/main/cuda/family.cu}, in a turn of the device's.
     *
     * @param arithmetic the type whose arithmetic the kernels do, nearly all
     * @throws lnr.kernels.DeviceException when there is no code for this device, and none can be made here
     */
    Kernels(CudaDevice device, String family, Device.Type arithmetic) {
        this.device = device;
        this.arithmetic = arithmetic;
        this.module = Modules.load(device, family);
    }

    private static ByteBuffer direct(int bytes) {
        return ByteBuffer.allocateDirect(bytes).order(ByteOrder.nativeOrder());
    }

    /** Tells a profile what the next launch has to do: bytes to move, and floating-point operations. */
    Kernels work(double bytes, double flops) {
        this.bytes = bytes;
        this.flops = flops;
        return this;
    }

    /**
     * Launches a kernel behind what was asked before, and does not wait. In a turn of the device's.
     *
     * @param name the kernel's name in the source
     * @param gridX blocks, 1 or more
     * @param gridY blocks, 1 to 65535
     * @param threads threads of a block
     * @param shared bytes of dynamic shared memory
     * @param values the arguments in the kernel's order: Integer for int, Long for long long, Float, Double, and for a
     *     pointer a {@link Buffer} (open, and the device's), an {@link Address} or null
     */
    void launch(String name, int gridX, int gridY, int threads, int shared, Object... values) {
        Function function = function(name);
        if (shared > function.shared) {
            device.check(
                    JCudaDriver.cuFuncSetAttribute(
                            function, CUfunction_attribute.CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES, shared),
                    "cuFuncSetAttribute", name, "dynamic shared memory", shared);
            function.shared = shared;
        }
        pack(values);
        device.begin();
        int result = JCudaDriver.cuLaunchKernel(
                function, gridX, gridY, 1, threads, 1, 1, shared, device.stream(), null, packed);
        if (result != CUresult.CUDA_SUCCESS) {
            device.check(result, "cuLaunchKernel", name, "grid " + gridX + " x " + gridY, "block " + threads, "shared "
                    + shared);
        }
        device.end(name, bytes, flops, arithmetic);
        work(0, 0);
    }

    private Function function(String name) {
        Function function = functions.get(name);
        if (function == null) {
            function = new Function();
            device.check(JCudaDriver.cuModuleGetFunction(function, module, name), "cuModuleGetFunction", name);
            functions.put(name, function);
        }
        return function;
    }

    /** Lays the arguments out as the kernel's parameters: each at a multiple of its own size. */
    private void pack(Object[] values) {
        arguments.clear();
        for (Object value : values) {
            if (value instanceof Integer number) {
                align(Integer.BYTES).putInt(number);
            } else if (value instanceof Double number) {
                align(Double.BYTES).putDouble(number);
            } else if (value instanceof Buffer buffer) {
                align(Long.BYTES).putLong(device.address(buffer));
            } else if (value instanceof Address address) {
                align(Long.BYTES).putLong(address.value());
            } else if (value instanceof Long number) {
                align(Long.BYTES).putLong(number);
            } else if (value instanceof Float number) {
                align(Float.BYTES).putFloat(number);
            } else if (value == null) {
                align(Long.BYTES).putLong(0);
            } else {
                throw new IllegalArgumentException("a kernel takes no " + value.getClass().getName());
            }
        }
        size.putLong(0, arguments.position());
    }

    private ByteBuffer align(int bytes) {
        return arguments.position((arguments.position() + bytes - 1) & -bytes);
    }
}
