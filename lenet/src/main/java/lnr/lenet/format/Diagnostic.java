package lnr.lenet.format;

import java.io.EOFException;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;

/** Words what went wrong with a file, in one line that is safe to show on a terminal. */
public final class Diagnostic {
    private static final int LONGEST_QUOTE = 80;

    private Diagnostic() {}

    /**
     * Says why an operation on a file failed, without the file's name (the caller's message begins with it).
     *
     * @param failure what the operation threw
     * @return a few words, without line breaks; never empty
     */
    public static String reason(IOException failure) {
        if (failure instanceof NoSuchFileException) {
            return "no such file or folder";
        }
        if (failure instanceof FileAlreadyExistsException) {
            return "a file of that name is in the way";
        }
        if (failure instanceof AccessDeniedException) {
            return "permission denied";
        }
        if (failure instanceof NotDirectoryException) {
            return "not a folder";
        }
        if (failure instanceof EOFException) {
            return "the file ends too early";
        }
        String words = failure instanceof FileSystemException fault ? fault.getReason() : failure.getMessage();
        return words == null || words.isBlank() ? failure.getClass().getSimpleName() : printable(words);
    }

    /**
     * Quotes text that came from a file: in single quotes, control characters escaped, cut after 80 characters.
     *
     * @param text any text
     * @return the text in quotes, on one line
     */
    public static String quote(String text) {
        return "'" + printable(text) + "'";
    }

    /**
     * Escapes control characters, which a terminal would obey, and line breaks.
     *
     * @param text any text
     * @return the text on one line, whole
     */
    public static String escape(String text) {
        StringBuilder line = new StringBuilder();
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            // Line and paragraph separators (U+2028, U+2029) are not control characters, yet they break a line.
            if (Character.isISOControl(c) || c == '\u2028' || c == '\u2029') {
                line.append(String.format("\\u%04x", (int) c));
            } else {
                line.append(c);
            }
        }
        return line.toString();
    }

    private static String printable(String text) {
        return text.length() > LONGEST_QUOTE ? escape(text.substring(0, LONGEST_QUOTE)) + "..." : escape(text);
    }
}
