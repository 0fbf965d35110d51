package lnr.kernels.cuda;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Finds shared libraries where the dynamic linker would, and where CUDA's installers put them besides. A library loaded
 * by its full path serves whatever asks for its name later, so what JCuda's natives depend on need not be on the
 * linker's path. A library that the process has loaded already is taken as it is.
 */
final class Libraries {
    /** Names directories to look into first, separated by colons; site-packages/nvidia of a pip installation is one. */
    static final String PATH = "LNR_CUDA_PATH";

    private Libraries() {}

    /** Loads the first of {@code names} that is found, unless the process has it. Returns where it was, if anywhere. */
    static Optional<Path> load(String... names) {
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
            return lines.filter(line -> line.indexOf('/') > 0)
                    .map(line -> Path.of(line.substring(line.indexOf('/'))))
                    .filter(path -> (path.getFileName() + ".").startsWith(name + "."))
                    .findFirst();
        } catch (IOException | java.io.UncheckedIOException | InvalidPathException e) {
            return Optional.empty();
        }
    }

    /** The library's file for this machine's processor, if there is one. */
    static Optional<Path> find(String name) {
        return Stream.concat(folders().stream().map(folder -> folder.resolve(name)), linkerCache(name).stream())
                .filter(Libraries::isForThisProcessor)
                .map(Path::toAbsolutePath)
                .findFirst();
    }

    /** Where {@link #find} looks, beside the linker's cache, in order. */
    static Set<Path> folders() {
        Set<Path> folders = new LinkedHashSet<>();
        for (Path named : paths(System.getenv(PATH))) {
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
        for (String folder : List.of("/usr/lib/x86_64-linux-gnu", "/usr/lib64", "/usr/local/nvidia/lib64",
                "/usr/lib/wsl/lib")) {
            folders.add(Path.of(folder));
        }
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
    private static boolean isForThisProcessor(Path file) {
        try (InputStream in = Files.newInputStream(file)) {
            byte[] header = in.readNBytes(20);
            return header.length == 20 && header[1] == 'E' && header[4] == 2 && header[18] == 62;
        } catch (IOException e) {
            return false;
        }
    }
}
