package lnr.kernels.cpu;

import dev.ludovic.netlib.blas.BLAS;
import dev.ludovic.netlib.lapack.LAPACK;
import java.io.FileNotFoundException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.logging.Level;
import java.util.logging.Logger;
import lnr.kernels.DeviceException;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.openblas.global.openblas_nolapack;

/**
 * OpenBLAS on Java arrays. The library comes from org.bytedeco, which ships binaries for every platform; the calls go
 * through dev.ludovic.netlib, which hands arrays over in place where bytedeco would copy them. OpenBLAS itself runs on
 * the thread that calls it: the device's own threads share the work.
 */
final class OpenBlas {
    static final BLAS BLAS_;
    static final LAPACK LAPACK_;
    private static final String LIBRARY;
    // Held so that the loggers keep the level set here: java.util.logging forgets loggers nobody refers to.
    private static final List<Logger> QUIET =
            List.of(quiet("dev.ludovic.netlib.blas"), quiet("dev.ludovic.netlib.lapack"));

    static {
        try {
            Path bindings = Path.of(Loader.load(openblas_nolapack.class));
            Path library = find(bindings.getParent());
            openblas_nolapack.blas_set_num_threads(1);
            System.setProperty("dev.ludovic.netlib.blas.nativeLibPath", library.toString());
            System.setProperty("dev.ludovic.netlib.lapack.nativeLibPath", library.toString());
            BLAS_ = dev.ludovic.netlib.blas.NativeBLAS.getInstance();
            LAPACK_ = dev.ludovic.netlib.lapack.NativeLAPACK.getInstance();
            LIBRARY = library.getFileName().toString();
        } catch (Throwable e) {
            throw new DeviceException(
                    "cpu: OpenBLAS did not load (" + e + "); build with -Dnative.platform set to this platform, as org.bytedeco:openblas names it",
                    e);
        }
    }

    private OpenBlas() {}

    /** The file that was loaded, and its version as Maven knows it. */
    static String library() {
        String version = openblas_nolapack.class.getPackage().getImplementationVersion();
        return "OpenBLAS " + (version == null ? "" : version + " ") + "(" + LIBRARY + ", through netlib, arrays in place)";
    }

    /**
     * The very file the bindings are linked to. Where the jar holds two copies of OpenBLAS, setting the number of
     * threads reaches only the one of these bindings, so that is the one to call.
     */
    private static Path find(Path folder) throws FileNotFoundException {
        String platform = Loader.getPlatform();
        String suffix = platform.startsWith("windows") ? ".dll" : platform.startsWith("macosx") ? ".0.dylib" : ".so.0";
        for (String stem : List.of("libopenblas_nolapack", "libopenblas")) {
            Path library = folder.resolve(stem + suffix);
            if (Files.exists(library)) {
                return library;
            }
        }
        throw new FileNotFoundException(folder.resolve("libopenblas" + suffix).toString());
    }

    private static Logger quiet(String name) {
        Logger logger = Logger.getLogger(name);
        logger.setLevel(Level.WARNING);
        return logger;
    }
}
