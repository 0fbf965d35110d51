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
import java.util.zip.CRC32;
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

    private static byte[] join(byte[]... parts) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            out.writeBytes(part);
        }
        return out.toByteArray();
    }

    /** A file may consist of several members, as several compressed files put behind each other do. */
    @Test
    void readsAllMembersOfAGzipFile() throws IOException {
        byte[] labels = noise(300_000);
        byte[] whole = idx(2049, labels, labels.length);
        for (int cut : new int[] {0, 1, 7, 8, 9, 150_000, whole.length}) {
            byte[] first = gzip(Arrays.copyOf(whole, cut));
            byte[] second = gzip(Arrays.copyOfRange(whole, cut, whole.length));
            assertThat(Idx.labels(file(join(first, second)))).isEqualTo(labels);
            assertThat(Idx.labels(file(join(first, gzip(new byte[0]), second)))).isEqualTo(labels);
            byte[] longer = join(first, second, new byte[] {0x1f});
            Path file = file(longer);
            assertThatThrownBy(() -> Idx.labels(file))
                    .isInstanceOf(InputException.class)
                    .hasMessage(file + ": too long: the gzip data ends after " + (longer.length - 1)
                            + " bytes, the file has " + longer.length);
        }
    }

    @Test
    void refusesADamagedMember() throws IOException {
        byte[] whole = idx(2051, noise(105), 3, 5, 7);
        byte[] first = gzip(Arrays.copyOf(whole, 50));
        byte[] second = gzip(Arrays.copyOfRange(whole, 50, whole.length));
        byte[] both = join(first, second);
        refusesImages(Arrays.copyOf(both, first.length + 5), "truncated: the gzip data ends too early");
        refusesImages(Arrays.copyOf(both, both.length - 1), "truncated: the gzip data ends too early");
        for (int check : new int[] {first.length - 8, first.length - 1, both.length - 8, both.length - 1}) {
            byte[] damaged = both.clone();
            damaged[check] ^= 1;
            refusesImages(damaged, "corrupt gzip data: a member's CRC-32 or length is not that of its data");
        }
        both[first.length + 2] = 7;
        refusesImages(both, "corrupt gzip data: expected the compression method 8, found 7");
    }

    /** The optional fields of a member's header: extra field, name, comment, checksum of the header. */
    @Test
    void readsGzipHeadersOfAllKinds() throws IOException {
        byte[] pixels = noise(3 * 5 * 7);
        byte[] packed = gzip(idx(2051, pixels, 3, 5, 7));
        byte[] data = Arrays.copyOfRange(packed, 10, packed.length);
        byte[] fields = {3, 0, 'a', 'b', 'c', 'n', 'a', 'm', 'e', 0, 'w', 'o', 'r', 'd', 's', 0};
        for (int flags = 0; flags < 32; flags++) {
            ByteArrayOutputStream header = new ByteArrayOutputStream();
            header.writeBytes(new byte[] {0x1f, (byte) 0x8b, 8, (byte) flags, 0, 0, 0, 0, 0, 3});
            header.write(fields, 0, (flags & 4) != 0 ? 5 : 0);
            header.write(fields, 5, (flags & 8) != 0 ? 5 : 0);
            header.write(fields, 10, (flags & 16) != 0 ? 6 : 0);
            if ((flags & 2) != 0) {
                CRC32 sum = new CRC32();
                sum.update(header.toByteArray());
                header.write((int) sum.getValue());
                header.write((int) sum.getValue() >> 8);
            }
            byte[] bytes = join(header.toByteArray(), data);
            assertThat(Idx.images(file(bytes)).pixels()).as("flags %d", flags).isEqualTo(pixels);
            if ((flags & 2) != 0) {
                bytes[header.size() - 1] ^= 1;
                refusesImages(bytes, "corrupt gzip data: a member's header is not that of its CRC-16");
            }
        }
        packed[3] = 32;
        refusesImages(packed, "corrupt gzip data: a member's header has flags that no format has");
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
                idx(2051, noise(9), 200_000_000, 28, 28),
                "header: expected at most 1073741824 bytes in all, found 200000000 x 28 x 28 = 156800000000");
        refusesImages(
                idx(2051, noise(9), -1, -1, -1),
                "header: expected at most 1073741824 bytes in all, found 4294967295 x 4294967295 x 4294967295"
                        + " = 79228162458924105385300197375");
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
        refusesImages(packed, "corrupt gzip data: a member's CRC-32 or length is not that of its data");
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
        Mutation.fuzz(folder, join(gzip(Arrays.copyOf(valid, 9)), gzip(noise(3))), 500, Idx::images);
        Mutation.fuzz(folder, idx(2049, noise(33), 33), 500, Idx::labels);
    }
}
