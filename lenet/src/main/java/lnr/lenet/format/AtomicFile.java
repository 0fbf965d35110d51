package lnr.lenet.format;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import lnr.lenet.InputException;

/** Writes a file whole or not at all: a reader sees the old content or the new, never a part. */
public final class AtomicFile {
    /** Temporary files of this moment. Its lock orders their making against the end of the process. */
    private static final Set<Path> TEMPORARY = new HashSet<>();
    private static boolean ending; // guarded by TEMPORARY

    static {
        Runtime.getRuntime().addShutdownHook(new Thread(AtomicFile::interrupted, "lnr temporary files"));
    }

    private AtomicFile() {}

    /** What is to stand in the file. */
    @FunctionalInterface
    public interface Content {
        /**
         * Writes the content.
         *
         * @param out buffered; the caller closes it
         * @throws IOException when {@code out} does
         */
        void writeTo(OutputStream out) throws IOException;
    }

    /**
     * Verifies that {@code target} can be written, and leaves nothing behind. Call it before work that takes long.
     *
     * @param target the file to be written later; an existing one stays as it is
     * @throws InputException if the folder is missing or not writable, or if {@code target} is no regular file
     */
    public static void check(Path target) {
        Path temporary = beside(destination(target));
        try {
            create(temporary).close();
        } catch (IOException e) {
            throw unwritable(target, e);
        } finally {
            discard(temporary);
        }
    }

    /**
     * Replaces {@code target} by {@code content}: writes a temporary file beside it, forces it to the disk, then moves
     * it over in one step. When anything fails, the temporary file is removed and {@code target} is as it was.
     *
     * @param target the file to write; a symbolic link is followed, to a file that does not exist yet too
     * @param content what to write; whatever it throws other than {@link IOException} passes through
     * @throws InputException if the file cannot be written
     */
    public static void write(Path target, Content content) {
        write(Map.of(target, content));
    }

    /**
     * Replaces several files: each is complete on the disk under its temporary name before the first is moved. When
     * anything fails until then, all are as they were.
     *
     * @param contents what to write, by the file to write
     * @throws InputException if one of the files cannot be written
     */
    public static void write(Map<Path, Content> contents) {
        List<Written> files = new ArrayList<>();
        try {
            contents.forEach((target, content) -> {
                Path destination = destination(target);
                Written file = new Written(target, beside(destination), destination);
                files.add(file);
                file.fill(content);
            });
            files.forEach(Written::settle);
        } finally {
            files.forEach(file -> discard(file.temporary));
        }
    }

    /** A file on its way to its place. */
    private record Written(Path target, Path temporary, Path destination) {
        void fill(Content content) {
            try (FileChannel channel = create(temporary);
                    OutputStream out = new BufferedOutputStream(Channels.newOutputStream(channel), 1 << 16)) {
                content.writeTo(out);
                out.flush();
                channel.force(true);
            } catch (IOException e) {
                throw unwritable(target, e);
            }
        }

        void settle() {
            try {
                move(temporary, destination);
            } catch (IOException e) {
                throw unwritable(target, e);
            }
        }
    }

    /**
     * Moves a file over another in one step, or, where the file system cannot, in the fewest it can.
     *
     * @param from the complete file
     * @param to its place; replaced when it exists
     * @throws IOException when the move fails
     */
    public static void move(Path from, Path to) throws IOException {
        try {
            Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
        } catch (AtomicMoveNotSupportedException e) {
            Files.move(from, to, StandardCopyOption.REPLACE_EXISTING);
        }
    }

    private static Path destination(Path target) {
        if (Files.isDirectory(target)) {
            throw new InputException(target + ": cannot be written: it is a folder; expected the name of a file");
        }
        // A device or a pipe would be replaced by a file, which nobody who names /dev/null asks for.
        if (Files.exists(target) && !Files.isRegularFile(target)) {
            throw new InputException(target + ": cannot be written: it is not a regular file");
        }
        Path absolute = target.toAbsolutePath();
        if (absolute.getFileName() == null) {
            throw new InputException(target + ": cannot be written: expected the name of a file");
        }
        Path folder = absolute.getParent();
        if (!Files.isDirectory(folder)) {
            String found = Files.exists(folder) ? "is not a folder" : "does not exist";
            throw new InputException(target + ": cannot be written: " + folder + " " + found);
        }
        if (Files.exists(target) && !Files.isWritable(target)) {
            throw new InputException(target + ": cannot be written: the file is read-only");
        }
        try {
            // Asked this way, a name that cannot be looked up, as it is too long or links to itself, is refused here.
            if (!Files.notExists(absolute)) {
                return absolute.toRealPath();
            }
            Path end = absolute;
            while (Files.isSymbolicLink(end)) {
                end = end.resolveSibling(Files.readSymbolicLink(end));
            }
            return end.equals(absolute) ? absolute : destination(end);
        } catch (IOException e) {
            throw unwritable(target, e);
        }
    }

    private static Path beside(Path destination) {
        String random = Long.toUnsignedString(ThreadLocalRandom.current().nextLong(), 36);
        // The name does not hold the target's: that may already be as long as the file system allows.
        return destination.resolveSibling(".lnr-" + random + ".tmp");
    }

    private static InputException unwritable(Path target, IOException e) {
        return new InputException(target + ": cannot be written: " + Diagnostic.reason(e), e);
    }

    private static FileChannel create(Path temporary) throws IOException {
        synchronized (TEMPORARY) {
            if (ending) {
                throw new IOException("the program is ending");
            }
            FileChannel channel =
                    FileChannel.open(temporary, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
            TEMPORARY.add(temporary);
            return channel;
        }
    }

    private static void discard(Path temporary) {
        synchronized (TEMPORARY) {
            if (TEMPORARY.remove(temporary)) {
                delete(temporary);
            }
        }
    }

    private static void delete(Path temporary) {
        try {
            Files.deleteIfExists(temporary);
        } catch (IOException e) {
            // The failure that led here is the one to report.
        }
    }

    /** Runs as the process ends, on Ctrl-C too. */
    private static void interrupted() {
        synchronized (TEMPORARY) {
            ending = true;
            TEMPORARY.forEach(AtomicFile::delete);
        }
    }
}
