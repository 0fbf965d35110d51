package lnr.kernels.cuda;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.TreeMap;
import lnr.kernels.Device;

/** What tests outside this package ask of it. */
public final class Internals {
    private Internals() {}

    /** Finds and loads the driver, and nothing more. */
    public static void loadDriver() {
        Libraries.driver();
    }

    /** Has a kernel compiled for {@code device} at run time; the compiler's name and what it made, as text. */
    public static String compile(Device device, String source) {
        NvrtcCompiler compiler = NvrtcCompiler.of((CudaDevice) device);
        byte[] made = compiler.compile("probe", source.getBytes(UTF_8), new TreeMap<>());
        return compiler.version() + " " + new String(made, UTF_8);
    }
}
