package lnr.lenet.format;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.StringJoiner;
import java.util.zip.ZipException;
import lnr.lenet.InputException;

/**
 * Reads IDX files of unsigned bytes, MNIST's format: a big-endian magic number, one 32-bit length per dimension, then
 * the bytes, last dimension fastest. A file may be compressed by gzip, whatever its name.
 */
public final class Idx {
    private static final int IMAGES = 0x00000803;
    private static final int LABELS = 0x00000801;
    private static final long MOST_BYTES = 1L << 30;
    /** DEFLATE cannot shrink by more than 1032:1, so a small file that announces more than this lies. */
    private static final long BEST_COMPRESSION = 1032;

    private static final int FIRST_ALLOCATION = 1 << 20;

    private Idx() {}

    /**
     * Images, as they stand in the file.
     *
     * @param count number of images, at least 1
     * @param rows height of an image in pixels, at least 1
     * @param cols width of an image in pixels, at least 1
     * @param pixels (count, rows, cols), last fastest, unsigned bytes; not copied
     */
    public record Images(int count, int rows, int cols, byte[] pixels) {}

    /**
     * Reads a file of images (magic number 2051: unsigned bytes, three dimensions).
     *
     * @param file plain or gzip; memory is taken only as its bytes arrive
     * @return the images
     * @throws InputException if the file is missing, corrupt, empty, too short, too long, or not a file of images
     */
    public static Images images(Path file) {
        return images(file, 0);
    }

    /**
     * Reads a file of square images of a known size; others are refused by the header, before their bytes are read.
     *
     * @param side height and width in pixels that are expected; 0 for any
     * @throws InputException as {@link #images(Path)}, and if the images are of another size
     */
    public static Images images(Path file, int side) {
        int[] lengths = new int[3];
        byte[] pixels = read(file, IMAGES, "images", lengths, side);
        return new Images(lengths[0], lengths[1], lengths[2], pixels);
    }

    /**
     * Reads a file of labels (magic number 2049: unsigned bytes, one dimension).
     *
     * @param file plain or gzip; memory is taken only as its bytes arrive
     * @return the labels, one unsigned byte each, at least one
     * @throws InputException if the file is missing, corrupt, empty, too short, too long, or not a file of labels
     */
    public static byte[] labels(Path file) {
        return read(file, LABELS, "labels", new int[1], 0);
    }

    private static byte[] read(Path file, int magic, String what, int[] lengths, int side) {
        long fileLength = InputFile.length(file);
        try (InputStream raw = new BufferedInputStream(Files.newInputStream(file), 1 << 16)) {
            raw.mark(2);
            boolean compressed = Gzip.begins(raw.read(), raw.read());
            raw.reset();
            Gzip gzip = compressed ? new Gzip(raw) : null;
            InputStream in = compressed ? gzip : raw;
            long announced = header(file, in, magic, what, lengths);
            if (side > 0 && (lengths[1] != side || lengths[2] != side)) {
                throw new InputException(file + ": expected images of " + side + " x " + side + " pixels, found "
                        + lengths[1] + " x " + lengths[2]);
            }
            int headerLength = 4 + 4 * lengths.length;
            long possible = compressed ? fileLength * BEST_COMPRESSION : fileLength - headerLength;
            if (announced > possible) {
                throw new InputException(file + ": truncated: the header announces " + announced + " bytes of " + what
                        + ", the file holds " + (compressed ? "at most " : "") + possible);
            }
            byte[] content = payload(file, in, (int) announced);
            if (compressed && gzip.end() != fileLength) {
                throw new InputException(file + ": too long: the gzip data ends after " + gzip.end()
                        + " bytes, the file has " + fileLength);
            }
            return content;
        } catch (EOFException e) {
            throw new InputException(file + ": truncated: the gzip data ends too early", e);
        } catch (ZipException e) {
            throw new InputException(file + ": corrupt gzip data: " + Diagnostic.reason(e), e);
        } catch (IOException e) {
            throw new InputException(file + ": cannot be read: " + Diagnostic.reason(e), e);
        }
    }

    /** Reads the header and fills {@code lengths}. Returns the number of bytes that it announces. */
    private static long header(Path file, InputStream in, int magic, String what, int[] lengths) throws IOException {
        byte[] header = in.readNBytes(4);
        int found = header.length < 4 ? -1 : ByteBuffer.wrap(header).getInt();
        if (found != magic) {
            throw new InputException(file + ": not an IDX file of " + what + ": expected the magic number " + magic
                    + ", found " + (header.length < 4 ? header.length + " bytes" : describe(found)));
        }
        byte[] dimensions = in.readNBytes(4 * lengths.length);
        if (dimensions.length < 4 * lengths.length) {
            throw new InputException(file + ": truncated: the file ends within its header");
        }
        BigInteger bytes = BigInteger.ONE;
        StringJoiner factors = new StringJoiner(" x ");
        ByteBuffer buffer = ByteBuffer.wrap(dimensions);
        for (int i = 0; i < lengths.length; i++) {
            lengths[i] = buffer.getInt();
            if (lengths[i] == 0) {
                throw new InputException(file + ": dimension " + i + ": expected at least 1, found 0");
            }
            factors.add(Integer.toUnsignedString(lengths[i]));
            bytes = bytes.multiply(BigInteger.valueOf(Integer.toUnsignedLong(lengths[i])));
        }
        if (bytes.compareTo(BigInteger.valueOf(MOST_BYTES)) > 0) {
            throw new InputException(file + ": header: expected at most " + MOST_BYTES + " bytes in all, found "
                    + factors + (lengths.length > 1 ? " = " + bytes : ""));
        }
        return bytes.longValueExact();
    }

    private static String describe(int magic) {
        return switch (magic) {
            case IMAGES -> IMAGES + " (a file of images)";
            case LABELS -> LABELS + " (a file of labels)";
            default -> Integer.toUnsignedString(magic);
        };
    }

    /** Reads exactly {@code length} bytes; memory grows with what has arrived, not with what was announced. */
    private static byte[] payload(Path file, InputStream in, int length) throws IOException {
        byte[] bytes = new byte[Math.min(length, FIRST_ALLOCATION)];
        int filled = 0;
        while (true) {
            filled += in.readNBytes(bytes, filled, bytes.length - filled);
            if (filled < bytes.length) {
                throw new InputException(file + ": truncated: the header announces " + length
                        + " bytes of content, the file holds " + filled);
            }
            if (filled == length) {
                break;
            }
            bytes = Arrays.copyOf(bytes, (int) Math.min(length, 2L * bytes.length));
        }
        // Reading past the end also makes gzip compare its last checksum.
        if (in.read() >= 0) {
            throw new InputException(
                    file + ": too long: bytes follow the " + length + " bytes of content that the header announces");
        }
        return bytes;
    }
}
