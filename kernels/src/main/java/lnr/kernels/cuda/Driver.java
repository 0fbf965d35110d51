package lnr.kernels.cuda;

import static jcuda.driver.CUresult.CUDA_ERROR_DEVICE_UNAVAILABLE;
import static jcuda.driver.CUresult.CUDA_ERROR_ECC_UNCORRECTABLE;
import static jcuda.driver.CUresult.CUDA_ERROR_INVALID_DEVICE;
import static jcuda.driver.CUresult.CUDA_ERROR_JIT_COMPILATION_DISABLED;
import static jcuda.driver.CUresult.CUDA_ERROR_NO_DEVICE;
import static jcuda.driver.CUresult.CUDA_ERROR_NOT_SUPPORTED;
import static jcuda.driver.CUresult.CUDA_ERROR_OPERATING_SYSTEM;
import static jcuda.driver.CUresult.CUDA_ERROR_OUT_OF_MEMORY;
import static jcuda.driver.CUresult.CUDA_ERROR_STUB_LIBRARY;
import static jcuda.driver.CUresult.CUDA_ERROR_SYSTEM_DRIVER_MISMATCH;
import static jcuda.driver.CUresult.CUDA_ERROR_SYSTEM_NOT_READY;
import static jcuda.driver.CUresult.CUDA_ERROR_UNKNOWN;

import java.util.Arrays;
import java.util.Set;
import java.util.stream.Collectors;
import jcuda.driver.CUresult;
import jcuda.driver.JCudaDriver;
import lnr.kernels.DeviceException;

/** The CUDA driver, loaded once a process, and what its results mean. */
final class Driver {
    /** The first driver that has every function JCuda's natives refer to, as CUDA counts: 1000 major + 10 minor. */
    private static final int OLDEST = 12000;

    /** CUDA_ERROR_CONTAINED, newer than JCuda. */
    private static final int CONTAINED = 226;

    /** CUDA_ERROR_TENSOR_MEMORY_LEAK, newer than JCuda. */
    private static final int TENSOR_MEMORY_LEAK = 721;

    /**
     * Errors after which every further call in this context fails: CUDA calls them sticky. The unknown one is what is
     * left of a device that is gone.
     */
    private static final Set<Integer> STICKY = Set.of(
            CONTAINED,
            TENSOR_MEMORY_LEAK,
            CUDA_ERROR_UNKNOWN,
            CUresult.CUDA_ERROR_ILLEGAL_ADDRESS,
            CUresult.CUDA_ERROR_LAUNCH_TIMEOUT,
            CUresult.CUDA_ERROR_CONTEXT_IS_DESTROYED,
            CUresult.CUDA_ERROR_ASSERT,
            CUresult.CUDA_ERROR_HARDWARE_STACK_ERROR,
            CUresult.CUDA_ERROR_ILLEGAL_INSTRUCTION,
            CUresult.CUDA_ERROR_MISALIGNED_ADDRESS,
            CUresult.CUDA_ERROR_INVALID_ADDRESS_SPACE,
            CUresult.CUDA_ERROR_INVALID_PC,
            CUresult.CUDA_ERROR_LAUNCH_FAILED,
            CUresult.CUDA_ERROR_MPS_CLIENT_TERMINATED,
            CUresult.CUDA_ERROR_EXTERNAL_DEVICE,
            CUresult.CUDA_ERROR_ECC_UNCORRECTABLE,
            CUresult.CUDA_ERROR_NVLINK_UNCORRECTABLE);

    /** What the driver says of code that is good, but not for this device or not for this driver. */
    private static final Set<Integer> NO_CODE = Set.of(
            CUresult.CUDA_ERROR_NO_BINARY_FOR_GPU,
            CUresult.CUDA_ERROR_INVALID_IMAGE,
            CUresult.CUDA_ERROR_INVALID_PTX,
            CUresult.CUDA_ERROR_UNSUPPORTED_PTX_VERSION,
            CUresult.CUDA_ERROR_JIT_COMPILER_NOT_FOUND,
            CUresult.CUDA_ERROR_JIT_COMPILATION_DISABLED);

    private static DeviceException failure;
    private static boolean tried;
    private static int version;
    private static int devices;

    private Driver() {}

    /** @throws DeviceException when CUDA cannot be used in this process; the message has the mend */
    static synchronized void require() {
        if (!tried) {
            tried = true;
            try {
                load();
            } catch (DeviceException e) {
                failure = e;
            }
        }
        if (failure != null) {
            throw new DeviceException(failure.getMessage(), failure);
        }
    }

    private static void load() {
        String platform = System.getProperty("os.name") + " " + System.getProperty("os.arch");
        if (!platform.equals("Linux amd64")) {
            throw new DeviceException("cuda: not on this platform (" + platform + "); it takes Linux on x86-64");
        }
        Libraries.driver();
        int[] out = new int[1];
        check(JCudaDriver.cuDriverGetVersion(out), "cuDriverGetVersion");
        version = out[0];
        if (version < OLDEST) {
            throw new DeviceException("cuda: the driver is too old (it supports CUDA " + dotted(version)
                    + ", expected " + dotted(OLDEST) + " or newer); install NVIDIA's driver 525 or newer");
        }
        check(JCudaDriver.cuInit(0), "cuInit", 0);
        check(JCudaDriver.cuDeviceGetCount(out), "cuDeviceGetCount");
        devices = out[0];
        if (devices == 0) {
            throw failure("cuda", CUDA_ERROR_NO_DEVICE, "cuDeviceGetCount");
        }
    }

    /** Devices that this process may use. */
    static int devices() {
        require();
        return devices;
    }

    /** The version of CUDA that the driver supports: 13.0, say. */
    static String version() {
        return dotted(version);
    }

    static String dotted(int version) {
        return version / 1000 + "." + version % 1000 / 10;
    }

    static boolean isSticky(int result) {
        return STICKY.contains(result);
    }

    static boolean isNoCode(int result) {
        return NO_CODE.contains(result);
    }

    private static void check(int result, String call, Object... arguments) {
        if (result != CUresult.CUDA_SUCCESS) {
            throw failure("cuda", result, call, arguments);
        }
    }

    /** What to throw when {@code call} on {@code device} returned {@code result}. */
    static DeviceException failure(String device, int result, String call, Object... arguments) {
        String mend = mend(result);
        return new DeviceException(device + ": " + call(call, arguments) + " failed: " + name(result)
                + (mend.isEmpty() ? "" : "; " + mend));
    }

    /** A call with its arguments, for messages. */
    static String call(String call, Object... arguments) {
        return Arrays.stream(arguments).map(String::valueOf).collect(Collectors.joining(", ", call + "(", ")"));
    }

    /** CUDA's name for an error, and what it says of it: the driver's words, which may be newer than JCuda. */
    static String name(int result) {
        String[] name = new String[1];
        String[] text = new String[1];
        boolean known = JCudaDriver.cuGetErrorName(result, name) == CUresult.CUDA_SUCCESS
                && JCudaDriver.cuGetErrorString(result, text) == CUresult.CUDA_SUCCESS
                && name[0] != null;
        return known ? name[0] + " (" + text[0] + ")" : CUresult.stringFor(result);
    }

    private static String mend(int result) {
        if (result == CUDA_ERROR_UNKNOWN && devices == 0) {
            return "the driver does not work: see nvidia-smi; load its modules (nvidia-modprobe -u -c 0), or restart"
                    + " the machine";
        } else if (result == CUDA_ERROR_ECC_UNCORRECTABLE) {
            return "the device's memory is damaged: see nvidia-smi -q -d ECC";
        } else if (isSticky(result)) {
            return "the device is lost to this process, perhaps by an operation asked for earlier: start again, and"
                    + " look for Xid in the system's log";
        } else if (result == CUDA_ERROR_JIT_COMPILATION_DISABLED) {
            return "the kernels were built without code for this device, and the driver is told to make none: unset"
                    + " CUDA_DISABLE_PTX_JIT";
        } else if (isNoCode(result)) {
            return "the kernels were built without code for this device, and the driver cannot make it: install a newer"
                    + " driver";
        }
        return switch (result) {
            case CUDA_ERROR_NO_DEVICE -> "no device is visible: see nvidia-smi, and CUDA_VISIBLE_DEVICES";
            case CUDA_ERROR_INVALID_DEVICE -> "see nvidia-smi -L for the devices of this machine";
            case CUDA_ERROR_DEVICE_UNAVAILABLE -> "another process has the device to itself: see nvidia-smi";
            case CUDA_ERROR_OUT_OF_MEMORY -> "see nvidia-smi for what else uses the device";
            case CUDA_ERROR_STUB_LIBRARY ->
                "the libcuda.so.1 that was found is the toolkit's stub: take its directory out of LD_LIBRARY_PATH";
            case CUDA_ERROR_SYSTEM_DRIVER_MISMATCH, CUDA_ERROR_OPERATING_SYSTEM ->
                "libcuda.so.1 and the kernel's module do not fit: restart the machine, or install the driver again";
            case CUDA_ERROR_SYSTEM_NOT_READY -> "start the machine's fabric manager";
            case CUDA_ERROR_NOT_SUPPORTED -> "this device or its driver cannot do that";
            default -> "";
        };
    }
}
