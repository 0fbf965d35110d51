package lnr.kernels.contract;

import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.LifecycleMethodExecutionExceptionHandler;
import org.junit.jupiter.api.extension.TestExecutionExceptionHandler;

/** One seed a run, named by every failure: {@code -Dlnr.seed=<seed>} replays it. */
public final class Seeded implements TestExecutionExceptionHandler, LifecycleMethodExecutionExceptionHandler {
    /** The run's seed. */
    public static final long SEED = Long.getLong("lnr.seed", System.nanoTime() & 0xffff_ffffL);

    @Override
    public void handleTestExecutionException(ExtensionContext context, Throwable failure) throws Throwable {
        throw named(failure);
    }

    @Override
    public void handleAfterEachMethodExecutionException(ExtensionContext context, Throwable failure) throws Throwable {
        throw named(failure);
    }

    private static Throwable named(Throwable failure) {
        if (failure.getSuppressed().length == 0) {
            failure.addSuppressed(new Replay());
        }
        return failure;
    }

    private static final class Replay extends RuntimeException {
        private static final long serialVersionUID = 1L;

        Replay() {
            super("data were drawn from seed " + SEED + "; replay them with -Dlnr.seed=" + SEED, null, false, false);
        }
    }
}
