package lnr.kernels.emulated;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import jcuda.JCudaVersion;
import lnr.kernels.Device;

/**
 * The emulated device's libraries, and one library for each family of kernels, in a folder named by the hash of all
 * they are made of: built when they are first asked for, and then kept.
 */
final class Build {
    private static final Pattern KERNEL =
            Pattern.compile("^KERNEL\\(([^)]*)\\)\\s+void\\s+(lnr_\\w+)\\(", Pattern.MULTILINE);

    /**
     * Same results on every machine: no contraction of a product and a sum. Kernels read floats as float4. No masked
     * accesses in place of branches: for 16 bytes they fault where the branch not taken was the aligned one.
     */
    private static final List<String> KERNEL_FLAGS = List.of(
            "-O2", "-march=native", "-ffp-contract=off", "-fno-strict-aliasing", "-fno-gnu-unique",
            "-fno-tree-loop-if-convert");

    /** Makes each access a call, as ThreadSanitizer wants them; the emulated device has functions of those names. */
    private static final List<String> ACCESS_FLAGS =
            List.of("-g1", "-fsanitize=thread", "--param", "tsan-instrument-func-entry-exit=0");

    private final Map<String, byte[]> emulator = Sources.in(Build.class, "lnr/kernels/emulated/source");
    private final Map<String, byte[]> kernels = Sources.in(Device.class, "lnr/kernels/cuda");
    private final Path folder;

    Build() {
        kernels.keySet().removeIf(name -> !name.endsWith(".cu") && !name.endsWith(".cuh"));
        // Its version, and what it makes of this machine's processor.
        String compiler = Toolchain.run(Path.of("."), List.of("g++", "--version"))
                + Toolchain.run(Path.of("."), List.of("g++", "-march=native", "-Q", "--help=target"));
        Map<String, byte[]> all = new TreeMap<>(emulator);
        all.putAll(kernels);
        all.put("compiler", compiler.getBytes(UTF_8));
        for (String recipe : List.of("Build.class", "Library.class")) {
            all.put(recipe, resource(recipe));
        }
        this.folder = root().resolve(hash(all));
        inOneProcess(this::build);
    }

    private static byte[] resource(String name) {
        try (InputStream in = Build.class.getResourceAsStream(name)) {
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(name, e);
        }
    }

    /** {@code target/emulator} of the module that this class was built in, or of the one that runs. */
    private static Path root() {
        Path target = Sources.origin(Build.class).getParent();
        boolean built = target.getFileName().toString().equals("target");
        return (built ? target : Path.of("target").toAbsolutePath()).resolve("emulator");
    }

    /** The emulated library. */
    Path library(Library library) {
        return folder.resolve(library.soname);
    }

    /** The families of the product's kernels. */
    List<String> families() {
        return kernels.keySet().stream()
                .filter(name -> name.endsWith(".cu"))
                .map(name -> name.substring(0, name.length() - 3))
                .toList();
    }

    /** All families, the wrong one of these tests included. */
    List<String> compiled() {
        return Stream.concat(families().stream(), Stream.of("wrong")).toList();
    }

    /** The names of the product's kernels. */
    Set<String> kernels() {
        Set<String> names = new TreeSet<>();
        kernels.forEach((name, source) -> {
            Matcher kernel = KERNEL.matcher(new String(source, UTF_8));
            while (kernel.find()) {
                names.add(kernel.group(2));
            }
        });
        return names;
    }

    /** A family's kernels, compiled for the host. */
    Path kernels(String family) {
        return folder.resolve(family + ".so");
    }

    /** A family's source, or the header that all share, or a source of the emulator's. */
    String source(String name) {
        return new String(kernels.getOrDefault(name, emulator.get(name)), UTF_8);
    }

    /**
     * Kernels compiled from another source.
     *
     * @param checked whether each access of memory is checked: see {@code race.cpp}
     */
    Path kernels(String name, String source, boolean checked) {
        Path library = folder.resolve(hash(Map.of(name + checked, source.getBytes(UTF_8)))).resolve(name + ".so");
        inOneProcess(() -> {
            if (!Files.exists(library)) {
                Files.createDirectories(library.getParent());
                write(library.getParent(), Map.of(name + ".cu", source.getBytes(UTF_8)));
                compile(library.getParent(), name, folder, checked ? ACCESS_FLAGS : List.of());
            }
        });
        return library;
    }

    /** The program that runs a trace's launches again, under sanitizers. */
    Path replay() {
        Path program = folder.resolve("replay");
        inOneProcess(() -> {
            if (!Files.exists(program)) {
                List<String> command = new ArrayList<>(KERNEL_FLAGS);
                command.addAll(List.of("-O1", "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"));
                command.addAll(List.of("-o", "replay.part"));
                compiled().forEach(family -> command.add(family + ".host.cpp"));
                command.addAll(List.of("block.cpp", "fiber.cpp", "replay.cpp"));
                Toolchain.compile(folder, command);
                finish(program);
            }
        });
        return program;
    }

    private interface Step {
        void run() throws IOException;
    }

    /** Tests may run in several processes at once, which share the folder. */
    private void inOneProcess(Step step) {
        try {
            Files.createDirectories(folder.getParent());
            try (FileChannel file = FileChannel.open(
                            folder.resolveSibling("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                    FileLock lock = file.lock()) {
                assert lock.isValid();
                step.run();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void build() throws IOException {
        if (Files.exists(folder)) {
            return;
        }
        Path unfinished = Files.createTempDirectory(folder.getParent(), "unfinished");
        write(unfinished, emulator);
        write(unfinished, kernels);
        Set<String> objects = new TreeSet<>();
        for (Library library : Library.values()) {
            String versions = library.soname + " { global: *; };\n";
            write(unfinished, Map.of(library + ".map", versions.getBytes(UTF_8)));
            write(unfinished, Map.of(library + ".cpp", trampolines(unfinished, library)));
            objects.add(library.toString());
            objects.addAll(library.sources);
        }
        objects.parallelStream().forEach(object -> compileObject(unfinished, object));
        for (Library library : Library.values()) {
            link(unfinished, library);
        }
        compiled().parallelStream().forEach(family -> compile(unfinished, family, unfinished, List.of()));
        Files.move(unfinished, folder, StandardCopyOption.ATOMIC_MOVE);
    }

    private static void write(Path folder, Map<String, byte[]> files) {
        files.forEach((name, content) -> {
            try {
                Files.write(folder.resolve(name), content);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void compileObject(Path folder, String name) {
        String java = System.getProperty("java.home");
        Toolchain.compile(
                folder,
                List.of("-O2", "-fPIC", "-I" + java + "/include", "-I" + java + "/include/linux", "-c", name + ".cpp"));
    }

    private static void link(Path folder, Library library) {
        List<String> command = new ArrayList<>(List.of(
                "-shared", "-o", library.soname, "-Wl,-soname," + library.soname, library + ".o"));
        library.sources.forEach(source -> command.add(source + ".o"));
        if (library == Library.CUDA) {
            command.add("-ldl");
        } else {
            command.addAll(List.of("-Wl,--version-script=" + library + ".map", Library.CUDA.soname));
        }
        Toolchain.compile(folder, command);
    }

    /** A function for each that JCuda wants of the library. Those emulated replace theirs. */
    private static List<String> functionsWanted(Path folder, Library library) throws IOException {
        String name = "lib" + library.caller + "-" + JCudaVersion.get() + "-linux-x86_64.so";
        try (InputStream in = JCudaVersion.class.getResourceAsStream("/lib/" + name)) {
            if (in == null) {
                throw new IOException("/lib/" + name + " is not on the class path");
            }
            Files.write(folder.resolve(name), in.readAllBytes());
        }
        Pattern function = Pattern.compile(library.functions);
        return Toolchain.wanted(folder.resolve(name)).stream()
                .map(symbol -> symbol.split("@")[0])
                .filter(symbol -> function.matcher(symbol).matches())
                .toList();
    }

    private static byte[] trampolines(Path folder, Library library) throws IOException {
        return functionsWanted(folder, library).stream()
                .map(function -> "TRAMPOLINE(" + function + ", " + library.notSupported + ")\n")
                .collect(Collectors.joining("", "#include \"trampoline.h\"\n", ""))
                .getBytes(UTF_8);
    }

    /**
     * Compiles {@code name.cu} in a folder for the host, with what makes its kernels known to the emulated driver.
     *
     * @param emulator where the emulated device's sources and libraries are
     */
    private static void compile(Path folder, String name, Path emulator, List<String> flags) {
        StringBuilder unit = new StringBuilder("#include \"shim.h\"\n#include \"kernel.h\"\n");
        unit.append("#include \"").append(name).append(".cu\"\n");
        Matcher kernel = KERNEL.matcher(read(folder.resolve(name + ".cu")));
        while (kernel.find()) {
            String function = kernel.group(2);
            unit.append("static emulated::Export<").append(function).append("> export_").append(function);
            unit.append("(\"").append(function).append("\", ").append(kernel.group(1)).append(");\n");
        }
        write(folder, Map.of(name + ".host.cpp", unit.toString().getBytes(UTF_8)));
        List<String> command = new ArrayList<>(KERNEL_FLAGS);
        command.addAll(flags);
        command.addAll(List.of("-I.", "-I" + emulator, "-fPIC", "-c", "-o", name + ".o", name + ".host.cpp"));
        Toolchain.compile(folder, command);
        String driver = emulator.resolve(Library.CUDA.soname).toString();
        Toolchain.compile(folder, List.of("-shared", "-o", name + ".so.part", name + ".o", driver));
        finish(folder.resolve(name + ".so"));
    }

    /** Gives a file its name, now that it is whole: of a process that was killed there is none to be loaded. */
    private static void finish(Path file) {
        try {
            Files.move(file.resolveSibling(file.getFileName() + ".part"), file, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String hash(Map<String, byte[]> files) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            files.forEach((name, content) -> {
                digest.update((name + " " + content.length + "\n").getBytes(UTF_8));
                digest.update(content);
            });
            return HexFormat.of().formatHex(digest.digest(), 0, 8);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
