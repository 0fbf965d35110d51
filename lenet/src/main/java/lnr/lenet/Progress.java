package lnr.lenet;

/** Is told how far work that takes long has come; the library itself prints nothing. */
@FunctionalInterface
public interface Progress {
    /** Listens to nothing. */
    Progress NONE = (task, done, total) -> {};

    /**
     * Is called now and then, on the thread that works. One task follows the other; none comes back.
     *
     * @param task what is being done, in a word or by a file's name: {@code mnist/train-images-idx3-ubyte.gz}
     * @param done bytes, samples or steps done
     * @param total of how many; negative when that is not known
     */
    void at(String task, long done, long total);
}
