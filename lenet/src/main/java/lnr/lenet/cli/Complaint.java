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
    static Complaint of(Throwable e) {
        if (e instanceof InputException) {
            return new Complaint(e.getMessage(), 2);
        }
        if (e instanceof Failure || e instanceof DeviceException) {
            return new Complaint(e.getMessage(), 1);
        }
        if (e instanceof ExceptionInInitializerError && e.getCause() instanceof DeviceException) {
            return of(e.getCause());
        }
        if (e instanceof OutOfMemoryError) {
            long most = Runtime.getRuntime().maxMemory() >> 20;
            return new Complaint(
                    "out of memory: the heap may grow to " + most + " MB; LNR_JAVA_OPTS=-Xmx4g allows 4 GB", 1);
        }
        return new Complaint("this is a bug in lnr: " + e + "; --debug shows where", 1);
    }
}
