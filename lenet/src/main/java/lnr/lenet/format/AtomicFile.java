package lnr.lenet.format;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import lnr.lenet.InputException;

/**
 * Writes a file whole or not at all: a reader sees the old content or the new, never a part. A process that is killed
 * leaves its temporary file; the next that writes into the same folder removes it. It is known by its name, and that
 * nobody writes it any more by its lock (POSIX's, of the whole file), which goes with the process. Where the file
 * system has no locks, what was left stays; on one that several machines share, they have to see each other's.
 */
public final class AtomicFile {
    /** Temporary files of this moment. Its lock orders their making against the end of the process. */
    private static final Set<Path> TEMPORARY = new HashSet<>();
    private static boolean ending; // guarded by TEMPORARY

    private static final String BEGIN = ".lnr-writing-";
    private static final String END = ".tmp";
    private static final Pattern NAME = Pattern.compile(Pattern.quote(BEGIN) + "[0-9a-z]{1,13}" + Pattern.quote(END));

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
        Written.to(target).close();
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
                Written file = Written.to(target);
                files.add(file);
                file.fill(content);
            });
            files.forEach(Written::settle);
        } finally {
            files.forEach(Written::close);
        }
    }

    /**
     * A file on its way to its place.
     *
     * @param channel of the temporary file, locked until that is in its place or removed
     */
    private record Written(Path target, Path temporary, Path destination, FileChannel channel)
            implements AutoCloseable {
        static Written to(Path target) {
            Path destination = AtomicFile.destination(target);
            try {
                sweep(destination.getParent());
                while (true) {
                    Path temporary = beside(destination);
                    Written file = new Written(target, temporary, destination, create(temporary));
                    // Another process may have found the file before it was locked, and removed it as left over.
                    if (lock(file.channel) && Files.exists(temporary)) {
                        return file;
                    }
                    file.close();
                }
            } catch (IOException e) {
                throw unwritable(target, e);
            }
        }

        void fill(Content content) {
            try {
                OutputStream out = new BufferedOutputStream(Channels.newOutputStream(channel), 1 << 16);
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

        @Override
        public void close() {
            discard(temporary);
            try {
                channel.close();
            } catch (IOException e) {
                // All that was written is on the disk already.
            }
        }
    }

    /** Whether no other process holds the file; true where none can. */
    private static boolean lock(FileChannel channel) {
        try {
            return channel.tryLock() != null;
        } catch (IOException e) {
            return true;
        }
    }

    /** Removes from a folder what processes that were killed have left in it. */
    private static void sweep(Path folder) {
        synchronized (TEMPORARY) {
            // To look at a file of this process would unlock it.
            Set<Path> own = TEMPORARY.stream().map(Path::getFileName).collect(Collectors.toSet());
            try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, BEGIN + "*" + END)) {
                for (Path file : files) {
                    Path name = file.getFileName();
                    if (NAME.matcher(name.toString()).matches()
                            && !own.contains(name)
                            && Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
                        removeUnlocked(file);
                    }
                }
            } catch (IOException | DirectoryIteratorException e) {
                // A folder that cannot be listed may be one to write into all the same.
            }
        }
    }

    private static void removeUnlocked(Path file) {
        try (FileChannel channel =
                FileChannel.open(file, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS)) {
            if (channel.tryLock() != null) {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            // It stays, and is in nobody's way.
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
        return destination.resolveSibling(BEGIN + random + END);
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
