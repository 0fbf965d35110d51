package lnr.lenet.data;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import java.util.zip.GZIPOutputStream;

/** Makes small IDX files for the tests. */
final class IdxBytes {
    private IdxBytes() {}

    static byte[] images(int count, int rows, int cols) {
        byte[] pixels = new byte[count * rows * cols];
        new Random(count).nextBytes(pixels);
        ByteBuffer out = ByteBuffer.allocate(16 + pixels.length);
        return out.putInt(2051).putInt(count).putInt(rows).putInt(cols).put(pixels).array();
    }

    static byte[] labels(int count) {
        ByteBuffer out = ByteBuffer.allocate(8 + count).putInt(2049).putInt(count);
        for (int i = 0; i < count; i++) {
            out.put((byte) (i % 10));
        }
        return out.array();
    }

    static byte[] gzip(byte[] bytes) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (OutputStream gzip = new GZIPOutputStream(out)) {
            gzip.write(bytes);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        return out.toByteArray();
    }

    /** The four files of a data set with 13 and 7 samples, by name. */
    static Map<String, byte[]> four() {
        Map<String, byte[]> files = new LinkedHashMap<>();
        files.put("train-images-idx3-ubyte.gz", gzip(images(13, 28, 28)));
        files.put("train-labels-idx1-ubyte.gz", gzip(labels(13)));
        files.put("t10k-images-idx3-ubyte.gz", gzip(images(7, 28, 28)));
        files.put("t10k-labels-idx1-ubyte.gz", gzip(labels(7)));
        return files;
    }

    static void write(Path folder, Map<String, byte[]> files) throws IOException {
        Files.createDirectories(folder);
        for (Map.Entry<String, byte[]> file : files.entrySet()) {
            Files.write(folder.resolve(file.getKey()), file.getValue());
        }
    }
}
