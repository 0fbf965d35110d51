package lnr.lenet.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import lnr.lenet.InputException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NpzTest {
    @TempDir
    Path folder;

    private static Map<String, Npz.Source> arrays() {
        Map<String, Npz.Source> arrays = new LinkedHashMap<>();
        arrays.put("lambdas", Npz.Source.numbers(new double[] {0.5, -0.0, 1e-300}));
        arrays.put("support", Npz.Source.integers(new int[] {0, -7, 1 << 30}));
        arrays.put("M", Npz.Source.matrices(
                2, 3, List.of(new double[] {1, 4, 2, 5, 3, 6}, new double[] {10, 40, 20, 50, 30, 60})));
        return arrays;
    }

    private static byte[] bytes() throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        Npz.content(arrays()).writeTo(out);
        return out.toByteArray();
    }

    private Path file(byte[] bytes) throws IOException {
        return Files.write(folder.resolve("some.npz"), bytes);
    }

    @Test
    void roundTripKeepsEveryBit() throws IOException {
        Map<String, Npz.Array> read = Npz.read(file(bytes()));
        assertThat(read.keySet()).containsExactly("lambdas", "support", "M");
        assertThat(read.get("lambdas").shape()).containsExactly(3);
        assertThat(read.get("lambdas").data()).isEqualTo(new double[] {0.5, -0.0, 1e-300});
        assertThat(read.get("support").data()).containsExactly(0, -7, 1 << 30);
        assertThat(read.get("M").shape()).containsExactly(2, 2, 3);
        assertThat(read.get("M").data()).containsExactly(1, 2, 3, 4, 5, 6, 10, 20, 30, 40, 50, 60);
    }

    /** NumPy maps uncompressed arrays into memory; so do the same bytes from run to run. */
    @Test
    void arraysAreStoredAndTheirBytesAreTheSameEachTime() throws IOException {
        byte[] bytes = bytes();
        assertThat(bytes).isEqualTo(bytes());
        assertThat(new String(bytes, StandardCharsets.ISO_8859_1))
                .startsWith("PK\3\4")
                .contains("lambdas.npy", "{'descr': '<i8', 'fortran_order': False, 'shape': (3,), }", "(2, 2, 3)");
    }

    @ParameterizedTest
    @ValueSource(ints = {ZipEntry.STORED, ZipEntry.DEFLATED})
    void namesWhatItRefuses(int method) throws IOException {
        refuses(method, "notes.txt", new byte[0], "'notes.txt': expected .npy files alone");
        refuses(method, "a.npy", new byte[20], "'a.npy': not an .npy file: it does not begin with \\x93NUMPY");
        byte[] vector = Npy.header("<f8", false, List.of(3));
        refuses(method, "a.npy", vector, "'a.npy': expected 24 bytes of data for shape (3,), found 0");
        byte[] matrix = byColumns(List.of(2, 3), new double[] {1, 2, 3, Double.NaN, 5, 6});
        refuses(method, "a.npy", matrix, "'a.npy': entry [1, 1]: expected a finite number, found NaN");
    }

    /** An array whose entries stand in the file with the first index running fastest. */
    private static byte[] byColumns(List<Integer> shape, double[] entries) {
        byte[] header = Npy.header("<f8", true, shape);
        ByteBuffer bytes = ByteBuffer.allocate(header.length + 8 * entries.length).order(ByteOrder.LITTLE_ENDIAN);
        bytes.put(header);
        for (double entry : entries) {
            bytes.putDouble(entry);
        }
        return bytes.array();
    }

    /** Entry (i, j, ...) is 10 times as much and j for each further index: what NumPy gives is what is given here. */
    @ParameterizedTest
    @ValueSource(ints = {ZipEntry.STORED, ZipEntry.DEFLATED})
    void arraysByColumnsAreReadAsThoseByRows(int method) throws IOException {
        Npz.Array matrix = only(method, byColumns(List.of(2, 3), new double[] {0, 10, 1, 11, 2, 12}));
        assertThat(matrix.shape()).containsExactly(2, 3);
        assertThat(matrix.data()).containsExactly(0, 1, 2, 10, 11, 12);
        double[] cube = new double[2 * 3 * 4];
        for (int i = 0; i < cube.length; i++) {
            cube[i] = 100 * (i % 2) + 10 * (i / 2 % 3) + i / 6;
        }
        Npz.Array array = only(method, byColumns(List.of(2, 3, 4), cube));
        assertThat(array.shape()).containsExactly(2, 3, 4);
        assertThat(array.data()).isSorted().hasSize(24).contains(0, 12, 123);
        assertThat(only(method, byColumns(List.of(3), new double[] {7, 5, 6})).data()).containsExactly(7, 5, 6);
    }

    private Npz.Array only(int method, byte[] content) throws IOException {
        return Npz.read(archive(method, "a.npy", content)).get("a");
    }

    private void refuses(int method, String name, byte[] content, String message) throws IOException {
        Path file = archive(method, name, content);
        assertThatThrownBy(() -> Npz.read(file)).isInstanceOf(InputException.class).hasMessage(file + ": " + message);
    }

    private Path archive(int method, String name, byte[] content) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(out)) {
            ZipEntry entry = new ZipEntry(name);
            entry.setMethod(method);
            entry.setSize(content.length);
            CRC32 sum = new CRC32();
            sum.update(content);
            entry.setCrc(sum.getValue());
            zip.putNextEntry(entry);
            zip.write(content);
        }
        return file(out.toByteArray());
    }

    @Test
    void refusesWhatIsNoArchive() throws IOException {
        Path file = file("not an archive at all, whatever its name says".getBytes(StandardCharsets.US_ASCII));
        assertThatThrownBy(() -> Npz.read(file))
                .isInstanceOf(InputException.class)
                .hasMessageStartingWith(file + ": cannot be read as .npz: ");
        Path none = folder.resolve("none.npz");
        assertThatThrownBy(() -> Npz.read(none)).hasMessage(none + ": no such file");
        assertThatThrownBy(() -> Npz.Source.matrices(2, 3, List.of(new double[5])))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("matrices: expected [2 * 3] each, got [5]");
    }

    @Test
    void survivesDamage() throws IOException {
        Mutation.fuzz(folder, bytes(), 2500, Npz::read);
    }
}
