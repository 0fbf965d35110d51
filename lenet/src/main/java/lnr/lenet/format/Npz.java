package lnr.lenet.format;

import java.io.BufferedOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.Channels;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.Enumeration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.CheckedOutputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;
import lnr.lenet.InputException;

/**
 * Reads and writes several arrays as one {@code .npz} file: NumPy's, a zip archive with a {@code .npy} file for each
 * array, under the array's name.
 */
public final class Npz {
    private static final String SUFFIX = ".npy";

    /** The first moment that a zip archive knows, so that the same arrays make the same bytes. */
    private static final LocalDateTime EPOCH = LocalDateTime.of(1980, 1, 1, 0, 0);

    /** What a byte of a deflated file can stand for, at most. */
    private static final long MOST_DEFLATION = 1032;

    private Npz() {}

    /**
     * An array as it is read.
     *
     * @param shape lengths of its dimensions, at least 1 each; empty for a single number
     * @param data the entries, the last index running fastest; finite; not copied
     */
    public record Array(List<Integer> shape, double[] data) {}

    /**
     * An array to write.
     *
     * @param descr its type, as NumPy spells it
     * @param shape lengths of its dimensions
     * @param entries writes the entries, the last index running fastest; the same ones each time
     */
    public record Source(String descr, List<Integer> shape, AtomicFile.Content entries) {
        /** A vector of 64-bit floating-point numbers; not copied. */
        public static Source numbers(double[] data) {
            return new Source("<f8", List.of(data.length), out -> {
                ByteBuffer entry = ByteBuffer.allocate(Double.BYTES).order(ByteOrder.LITTLE_ENDIAN);
                for (double number : data) {
                    out.write(entry.putDouble(0, number).array());
                }
            });
        }

        /** A vector of 64-bit integers; not copied. */
        public static Source integers(int[] data) {
            return new Source("<i8", List.of(data.length), out -> {
                ByteBuffer entry = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
                for (int number : data) {
                    out.write(entry.putLong(0, number).array());
                }
            });
        }

        /**
         * An array (matrices, rows, cols) of 64-bit floating-point numbers.
         *
         * @param matrices (rows, cols) each, column-major; not copied
         * @throws IllegalArgumentException when one has another length
         */
        public static Source matrices(int rows, int cols, List<double[]> matrices) {
            for (double[] matrix : matrices) {
                if (matrix.length != (long) rows * cols) {
                    throw new IllegalArgumentException(
                            "matrices: expected [" + rows + " * " + cols + "] each, got [" + matrix.length + "]");
                }
            }
            return new Source("<f8", List.of(matrices.size(), rows, cols), out -> {
                ByteBuffer row = ByteBuffer.allocate(cols * Double.BYTES).order(ByteOrder.LITTLE_ENDIAN);
                for (double[] matrix : matrices) {
                    for (int i = 0; i < rows; i++) {
                        row.clear();
                        for (int j = 0; j < cols; j++) {
                            row.putDouble(matrix[i + j * rows]);
                        }
                        out.write(row.array());
                    }
                }
            });
        }

        private void writeTo(OutputStream out) throws IOException {
            OutputStream buffered = new BufferedOutputStream(out, 1 << 16);
            buffered.write(Npy.header(descr, false, shape));
            entries.writeTo(buffered);
            buffered.flush();
        }
    }

    /**
     * The content of a file that holds {@code arrays}, uncompressed; {@code numpy.load} reads it. The same arrays make
     * the same bytes. Each is asked for its entries twice.
     *
     * @param arrays by their names
     */
    public static AtomicFile.Content content(Map<String, Source> arrays) {
        Map<String, Source> ordered = new LinkedHashMap<>(arrays);
        return out -> {
            ZipOutputStream zip = new ZipOutputStream(out);
            zip.setMethod(ZipOutputStream.STORED);
            for (Map.Entry<String, Source> array : ordered.entrySet()) {
                Source source = array.getValue();
                CRC32 sum = new CRC32();
                Counter counter = new Counter();
                source.writeTo(new CheckedOutputStream(counter, sum));
                ZipEntry entry = new ZipEntry(array.getKey() + SUFFIX);
                entry.setTimeLocal(EPOCH);
                entry.setSize(counter.bytes);
                entry.setCrc(sum.getValue());
                zip.putNextEntry(entry);
                source.writeTo(zip);
                zip.closeEntry();
            }
            zip.finish();
        };
    }

    /** Counts bytes, and keeps none. */
    private static final class Counter extends OutputStream {
        private long bytes;

        @Override
        public void write(int b) {
            bytes++;
        }

        @Override
        public void write(byte[] b, int offset, int length) {
            bytes += length;
        }
    }

    /**
     * Reads all arrays of a file: floating-point numbers or 64-bit integers, which become floating-point numbers.
     *
     * @param file a {@code .npz} file, compressed or not
     * @return the arrays by their names, in the file's order
     * @throws InputException if the file is missing or malformed, or holds an array that LNR does not read
     */
    public static Map<String, Array> read(Path file) {
        InputFile.length(file);
        Map<String, Array> arrays = new LinkedHashMap<>();
        try (ZipFile zip = new ZipFile(file.toFile())) {
            for (Enumeration<? extends ZipEntry> entries = zip.entries(); entries.hasMoreElements(); ) {
                ZipEntry entry = entries.nextElement();
                String name = file + ": " + Diagnostic.quote(entry.getName());
                if (!entry.getName().endsWith(SUFFIX)) {
                    throw new InputException(name + ": expected .npy files alone");
                }
                if (entry.getSize() < 0 || entry.getSize() / MOST_DEFLATION > entry.getCompressedSize()) {
                    throw new InputException(name + ": it announces " + entry.getSize() + " bytes in "
                            + entry.getCompressedSize());
                }
                try (InputStream in = zip.getInputStream(entry)) {
                    Array array = Npy.readArray(name, Channels.newChannel(in), entry.getSize());
                    String key = entry.getName().substring(0, entry.getName().length() - SUFFIX.length());
                    if (arrays.put(key, array) != null) {
                        throw new InputException(name + ": stands twice");
                    }
                }
            }
        } catch (EOFException e) {
            throw new InputException(file + ": truncated: an array ended while it was read", e);
        } catch (IOException | IllegalArgumentException e) { // the latter for names that are no UTF-8
            String reason = e instanceof IOException failure ? Diagnostic.reason(failure) : "a name is malformed";
            throw new InputException(file + ": cannot be read as .npz: " + reason, e);
        }
        return arrays;
    }
}
