package lnr.lenet.format;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;
import java.util.zip.ZipException;

/**
 * The content of a gzip file (RFC 1952): that of all its members, one after the other. Unlike
 * {@link java.util.zip.GZIPInputStream} it tells where the last member ends, and so whether anything follows.
 */
final class Gzip extends InputStream {
    private static final int FIRST_MAGIC = 0x1f;
    private static final int SECOND_MAGIC = 0x8b;
    private static final int DEFLATE = 8;
    private static final int HEADER_SUM = 2;
    private static final int EXTRA = 4;
    private static final int NAME = 8;
    private static final int COMMENT = 16;
    private static final int RESERVED = 0xe0;
    private static final int BUFFER_BYTES = 1 << 16;

    private final InputStream raw;
    private final byte[] buffer = new byte[BUFFER_BYTES];
    private final Inflater inflater = new Inflater(true);
    private final CRC32 sum = new CRC32(); // of the header, then of the data
    private int at; // next byte of the buffer that is not used
    private int limit; // end of what is in the buffer
    private long before; // bytes of the file that were in the buffer earlier
    private boolean ended;

    /** Reads the first member's header. Closing this closes {@code raw}. */
    Gzip(InputStream raw) throws IOException {
        this.raw = raw;
        if (!another()) {
            throw new ZipException("not a gzip file");
        }
        header();
    }

    /** Whether a file that begins with these bytes is a gzip file. */
    static boolean begins(int first, int second) {
        return first == FIRST_MAGIC && second == SECOND_MAGIC;
    }

    /** Bytes of the file up to the end of its last member, once all has been read. */
    long end() {
        return before + at;
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : Byte.toUnsignedInt(one[0]);
    }

    @Override
    public int read(byte[] target, int from, int length) throws IOException {
        if (length == 0) {
            return 0;
        }
        while (!ended) {
            int count = inflate(target, from, length);
            if (count > 0) {
                sum.update(target, from, count);
                return count;
            }
            if (inflater.finished()) {
                trailer();
                ended = !another();
                if (!ended) {
                    header();
                }
            } else if (inflater.needsDictionary()) {
                throw new ZipException("its data need a dictionary, which no gzip file has");
            } else if (inflater.needsInput()) {
                require(1);
                inflater.setInput(buffer, at, limit - at);
            }
        }
        return -1;
    }

    private int inflate(byte[] target, int from, int length) throws ZipException {
        try {
            int count = inflater.inflate(target, from, length);
            at = limit - inflater.getRemaining();
            return count;
        } catch (DataFormatException e) {
            throw (ZipException) new ZipException(e.getMessage()).initCause(e);
        }
    }

    @Override
    public void close() throws IOException {
        inflater.end();
        raw.close();
    }

    /** Whether a member begins here. */
    private boolean another() throws IOException {
        return available(2) && begins(Byte.toUnsignedInt(buffer[at]), Byte.toUnsignedInt(buffer[at + 1]));
    }

    private void header() throws IOException {
        sum.reset();
        number(2);
        int method = number(1);
        if (method != DEFLATE) {
            throw new ZipException("expected the compression method " + DEFLATE + ", found " + method);
        }
        int flags = number(1);
        if ((flags & RESERVED) != 0) {
            throw new ZipException("a member's header has flags that no format has");
        }
        skip(6); // time, extra flags, operating system
        if ((flags & EXTRA) != 0) {
            skip(number(2));
        }
        for (int text : new int[] {NAME, COMMENT}) {
            while ((flags & text) != 0 && number(1) != 0) {
                // On to the text's end.
            }
        }
        int found = (int) sum.getValue() & 0xffff;
        if ((flags & HEADER_SUM) != 0 && number(2) != found) {
            throw new ZipException("a member's header is not that of its CRC-16");
        }
        sum.reset();
        inflater.reset();
        inflater.setInput(buffer, at, limit - at);
    }

    private void trailer() throws IOException {
        int data = (int) sum.getValue();
        int expected = number(4);
        int length = number(4);
        if (data != expected || (int) inflater.getBytesWritten() != length) {
            throw new ZipException("a member's CRC-32 or length is not that of its data");
        }
    }

    /** The next bytes, 1 to 4, as a little-endian number. */
    private int number(int bytes) throws IOException {
        require(bytes);
        sum.update(buffer, at, bytes);
        int number = 0;
        for (int i = 0; i < bytes; i++) {
            number |= Byte.toUnsignedInt(buffer[at++]) << 8 * i;
        }
        return number;
    }

    private void skip(int bytes) throws IOException {
        for (int i = 0; i < bytes; i++) {
            number(1);
        }
    }

    private void require(int bytes) throws IOException {
        if (!available(bytes)) {
            throw new EOFException();
        }
    }

    /** Whether so many bytes follow; if so, the buffer holds them from {@code at} on. */
    private boolean available(int bytes) throws IOException {
        if (limit - at < bytes) {
            System.arraycopy(buffer, at, buffer, 0, limit - at);
            before += at;
            limit -= at;
            at = 0;
            limit += raw.readNBytes(buffer, limit, buffer.length - limit);
        }
        return limit - at >= bytes;
    }
}
