package lnr.kernels.cpu;

import dev.ludovic.netlib.blas.BLAS;
import dev.ludovic.netlib.lapack.LAPACK;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.logging.Level;
import java.util.logging.Logger;
import lnr.kernels.DeviceException;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.openblas.global.openblas;

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
            // org.bytedeco ships two OpenBLAS, with and without LAPACK, and sets the threads of the one that was made
            // global first. It has to be the one that netlib calls: the other's setting would leave this one's own
            // threads spinning beside the device's.
            Path library = find(Path.of("/org/bytedeco/openblas", Loader.getPlatform()));
            Loader.loadGlobal(library.toString());
            Loader.load(openblas.class);
            openblas.blas_set_num_threads(1);
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
        String version = openblas.class.getPackage().getImplementationVersion();
        return "OpenBLAS " + (version == null ? "" : version + " ") + "(" + LIBRARY + ", through netlib, arrays in place)";
    }

    /** Extracts the resource folder, so that the library finds those it needs beside it. */
    private static Path find(Path resources) throws java.io.IOException {
        java.io.File folder = Loader.cacheResource(openblas.class, resources.toString().replace('\\', '/'));
        if (folder == null) {
            throw new java.io.FileNotFoundException("no resources " + resources);
        }
        String platform = Loader.getPlatform();
        String name = platform.startsWith("windows")
                ? "libopenblas.dll"
                : platform.startsWith("macosx") ? "libopenblas.0.dylib" : "libopenblas.so.0";
        Path library = folder.toPath().resolve(name);
        if (!Files.exists(library)) {
            throw new java.io.FileNotFoundException(library.toString());
        }
        return library;
    }

    private static Logger quiet(String name) {
        Logger logger = Logger.getLogger(name);
        logger.setLevel(Level.WARNING);
        return logger;
    }
}
