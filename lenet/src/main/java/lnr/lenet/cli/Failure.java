package lnr.lenet.cli;

/** A command that could not do its work, for no fault of its input. The message is one line; the exit code is 1. */
final class Failure extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Failure(String message) {
        super(message);
    }
}
