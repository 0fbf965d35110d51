package lnr.kernels;

/**
 * Operations of one device, kept to be run again as one: on a GPU a graph, whose launch costs little more than one
 * operation's. Made by {@link Device#record}. Scalars are as they were given; numbers that change from run to run are
 * in buffers. Close it before the buffers it uses.
 */
public interface Recording extends AutoCloseable {
    /**
     * Runs the operations, in order, after all that was asked of the device before. Does not wait for them.
     *
     * @throws IllegalStateException when the recording, or a buffer that it uses, has been closed
     */
    void replay();

    /** Gives back what the recording holds. */
    @Override
    void close();
}
