package lnr.lenet.format;

import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import lnr.lenet.InputException;

/**
 * Reads groups of columns from a text file: a line for each group, with the columns it has, from 0, in any order.
 *
 * <pre>
 * # two channels, and what is left
 * 0-15
 * 16-31
 * 40 32-39
 * </pre>
 */
public final class GroupFile {
    /** Nine digits always fit an int. */
    private static final Pattern RANGE = Pattern.compile("(\\d{1,9})(?:-(\\d{1,9}))?");

    private final Path file;
    private final int[] owner; // (columns): the line that a column stands in, 0 for none so far

    private GroupFile(Path file, int columns) {
        this.file = file;
        this.owner = new int[columns];
    }

    /**
     * Reads a partition of columns.
     *
     * @param file text; a column's number or a range {@code first-last} are words between blanks, what follows a '#' is
     *     a comment, lines without words are passed over
     * @param columns how many columns there are to group
     * @return each group's columns, as they stand in its line
     * @throws InputException if the file cannot be read, or its groups overlap, miss a column or name one that is not
     *     there; the message names the line and the column
     */
    public static int[][] read(Path file, int columns) {
        return new GroupFile(file, columns).groups(Words.read(file));
    }

    private int[][] groups(List<Words> lines) {
        int[][] groups = lines.stream()
                .map(line -> line.words().stream().flatMapToInt(word -> columns(line, word)).toArray())
                .toArray(int[][]::new);
        int[] missing = IntStream.range(0, owner.length).filter(j -> owner[j] == 0).toArray();
        if (missing.length > 0) {
            String others = missing.length > 1 ? ", nor are " + (missing.length - 1) + " others" : "";
            throw new InputException(file + ": column " + missing[0] + " is in no group" + others);
        }
        return groups;
    }

    private IntStream columns(Words line, String word) {
        Matcher range = RANGE.matcher(word);
        if (!range.matches()) {
            throw line.fault(file, "expected columns or ranges such as 0-15, found " + Diagnostic.quote(word));
        }
        int first = Integer.parseInt(range.group(1));
        int last = range.group(2) == null ? first : Integer.parseInt(range.group(2));
        if (last < first) {
            throw line.fault(file, "the range " + word + " is empty");
        }
        if (last >= owner.length) {
            throw line.fault(file, "expected columns from 0 to " + (owner.length - 1) + ", found " + last);
        }
        for (int column = first; column <= last; column++) {
            if (owner[column] == line.number()) {
                throw line.fault(file, "column " + column + " stands there twice");
            }
            if (owner[column] != 0) {
                throw line.fault(file, "column " + column + " is in the group of line " + owner[column] + " already");
            }
            owner[column] = line.number();
        }
        return IntStream.rangeClosed(first, last);
    }
}
