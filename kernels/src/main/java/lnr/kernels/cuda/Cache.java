package lnr.kernels.cuda;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;

/**
 * The user's cache directory: {@code LNR_CACHE}, else {@code lnr} in {@code XDG_CACHE_HOME}, else {@code ~/.cache/lnr}.
 * It saves time and nothing else: one that cannot be used is no failure.
 */
final class Cache {
    private Cache() {}

    /** A folder in it, which exists when this returns. */
    static Optional<Path> folder(String name) {
        try {
            Optional<Path> root = variable("LNR_CACHE")
                    .or(() -> variable("XDG_CACHE_HOME").filter(Path::isAbsolute).map(shared -> shared.resolve("lnr")));
            Path folder = root.orElse(Path.of(System.getProperty("user.home"), ".cache", "lnr")).resolve(name);
            return Optional.of(Files.createDirectories(folder.toAbsolutePath()));
        } catch (IOException | InvalidPathException e) {
            return Optional.empty();
        }
    }

    private static Optional<Path> variable(String name) {
        return Optional.ofNullable(System.getenv(name)).filter(value -> !value.isBlank()).map(Path::of);
    }

    /** Replaces a file's content so that no reader, in any process, ever sees a part of it. */
    static void write(Path file, byte[] content) throws IOException {
        Path part = Files.createTempFile(file.getParent(), file.getFileName().toString(), ".part");
        try {
            Files.write(part, content);
            Files.move(part, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(part);
        }
    }
}
