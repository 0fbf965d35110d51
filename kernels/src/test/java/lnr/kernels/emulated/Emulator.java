package lnr.kernels.emulated;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import lnr.kernels.Device;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.openblas.global.openblas_nolapack;

/**
 * The emulated CUDA device of this process. {@link #load} comes before anything that loads JCuda; from then on {@code
 * cuda} is the emulated device. It is one for all tests of the process, so tests that use it take turns.
 */
public final class Emulator {
    private static Build build;

    private Emulator() {}

    /**
     * Builds the emulated device when it has not been built yet, and loads it when it has not been loaded.
     *
     * @throws IllegalStateException when it cannot be built, with the mend, or when JCuda was there first
     */
    public static synchronized void load() {
        if (build != null) {
            return;
        }
        if (mapped("libJCudaDriver") || mapped("libcuda.so")) {
            throw new IllegalStateException("the emulated device was asked for after a CUDA driver had been loaded");
        }
        Build built = new Build();
        for (Library library : Library.values()) {
            System.load(built.library(library).toString());
        }
        for (String family : built.compiled()) {
            assertThat(control("kernels " + built.kernels(family))).isEmpty();
        }
        control("openblas " + openBlas());
        build = built;
    }

    /** The file that the CPU device uses too. */
    static Path openBlas() {
        Path folder = Path.of(Loader.load(openblas_nolapack.class)).getParent();
        return Stream.of("libopenblas_nolapack.so.0", "libopenblas.so.0")
                .map(folder::resolve)
                .filter(Files::exists)
                .findFirst()
                .orElseThrow();
    }

    private static boolean mapped(String library) {
        try {
            return Files.readString(Path.of("/proc/self/maps"), StandardCharsets.ISO_8859_1).contains("/" + library);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The emulated library of a name, {@code libcuda.so.1} say, to be put where another process looks for CUDA's. */
    public static Path library(String soname) {
        return Arrays.stream(Library.values())
                .filter(library -> library.soname.equals(soname))
                .map(build::library)
                .findFirst()
                .orElseThrow();
    }

    /** The CUDA device on emulated hardware, whose work runs in this order, and as late as it may. */
    public static Device open(String order) {
        load();
        schedule(order);
        lazy(true);
        return Device.open("cuda");
    }

    /** Sets the order in which threads, blocks and streams run: {@code forward}, {@code reverse}, {@code random 17}. */
    public static void schedule(String order) {
        control("schedule " + order);
    }

    /** Whether streams run what they were given at once, or only when something waits for it. */
    public static void lazy(boolean lazy) {
        control("lazy " + (lazy ? 1 : 0));
    }

    /** How many devices there are, from 0 on; 2 unless this is called. */
    public static void devices(int count) {
        control("devices " + count);
    }

    /** Which CUDA the driver supports: 13000, for 13.0, unless this is called. */
    public static void driver(int version) {
        control("driver " + version);
    }

    /** Bytes of memory of each device. */
    public static void memory(long bytes) {
        control("memory " + bytes);
    }

    /** Whether modules hold code for the device, as they do unless this is called. */
    public static void code(boolean held) {
        control("architecture " + (held ? 90 : 0));
    }

    /** Makes a launch of a kernel, the first from now on or a later one, end with an error that ends its context. */
    public static void loseLaunch(int which, int error) {
        control("lose " + which + " " + error);
    }

    /** Makes the next call of one of CUDA's functions fail: {@code cuGraphInstantiate}, say. */
    public static void failCall(String function, int error) {
        control("fail " + function + " " + error);
    }

    /** Forgets everything that was set or has happened, and ends what is open. */
    public static void reset() {
        control("reset");
    }

    /** A source of kernels: {@code vector.cu}, say, or the header of all. */
    static String source(String name) {
        return build.source(name);
    }

    /** Takes the kernels of {@code source} in place of those of the same name, until closed. */
    static Kernels kernels(String name, String source) {
        return kernels(build.kernels(name, source, false));
    }

    /** Makes threads run through the barriers of a line of a kernel's source without waiting. */
    static void skipBarriers(String file, int line) {
        control("skip " + file + " " + line);
    }

    /** Like {@link #kernels}, with every access of memory checked. */
    static Kernels checkedKernels(String name, String source) {
        return kernels(build.kernels(name, source, true));
    }

    private static Kernels kernels(Path library) {
        assertThat(control("kernels " + library)).isEmpty();
        return () -> control("forget " + library);
    }

    /** Kernels that were taken in place of others. */
    interface Kernels extends AutoCloseable {
        @Override
        void close();
    }

    /** The families of the product's kernels. */
    static List<String> families() {
        return build.families();
    }

    /** The names of the product's kernels. */
    static Set<String> kernels() {
        return build.kernels();
    }

    /** Keeps launches from now on in a file, or no longer, when that is empty. */
    static void trace(String file) {
        control("trace " + file);
    }

    /** Runs a trace's launches again under sanitizers. Returns how many there were, a line for each kernel. */
    static String replay(Path trace) {
        return Toolchain.run(trace.getParent(), List.of(build.replay().toString(), trace.toString()));
    }

    /** What has gone wrong since the last call: a line for each call that failed, each leak, each lost context. */
    public static List<String> log() {
        return control("log").lines().toList();
    }

    /** Copies, kernels and whatever else has run on its streams so far. */
    public static long work() {
        return Long.parseLong(control("work"));
    }

    /** Bytes that have been copied from devices to the host so far. */
    public static long bytesToHost() {
        return Long.parseLong(control("bytes-to-host"));
    }

    /** How often each kernel has run so far. */
    public static Map<String, Long> launches() {
        return control("launches")
                .lines()
                .map(line -> line.split(" "))
                .collect(Collectors.toMap(words -> words[0], words -> Long.parseLong(words[1])));
    }

    /** Gives {@code command} to the device, and returns its answer: the commands are in {@code control.cpp}. */
    static native String control(String command);
}
