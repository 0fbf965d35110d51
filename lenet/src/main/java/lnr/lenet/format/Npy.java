package lnr.lenet.format;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import lnr.lenet.InputException;

/** Reads and writes matrices as {@code .npy} files, NumPy's format (NEP 1, versions 1.0 to 3.0). */
public final class Npy {
    private static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y'};
    private static final int MOST_HEADER_BYTES = 1 << 16;
    private static final int MOST_ENTRIES = Integer.MAX_VALUE - 8;
    /** A multiple of every entry's size, so that no entry is split between two buffers. */
    private static final int BUFFER_BYTES = 1 << 20;

    private static final int ALIGNMENT = 64;

    private Npy() {}

    /**
     * A matrix, as it was in the file.
     *
     * @param rows number of rows, at least 1
     * @param cols number of columns, at least 1
     * @param data (rows, cols), column-major: entry (i, j) is {@code data[i + j * rows]}; finite; not copied
     * @param single true when the file held 32-bit numbers
     */
    public record Matrix(int rows, int cols, double[] data, boolean single) {}

    /**
     * Reads a matrix of 32- or 64-bit floating-point numbers, of either byte order, stored by rows or by columns.
     *
     * @param file a {@code .npy} file with a two-dimensional array
     * @return the matrix
     * @throws InputException if the file is missing, malformed, too short or too long, or if its array is of another
     *     type, not two-dimensional, empty, or holds a number that is not finite
     */
    public static Matrix read(Path file) {
        long fileLength = InputFile.length(file);
        try (SeekableByteChannel in = Files.newByteChannel(file)) {
            NpyHeader header = NpyHeader.parse(file, headerText(file, in, fileLength));
            long entries = (long) header.rows() * header.cols();
            if (entries > MOST_ENTRIES) {
                throw new InputException(
                        file + ": shape: expected at most " + MOST_ENTRIES + " entries, found " + entries);
            }
            long expected = entries * header.entryBytes();
            long found = fileLength - in.position();
            if (found != expected) {
                throw new InputException(file + ": expected " + expected + " bytes of data for shape (" + header.rows()
                        + ", " + header.cols() + "), found " + found);
            }
            double[] data = new double[(int) entries];
            readData(file, in, header, data);
            return new Matrix(header.rows(), header.cols(), data, header.entryBytes() == Float.BYTES);
        } catch (EOFException e) {
            throw new InputException(file + ": truncated: the file ended while it was read", e);
        } catch (IOException e) {
            throw new InputException(file + ": cannot be read: " + Diagnostic.reason(e), e);
        }
    }

    /**
     * Writes a matrix as a version 1.0 file of 64-bit numbers stored by columns; NumPy loads it with shape (rows,
     * cols).
     *
     * @param file the file to write, whole or not at all
     * @param rows number of rows
     * @param cols number of columns
     * @param columnMajor (rows, cols), column-major; read only
     * @throws IllegalArgumentException if {@code columnMajor} does not have rows * cols entries
     * @throws InputException if the file cannot be written
     */
    public static void write(Path file, int rows, int cols, double[] columnMajor) {
        AtomicFile.write(file, content(rows, cols, columnMajor));
    }

    /**
     * The content of the file that {@link #write} writes; arguments and exceptions are its own.
     *
     * @return what to write, which reads {@code columnMajor} then
     */
    public static AtomicFile.Content content(int rows, int cols, double[] columnMajor) {
        if (rows < 1 || cols < 1 || columnMajor.length != (long) rows * cols) {
            throw new IllegalArgumentException(
                    "columnMajor: expected [" + rows + " * " + cols + "], got [" + columnMajor.length + "]");
        }
        String dictionary = "{'descr': '<f8', 'fortran_order': True, 'shape': (" + rows + ", " + cols + "), }";
        int prefix = MAGIC.length + 4;
        int length = Math.floorMod(-(prefix + dictionary.length() + 1), ALIGNMENT) + dictionary.length() + 1;
        ByteBuffer header = ByteBuffer.allocate(prefix + length).order(ByteOrder.LITTLE_ENDIAN);
        header.put(MAGIC).put((byte) 1).put((byte) 0).putShort((short) length);
        header.put(dictionary.getBytes(StandardCharsets.US_ASCII));
        while (header.remaining() > 1) {
            header.put((byte) ' ');
        }
        header.put((byte) '\n');
        return out -> {
            out.write(header.array());
            ByteBuffer buffer = ByteBuffer.allocate(BUFFER_BYTES).order(ByteOrder.LITTLE_ENDIAN);
            for (double entry : columnMajor) {
                buffer.putDouble(entry);
                if (!buffer.hasRemaining()) {
                    out.write(buffer.array());
                    buffer.clear();
                }
            }
            out.write(buffer.array(), 0, buffer.position());
        };
    }

    /** Reads the dictionary's text; leaves the channel at the first byte of data. */
    private static String headerText(Path file, SeekableByteChannel in, long fileLength) throws IOException {
        if (fileLength < MAGIC.length + 4) {
            throw new InputException(file + ": not an .npy file: expected a header, found " + fileLength + " bytes");
        }
        ByteBuffer start = ByteBuffer.allocate(MAGIC.length + 2);
        InputFile.fill(in, start);
        for (byte expected : MAGIC) {
            if (start.get() != expected) {
                throw new InputException(file + ": not an .npy file: it does not begin with \\x93NUMPY");
            }
        }
        int major = start.get();
        int minor = start.get();
        if (major < 1 || major > 3 || minor != 0) {
            throw new InputException(
                    file + ": expected .npy version 1.0, 2.0 or 3.0, found " + (major & 0xff) + "." + (minor & 0xff));
        }
        ByteBuffer size = ByteBuffer.allocate(major == 1 ? 2 : 4).order(ByteOrder.LITTLE_ENDIAN);
        InputFile.fill(in, size);
        long length = major == 1 ? Short.toUnsignedLong(size.getShort()) : Integer.toUnsignedLong(size.getInt());
        if (length > MOST_HEADER_BYTES || length > fileLength - in.position()) {
            throw new InputException(file + ": header: it announces " + length + " bytes; expected at most "
                    + Math.min(MOST_HEADER_BYTES, fileLength - in.position()));
        }
        ByteBuffer text = ByteBuffer.allocate((int) length);
        InputFile.fill(in, text);
        return new String(text.array(), major == 3 ? StandardCharsets.UTF_8 : StandardCharsets.ISO_8859_1);
    }

    private static void readData(Path file, SeekableByteChannel in, NpyHeader header, double[] data)
            throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(BUFFER_BYTES).order(header.order());
        buffer.limit(0);
        boolean single = header.entryBytes() == Float.BYTES;
        // The file's slow index: columns when it is stored by columns, rows otherwise.
        int slow = header.byColumns() ? header.cols() : header.rows();
        int fast = header.byColumns() ? header.rows() : header.cols();
        for (int s = 0; s < slow; s++) {
            for (int f = 0; f < fast; f++) {
                if (!buffer.hasRemaining()) {
                    long left = ((long) (slow - s) * fast - f) * header.entryBytes();
                    buffer.clear().limit((int) Math.min(BUFFER_BYTES, left));
                    InputFile.fill(in, buffer);
                }
                double entry = single ? buffer.getFloat() : buffer.getDouble();
                int row = header.byColumns() ? f : s;
                int col = header.byColumns() ? s : f;
                if (!Double.isFinite(entry)) {
                    throw new InputException(
                            file + ": entry [" + row + ", " + col + "]: expected a finite number, found " + entry);
                }
                data[row + col * header.rows()] = entry;
            }
        }
    }
}
