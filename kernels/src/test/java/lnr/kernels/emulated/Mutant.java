package lnr.kernels.emulated;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Supplier;
import javax.tools.JavaCompiler;
import javax.tools.ToolProvider;
import lnr.kernels.Device;
import lnr.kernels.cuda.CudaDevice;

/** The CUDA device with a fault sown into a copy of its source, of a class or of a family of kernels. */
final class Mutant implements AutoCloseable {
    private static final String PACKAGE = "lnr.kernels.cuda.";

    private final Supplier<Device> device;
    private final Closeable after;

    private Mutant(Supplier<Device> device, Closeable after) {
        this.device = device;
        this.after = after;
    }

    /** Kernels whose source has {@code to} where the product's has {@code from}. */
    static Mutant kernels(String family, String from, String to) {
        String header = Emulator.source("lnr.cuh");
        String whole = Emulator.source(family + ".cu").replace("#include \"lnr.cuh\"", header);
        String source = replaced(whole, from, to);
        return new Mutant(() -> new CudaDevice(0, "asked for"), Emulator.kernels(family, source)::close);
    }

    /** A class whose source has {@code to} where the product's has {@code from}. */
    static Mutant host(String type, String from, String to, Path folder) {
        try {
            Path product = Path.of("src/main/java", PACKAGE.replace('.', '/'), type + ".java");
            String changed = replaced(Files.readString(product), from, to);
            Path source = Files.writeString(folder.resolve(type + ".java"), changed);
            JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
            String classPath = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
            assertThat(compiler.run(null, null, null, "-cp", classPath, "-d", folder.toString(), source.toString()))
                    .as("the compiler's status")
                    .isZero();
            Loader loader = new Loader(List.of(folder, Sources.origin(CudaDevice.class)));
            return new Mutant(loader::open, loader);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String replaced(String source, String from, String to) {
        assertThat(source).contains(from);
        return source.replace(from, to);
    }

    Device open() {
        return device.get();
    }

    @Override
    public void close() throws IOException {
        after.close();
    }

    /** Classes of the CUDA device's package from these folders, the first before the others; all else as it is. */
    private static final class Loader extends URLClassLoader {
        Loader(List<Path> folders) {
            super(folders.stream().map(Loader::url).toArray(URL[]::new), Mutant.class.getClassLoader());
        }

        private static URL url(Path folder) {
            try {
                return folder.toUri().toURL();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        Device open() {
            try {
                Class<?> type = loadClass(CudaDevice.class.getName());
                return (Device) type.getConstructor(int.class, String.class).newInstance(0, "asked for");
            } catch (ReflectiveOperationException e) {
                throw new IllegalStateException(e);
            }
        }

        @Override
        protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
            synchronized (getClassLoadingLock(name)) {
                Class<?> loaded = findLoadedClass(name);
                if (loaded == null && name.startsWith(PACKAGE)) {
                    loaded = findClass(name);
                }
                return loaded == null ? super.loadClass(name, resolve) : loaded;
            }
        }
    }
}
