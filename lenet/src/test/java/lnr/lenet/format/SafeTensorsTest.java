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
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import lnr.lenet.InputException;
import lnr.lenet.format.SafeTensors.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SafeTensorsTest {
    @TempDir
    Path folder;

    private static byte[] file(String header, byte... data) {
        byte[] text = header.getBytes(StandardCharsets.UTF_8);
        ByteBuffer out = ByteBuffer.allocate(8 + text.length + data.length).order(ByteOrder.LITTLE_ENDIAN);
        return out.putLong(text.length).put(text).put(data).array();
    }

    private static byte[] hex(String digits) {
        return HexFormat.of().parseHex(digits);
    }

    private static String entry(String name, String type, String shape, String offsets) {
        return "\"" + name + "\":{\"dtype\":\"" + type + "\",\"shape\":" + shape + ",\"data_offsets\":" + offsets + "}";
    }

    private Path written(byte[] bytes) throws IOException {
        return Files.write(folder.resolve("w.safetensors"), bytes);
    }

    private void refuses(byte[] bytes, String message) throws IOException {
        Path file = written(bytes);
        assertThatThrownBy(() -> SafeTensors.read(file))
                .isInstanceOf(InputException.class)
                .hasMessage(file + ": " + message);
    }

    @Test
    void writesTheBytesOfTheFormat() throws IOException {
        Path file = folder.resolve("out.safetensors");
        new SafeTensors(Map.of("a", new Tensor(new int[] {1, 2}, new float[] {1, -2})), Map.of()).write(file);
        String header = "{\"a\":{\"dtype\":\"F32\",\"shape\":[1,2],\"data_offsets\":[0,8]}}";
        String padded = header + " ".repeat((8 - header.length() % 8) % 8);
        assertThat(Files.readAllBytes(file)).isEqualTo(file(padded, hex("0000803f000000c0")));
    }

    @Test
    void roundTripKeepsNamesOrderMetadataAndBits() {
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        Random random = new Random(3);
        int[][] shapes = {{20, 1, 5, 5}, {}, {3, 0, 2}, {7}, {513, 1031}};
        for (int[] shape : shapes) {
            float[] data = new float[Arrays.stream(shape).reduce(1, (a, b) -> a * b)];
            for (int i = 0; i < data.length; i++) {
                data[i] = random.nextFloat() - 0.5f;
            }
            tensors.put("layer \"" + tensors.size() + "\"\n\u00e9", new Tensor(shape, data));
        }
        Map<String, String> metadata = Map.of("format", "pt", "k\u00e9y", "l\nine");
        Path file = folder.resolve("trip.safetensors");
        new SafeTensors(tensors, metadata).write(file);
        SafeTensors read = SafeTensors.read(file);
        assertThat(read.metadata()).isEqualTo(metadata);
        assertThat(read.tensors().keySet()).containsExactlyElementsOf(tensors.keySet());
        tensors.forEach((name, tensor) -> {
            assertThat(read.tensors().get(name).shape()).isEqualTo(tensor.shape());
            assertThat(Arrays.equals(read.tensors().get(name).data(), tensor.data())).isTrue();
        });
    }

    @Test
    void roundTripOfNothing() {
        Path file = folder.resolve("empty.safetensors");
        new SafeTensors(Map.of(), Map.of()).write(file);
        assertThat(SafeTensors.read(file).tensors()).isEmpty();
    }

    @Test
    void headerOrderIsKeptWhenDataIsStoredInAnother() throws IOException {
        String header = "{" + entry("b", "F32", "[1]", "[4,8]") + "," + entry("a", "F32", "[]", "[0,4]") + "}";
        SafeTensors read = SafeTensors.read(written(file(header, hex("0000803f00000040"))));
        assertThat(read.tensors().keySet()).containsExactly("b", "a");
        assertThat(read.tensors().get("b").data()).containsExactly(2);
        assertThat(read.tensors().get("a").data()).containsExactly(1);
    }

    @ParameterizedTest
    @CsvSource({
        "F16, 003c 00c0 ff7b 0100 0004 0080, 1 -2 65504 5.9604645e-8 6.1035156e-5 -0.0",
        "BF16, 803f 00c0 4940 0080, 1 -2 3.140625 -0.0",
        "F64, 000000000000f03f 182d4454fb210940, 1 3.1415927"
    })
    void convertsOtherTypes(String type, String data, String expected) throws IOException {
        byte[] bytes = hex(data.replace(" ", ""));
        String[] numbers = expected.split(" ");
        String header = "{" + entry("x", type, "[" + numbers.length + "]", "[0," + bytes.length + "]") + "}";
        float[] read = SafeTensors.read(written(file(header, bytes))).tensors().get("x").data();
        for (int i = 0; i < numbers.length; i++) {
            assertThat(read[i]).isEqualTo(Float.parseFloat(numbers[i]));
        }
    }

    @Test
    void refusesNumbersThatAreNotFinite() throws IOException {
        String entry = "tensor 'x': entry 1: expected a finite 32-bit number, found ";
        refuses(file("{" + entry("x", "F32", "[2]", "[0,8]") + "}", hex("000000000000c07f")), entry + "NaN");
        refuses(file("{" + entry("x", "F16", "[2]", "[0,4]") + "}", hex("000000fc")), entry + "-Infinity");
        refuses(
                file("{" + entry("x", "F64", "[2]", "[0,16]") + "}", hex("0000000000000000a0c8eb85f3cce17f")),
                entry + "1.0E308");
        SafeTensors bad = new SafeTensors(Map.of("x", new Tensor(new int[] {1}, new float[] {Float.NaN})), Map.of());
        Path file = folder.resolve("bad.safetensors");
        assertThatThrownBy(() -> bad.write(file))
                .isInstanceOf(InputException.class)
                .hasMessage(file + ": tensor 'x': entry 0: expected a finite 32-bit number, found NaN");
        assertThat(file).doesNotExist();
    }

    @Test
    void refusesHeaderLengthsBeforeTakingMemory() throws IOException {
        refuses(new byte[9], "not a safetensors file: expected at least 10 bytes, found 9");
        String expected = "not a safetensors file: expected the length of its header, 2 to 2 bytes, found ";
        refuses(hex("ffffffffffffffff7b7d"), expected + "18446744073709551615");
        refuses(hex("00ca9a3b000000007b7d"), expected + "1000000000");
        refuses(hex("00000000000000007b7d"), expected + "0");
    }

    /** What else a model or a matrix is often kept in. */
    @Test
    void namesOtherFormats() throws IOException {
        String torch = "not a safetensors file but one of torch.save, or another zip or pickle file; save_file of"
                + " safetensors.torch writes what is expected";
        refuses(hex("504b0304000008080000000000000000"), torch);
        refuses(hex("80028a0a6cfc9c46f9206aa850192e80"), torch);
        refuses(hex("934e554d50590100760000007b276465"), "not a safetensors file but a matrix of NumPy's");
    }

    @Test
    void refusesHeadersThatAreNotTheFormats() throws IOException {
        refuses(file("[]"), "header: expected JSON that begins with '{'");
        refuses(file(" {}"), "header: expected JSON that begins with '{'");
        refuses(file("{} {}"), "header: text follows the JSON object");
        refuses(file("{\"x\":3}"), "tensor 'x': expected an object");
        refuses(file("{\"x\":{\"dtype\":\"F32\"}}"), "tensor 'x': expected the fields dtype, shape and data_offsets");
        refuses(file("{\"x\":{\"type\":\"F32\"}}"), "tensor 'x': unknown field 'type'");
        refuses(file("{\"__metadata__\":{\"a\":1}}"), "__metadata__: 'a': expected a string");
        refuses(file("{\"x\":{\"shape\":[1.5]}}"), "tensor 'x': shape: expected non-negative 64-bit integers");
        refuses(file("{\"x\":{\"shape\":[-1]}}"), "tensor 'x': shape: expected non-negative 64-bit integers");
        refuses(
                file("{\"x\":{\"shape\":[99999999999999999999]}}"),
                "tensor 'x': shape: expected non-negative 64-bit integers");
        refuses(
                file("{\"x\":{\"shape\":[1" + ",1".repeat(16) + "]}}"),
                "tensor 'x': shape: expected at most 16 numbers");
        byte[] latin = file("{\"?\":1}");
        latin[10] = (byte) 0xe9;
        refuses(latin, "header: not UTF-8 text");
    }

    @Test
    void refusesDuplicateNames() throws IOException {
        String header = "{" + entry("x", "F32", "[0]", "[0,0]") + "," + entry("x", "F32", "[0]", "[0,0]") + "}";
        refuses(file(header), "header: 'Duplicate field 'x'' in its JSON");
    }

    @Test
    void refusesOtherTypes() throws IOException {
        refuses(
                file("{" + entry("x", "I64", "[1]", "[0,8]") + "}", new byte[8]),
                "tensor 'x': dtype: expected F32, F64, F16 or BF16, found 'I64'");
    }

    @Test
    void refusesOffsetsThatDoNotFit() throws IOException {
        refuses(
                file("{" + entry("x", "F32", "[2]", "[0,4]") + "}", new byte[4]),
                "tensor 'x': data_offsets: expected 8 bytes for shape [2] of F32, found 4");
        refuses(
                file("{" + entry("x", "F32", "[2]", "[8,0]") + "}", new byte[8]),
                "tensor 'x': data_offsets: expected [begin, end], found [8, 0]");
        refuses(
                file("{" + entry("x", "F32", "[1000000,1000]", "[0,4000000000]") + "}", new byte[8]),
                "expected 4000000000 bytes of data after the header, found 8");
        refuses(
                file("{" + entry("x", "F32", "[1]", "[0,4]") + "}", new byte[5]),
                "expected 4 bytes of data after the header, found 5");
        String overlap = "{" + entry("x", "F32", "[1]", "[0,4]") + "," + entry("y", "F32", "[1]", "[0,4]") + "}";
        refuses(
                file(overlap, new byte[4]),
                "tensor 'y': data_offsets: expected it to begin at 4, where the tensor before ends, found 0");
        String hole = "{" + entry("x", "F32", "[1]", "[0,4]") + "," + entry("y", "F32", "[1]", "[8,12]") + "}";
        refuses(
                file(hole, new byte[12]),
                "tensor 'y': data_offsets: expected it to begin at 4, where the tensor before ends, found 8");
    }

    @Test
    void refusesShapesThatOverflow() throws IOException {
        refuses(
                file("{" + entry("x", "F32", "[4294967296,4294967296]", "[0,0]") + "}"),
                "tensor 'x': shape: expected at most 2147483639 entries, found [4294967296, 4294967296]");
        refuses(
                file("{" + entry("x", "F32", "[2000000000,2000000000,0]", "[0,0]") + "}"),
                "tensor 'x': shape: expected at most 2147483639 entries, found [2000000000, 2000000000, 0]");
    }

    @Test
    void aTensorHasTheEntriesOfItsShape() {
        int[][] shapes = {{2}, {-1, 0}, {1 << 30, 1 << 30, 1 << 30}, {}};
        for (int[] shape : shapes) {
            assertThatThrownBy(() -> new Tensor(shape, new float[0]))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("data: expected as many as shape " + Arrays.toString(shape) + ", got [0]");
        }
    }

    @Test
    void survivesDamage() throws IOException {
        String header = "{\"__metadata__\":{\"format\":\"pt\"}," + entry("a", "F32", "[2,3]", "[0,24]") + ","
                + entry("b", "F16", "[3]", "[24,30]") + "}";
        Mutation.fuzz(folder, file(header, new byte[30]), 3000, SafeTensors::read);
    }
}
