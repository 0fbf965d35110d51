package lnr.lenet.format;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntUnaryOperator;
import lnr.lenet.InputException;

/** Reads and writes matrices, and reads vectors, as {@code .npy} files, NumPy's format (NEP 1, versions 1.0 to 3.0). */
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
        return read(file, (in, length) -> {
            NpyHeader header = start(file.toString(), in, length, false, 2);
            int rows = header.shape().get(0);
            int cols = header.shape().get(1);
            IntUnaryOperator place = i -> header.byColumns() ? i : i / cols + i % cols * rows;
            double[] data = entries(file.toString(), in, header, place);
            return new Matrix(rows, cols, data, header.entryBytes() == Float.BYTES);
        });
    }

    /**
     * Reads a vector; otherwise as {@link #read(Path)}.
     *
     * @param file a {@code .npy} file with a one-dimensional array
     * @return its entries
     */
    public static double[] readVector(Path file) {
        return read(file, (in, length) -> {
            NpyHeader header = start(file.toString(), in, length, false, 1);
            return entries(file.toString(), in, header, IntUnaryOperator.identity());
        });
    }

    /**
     * Reads an array of any shape, of floating-point numbers or 64-bit integers, stored by rows or by columns.
     *
     * @param name what faults are reported of
     * @param in the content of a {@code .npy} file
     * @param length its bytes
     */
    static Npz.Array readArray(String name, ReadableByteChannel in, long length) throws IOException {
        NpyHeader header = start(name, in, length, true, 0);
        IntUnaryOperator place = header.byColumns() ? i -> byRows(header.shape(), i) : IntUnaryOperator.identity();
        return new Npz.Array(header.shape(), entries(name, in, header, place));
    }

    /** Of the entry at place {@code i} where the first index runs fastest, the place where the last one does. */
    private static int byRows(List<Integer> shape, int i) {
        int rest = i;
        int place = 0;
        for (int length : shape) {
            place = place * length + rest % length;
            rest /= length;
        }
        return place;
    }

    /** What is done with an open file of that length. */
    @FunctionalInterface
    private interface Reading<T> {
        T from(ReadableByteChannel in, long length) throws IOException;
    }

    private static <T> T read(Path file, Reading<T> reading) {
        long length = InputFile.length(file);
        try (SeekableByteChannel in = Files.newByteChannel(file)) {
            return reading.from(in, length);
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
        byte[] header = header("<f8", true, List.of(rows, cols));
        return out -> {
            out.write(header);
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

    /** What a version 1.0 file begins with. */
    static byte[] header(String descr, boolean byColumns, List<Integer> shape) {
        NpyHeader header = new NpyHeader(shape, byColumns, 8, descr.charAt(1) == 'i', ByteOrder.LITTLE_ENDIAN);
        String dictionary = "{'descr': '" + descr + "', 'fortran_order': " + (byColumns ? "True" : "False")
                + ", 'shape': " + header.tuple() + ", }";
        int prefix = MAGIC.length + 4;
        int length = Math.floorMod(-(prefix + dictionary.length() + 1), ALIGNMENT) + dictionary.length() + 1;
        ByteBuffer bytes = ByteBuffer.allocate(prefix + length).order(ByteOrder.LITTLE_ENDIAN);
        bytes.put(MAGIC).put((byte) 1).put((byte) 0).putShort((short) length);
        bytes.put(dictionary.getBytes(StandardCharsets.US_ASCII));
        while (bytes.remaining() > 1) {
            bytes.put((byte) ' ');
        }
        return bytes.put((byte) '\n').array();
    }

    /** The header of an array of so many dimensions, or of any number when {@code dimensions} is 0. */
    private static NpyHeader start(String file, ReadableByteChannel in, long length, boolean whole, int dimensions)
            throws IOException {
        if (length < MAGIC.length + 4) {
            throw new InputException(file + ": not an .npy file: expected a header, found " + length + " bytes");
        }
        ByteBuffer start = ByteBuffer.allocate(MAGIC.length + 2);
        InputFile.fill(in, start);
        if (start.get(0) == 'P' && start.get(1) == 'K') {
            throw new InputException(file + ": not an .npy file but an archive, as numpy.savez writes them; numpy.save"
                    + " writes what is expected");
        }
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
        long announced = major == 1 ? Short.toUnsignedLong(size.getShort()) : Integer.toUnsignedLong(size.getInt());
        long rest = length - MAGIC.length - 2 - size.capacity();
        if (announced > Math.min(MOST_HEADER_BYTES, rest)) {
            throw new InputException(file + ": header: it announces " + announced + " bytes; expected at most "
                    + Math.min(MOST_HEADER_BYTES, rest));
        }
        ByteBuffer text = ByteBuffer.allocate((int) announced);
        InputFile.fill(in, text);
        Charset charset = major == 3 ? StandardCharsets.UTF_8 : StandardCharsets.ISO_8859_1;
        NpyHeader header = NpyHeader.parse(file, new String(text.array(), charset), whole);
        requireShape(file, header, dimensions, rest - announced);
        return header;
    }

    private static void requireShape(String file, NpyHeader header, int dimensions, long bytes) {
        int found = header.shape().size();
        if (dimensions == 2 && found != 2) {
            throw new InputException(file + ": shape: expected two dimensions (rows, columns), found " + found
                    + (found == 1 ? "; reshape(1, -1) or reshape(-1, 1) makes a row or a column" : ""));
        }
        if (dimensions == 1 && found != 1) {
            throw new InputException(file + ": shape: expected one dimension, found " + found
                    + (found == 2 ? "; ravel() makes a vector" : ""));
        }
        if (header.entries() > MOST_ENTRIES) {
            throw new InputException(
                    file + ": shape: expected at most " + MOST_ENTRIES + " entries, found " + header.entries());
        }
        long expected = header.entries() * header.entryBytes();
        if (bytes != expected) {
            throw new InputException(file + ": expected " + expected + " bytes of data for shape " + header.tuple()
                    + ", found " + bytes);
        }
    }

    /** Entry i of the file at {@code place} of i. */
    private static double[] entries(String file, ReadableByteChannel in, NpyHeader header, IntUnaryOperator place)
            throws IOException {
        double[] data = new double[(int) header.entries()];
        ByteBuffer buffer = ByteBuffer.allocate(BUFFER_BYTES).order(header.order());
        buffer.limit(0);
        boolean single = header.entryBytes() == Float.BYTES;
        for (int i = 0; i < data.length; i++) {
            if (!buffer.hasRemaining()) {
                long left = (long) (data.length - i) * header.entryBytes();
                buffer.clear().limit((int) Math.min(BUFFER_BYTES, left));
                InputFile.fill(in, buffer);
            }
            double entry = header.whole() ? buffer.getLong() : single ? buffer.getFloat() : buffer.getDouble();
            if (!Double.isFinite(entry)) {
                throw new InputException(
                        file + ": entry " + index(header, i) + ": expected a finite number, found " + entry);
            }
            data[place.applyAsInt(i)] = entry;
        }
        return data;
    }

    /** The indices of entry {@code i} of the file. */
    private static List<Integer> index(NpyHeader header, int i) {
        List<Integer> index = new ArrayList<>();
        int rest = i;
        int n = header.shape().size();
        for (int k = 0; k < n; k++) {
            int length = header.shape().get(header.byColumns() ? k : n - 1 - k);
            index.add(header.byColumns() ? k : 0, rest % length);
            rest /= length;
        }
        return index;
    }
}
