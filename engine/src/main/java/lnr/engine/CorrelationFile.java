package lnr.engine;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.StreamCorruptedException;
import java.nio.ByteBuffer;
import java.util.zip.CRC32;
import java.util.zip.CheckedInputStream;
import java.util.zip.CheckedOutputStream;

/**
 * The stored form of {@link Correlations}, big-endian:
 *
 * <pre>
 * int "LNRC", int version 1, int d, byte bias, int h, byte weighted, long n, double sum ||y||^2,
 * double[d' d'] S_xx, double[h d'] W if weighted, else S_yx (column-major), int CRC-32 of all before
 * </pre>
 */
record CorrelationFile(int d, boolean bias, int h, long n, double[] weight, double[] sxx, double[] syx, double syy) {
    private static final int MAGIC = 0x4C4E5243;
    private static final int VERSION = 1;

    void writeTo(OutputStream out) throws IOException {
        CheckedOutputStream checked = new CheckedOutputStream(out, new CRC32());
        DataOutputStream data = new DataOutputStream(checked);
        data.writeInt(MAGIC);
        data.writeInt(VERSION);
        data.writeInt(d);
        data.writeBoolean(bias);
        data.writeInt(h);
        data.writeBoolean(weight != null);
        data.writeLong(n);
        data.writeDouble(syy);
        write(data, sxx);
        write(data, weight != null ? weight : syx);
        data.flush();
        new DataOutputStream(out).writeInt((int) checked.getChecksum().getValue());
        out.flush();
    }

    static CorrelationFile readFrom(InputStream in) throws IOException {
        CheckedInputStream checked = new CheckedInputStream(in, new CRC32());
        DataInputStream data = new DataInputStream(checked);
        require(data.readInt() == MAGIC, "not a correlations file");
        int version = data.readInt();
        require(version == VERSION, "expected version " + VERSION + ", got " + version);
        int d = data.readInt();
        boolean bias = data.readBoolean();
        int h = data.readInt();
        boolean weighted = data.readBoolean();
        long n = data.readLong();
        double syy = data.readDouble();
        long width = d + (bias ? 1L : 0L);
        require(d >= 1 && h >= 1 && n >= 0 && syy >= 0, "impossible sizes");
        require(width * Math.max(width, h) <= Integer.MAX_VALUE / Double.BYTES, "impossible sizes");
        double[] sxx = read(data, (int) (width * width));
        double[] other = read(data, (int) (h * width));
        int expected = (int) checked.getChecksum().getValue();
        require(new DataInputStream(in).readInt() == expected, "checksum does not match");
        return new CorrelationFile(
                d, bias, h, n, weighted ? other : null, sxx, weighted ? new double[0] : other, syy);
    }

    private static void write(OutputStream out, double[] values) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(values.length * Double.BYTES);
        bytes.asDoubleBuffer().put(values);
        out.write(bytes.array());
    }

    /** Reads as far as the stream goes before it makes room, so that damaged sizes cannot exhaust memory. */
    private static double[] read(InputStream in, int length) throws IOException {
        byte[] bytes = in.readNBytes(length * Double.BYTES);
        if (bytes.length < length * Double.BYTES) {
            throw new EOFException("correlations: the file ends early");
        }
        double[] values = new double[length];
        ByteBuffer.wrap(bytes).asDoubleBuffer().get(values);
        return values;
    }

    private static void require(boolean condition, String complaint) throws StreamCorruptedException {
        if (!condition) {
            throw new StreamCorruptedException("correlations: " + complaint);
        }
    }
}
