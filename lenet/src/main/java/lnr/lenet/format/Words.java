package lnr.lenet.format;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import lnr.lenet.InputException;

/**
 * The words of a line of a text file, between blanks; what follows a '#' is a comment.
 *
 * @param number of the line, from 1
 * @param words at least one
 */
record Words(int number, List<String> words) {
    private static final long MOST_BYTES = 1 << 28;

    /** The lines of a UTF-8 file that have words, in order. */
    static List<Words> read(Path file) {
        long length = InputFile.length(file);
        if (length > MOST_BYTES) {
            throw new InputException(file + ": expected at most " + MOST_BYTES + " bytes, found " + length);
        }
        List<Words> lines = new ArrayList<>();
        try {
            int number = 0;
            for (String line : Files.readAllLines(file)) {
                number++;
                String text = line.replaceFirst("#.*", "").strip();
                if (!text.isEmpty()) {
                    lines.add(new Words(number, List.of(text.split("\\s+"))));
                }
            }
        } catch (CharacterCodingException e) {
            throw new InputException(file + ": not a text file: expected UTF-8", e);
        } catch (IOException e) {
            throw new InputException(file + ": cannot be read: " + Diagnostic.reason(e), e);
        }
        return lines;
    }

    /** A complaint about this line. */
    InputException fault(Path file, String what) {
        return new InputException(file + ": line " + number + ": " + what);
    }
}
