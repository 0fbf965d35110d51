package lnr.kernels.cuda;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import jcuda.driver.CUmodule;
import jcuda.driver.CUresult;
import jcuda.driver.JCudaDriver;

/** Loads a family's kernels: as the build compiled them, or else as NVRTC compiles their source here. */
final class Modules {
    /** What sources may include. */
    private static final List<String> HEADERS = List.of("lnr.cuh", "convolution.cuh");

    private Modules() {}

    /** @throws lnr.kernels.DeviceException when there is no code for this device, and none can be made here */
    static CUmodule load(CudaDevice device, String family) {
        CUmodule module = new CUmodule();
        byte[] code = resource(family + ".fatbin");
        int result = code == null
                ? CUresult.CUDA_ERROR_NO_BINARY_FOR_GPU
                : JCudaDriver.cuModuleLoadData(module, code);
        if (Driver.isNoCode(result)) {
            NvrtcCompiler compiler = NvrtcCompiler.of(device);
            code = compiler.compile(family, source(family + ".cu"), headers());
            result = JCudaDriver.cuModuleLoadData(module, code);
            device.describe("kernels", "compiled by " + compiler.version());
        } else {
            device.describe("kernels", "as built");
        }
        device.check(result, "cuModuleLoadData", family, code.length + " bytes");
        device.onClose(() -> JCudaDriver.cuModuleUnload(module));
        return module;
    }

    private static SortedMap<String, byte[]> headers() {
        SortedMap<String, byte[]> headers = new TreeMap<>();
        HEADERS.forEach(name -> headers.put(name, source(name)));
        return headers;
    }

    private static byte[] source(String name) {
        byte[] source = resource(name);
        if (source == null) {
            throw new IllegalStateException(name + " is not among the resources of " + Modules.class.getPackageName());
        }
        return source;
    }

    private static byte[] resource(String name) {
        try (InputStream in = Modules.class.getResourceAsStream(name)) {
            return in == null ? null : in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
