package lnr.lenet.data;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.HttpURLConnection;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import lnr.lenet.InputException;
import lnr.lenet.Progress;
import lnr.lenet.format.AtomicFile;
import lnr.lenet.format.Diagnostic;

/**
 * Downloads the files of a {@link RemoteSet} into a folder. A file grows under a name that ends in {@code .part}, goes
 * on where an interrupted download stopped, and takes its own name only when its length and SHA-256 sum are the pinned
 * ones.
 */
final class Download {
    private static final int CONNECT_MILLIS = 4_000;
    /** A connection that brings nothing for so long is given up; whoever waits for it, twice as long. */
    private static final int STALL_MILLIS = 20_000;

    /** Bounds a look-up of the host's name too, which has no timeout of its own. */
    private static final int ANSWER_MILLIS = 8_000;

    private static final int POLL_MILLIS = 100;
    private static final int PIECE = 1 << 16;

    private final RemoteSet set;
    private final Path folder;
    private final Progress progress;
    private final int stallMillis;
    private boolean begun; // something of the files came

    Download(RemoteSet set, Path folder, Progress progress) {
        this(set, folder, progress, STALL_MILLIS);
    }

    Download(RemoteSet set, Path folder, Progress progress, int stallMillis) {
        this.set = set;
        this.folder = folder;
        this.progress = progress;
        this.stallMillis = stallMillis;
    }

    /** The network does not have the file; nothing is wrong with this machine's disk or with what arrived. */
    static class Unavailable extends Exception {
        private static final long serialVersionUID = 1L;

        Unavailable(String message) {
            super(message);
        }
    }

    /** The network gave a part and no more, so that it is worth asking again. */
    static final class BrokenOff extends Unavailable {
        private static final long serialVersionUID = 1L;

        BrokenOff(String message) {
            super(message);
        }
    }

    /** A mirror gave another file than the pinned one; the next may be right. */
    private static final class WrongSum extends Exception {
        private static final long serialVersionUID = 1L;

        WrongSum(String message) {
            super(message);
        }
    }

    /**
     * Fetches the files that the folder lacks.
     *
     * @throws BrokenOff if a part of them came, or began to
     * @throws Unavailable if no mirror gives one of them
     * @throws InputException if the folder cannot be written, or a file is not the pinned one
     */
    void fetch() throws Unavailable {
        for (RemoteSet.RemoteFile file : set.files()) {
            if (!Files.exists(folder.resolve(file.name()))) {
                fetch(file);
            }
        }
    }

    private void fetch(RemoteSet.RemoteFile file) throws Unavailable {
        StringBuilder reasons = new StringBuilder();
        WrongSum wrong = null;
        for (URI mirror : set.mirrors()) {
            try {
                resume(file, mirror);
                return;
            } catch (Unavailable e) {
                reasons.append(reasons.isEmpty() ? "" : "; ").append(e.getMessage());
            } catch (WrongSum e) {
                wrong = e;
            }
        }
        if (wrong != null) {
            throw new InputException(wrong.getMessage(), wrong);
        }
        throw begun ? new BrokenOff(reasons.toString()) : new Unavailable(reasons.toString());
    }

    /** Asks for the rest of the file as long as each answer brings it further. */
    private void resume(RemoteSet.RemoteFile file, URI mirror) throws Unavailable, WrongSum {
        Path part = part(file);
        for (long furthest = 0; ; furthest = length(part)) {
            try {
                while (!fetch(file, mirror)) {
                    // Another process has brought a part of the file meanwhile: the rest is asked for.
                }
                return;
            } catch (BrokenOff e) {
                begun = true;
                if (length(part) <= furthest) {
                    throw e;
                }
            }
        }
    }

    private Path part(RemoteSet.RemoteFile file) {
        return folder.resolve(file.name() + ".part");
    }

    /** Returns false when another process has changed the part since the rest of it was asked for. */
    private boolean fetch(RemoteSet.RemoteFile file, URI mirror) throws Unavailable, WrongSum {
        Path part = part(file);
        URI address = mirror.resolve(file.name());
        if (length(part) > file.length()) {
            discard(part);
        }
        long present = length(part);
        // The network is asked first: without it nobody should hear of a cache that cannot be written.
        HttpURLConnection connection = present < file.length() ? connect(address, present) : null;
        try (FileChannel lock = openLock()) {
            FileLock held = lock(lock, file, part);
            try {
                if (Files.exists(folder.resolve(file.name()))) {
                    return true;
                }
                if (length(part) != present) {
                    return false;
                }
                if (connection != null) {
                    receive(file, address, connection, part, present);
                }
                settle(file, address, part);
                begun |= connection != null;
                return true;
            } finally {
                if (held != null) {
                    held.release();
                }
            }
        } catch (IOException e) {
            throw unwritable(folder, e);
        } finally {
            if (connection != null) {
                connection.disconnect();
            }
        }
    }

    private FileChannel openLock() throws IOException {
        Files.createDirectories(folder);
        return FileChannel.open(folder.resolve(".lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    }

    /**
     * Waits for the folder's lock, as long as the process that has it gets on. Returns null where the file system has
     * no locks, as some network ones.
     */
    private FileLock lock(FileChannel channel, RemoteSet.RemoteFile file, Path part) throws Unavailable {
        long length = -1;
        long since = System.nanoTime();
        while (true) {
            try {
                FileLock held = channel.tryLock();
                if (held != null) {
                    return held;
                }
                Thread.sleep(POLL_MILLIS);
            } catch (IOException | OverlappingFileLockException e) {
                return null;
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new Unavailable(part + ": interrupted");
            }
            if (length(part) != length) {
                length = length(part);
                since = System.nanoTime();
                progress.at(name(file), length, file.length());
            } else if (System.nanoTime() - since > 2_000_000L * stallMillis) {
                throw new InputException(part + ": another process, which downloads it, has brought nothing for "
                        + seconds(2 * stallMillis) + "; end that process, or give a directory with --data DIR");
            }
        }
    }

    private String name(RemoteSet.RemoteFile file) {
        return set.name() + "/" + file.name();
    }

    private static String seconds(int millis) {
        return millis / 1000 + " s";
    }

    private static long length(Path part) {
        try {
            return Files.exists(part) ? Files.size(part) : 0;
        } catch (IOException e) {
            return 0;
        }
    }

    /** Asks for the file from byte {@code from} on, in a thread that can be left behind when it hangs. */
    private HttpURLConnection connect(URI address, long from) throws Unavailable {
        FutureTask<HttpURLConnection> answer = new FutureTask<>(() -> {
            HttpURLConnection connection =
                    (HttpURLConnection) address.toURL().openConnection();
            connection.setConnectTimeout(CONNECT_MILLIS);
            connection.setReadTimeout(stallMillis);
            connection.setRequestProperty("Accept-Encoding", "identity");
            if (from > 0) {
                connection.setRequestProperty("Range", "bytes=" + from + "-");
            }
            connection.getResponseCode();
            return connection;
        });
        Thread thread = new Thread(answer, "lnr-download");
        thread.setDaemon(true);
        thread.start();
        try {
            return answer.get(ANSWER_MILLIS, TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            answer.cancel(true);
            throw new Unavailable(address.getHost() + ": no answer within " + seconds(ANSWER_MILLIS));
        } catch (ExecutionException e) {
            throw new Unavailable(address.getHost() + ": " + reason(e.getCause()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Unavailable(address + ": interrupted");
        }
    }

    private static String reason(Throwable failure) {
        if (failure instanceof UnknownHostException) {
            return "unknown host (no network?)";
        }
        return failure instanceof IOException io ? Diagnostic.reason(io) : Diagnostic.quote(String.valueOf(failure));
    }

    /**
     * Copies the answer's body to the end of {@code part}, or over it when the server sends the file from its start.
     */
    private void receive(
            RemoteSet.RemoteFile file, URI address, HttpURLConnection connection, Path part, long present)
            throws Unavailable {
        long begin = begin(file, address, connection, present);
        long most = file.length() - begin;
        long announced = connection.getContentLengthLong();
        if (announced >= 0 && announced != most) {
            throw new Unavailable(address + ": expected " + most + " bytes, the server offers " + announced);
        }
        long done = begin;
        progress.at(name(file), done, file.length());
        try (InputStream in = body(address, connection);
                OutputStream out = open(part, begin)) {
            byte[] piece = new byte[PIECE];
            while (true) {
                int read = read(address, in, piece, done > begin);
                if (read < 0) {
                    break;
                }
                if (done + read > file.length()) {
                    discard(part);
                    throw new Unavailable(address + ": more than the expected " + file.length() + " bytes");
                }
                write(part, out, piece, read);
                done += read;
                progress.at(name(file), done, file.length());
            }
        } catch (IOException e) {
            throw unwritable(part, e);
        }
        if (done < file.length()) {
            String end = address + ": the connection ended after " + done + " of " + file.length() + " bytes";
            throw unavailable(end, done > begin);
        }
    }

    /** Returns where the answer's first byte stands in the file. */
    private static long begin(RemoteSet.RemoteFile file, URI address, HttpURLConnection connection, long present)
            throws Unavailable {
        int status;
        try {
            status = connection.getResponseCode();
        } catch (IOException e) {
            throw new Unavailable(address + ": " + Diagnostic.reason(e));
        }
        if (status == HttpURLConnection.HTTP_OK) {
            return 0;
        }
        String expected = "bytes " + present + "-" + (file.length() - 1) + "/" + file.length();
        String range = connection.getHeaderField("Content-Range");
        if (status == HttpURLConnection.HTTP_PARTIAL && expected.equals(range)) {
            return present;
        }
        throw new Unavailable(address + ": the server answers " + status);
    }

    private static InputStream body(URI address, HttpURLConnection connection) throws Unavailable {
        try {
            return connection.getInputStream();
        } catch (IOException e) {
            throw new Unavailable(address + ": " + Diagnostic.reason(e));
        }
    }

    private static Unavailable unavailable(String why, boolean begun) {
        return begun ? new BrokenOff(why) : new Unavailable(why);
    }

    /** @param begun whether this connection has brought anything so far */
    private int read(URI address, InputStream in, byte[] piece, boolean begun) throws Unavailable {
        try {
            return in.read(piece);
        } catch (SocketTimeoutException e) {
            throw unavailable(address + ": nothing arrived for " + seconds(stallMillis), begun);
        } catch (IOException e) {
            throw unavailable(address + ": " + Diagnostic.reason(e), begun);
        }
    }

    private static OutputStream open(Path part, long begin) {
        try {
            return begin > 0
                    ? Files.newOutputStream(part, StandardOpenOption.WRITE, StandardOpenOption.APPEND)
                    : Files.newOutputStream(part);
        } catch (IOException e) {
            throw unwritable(part, e);
        }
    }

    /** A part that the disk has no room for is removed: its room is wanted. */
    private static void write(Path part, OutputStream out, byte[] piece, int length) {
        try {
            out.write(piece, 0, length);
        } catch (IOException e) {
            discard(part);
            throw unwritable(part, e);
        }
    }

    /** Gives the finished part its name, or removes it when it is not the pinned file. */
    private void settle(RemoteSet.RemoteFile file, URI address, Path part) throws WrongSum {
        String sum = Sha256.of(part);
        if (!sum.equals(file.sha256())) {
            discard(part);
            throw new WrongSum(address + ": expected a file with SHA-256 " + file.sha256() + ", found " + sum
                    + "; what arrived was removed: try again, or give a directory with --data");
        }
        try {
            try (FileChannel written = FileChannel.open(part, StandardOpenOption.WRITE)) {
                written.force(true);
            }
            AtomicFile.move(part, folder.resolve(file.name()));
        } catch (IOException e) {
            throw unwritable(folder, e);
        }
    }

    private static void discard(Path part) {
        try {
            Files.deleteIfExists(part);
        } catch (IOException e) {
            throw unwritable(part, e);
        }
    }

    private static InputException unwritable(Path path, IOException e) {
        return new InputException(
                path + ": the cache cannot be written: " + Diagnostic.reason(e) + "; LNR_CACHE names another folder",
                e);
    }
}
