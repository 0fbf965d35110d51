package lnr.kernels;

/** A device that cannot run, or that failed while it ran. The message says what was tried and how to mend it. */
public final class DeviceException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** @param message one line: the device, what failed, and the mend */
    public DeviceException(String message) {
        super(message);
    }

    /**
     * @param message one line: the device, what failed, and the mend
     * @param cause the failure underneath
     */
    public DeviceException(String message, Throwable cause) {
        super(message, cause);
    }
}
