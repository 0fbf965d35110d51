package lnr.kernels.cpu;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.IntConsumer;

/**
 * A fixed set of threads that share the numbered pieces of one task at a time. The calling thread takes part. Idle
 * threads spin for about a tenth of a millisecond, and then give way to others for a while, before they park: the
 * solvers' tasks follow each other closely.
 */
final class Workers implements AutoCloseable {
    private static final int SPINS = 4_000;

    /** A millisecond or two, if no one else wants the core: to be woken takes up to a fifth of one, each time. */
    private static final int YIELDS = 4_000;

    private final Thread[] threads;
    private final ReentrantLock turn = new ReentrantLock();
    private final ThreadLocal<Boolean> alone = ThreadLocal.withInitial(() -> false);
    private volatile Task current;
    private volatile boolean closed;

    /** @param count threads in all, the caller's included; 1 or more */
    Workers(int count) {
        threads = new Thread[count - 1];
        for (int i = 0; i < threads.length; i++) {
            threads[i] = new Thread(this::serve, "lnr-cpu-" + (i + 1));
            threads[i].setDaemon(true);
            threads[i].start();
        }
    }

    /** Threads that share a task, the caller's included. */
    int count() {
        return threads.length + 1;
    }

    /**
     * Runs {@code body} for 0, 1, .. {@code pieces} - 1, in no particular order, and returns when all have run. A call
     * from a second thread, or from inside a piece, runs its pieces on the calling thread alone when the workers are
     * taken. The first exception of a piece is thrown here, after the others have ended.
     */
    void run(int pieces, IntConsumer body) {
        if (pieces <= 1 || threads.length == 0 || alone.get() || turn.isHeldByCurrentThread() || !turn.tryLock()) {
            for (int i = 0; i < pieces; i++) {
                body.accept(i);
            }
            return;
        }
        try {
            Task task = new Task(pieces, body);
            current = task;
            for (Thread thread : threads) {
                LockSupport.unpark(thread);
            }
            task.work();
            task.await();
            current = null;
            task.body = null;
            task.rethrow();
        } finally {
            turn.unlock();
        }
    }

    /** Runs {@code body}, whose tasks this thread works on alone. */
    void alone(Runnable body) {
        boolean before = alone.get();
        alone.set(true);
        try {
            body.run();
        } finally {
            alone.set(before);
        }
    }

    private void serve() {
        Task done = null;
        while (!closed) {
            Task task = current;
            for (int i = 0; i < SPINS + YIELDS && (task == null || task == done) && !closed; i++) {
                pause(i);
                task = current;
            }
            if (task == null || task == done) {
                LockSupport.park(this);
            } else {
                task.work();
                done = task;
            }
        }
    }

    @Override
    public void close() {
        closed = true;
        for (Thread thread : threads) {
            LockSupport.unpark(thread);
        }
    }

    /** Waits a moment, the {@code i}th. */
    private static void pause(int i) {
        if (i < SPINS) {
            Thread.onSpinWait();
        } else {
            Thread.yield();
        }
    }

    private static final class Task {
        private final int pieces;
        // Dropped at the end: threads remember their last task, and it would keep the buffers it works on.
        private IntConsumer body;
        private final AtomicInteger next = new AtomicInteger();
        private final AtomicInteger finished = new AtomicInteger();
        private final AtomicReference<Throwable> failure = new AtomicReference<>();
        private final Thread caller = Thread.currentThread();

        Task(int pieces, IntConsumer body) {
            this.pieces = pieces;
            this.body = body;
        }

        void work() {
            for (int i = next.getAndIncrement(); i < pieces; i = next.getAndIncrement()) {
                try {
                    if (failure.get() == null) {
                        body.accept(i);
                    }
                } catch (Throwable t) {
                    failure.compareAndSet(null, t);
                } finally {
                    if (finished.incrementAndGet() == pieces) {
                        LockSupport.unpark(caller);
                    }
                }
            }
        }

        void await() {
            for (int i = 0; finished.get() < pieces; i++) {
                if (i < SPINS + YIELDS) {
                    pause(i);
                } else {
                    LockSupport.parkNanos(this, 100_000);
                }
            }
        }

        void rethrow() {
            Throwable thrown = failure.get();
            if (thrown instanceof RuntimeException e) {
                throw e;
            }
            if (thrown instanceof Error e) {
                throw e;
            }
            if (thrown != null) {
                throw new IllegalStateException(thrown);
            }
        }
    }
}
