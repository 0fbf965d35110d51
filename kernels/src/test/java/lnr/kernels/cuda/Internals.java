package lnr.kernels.cuda;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import lnr.kernels.Device;

/** What tests outside this package ask of it. */
public final class Internals {
    private Internals() {}

    /** Finds and loads the driver, and nothing more. */
    public static void loadDriver() {
        Libraries.driver();
    }

    /** What is said when the driver, once it is loaded, does not load kernels. */
    public static String failure(int result) {
        return Driver.failure("cuda:0", result, "cuModuleLoadData").getMessage();
    }

    /** What LNR calls of cuBLAS. */
    public static List<String> blas() {
        return Libraries.BLAS;
    }

    /** Has a kernel compiled for {@code device} at run time; the compiler's name and what it made, as text. */
    public static String compile(Device device, String source) {
        NvrtcCompiler compiler = NvrtcCompiler.of((CudaDevice) device);
        return compiler.version() + " " + compile(compiler, source, Map.of());
    }

    /** Has a kernel compiled by a compiler that calls itself {@code version}, for {@code target}; what it made. */
    public static String compile(String version, String target, String source, Map<String, String> headers) {
        Libraries.nvrtc();
        return compile(new NvrtcCompiler("cuda:0", version, target), source, headers);
    }

    private static String compile(NvrtcCompiler compiler, String source, Map<String, String> headers) {
        SortedMap<String, byte[]> included = new TreeMap<>();
        headers.forEach((name, text) -> included.put(name, text.getBytes(UTF_8)));
        return new String(compiler.compile("probe", source.getBytes(UTF_8), included), UTF_8);
    }
}
