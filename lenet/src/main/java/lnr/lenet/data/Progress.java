package lnr.lenet.data;

/** Is told how far a download has come. */
@FunctionalInterface
public interface Progress {
    /** Listens to nothing. */
    Progress NONE = (file, done, total) -> {};

    /**
     * Is called on the caller's thread when a file's download begins, after every piece of it, and when it ends.
     *
     * @param file the file's name, set and all, e.g. {@code mnist/train-images-idx3-ubyte.gz}
     * @param done bytes there, those of an earlier, interrupted download included
     * @param total bytes of the whole file
     */
    void at(String file, long done, long total);
}
