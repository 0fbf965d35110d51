package lnr.lenet.format;

import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import lnr.lenet.InputException;

/**
 * Named tensors of 32-bit numbers, as a safetensors file holds them: the header's length (64-bit little-endian), a JSON
 * header, then every tensor's bytes one after the other without holes.
 *
 * @param tensors the tensors by name, in the header's order; not modifiable
 * @param metadata the header's {@code __metadata__}, in its order; empty when there is none; not modifiable
 */
public record SafeTensors(Map<String, Tensor> tensors, Map<String, String> metadata) {
    private static final long LEAST_BYTES = Long.BYTES + 2; // an empty object
    private static final long MOST_HEADER_BYTES = 100_000_000;
    private static final int BUFFER_BYTES = 1 << 20;

    // First bytes of other formats, the lowest first.
    private static final int ZIP = 0x04034b50; // "PK", 3, 4
    private static final int PICKLE = 0x80; // and then the version
    private static final int MOST_PICKLE_VERSION = 5;
    private static final long NUMPY = 0x59504d554e93L; // 0x93, "NUMPY"

    /** Keeps the order of both maps, and shares the tensors. */
    public SafeTensors {
        tensors = Collections.unmodifiableMap(new LinkedHashMap<>(tensors));
        metadata = Collections.unmodifiableMap(new LinkedHashMap<>(metadata));
    }

    /**
     * One tensor.
     *
     * @param shape the lengths of the dimensions; empty for a scalar; not copied
     * @param data the entries, last dimension fastest; as many as the product of {@code shape}; not copied
     */
    public record Tensor(int[] shape, float[] data) {
        /** Throws IllegalArgumentException when the number of entries is not the shape's. */
        public Tensor {
            // Exact in its first 53 bits, and what lies beyond equals no array's length.
            double entries = 1;
            for (int length : shape) {
                entries *= length < 0 ? Double.NaN : length;
            }
            if (entries != data.length) {
                throw new IllegalArgumentException(
                        "data: expected as many as shape " + Arrays.toString(shape) + ", got [" + data.length + "]");
            }
        }
    }

    /**
     * Reads a file. Types F32, F64, F16 and BF16 are accepted and converted to 32 bits, F64 by rounding to nearest.
     *
     * @param file a safetensors file
     * @return its tensors, all finite
     * @throws InputException if the file is missing or breaks the format anywhere, or if a tensor is of another type or
     *     holds a number that is not finite in 32 bits
     */
    public static SafeTensors read(Path file) {
        long fileLength = InputFile.length(file);
        try (SeekableByteChannel in = Files.newByteChannel(file)) {
            if (fileLength < LEAST_BYTES) {
                throw new InputException(file + ": not a safetensors file: expected at least " + LEAST_BYTES
                        + " bytes, found " + fileLength);
            }
            ByteBuffer size = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
            InputFile.fill(in, size);
            long length = size.getLong();
            long most = Math.min(MOST_HEADER_BYTES, fileLength - Long.BYTES);
            if (length < 2 || length > most) {
                throw new InputException(file + ": not a safetensors file" + instead(length, most));
            }
            ByteBuffer text = ByteBuffer.allocate((int) length);
            InputFile.fill(in, text);
            SafeTensorsHeader header = SafeTensorsHeader.parse(file, text.array());
            List<SafeTensorsHeader.Entry> stored = header.inFileOrder(file, fileLength - Long.BYTES - length);
            Map<String, Tensor> read = new LinkedHashMap<>();
            ByteBuffer buffer = ByteBuffer.allocate(BUFFER_BYTES).order(ByteOrder.LITTLE_ENDIAN);
            for (SafeTensorsHeader.Entry entry : stored) {
                read.put(entry.name(), new Tensor(entry.shape(), data(file, in, entry, buffer)));
            }
            Map<String, Tensor> tensors = new LinkedHashMap<>();
            header.entries().forEach(e -> tensors.put(e.name(), read.get(e.name())));
            return new SafeTensors(tensors, header.metadata());
        } catch (EOFException e) {
            throw new InputException(file + ": truncated: the file ended while it was read", e);
        } catch (IOException e) {
            throw new InputException(file + ": cannot be read: " + Diagnostic.reason(e), e);
        }
    }

    /** What a file is whose first bytes are not the length of a header, as far as they tell. */
    private static String instead(long first, long most) {
        if ((int) first == ZIP || (first & 0xff) == PICKLE && (first >> 8 & 0xff) <= MOST_PICKLE_VERSION) {
            return " but one of torch.save, or another zip or pickle file; save_file of safetensors.torch writes what"
                    + " is expected";
        }
        if ((first & 0xffffffffffffL) == NUMPY) {
            return " but a matrix of NumPy's";
        }
        return ": expected the length of its header, 2 to " + most + " bytes, found " + Long.toUnsignedString(first);
    }

    /**
     * Writes the tensors as F32, in the map's order.
     *
     * @param file the file to write, whole or not at all
     * @throws InputException if the file cannot be written, or if a tensor holds a number that is not finite (no reader
     *     here would take it back)
     * @throws IllegalArgumentException if a tensor's name is the reserved {@code __metadata__}
     */
    public void write(Path file) {
        tensors.forEach((name, tensor) -> {
            for (int i = 0; i < tensor.data().length; i++) {
                requireFinite(file, name, i, tensor.data()[i], tensor.data()[i]);
            }
        });
        byte[] header = SafeTensorsHeader.format(this);
        AtomicFile.write(file, out -> {
            ByteBuffer size = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
            out.write(size.putLong(header.length).array());
            out.write(header);
            ByteBuffer buffer = ByteBuffer.allocate(BUFFER_BYTES).order(ByteOrder.LITTLE_ENDIAN);
            for (Tensor tensor : tensors.values()) {
                writeData(out, tensor.data(), buffer);
            }
        });
    }

    private static void writeData(OutputStream out, float[] data, ByteBuffer buffer) throws IOException {
        buffer.clear();
        for (float entry : data) {
            if (!buffer.hasRemaining()) {
                out.write(buffer.array());
                buffer.clear();
            }
            buffer.putFloat(entry);
        }
        out.write(buffer.array(), 0, buffer.position());
    }

    private static float[] data(
            Path file, SeekableByteChannel in, SafeTensorsHeader.Entry entry, ByteBuffer buffer) throws IOException {
        float[] data = new float[entry.count()];
        NumberType type = entry.type();
        buffer.clear().limit(0);
        for (int i = 0; i < data.length; i++) {
            if (!buffer.hasRemaining()) {
                long left = (long) (data.length - i) * type.bytes();
                buffer.clear().limit((int) Math.min(BUFFER_BYTES, left));
                InputFile.fill(in, buffer);
            }
            double number = type.next(buffer);
            data[i] = (float) number;
            requireFinite(file, entry.name(), i, data[i], number);
        }
        return data;
    }

    private static void requireFinite(Path file, String name, int index, float rounded, double number) {
        if (!Float.isFinite(rounded)) {
            throw new InputException(file + ": tensor " + Diagnostic.quote(name) + ": entry " + index
                    + ": expected a finite 32-bit number, found " + number);
        }
    }
}
