package lnr.lenet.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import lnr.lenet.InputException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class NpyTest {
    @TempDir
    Path folder;

    /** An .npy file of the given version; the entries are written with {@code order} and width {@code bytes}. */
    private static byte[] npy(int version, String dictionary, ByteOrder order, int bytes, double... entries) {
        byte[] text = (dictionary + "\n").getBytes(StandardCharsets.UTF_8);
        ByteBuffer out = ByteBuffer.allocate(12 + text.length + bytes * entries.length).order(ByteOrder.LITTLE_ENDIAN);
        out.put((byte) 0x93).put("NUMPY".getBytes(StandardCharsets.US_ASCII)).put((byte) version).put((byte) 0);
        if (version == 1) {
            out.putShort((short) text.length);
        } else {
            out.putInt(text.length);
        }
        out.put(text).order(order);
        for (double entry : entries) {
            if (bytes == 4) {
                out.putFloat((float) entry);
            } else {
                out.putDouble(entry);
            }
        }
        return Arrays.copyOf(out.array(), out.position());
    }

    private static byte[] npy(String dictionary, double... entries) {
        return npy(1, dictionary, ByteOrder.LITTLE_ENDIAN, 8, entries);
    }

    private Path file(byte[] bytes) throws IOException {
        return Files.write(folder.resolve("some.npy"), bytes);
    }

    private void refuses(byte[] bytes, String message) throws IOException {
        Path file = file(bytes);
        assertThatThrownBy(() -> Npy.read(file))
                .isInstanceOf(InputException.class)
                .hasMessage(file + ": " + message);
    }

    @ParameterizedTest
    @CsvSource({"1, <f8", "2, <f8", "3, <f8", "1, >f8", "1, <f4", "2, >f4"})
    void readsBothLayoutsAsOneMatrix(int version, String descr) throws IOException {
        ByteOrder order = descr.charAt(0) == '<' ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN;
        int bytes = descr.charAt(2) - '0';
        String start = "{'descr': '" + descr + "', 'fortran_order': ";
        byte[] byRows = npy(version, start + "False, 'shape': (2, 3), }", order, bytes, 1, 2, 3, 4, 5, 6);
        byte[] byColumns = npy(version, start + "True, 'shape': (2, 3), }", order, bytes, 1, 4, 2, 5, 3, 6);
        for (byte[] content : new byte[][] {byRows, byColumns}) {
            Npy.Matrix matrix = Npy.read(file(content));
            assertThat(matrix.rows()).isEqualTo(2);
            assertThat(matrix.cols()).isEqualTo(3);
            assertThat(matrix.data()).containsExactly(1, 4, 2, 5, 3, 6);
            assertThat(matrix.single()).isEqualTo(bytes == 4);
        }
    }

    @Test
    void readsOtherSpellingsOfTheDictionary() throws IOException {
        String text = "{\"shape\":(1L,2L),\"fortran_order\":True,\"descr\":\"<f8\"}   ";
        Npy.Matrix matrix = Npy.read(file(npy(text, 1, 2)));
        assertThat(matrix.data()).containsExactly(1, 2);
    }

    @Test
    void writesTheBytesThatNumpyDoes() throws IOException {
        Path file = folder.resolve("out.npy");
        Npy.write(file, 1, 2, new double[] {1, -2});
        String header = "{'descr': '<f8', 'fortran_order': True, 'shape': (1, 2), }";
        ByteBuffer expected = ByteBuffer.allocate(128 + 16).order(ByteOrder.LITTLE_ENDIAN);
        expected.put((byte) 0x93).put("NUMPY".getBytes(StandardCharsets.US_ASCII)).put((byte) 1).put((byte) 0);
        expected.putShort((short) 118);
        expected.put((header + " ".repeat(117 - header.length()) + "\n").getBytes(StandardCharsets.US_ASCII));
        expected.putDouble(1).putDouble(-2);
        assertThat(Files.readAllBytes(file)).isEqualTo(expected.array());
    }

    @ParameterizedTest
    @CsvSource({"1, 1", "1, 131", "131, 1", "17, 31", "401, 397"})
    void roundTripKeepsEveryBit(int rows, int cols) {
        Path file = folder.resolve("trip.npy");
        double[] data = new Random(rows).doubles((long) rows * cols, -1e300, 1e300).toArray();
        data[0] = -0.0;
        Npy.write(file, rows, cols, data);
        Npy.Matrix matrix = Npy.read(file);
        assertThat(matrix.rows()).isEqualTo(rows);
        assertThat(matrix.cols()).isEqualTo(cols);
        assertThat(Arrays.equals(matrix.data(), data)).isTrue();
        assertThat(matrix.single()).isFalse();
    }

    @Test
    void vectorsHaveOneDimension() throws IOException {
        String start = "{'descr': '<f8', 'fortran_order': False, 'shape': ";
        assertThat(Npy.readVector(file(npy(start + "(3,), }", 1, 2, 3)))).containsExactly(1, 2, 3);
        Path matrix = file(npy(start + "(1, 3), }", 1, 2, 3));
        assertThatThrownBy(() -> Npy.readVector(matrix))
                .isInstanceOf(InputException.class)
                .hasMessage(matrix + ": shape: expected one dimension, found 2; ravel() makes a vector");
        Path broken = file(npy(start + "(3,), }", 1, 2, Double.NaN));
        assertThatThrownBy(() -> Npy.readVector(broken))
                .hasMessage(broken + ": entry [2]: expected a finite number, found NaN");
    }

    @Test
    void writerRefusesWrongLength() {
        assertThatThrownBy(() -> Npy.write(folder.resolve("x.npy"), 2, 3, new double[5]))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("columnMajor: expected [2 * 3], got [5]");
    }

    @Test
    void refusesOtherFiles() throws IOException {
        refuses(new byte[3], "not an .npy file: expected a header, found 3 bytes");
        refuses(new byte[100], "not an .npy file: it does not begin with \\x93NUMPY");
        byte[] archive = new byte[100];
        archive[0] = 'P';
        archive[1] = 'K';
        refuses(
                archive,
                "not an .npy file but an archive, as numpy.savez writes them; numpy.save writes what is expected");
        byte[] later = npy("{'descr': '<f8', 'fortran_order': False, 'shape': (1, 1), }", 1);
        later[6] = 4;
        refuses(later, "expected .npy version 1.0, 2.0 or 3.0, found 4.0");
    }

    @ParameterizedTest
    @ValueSource(strings = {"<i8", "|u1", "<f2", "<c16", "|O", "=f8"})
    void refusesOtherTypes(String descr) throws IOException {
        refuses(
                npy("{'descr': '" + descr + "', 'fortran_order': False, 'shape': (1, 1), }", 1),
                "descr: expected '<f4' or '<f8' (32- or 64-bit floating-point numbers), found '" + descr + "'");
    }

    @Test
    void refusesStructuredTypes() throws IOException {
        refuses(
                npy("{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': (1, 1), }", 1),
                "descr: expected '<f4' or '<f8', found a structured type (named fields)");
    }

    @Test
    void refusesOtherDimensions() throws IOException {
        String start = "{'descr': '<f8', 'fortran_order': False, 'shape': ";
        refuses(npy(start + "(), }", 1), "shape: expected two dimensions (rows, columns), found 0");
        refuses(
                npy(start + "(5,), }", 1, 2, 3, 4, 5),
                "shape: expected two dimensions (rows, columns), found 1; reshape(1, -1) or reshape(-1, 1) makes a row"
                        + " or a column");
        refuses(npy(start + "(1, 1, 1), }", 1), "shape: expected two dimensions (rows, columns), found 3");
        refuses(npy(start + "(0, 4), }"), "shape: expected lengths from 1 to 2147483647, found 0");
        refuses(npy(start + "(4294967296, 1), }"), "shape: expected lengths from 1 to 2147483647, found 4294967296");
    }

    @Test
    void refusesSizesBeforeTakingMemory() throws IOException {
        String start = "{'descr': '<f8', 'fortran_order': False, 'shape': ";
        refuses(
                npy(start + "(2147483647, 2147483647), }", 1),
                "shape: expected at most 2147483639 entries, found 4611686014132420609");
        refuses(
                npy(start + "(30000, 60000), }", 1),
                "expected 14400000000 bytes of data for shape (30000, 60000), found 8");
        refuses(npy(start + "(1, 2), }", 1), "expected 16 bytes of data for shape (1, 2), found 8");
        refuses(npy(start + "(1, 2), }", 1, 2, 3), "expected 16 bytes of data for shape (1, 2), found 24");
        byte[] lie = npy(2, start + "(1, 1), }", ByteOrder.LITTLE_ENDIAN, 8, 1);
        Arrays.fill(lie, 8, 12, (byte) -1);
        refuses(lie, "header: it announces 4294967295 bytes; expected at most " + (lie.length - 12));
    }

    @Test
    void refusesMalformedDictionaries() throws IOException {
        refuses(npy("", 1), "header: expected '{' at character 1");
        refuses(npy("{'descr': '<f8'}", 1), "header: expected the keys 'descr', 'fortran_order' and 'shape', found 1");
        refuses(npy("{'descr': '<f8', 'descr': '<f8'}", 1), "header: the key 'descr' stands twice");
        refuses(npy("{'desc\nr': '<f8'}", 1), "header: unknown key 'desc\\u000ar'");
        refuses(npy("{'fortran_order': 1}", 1), "header: fortran_order: expected True or False");
        refuses(npy("{'shape': (-1, 2)}", 1), "header: shape: expected a length at character 11");
        refuses(npy("{} {}", 1), "header: text follows the dictionary");
    }

    @Test
    void refusesNumbersThatAreNotFinite() throws IOException {
        String byRows = "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3), }";
        String byColumns = "{'descr': '<f8', 'fortran_order': True, 'shape': (2, 3), }";
        double nan = Double.NaN;
        double inf = Double.NEGATIVE_INFINITY;
        refuses(npy(byRows, 1, 2, 3, 4, nan, 6), "entry [1, 1]: expected a finite number, found NaN");
        refuses(npy(byColumns, 1, 2, 3, 4, inf, 6), "entry [0, 2]: expected a finite number, found -Infinity");
    }

    @Test
    void survivesDamage() throws IOException {
        byte[] valid = npy("{'descr': '<f8', 'fortran_order': False, 'shape': (3, 5), }", new double[15]);
        Mutation.fuzz(folder, valid, 2500, Npy::read);
    }
}
