package lnr.kernels.emulated;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/** Source files beside a class, in the folder or the jar that it was loaded from. */
final class Sources {
    private Sources() {}

    /** All files of a folder among the resources of {@code owner}'s folder or jar, by name. */
    static Map<String, byte[]> in(Class<?> owner, String folder) {
        Path origin = origin(owner);
        try {
            if (Files.isDirectory(origin)) {
                return read(origin.resolve(folder));
            }
            try (FileSystem jar = FileSystems.newFileSystem(URI.create("jar:" + origin.toUri()), Map.of())) {
                return read(jar.getPath(folder));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(folder + " in " + origin, e);
        }
    }

    /** The folder or the jar that a class was loaded from. */
    static Path origin(Class<?> owner) {
        try {
            return Path.of(owner.getProtectionDomain().getCodeSource().getLocation().toURI());
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Map<String, byte[]> read(Path folder) throws IOException {
        Map<String, byte[]> files = new TreeMap<>();
        try (Stream<Path> children = Files.list(folder)) {
            for (Path file : children.filter(Files::isRegularFile).toList()) {
                files.put(file.getFileName().toString(), Files.readAllBytes(file));
            }
        }
        return files;
    }
}
