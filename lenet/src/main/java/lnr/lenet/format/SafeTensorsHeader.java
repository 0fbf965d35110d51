package lnr.lenet.format;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadFeature;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import lnr.lenet.InputException;

/**
 * The JSON header of a safetensors file, read token by token so that no text can grow into more memory than its length
 * warrants.
 *
 * @param entries the tensors announced, in the header's order
 * @param metadata the strings of {@code __metadata__}
 */
record SafeTensorsHeader(List<Entry> entries, Map<String, String> metadata) {
    private static final String METADATA = "__metadata__";
    private static final int MOST_DIMENSIONS = 16;
    private static final int MOST_ENTRIES = Integer.MAX_VALUE - 8;
    private static final int ALIGNMENT = 8;
    private static final JsonFactory JSON =
            JsonFactory.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();

    /** A tensor announced: its bytes stand from {@code begin} to {@code end}, counted from the header's end. */
    record Entry(String name, NumberType type, int[] shape, int count, long begin, long end) {}

    /** Reads a header; throws InputException, which names {@code file}, when it breaks the format. */
    static SafeTensorsHeader parse(Path file, byte[] text) {
        if (text[0] != '{') {
            throw new InputException(file + ": header: expected JSON that begins with '{'");
        }
        // A decoder that is asked for by hand reports malformed UTF-8 where the usual one replaces it.
        InputStreamReader reader = new InputStreamReader(
                new ByteArrayInputStream(text), StandardCharsets.UTF_8.newDecoder());
        try (JsonParser json = JSON.createParser(reader)) {
            return new Parser(file, json).header();
        } catch (JsonProcessingException e) {
            throw new InputException(
                    file + ": header: " + Diagnostic.quote(e.getOriginalMessage()) + " in its JSON", e);
        } catch (CharacterCodingException e) {
            throw new InputException(file + ": header: not UTF-8 text", e);
        } catch (IOException e) {
            throw new InputException(file + ": header: " + Diagnostic.reason(e), e);
        }
    }

    /**
     * Returns the entries as their bytes follow each other; throws when these do not fill {@code length} bytes exactly.
     */
    List<Entry> inFileOrder(Path file, long length) {
        List<Entry> sorted = new ArrayList<>(entries);
        sorted.sort(Comparator.comparingLong(Entry::begin).thenComparingLong(Entry::end));
        long end = 0;
        for (Entry entry : sorted) {
            if (entry.begin() != end) {
                throw new InputException(file + ": tensor " + Diagnostic.quote(entry.name())
                        + ": data_offsets: expected it to begin at " + end + ", where the tensor before ends, found "
                        + entry.begin());
            }
            end = entry.end();
        }
        if (end != length) {
            throw new InputException(
                    file + ": expected " + end + " bytes of data after the header, found " + length);
        }
        return sorted;
    }

    /** Returns the header of a file, padded by spaces so that the data begins at a multiple of 8 bytes. */
    static byte[] format(SafeTensors content) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (JsonGenerator json = JSON.createGenerator(out)) {
            json.writeStartObject();
            if (!content.metadata().isEmpty()) {
                json.writeObjectFieldStart(METADATA);
                for (Map.Entry<String, String> string : content.metadata().entrySet()) {
                    json.writeStringField(string.getKey(), string.getValue());
                }
                json.writeEndObject();
            }
            long begin = 0;
            for (Map.Entry<String, SafeTensors.Tensor> named : content.tensors().entrySet()) {
                if (named.getKey().equals(METADATA)) {
                    throw new IllegalArgumentException("tensors: the name " + METADATA + " is reserved");
                }
                long end = begin + (long) Float.BYTES * named.getValue().data().length;
                json.writeObjectFieldStart(named.getKey());
                json.writeStringField("dtype", NumberType.F32.name());
                json.writeArrayFieldStart("shape");
                for (int length : named.getValue().shape()) {
                    json.writeNumber(length);
                }
                json.writeEndArray();
                json.writeArrayFieldStart("data_offsets");
                json.writeNumber(begin);
                json.writeNumber(end);
                json.writeEndArray();
                json.writeEndObject();
                begin = end;
            }
            json.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        int length = out.size();
        byte[] padded = Arrays.copyOf(out.toByteArray(), length + Math.floorMod(-length, ALIGNMENT));
        Arrays.fill(padded, length, padded.length, (byte) ' ');
        return padded;
    }

    private static final class Parser {
        private final Path file;
        private final JsonParser json;

        Parser(Path file, JsonParser json) {
            this.file = file;
            this.json = json;
        }

        SafeTensorsHeader header() throws IOException {
            List<Entry> entries = new ArrayList<>();
            Map<String, String> metadata = new LinkedHashMap<>();
            expect(JsonToken.START_OBJECT, "header", "an object");
            while (json.nextToken() != JsonToken.END_OBJECT) {
                String name = json.currentName();
                if (name.equals(METADATA)) {
                    strings(metadata);
                } else {
                    entries.add(entry(name, "tensor " + Diagnostic.quote(name)));
                }
            }
            if (json.nextToken() != null) {
                throw new InputException(file + ": header: text follows the JSON object");
            }
            return new SafeTensorsHeader(entries, metadata);
        }

        private void strings(Map<String, String> metadata) throws IOException {
            expect(JsonToken.START_OBJECT, METADATA, "an object of strings");
            while (json.nextToken() != JsonToken.END_OBJECT) {
                String key = json.currentName();
                expect(JsonToken.VALUE_STRING, METADATA + ": " + Diagnostic.quote(key), "a string");
                metadata.put(key, json.getText());
            }
        }

        private Entry entry(String name, String where) throws IOException {
            String type = null;
            long[] shape = null;
            long[] offsets = null;
            expect(JsonToken.START_OBJECT, where, "an object");
            while (json.nextToken() != JsonToken.END_OBJECT) {
                String key = json.currentName();
                switch (key) {
                    case "dtype" -> {
                        expect(JsonToken.VALUE_STRING, where + ": dtype", "a string");
                        type = json.getText();
                    }
                    case "shape" -> shape = naturals(where + ": shape", MOST_DIMENSIONS);
                    case "data_offsets" -> offsets = naturals(where + ": data_offsets", 2);
                    default -> throw fault(where, "unknown field " + Diagnostic.quote(key));
                }
            }
            if (type == null || shape == null || offsets == null) {
                throw fault(where, "expected the fields dtype, shape and data_offsets");
            }
            return checked(name, where, type, shape, offsets);
        }

        private Entry checked(String name, String where, String typeName, long[] shape, long[] offsets) {
            NumberType type = Arrays.stream(NumberType.values())
                    .filter(t -> t.name().equals(typeName))
                    .findFirst()
                    .orElseThrow(() -> fault(
                            where + ": dtype", "expected F32, F64, F16 or BF16, found " + Diagnostic.quote(typeName)));
            if (offsets.length != 2 || offsets[0] > offsets[1]) {
                throw fault(where + ": data_offsets", "expected [begin, end], found " + Arrays.toString(offsets));
            }
            long count = 1;
            int[] lengths = new int[shape.length];
            for (int i = 0; i < shape.length; i++) {
                // Both factors are below 2^31, so the product fits; what is left fits again.
                count = shape[i] > MOST_ENTRIES ? Long.MAX_VALUE : count * shape[i];
                if (count > MOST_ENTRIES) {
                    throw fault(where + ": shape", "expected at most " + MOST_ENTRIES + " entries, found "
                            + Arrays.toString(shape));
                }
                lengths[i] = (int) shape[i];
            }
            if (count * type.bytes() != offsets[1] - offsets[0]) {
                throw fault(where + ": data_offsets", "expected " + count * type.bytes() + " bytes for shape "
                        + Arrays.toString(shape) + " of " + type + ", found " + (offsets[1] - offsets[0]));
            }
            return new Entry(name, type, lengths, (int) count, offsets[0], offsets[1]);
        }

        private long[] naturals(String where, int most) throws IOException {
            expect(JsonToken.START_ARRAY, where, "an array");
            long[] numbers = new long[most];
            int count = 0;
            while (json.nextToken() != JsonToken.END_ARRAY) {
                boolean natural = json.currentToken() == JsonToken.VALUE_NUMBER_INT
                        && json.getNumberType() != JsonParser.NumberType.BIG_INTEGER
                        && json.getLongValue() >= 0;
                if (!natural) {
                    throw fault(where, "expected non-negative 64-bit integers");
                }
                if (count == most) {
                    throw fault(where, "expected at most " + most + " numbers");
                }
                numbers[count++] = json.getLongValue();
            }
            return Arrays.copyOf(numbers, count);
        }

        private void expect(JsonToken token, String where, String what) throws IOException {
            if (json.nextToken() != token) {
                throw fault(where, "expected " + what);
            }
        }

        private InputException fault(String where, String what) {
            return new InputException(file + ": " + where + ": " + what);
        }
    }
}
