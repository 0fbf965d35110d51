package lnr.lenet.compress;

/** A weight of a compressed network is finite, but beyond what single precision holds. */
public final class OverflowException extends ArithmeticException {
    private static final long serialVersionUID = 1L;

    OverflowException(String message) {
        super(message);
    }
}
