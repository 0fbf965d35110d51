package lnr.lenet.format;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import lnr.lenet.InputException;

/** Looks at a file before its content is believed. */
final class InputFile {
    private InputFile() {}

    /** Returns the length in bytes of a regular file; throws when there is none. */
    static long length(Path file) {
        if (!Files.exists(file)) {
            throw new InputException(file + ": no such file");
        }
        if (!Files.isRegularFile(file)) {
            String found = Files.isDirectory(file) ? "a folder" : "a device or a pipe";
            throw new InputException(file + ": cannot be read: expected a regular file, found " + found);
        }
        try {
            return Files.size(file);
        } catch (IOException e) {
            throw new InputException(file + ": cannot be read: " + Diagnostic.reason(e), e);
        }
    }

    /** Fills {@code buffer} from {@code in} and flips it; throws {@link EOFException} when the channel ends before. */
    static void fill(ReadableByteChannel in, ByteBuffer buffer) throws IOException {
        while (buffer.hasRemaining()) {
            if (in.read(buffer) < 0) {
                throw new EOFException();
            }
        }
        buffer.flip();
    }
}
