package lnr.lenet.data;

import java.nio.file.Path;
import java.util.Optional;

/**
 * Where a data set comes from.
 *
 * @param kind which of the four ways it was had
 * @param folder the folder of its files; empty when it was drawn
 * @param sentence what a user should know, for the first line of a command's output; one line
 */
public record Origin(Kind kind, Optional<Path> folder, String sentence) {
    /** The ways to have a data set. */
    public enum Kind {
        /** Files in a directory that the user named. */
        DIRECTORY,
        /** Files of an earlier download. */
        CACHE,
        /** Files that were downloaded just now. */
        DOWNLOAD,
        /** Digits that the program drew itself. */
        DRAWN
    }
}
