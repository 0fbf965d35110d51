package lnr.lenet;

/**
 * Bad input: a file, field or option that cannot be used. The message is one line that names it, what was expected and
 * what was found; the command line prints that line alone and exits with code 2.
 */
public final class InputException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** @param message one line: what is wrong, where, what was expected and what was found */
    public InputException(String message) {
        super(message);
    }

    /**
     * @param message one line: what is wrong, where, what was expected and what was found
     * @param cause the failure underneath, for library users; never shown by the command line
     */
    public InputException(String message, Throwable cause) {
        super(message, cause);
    }
}
