package lnr.lenet.report;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import lnr.lenet.InputException;
import lnr.lenet.format.AtomicFile;
import lnr.lenet.format.Diagnostic;

/**
 * The folder of one sweep: its settings, a file for each point that is finished, and in the end the report. Each file
 * is written whole or not at all: the folder of a sweep that was interrupted, at any moment, is one to go on in.
 */
public final class RunFolder implements AutoCloseable {
    private static final String SETTINGS = "run.json";
    private static final String POINTS = "points";
    private static final Pattern OWN = Pattern.compile("run\\.json|points|report\\.(html|json)|points\\.csv"
            + "|(" + String.join("|", Figures.NAMES) + ")\\.(svg|png)|\\.lnr-.*\\.tmp");

    private final Path folder;
    private final FileChannel lock;

    private RunFolder(Path folder, FileChannel lock) {
        this.folder = folder;
        this.lock = lock;
    }

    /**
     * Looks, and changes nothing: is this a folder that a sweep could go on in, or begin in?
     *
     * @throws InputException when it holds what no sweep left there, or is no folder
     */
    public static void check(Path folder) {
        if (!Files.exists(folder)) {
            Path parent = folder.toAbsolutePath().normalize().getParent();
            if (parent == null || !Files.isDirectory(parent)) {
                throw new InputException("--out: " + folder + ": cannot be made: " + parent + " is not a folder");
            }
            if (!Files.isWritable(parent)) {
                throw new InputException("--out: " + folder + ": cannot be made: " + parent + " is read-only");
            }
            return;
        }
        if (!Files.isDirectory(folder)) {
            throw new InputException("--out: " + folder + ": expected a folder, found a file");
        }
        List<String> names = names(folder);
        for (String name : names) {
            if (!OWN.matcher(name).matches()) {
                throw new InputException("--out: " + folder + ": expected a new folder, or one of an earlier run;"
                        + " found in it " + Diagnostic.quote(name));
            }
        }
        if (!names.contains(SETTINGS) && names.stream().anyMatch(name -> !name.startsWith("."))) {
            throw new InputException("--out: " + folder + ": expected a new folder, or one of an earlier run; found no "
                    + SETTINGS + " in it");
        }
        if (!Files.isWritable(folder)) {
            throw new InputException("--out: " + folder + ": cannot be written: permission denied");
        }
    }

    /**
     * Opens the folder for a run, or for going on with one; makes it where there is none.
     *
     * @throws InputException as {@link #check}, when it holds a run of other settings, or when another process is at
     *     work in it
     */
    public static RunFolder open(Path folder, Settings settings) {
        check(folder);
        try {
            Files.createDirectories(folder);
            Path file = folder.resolve(SETTINGS);
            if (Files.exists(file)) {
                same(folder, settings, Files.readAllBytes(file));
            } else {
                AtomicFile.write(file, out -> out.write(Json.bytes(settings)));
            }
            Files.createDirectories(folder.resolve(POINTS));
            FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE);
            if (!locked(channel)) {
                channel.close();
                throw new InputException("--out: " + folder + ": another process is at work in it");
            }
            return new RunFolder(folder, channel);
        } catch (IOException e) {
            throw new InputException("--out: " + folder + ": cannot be used: " + Diagnostic.reason(e), e);
        }
    }

    private static boolean locked(FileChannel channel) throws IOException {
        try {
            return channel.tryLock() != null;
        } catch (OverlappingFileLockException e) {
            return false;
        }
    }

    private static void same(Path folder, Settings settings, byte[] found) {
        JsonNode other;
        try {
            other = Json.parse(found, JsonNode.class);
        } catch (IllegalArgumentException e) {
            throw noSettings(folder, e);
        }
        if (!other.isObject()) {
            throw noSettings(folder, null);
        }
        Optional<String> difference = settings.difference(other);
        if (difference.isPresent()) {
            throw new InputException("--out: " + folder + ": holds " + difference.get() + "; name another folder");
        }
    }

    private static InputException noSettings(Path folder, Exception cause) {
        return new InputException("--out: " + folder + ": " + SETTINGS + ": expected a run's settings, found something"
                + " else; name another folder", cause);
    }

    private static List<String> names(Path folder) {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(f -> f.getFileName().toString()).sorted().toList();
        } catch (IOException e) {
            throw new InputException("--out: " + folder + ": cannot be read: " + Diagnostic.reason(e), e);
        }
    }

    /** The folder. */
    public Path path() {
        return folder;
    }

    /** What was stored under a name; empty when nothing was, or when it cannot be read and is to be had anew. */
    <T> Optional<T> read(String name, Class<T> type) {
        try {
            return Optional.of(Json.parse(Files.readAllBytes(point(name)), type));
        } catch (IOException | IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    /** Stores a point. */
    void store(String name, Object value) {
        AtomicFile.write(point(name), out -> out.write(Json.bytes(value)));
    }

    private Path point(String name) {
        return folder.resolve(POINTS).resolve(name + ".json");
    }

    /** Writes a file of the report. */
    void write(String name, byte[] content) {
        AtomicFile.write(folder.resolve(name), out -> out.write(content));
    }

    /** Lets others in. */
    @Override
    public void close() {
        try {
            lock.close();
        } catch (IOException e) {
            // The lock goes with the process at the latest.
        }
    }
}
