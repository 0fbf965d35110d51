package lnr.lenet.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.zip.GZIPOutputStream;
import lnr.lenet.InputException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class IdxTest {
    @TempDir
    Path folder;

    private static byte[] idx(int magic, byte[] content, int... lengths) {
        ByteBuffer bytes = ByteBuffer.allocate(4 + 4 * lengths.length + content.length);
        bytes.putInt(magic);
        for (int length : lengths) {
            bytes.putInt(length);
        }
        return bytes.put(content).array();
    }

    private static byte[] gzip(byte[] bytes) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (OutputStream gzip = new GZIPOutputStream(out)) {
            gzip.write(bytes);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        return out.toByteArray();
    }

    private static byte[] noise(int length) {
        byte[] bytes = new byte[length];
        new Random(7).nextBytes(bytes);
        return bytes;
    }

    private Path file(byte[] bytes) throws IOException {
        return Files.write(folder.resolve("some.idx"), bytes);
    }

    private void refusesImages(byte[] bytes, String message) throws IOException {
        Path file = file(bytes);
        assertThatThrownBy(() -> Idx.images(file))
                .isInstanceOf(InputException.class)
                .hasMessage(file + ": " + message);
    }

    @Test
    void readsImagesPlainAndGzip() throws IOException {
        byte[] pixels = noise(3 * 5 * 7);
        for (byte[] bytes : new byte[][] {idx(2051, pixels, 3, 5, 7), gzip(idx(2051, pixels, 3, 5, 7))}) {
            Idx.Images images = Idx.images(file(bytes));
            assertThat(images.count()).isEqualTo(3);
            assertThat(images.rows()).isEqualTo(5);
            assertThat(images.cols()).isEqualTo(7);
            assertThat(images.pixels()).isEqualTo(pixels);
        }
    }

    @Test
    void readsMoreThanTheFirstAllocation() throws IOException {
        byte[] labels = noise((1 << 22) + 13);
        assertThat(Idx.labels(file(idx(2049, labels, labels.length)))).isEqualTo(labels);
        assertThat(Idx.labels(file(gzip(idx(2049, labels, labels.length))))).isEqualTo(labels);
    }

    @Test
    void refusesWrongMagic() throws IOException {
        refusesImages(
                idx(2049, noise(3), 3),
                "not an IDX file of images: expected the magic number 2051, found 2049 (a file of labels)");
        refusesImages(
                idx(0x0D03, noise(8), 1, 1, 2),
                "not an IDX file of images: expected the magic number 2051, found 3331");
        refusesImages(new byte[0], "not an IDX file of images: expected the magic number 2051, found 0 bytes");
    }

    @Test
    void refusesTruncation() throws IOException {
        byte[] whole = idx(2051, noise(105), 3, 5, 7);
        refusesImages(Arrays.copyOf(whole, 10), "truncated: the file ends within its header");
        refusesImages(
                Arrays.copyOf(whole, whole.length - 1),
                "truncated: the header announces 105 bytes of images, the file holds 104");
        refusesImages(
                gzip(Arrays.copyOf(whole, whole.length - 1)),
                "truncated: the header announces 105 bytes of content, the file holds 104");
        byte[] packed = gzip(whole);
        refusesImages(Arrays.copyOf(packed, packed.length - 4), "truncated: the gzip data ends too early");
    }

    @Test
    void refusesBytesThatFollow() throws IOException {
        byte[] longer = Arrays.copyOf(idx(2051, noise(105), 3, 5, 7), 16 + 106);
        String message = "too long: bytes follow the 105 bytes of content that the header announces";
        refusesImages(longer, message);
        refusesImages(gzip(longer), message);
    }

    @Test
    void refusesBytesThatFollowTheGzipData() throws IOException {
        byte[] packed = gzip(idx(2051, noise(105), 3, 5, 7));
        for (int surplus : new int[] {1, 2, 9, 18, 19, 1000, 200_000}) {
            byte[] longer = Arrays.copyOf(packed, packed.length + surplus);
            Arrays.fill(longer, packed.length, longer.length, (byte) 'g');
            refusesImages(
                    longer,
                    "too long: the gzip data ends after " + packed.length + " bytes, the file has " + longer.length);
        }
    }

    @Test
    void refusesZeroAndHugeDimensions() throws IOException {
        refusesImages(idx(2051, new byte[0], 0, 28, 28), "dimension 0: expected at least 1, found 0");
        refusesImages(
                idx(2051, noise(9), -1, 28, 28),
                "dimension 0: found 4294967295; expected at most 1073741824 bytes in all");
        refusesImages(
                idx(2051, noise(9), 1 << 16, 1 << 16, 1 << 16),
                "dimension 1: found 65536; expected at most 1073741824 bytes in all");
    }

    @Test
    void refusesLyingHeaderBeforeTakingMemory() throws IOException {
        refusesImages(
                idx(2051, noise(9), 1 << 10, 1 << 10, 1 << 10),
                "truncated: the header announces 1073741824 bytes of images, the file holds 9");
        byte[] packed = gzip(idx(2051, noise(9), 1 << 10, 1 << 10, 1 << 10));
        refusesImages(
                packed,
                "truncated: the header announces 1073741824 bytes of images, the file holds at most "
                        + packed.length * 1032);
    }

    @Test
    void refusesDamagedGzip() throws IOException {
        byte[] packed = gzip(idx(2051, noise(105), 3, 5, 7));
        packed[packed.length - 6] ^= 1;
        refusesImages(packed, "corrupt gzip data: Corrupt GZIP trailer");
    }

    @Test
    void refusesWhatIsNoFile() {
        assertThatThrownBy(() -> Idx.labels(folder))
                .isInstanceOf(InputException.class)
                .hasMessage(folder + ": cannot be read: expected a regular file, found a folder");
        Path missing = folder.resolve("missing");
        assertThatThrownBy(() -> Idx.labels(missing))
                .isInstanceOf(InputException.class)
                .hasMessage(missing + ": no such file");
    }

    @Test
    void survivesDamage() throws IOException {
        byte[] valid = idx(2051, noise(105), 3, 5, 7);
        Mutation.fuzz(folder, valid, 1500, Idx::images);
        Mutation.fuzz(folder, gzip(valid), 1500, Idx::images);
        Mutation.fuzz(folder, idx(2049, noise(33), 33), 500, Idx::labels);
    }
}
