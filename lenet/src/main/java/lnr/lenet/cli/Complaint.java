package lnr.lenet.cli;

import lnr.kernels.DeviceException;
import lnr.lenet.InputException;

/**
 * What a failure tells the user.
 *
 * @param line what went wrong
 * @param exitCode 2 for bad input, 1 otherwise
 */
record Complaint(String line, int exitCode) {
    private static final String MORE_HEAP = "LNR_JAVA_OPTS=-Xmx4g allows 4 GB";

    static Complaint of(Throwable e) {
        if (e instanceof InputException) {
            return new Complaint(e.getMessage(), 2);
        }
        if (e instanceof Failure) {
            return new Complaint(e.getMessage(), 1);
        }
        if (e instanceof DeviceException) {
            // A library's advice to whoever starts the JVM; here the launcher does.
            return new Complaint(e.getMessage().replace("raise -Xmx", MORE_HEAP), 1);
        }
        if (e instanceof ExceptionInInitializerError && e.getCause() instanceof DeviceException) {
            return of(e.getCause());
        }
        if (e instanceof OutOfMemoryError) {
            long most = Runtime.getRuntime().maxMemory() >> 20;
            return new Complaint("out of memory: the heap may grow to " + most + " MB; " + MORE_HEAP, 1);
        }
        return new Complaint("this is a bug in lnr: " + e + "; --debug shows where", 1);
    }
}
