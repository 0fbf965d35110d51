package lnr.lenet.format;

import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import lnr.lenet.InputException;

/**
 * The dictionary at the head of an {@code .npy} file: a Python literal with the keys descr, fortran_order and shape.
 *
 * @param shape lengths of the dimensions, each 1 or more
 * @param byColumns true when the first index runs fastest
 * @param entryBytes 4 or 8
 * @param whole true for 64-bit integers, false for floating-point numbers
 * @param order byte order of the entries
 */
record NpyHeader(List<Integer> shape, boolean byColumns, int entryBytes, boolean whole, ByteOrder order) {

    /**
     * Reads the dictionary of an array of floating-point numbers, or of integers where {@code whole} allows them;
     * throws InputException, which names {@code file}, when it is not one LNR can use.
     */
    static NpyHeader parse(String file, String text, boolean whole) {
        return new Parser(file, text, whole).header();
    }

    /** The number of entries, as far as a long can tell. */
    long entries() {
        long entries = 1;
        for (int length : shape) {
            entries = entries > Long.MAX_VALUE / length ? Long.MAX_VALUE : entries * length;
        }
        return entries;
    }

    /** The shape as NumPy writes it. */
    String tuple() {
        String lengths = shape.stream().map(String::valueOf).collect(Collectors.joining(", "));
        return "(" + lengths + (shape.size() == 1 ? ",)" : ")");
    }

    /** Recursive descent over the one form of literal that NumPy writes, with free white space. */
    private static final class Parser {
        private final String file;
        private final String text;
        private final boolean integers;
        private int at;

        private String descr;
        private Boolean byColumns;
        private List<Long> shape;

        Parser(String file, String text, boolean integers) {
            this.file = file;
            this.text = text;
            this.integers = integers;
        }

        NpyHeader header() {
            Set<String> keys = new HashSet<>();
            expect('{');
            while (!accept('}')) {
                String key = string();
                expect(':');
                if (!keys.add(key)) {
                    throw fault("the key " + Diagnostic.quote(key) + " stands twice");
                }
                switch (key) {
                    case "descr" -> descr = type();
                    case "fortran_order" -> byColumns = truth();
                    case "shape" -> shape = tuple();
                    default -> throw fault("unknown key " + Diagnostic.quote(key));
                }
                if (!accept(',')) {
                    expect('}');
                    break;
                }
            }
            skipSpace();
            if (at < text.length()) {
                throw fault("text follows the dictionary");
            }
            if (descr == null || byColumns == null || shape == null) {
                throw fault("expected the keys 'descr', 'fortran_order' and 'shape', found " + keys.size());
            }
            return array();
        }

        private NpyHeader array() {
            boolean whole = integers && (descr.equals("<i8") || descr.equals(">i8"));
            if (!whole && !List.of("<f4", "<f8", ">f4", ">f8").contains(descr)) {
                throw new InputException(file + ": descr: expected '<f4' or '<f8' (32- or 64-bit floating-point"
                        + " numbers), found " + Diagnostic.quote(descr));
            }
            for (long length : shape) {
                if (length < 1 || length > Integer.MAX_VALUE) {
                    throw new InputException(
                            file + ": shape: expected lengths from 1 to " + Integer.MAX_VALUE + ", found " + length);
                }
            }
            ByteOrder order = descr.charAt(0) == '<' ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN;
            List<Integer> lengths = shape.stream().map(Long::intValue).toList();
            return new NpyHeader(lengths, byColumns, descr.charAt(2) - '0', whole, order);
        }

        /** The type; a list here describes a record of named fields, which is no matrix of numbers. */
        private String type() {
            skipSpace();
            if (at < text.length() && text.charAt(at) == '[') {
                throw new InputException(
                        file + ": descr: expected '<f4' or '<f8', found a structured type (named fields)");
            }
            return string();
        }

        private String string() {
            skipSpace();
            char quote = at < text.length() ? text.charAt(at) : 0;
            int end = quote == '\'' || quote == '"' ? text.indexOf(quote, at + 1) : -1;
            if (end < 0) {
                throw fault("expected a string in quotes at character " + at);
            }
            String content = text.substring(at + 1, end);
            at = end + 1;
            return content;
        }

        private boolean truth() {
            skipSpace();
            for (String word : new String[] {"True", "False"}) {
                if (text.startsWith(word, at)) {
                    at += word.length();
                    return word.equals("True");
                }
            }
            throw fault("fortran_order: expected True or False");
        }

        private List<Long> tuple() {
            List<Long> lengths = new ArrayList<>();
            expect('(');
            while (!accept(')')) {
                lengths.add(length());
                if (!accept(',')) {
                    expect(')');
                    break;
                }
            }
            return lengths;
        }

        private long length() {
            skipSpace();
            int start = at;
            while (at < text.length() && text.charAt(at) >= '0' && text.charAt(at) <= '9') {
                at++;
            }
            // Eighteen digits always fit a long.
            if (at == start || at - start > 18) {
                throw fault("shape: expected a length at character " + start);
            }
            long length = Long.parseLong(text.substring(start, at));
            // Files written by Python 2 may carry its suffix for long integers.
            if (at < text.length() && text.charAt(at) == 'L') {
                at++;
            }
            return length;
        }

        private boolean accept(char c) {
            skipSpace();
            boolean found = at < text.length() && text.charAt(at) == c;
            if (found) {
                at++;
            }
            return found;
        }

        private void expect(char c) {
            if (!accept(c)) {
                throw fault("expected '" + c + "' at character " + at);
            }
        }

        private void skipSpace() {
            while (at < text.length() && " \t\r\n".indexOf(text.charAt(at)) >= 0) {
                at++;
            }
        }

        private InputException fault(String what) {
            return new InputException(file + ": header: " + what);
        }
    }
}
