package lnr.kernels.cuda;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;

/** The functions that a shared library has: the dynamic symbols of its file, a 64-bit ELF one, that it defines. */
final class Exports {
    private static final int SECTION_OF_SYMBOLS = 11;
    private static final int SYMBOL_BYTES = 24;

    private Exports() {}

    /** Their names, without versions; empty when the file does not tell. */
    static Optional<Set<String>> of(Path library) {
        try (FileChannel file = FileChannel.open(library)) {
            ByteBuffer header = read(file, 0, 64);
            int bytes = header.getShort(0x3a) & 0xffff;
            int sections = header.getShort(0x3c) & 0xffff;
            ByteBuffer table = read(file, header.getLong(0x28), (long) bytes * sections);
            for (int i = 0; i < sections; i++) {
                int section = i * bytes;
                if (table.getInt(section + 4) == SECTION_OF_SYMBOLS) {
                    int names = table.getInt(section + 0x28) * bytes;
                    return Optional.of(defined(section(file, table, section), section(file, table, names)));
                }
            }
        } catch (IOException | IndexOutOfBoundsException e) {
            // Whoever loads it will say what is wrong with it.
        }
        return Optional.empty();
    }

    private static ByteBuffer section(FileChannel file, ByteBuffer table, int section) throws IOException {
        return read(file, table.getLong(section + 0x18), table.getLong(section + 0x20));
    }

    private static Set<String> defined(ByteBuffer symbols, ByteBuffer names) {
        Set<String> defined = new HashSet<>();
        for (int symbol = 0; symbol + SYMBOL_BYTES <= symbols.limit(); symbol += SYMBOL_BYTES) {
            boolean elsewhere = symbols.getShort(symbol + 6) == 0;
            if (!elsewhere) {
                int from = symbols.getInt(symbol);
                int to = from;
                while (names.get(to) != 0) {
                    to++;
                }
                defined.add(new String(names.array(), from, to - from, StandardCharsets.ISO_8859_1));
            }
        }
        return defined;
    }

    private static ByteBuffer read(FileChannel file, long from, long bytes) throws IOException {
        long size = file.size();
        if (from < 0 || from > size || bytes < 0 || bytes > Math.min(size - from, Integer.MAX_VALUE - 8)) {
            throw new EOFException();
        }
        ByteBuffer read = ByteBuffer.allocate((int) bytes).order(ByteOrder.LITTLE_ENDIAN);
        while (read.hasRemaining()) {
            if (file.read(read, from + read.position()) < 0) {
                throw new EOFException();
            }
        }
        return read;
    }
}
