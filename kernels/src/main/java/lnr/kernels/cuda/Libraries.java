package lnr.kernels.cuda;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import jcuda.JCudaVersion;
import lnr.kernels.DeviceException;

/**
 * Finds shared libraries where the dynamic linker would, and where CUDA's installers put them besides. A library loaded
 * by its full path serves whatever asks for its name later, so what JCuda's natives depend on need not be on the
 * linker's path. A library that the process has loaded already is taken as it is.
 */
final class Libraries {
    /** Names directories to look into first, separated by colons; site-packages/nvidia of a pip installation is one. */
    static final String PATH = "LNR_CUDA_PATH";

    /** What LNR calls of each, by the names that the bridge has, too. */
    static final List<String> BLAS = List.of(
            "cublasCreate_v2",
            "cublasDestroy_v2",
            "cublasGetVersion_v2",
            "cublasSetStream_v2",
            "cublasSetMathMode",
            "cublasSetWorkspace_v2",
            "cublasSgemm_v2",
            "cublasDgemm_v2",
            "cublasSgemmStridedBatched",
            "cublasDgemmStridedBatched",
            "cublasDtrsm_v2");

    static final List<String> SOLVER = List.of(
            "cusolverDnCreate",
            "cusolverDnDestroy",
            "cusolverDnSetStream",
            "cusolverDnDpotrf_bufferSize",
            "cusolverDnDpotrf",
            "cusolverDnDsyevd_bufferSize",
            "cusolverDnDsyevd");

    static final List<String> NVRTC = List.of(
            "nvrtcVersion",
            "nvrtcGetNumSupportedArchs",
            "nvrtcGetSupportedArchs",
            "nvrtcCreateProgram",
            "nvrtcDestroyProgram",
            "nvrtcCompileProgram",
            "nvrtcGetProgramLogSize",
            "nvrtcGetProgramLog",
            "nvrtcGetPTXSize",
            "nvrtcGetPTX",
            "nvrtcGetCUBINSize",
            "nvrtcGetCUBIN");

    private Libraries() {}

    /** Makes {@link jcuda.driver.JCudaDriver} usable. */
    static void driver() {
        whole("the driver", () -> {
            if (load("libcuda.so.1").isEmpty()) {
                throw new DeviceException("cuda: no CUDA driver (libcuda.so.1 not found); install NVIDIA's driver, or"
                        + " name the directory it is in by " + PATH);
            }
            bind("jcuda.driver.JCudaDriver", "JCudaDriver");
        });
    }

    /** Makes {@link jcuda.jcublas.JCublas2} usable. */
    static void blas() {
        whole("cuBLAS", () -> {
            loadIfFound("libcublasLt.so.12", "libcublasLt.so.13");
            provide(BLAS, "libcublas.so.12", "libcublas.so.13");
            bind("jcuda.jcublas.JCublas2", "JCublas2");
        });
    }

    /** Makes {@link jcuda.jcusolver.JCusolverDn} usable. */
    static void solver() {
        blas();
        whole("cuSOLVER", () -> {
            loadIfFound("libnvJitLink.so.12", "libnvJitLink.so.13");
            loadIfFound("libcusparse.so.12");
            provide(SOLVER, "libcusolver.so.11", "libcusolver.so.12");
            provide(List.of(), "libcusolverMg.so.11", "libcusolver.so.11", "libcusolver.so.12");
            bind("jcuda.jcusolver.JCusolverDn", "JCusolver");
        });
    }

    /** Makes {@link jcuda.nvrtc.JNvrtc} usable. */
    static void nvrtc() {
        whole("NVRTC", () -> {
            nvrtcsOthers().forEach(Libraries::loadIfSound);
            provide(NVRTC, "libnvrtc.so.12", "libnvrtc.so.13");
            bind("jcuda.nvrtc.JNvrtc", "JNvrtc");
        });
    }

    /** Loads something, and tells what the dynamic linker said where it cannot be loaded. */
    private static void whole(String what, Runnable loading) {
        try {
            loading.run();
        } catch (LinkageError e) {
            throw new DeviceException("cuda: " + what + " did not load (" + linkersWord(e) + "); install it again, or"
                    + " name the directory of a whole one by " + PATH, e);
        }
    }

    /** JCuda's message holds whole stack traces; the linker's own word is the last line that names a library. */
    private static String linkersWord(LinkageError e) {
        String message = String.valueOf(e.getMessage());
        return message.lines()
                .filter(line -> line.contains(".so") && line.contains(": "))
                .reduce((first, last) -> last)
                .or(() -> message.lines().findFirst())
                .orElse(message)
                .replaceFirst("^\\S*Error: ", "");
    }

    /** Loads the calls of NVTX, and NVTX itself. Returns whether the calls are there. */
    static boolean ranges() {
        loadIfFound("libnvtx3interop.so.1", "libnvToolsExt.so.1");
        Optional<Path> calls = extract("bridge/libranges.so");
        calls.ifPresent(path -> System.load(path.toString()));
        return calls.isPresent();
    }

    /**
     * Loads what goes by {@code name}: the library itself or, where only another version of it is found, the bridge
     * that forwards to that one.
     *
     * @throws DeviceException when none is found, or one without some of {@code functions}: at the call of such a
     *     function the linker would end the process
     */
    private static void provide(List<String> functions, String name, String... others) {
        Optional<Path> itself = load(name);
        if (itself.isPresent()) {
            requireFunctions(itself.get(), functions);
            return;
        }
        Optional<Path> other = load(others);
        if (other.isEmpty()) {
            throw new DeviceException("cuda: " + name + " not found (nor " + String.join(", ", others) + "); install"
                    + " the libraries of CUDA 12 or 13, or name their directory by " + PATH);
        }
        Path bridge = extract("bridge/" + name).orElseThrow(() -> new DeviceException("cuda: " + name + " not found,"
                + " and this build has no bridge to " + other.get() + "; build with a C compiler, or install the"
                + " libraries of CUDA 12"));
        requireFunctions(other.get(), functions);
        System.load(bridge.toString());
    }

    private static void requireFunctions(Path library, List<String> functions) {
        Set<String> missing = new LinkedHashSet<>(functions);
        Exports.of(library).ifPresentOrElse(missing::removeAll, missing::clear);
        if (!missing.isEmpty()) {
            throw new DeviceException("cuda: " + library + " has no " + String.join(", ", missing)
                    + "; install it again, or name the directory of a whole one by " + PATH);
        }
    }

    /** What NVRTC opens by name at the first compilation, with a minor version: it lies beside NVRTC. */
    static Stream<Path> nvrtcsOthers() {
        return Stream.of("libnvrtc.so.12", "libnvrtc.so.13")
                .map(Libraries::find)
                .flatMap(Optional::stream)
                .limit(1)
                .flatMap(nvrtc -> children(nvrtc.getParent()))
                .filter(file -> file.getFileName().toString().matches("libnvrtc-builtins\\.so\\.\\d+\\.\\d+"));
    }

    /** Whether this build can stand in for {@code name}. */
    static boolean hasBridge(String name) {
        return Libraries.class.getResource("bridge/" + name) != null;
    }

    /** What another library depends on and mostly finds for itself. */
    private static void loadIfFound(String... names) {
        Stream.of(names).map(Libraries::find).flatMap(Optional::stream).limit(1).forEach(Libraries::loadIfSound);
    }

    private static void loadIfSound(Path library) {
        try {
            System.load(library.toString());
        } catch (UnsatisfiedLinkError e) {
            // Who needs it will say so.
        }
    }

    /**
     * Initialises a class of JCuda's, which loads its natives from a fixed name in the directory for temporary files:
     * there two processes could meet over half a file, and another user's file be taken for one's own. So that
     * directory is the cache's for as long as this takes, and the file is in it already, whole.
     */
    private static synchronized void bind(String type, String natives) {
        String file = "lib" + natives + "-" + JCudaVersion.get() + "-linux-x86_64.so";
        Optional<Path> folder = extract("/lib/" + file).map(Path::getParent);
        String temporary = System.getProperty("java.io.tmpdir");
        try {
            folder.ifPresent(path -> System.setProperty("java.io.tmpdir", path.toString()));
            Class.forName(type);
        } catch (ClassNotFoundException e) {
            throw new NoClassDefFoundError(type);
        } finally {
            System.setProperty("java.io.tmpdir", temporary);
        }
    }

    /**
     * Puts a resource into the cache, in a folder of its content's own, or where there is no cache into one for this
     * process. Empty when there is no such resource, or no place for it.
     */
    private static Optional<Path> extract(String resource) {
        try (InputStream in = Libraries.class.getResourceAsStream(resource)) {
            if (in == null) {
                return Optional.empty();
            }
            byte[] content = in.readAllBytes();
            CRC32C sum = new CRC32C();
            sum.update(content);
            String name = resource.substring(resource.lastIndexOf('/') + 1);
            Optional<Path> folder = Cache.folder("natives/" + Long.toHexString(sum.getValue()));
            if (folder.isPresent() && keep(folder.get().resolve(name), content)) {
                return folder.map(kept -> kept.resolve(name));
            }
            Path file = Files.createTempDirectory("lnr").resolve(name);
            file.getParent().toFile().deleteOnExit();
            file.toFile().deleteOnExit();
            return Optional.of(Files.write(file, content));
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /** Sees to it that a file has this content, which it loses to disks and to whoever clears them. */
    private static boolean keep(Path file, byte[] content) {
        try {
            if (!Files.exists(file) || !Arrays.equals(Files.readAllBytes(file), content)) {
                Cache.write(file, content);
            }
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    /** Loads the first of {@code names} that is found, unless the process has it. Returns where it was, if anywhere. */
    private static Optional<Path> load(String... names) {
        for (String name : names) {
            Optional<Path> found = loaded(name);
            if (found.isEmpty()) {
                found = find(name);
                found.ifPresent(path -> System.load(path.toString()));
            }
            if (found.isPresent()) {
                return found;
            }
        }
        return Optional.empty();
    }

    /** The file this process has mapped under this name, if any. */
    static Optional<Path> loaded(String name) {
        try (Stream<String> lines = Files.lines(Path.of("/proc/self/maps"), StandardCharsets.ISO_8859_1)) {
            return lines.filter(line -> line.contains("/" + name))
                    .map(line -> Path.of(line.substring(line.indexOf('/'))))
                    .filter(path -> (path.getFileName() + ".").startsWith(name + "."))
                    .findFirst();
        } catch (IOException | java.io.UncheckedIOException | InvalidPathException e) {
            return Optional.empty();
        }
    }

    /** The library's file for this machine's processor, if there is one. */
    static Optional<Path> find(String name) {
        Stream<Path> named = folders(System.getenv(PATH)).stream().map(folder -> folder.resolve(name));
        return Stream.concat(named, linkerCache(name).stream())
                .filter(Libraries::isForThisProcessor)
                .map(Path::toAbsolutePath)
                .findFirst();
    }

    /** What {@link #PATH} names, there or not. */
    static List<Path> named() {
        return paths(System.getenv(PATH));
    }

    /** Where {@link #find} looks, beside the linker's cache, in order: what {@link #PATH} names first. */
    static Set<Path> folders(String path) {
        Set<Path> folders = new LinkedHashSet<>();
        for (Path named : paths(path)) {
            folders.add(named);
            folders.add(named.resolve("lib64"));
            folders.add(named.resolve("lib"));
            children(named).map(child -> child.resolve("lib")).forEach(folders::add);
        }
        folders.addAll(paths(System.getenv("LD_LIBRARY_PATH")));
        for (String variable : List.of("CUDA_HOME", "CUDA_PATH")) {
            paths(System.getenv(variable)).forEach(home -> folders.add(home.resolve("lib64")));
        }
        folders.add(Path.of("/usr/local/cuda/lib64"));
        children(Path.of("/usr/local"))
                .filter(child -> child.getFileName().toString().startsWith("cuda-"))
                .forEach(child -> folders.add(child.resolve("lib64")));
        // Containers and WSL have the driver in places of their own.
        Stream.of("/usr/lib/x86_64-linux-gnu", "/usr/lib64", "/usr/local/nvidia/lib64", "/usr/lib/wsl/lib")
                .map(Path::of)
                .forEach(folders::add);
        return folders;
    }

    private static List<Path> paths(String variable) {
        List<Path> paths = new ArrayList<>();
        for (String part : variable == null ? new String[0] : variable.split(":")) {
            try {
                if (!part.isBlank()) {
                    paths.add(Path.of(part));
                }
            } catch (InvalidPathException e) {
                // No folder has such a name, so there is nothing to find in it.
            }
        }
        return paths;
    }

    private static Stream<Path> children(Path folder) {
        try (Stream<Path> children = Files.list(folder)) {
            return children.sorted().toList().stream();
        } catch (IOException e) {
            return Stream.empty();
        }
    }

    /** Paths that end in the name in the linker's cache, a table with strings that end in 0. */
    private static List<Path> linkerCache(String name) {
        List<Path> paths = new ArrayList<>();
        try {
            String cache = Files.readString(Path.of("/etc/ld.so.cache"), StandardCharsets.ISO_8859_1);
            String end = "/" + name + "\0";
            for (int at = cache.indexOf(end); at >= 0; at = cache.indexOf(end, at + 1)) {
                paths.add(Path.of(cache.substring(cache.lastIndexOf('\0', at) + 1, at + end.length() - 1)));
            }
        } catch (IOException | InvalidPathException e) {
            // No cache: only the folders.
        }
        return paths;
    }

    /** Whether a file is a 64-bit x86 library: others lie in the same folders. */
    static boolean isForThisProcessor(Path file) {
        try (InputStream in = Files.newInputStream(file)) {
            byte[] header = in.readNBytes(20);
            return header.length == 20 && header[1] == 'E' && header[4] == 2 && header[18] == 62;
        } catch (IOException e) {
            return false;
        }
    }
}
