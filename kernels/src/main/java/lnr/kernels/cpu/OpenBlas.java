package lnr.kernels.cpu;

import dev.ludovic.netlib.blas.BLAS;
import dev.ludovic.netlib.blas.NativeBLAS;
import dev.ludovic.netlib.lapack.LAPACK;
import dev.ludovic.netlib.lapack.NativeLAPACK;
import java.io.FileNotFoundException;
import java.io.IOException;
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
 *
 * <p>Loading it changes the process: OpenBLAS's number of threads becomes 1 for whoever else calls this copy, two
 * system properties tell netlib where it is, and netlib's loggers keep to warnings.
 */
final class OpenBlas {
    /** Null when it did not load; {@link #require} says why. */
    static final BLAS BLAS;

    /** Null when it did not load; {@link #require} says why. */
    static final LAPACK LAPACK;

    private static final String LIBRARY;
    private static final Throwable FAILURE;

    // Held so that the loggers keep the level set here: java.util.logging forgets loggers nobody refers to.
    private static final List<Logger> QUIET =
            List.of(quiet("dev.ludovic.netlib.blas"), quiet("dev.ludovic.netlib.lapack"));

    static {
        BLAS blas = null;
        LAPACK lapack = null;
        String name = "";
        Throwable failure = null;
        try {
            Path bindings = Path.of(Loader.load(openblas_nolapack.class));
            Path library = find(bindings.getParent());
            name = library.getFileName().toString();
            openblas_nolapack.blas_set_num_threads(1);
            System.setProperty("dev.ludovic.netlib.blas.nativeLibPath", library.toString());
            System.setProperty("dev.ludovic.netlib.lapack.nativeLibPath", library.toString());
            blas = NativeBLAS.getInstance();
            lapack = NativeLAPACK.getInstance();
        } catch (IOException | RuntimeException | LinkageError e) {
            failure = e;
        }
        BLAS = blas;
        LAPACK = lapack;
        LIBRARY = name;
        FAILURE = failure;
    }

    private OpenBlas() {}

    /** @throws DeviceException when OpenBLAS did not load in this process */
    static void require() {
        if (FAILURE != null) {
            throw new DeviceException(
                    "cpu: OpenBLAS did not load (" + FAILURE + "); build with -Dnative.platform=..., the name of"
                            + " this platform among the binaries of org.bytedeco:openblas",
                    FAILURE);
        }
    }

    /** The file that was loaded, and its version as Maven knows it. */
    static String library() {
        String version = openblas_nolapack.class.getPackage().getImplementationVersion();
        String number = version == null ? "" : version + " ";
        return "OpenBLAS " + number + "(" + LIBRARY + ", through netlib, arrays in place)";
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
