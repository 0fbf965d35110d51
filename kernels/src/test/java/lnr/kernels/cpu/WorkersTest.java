package lnr.kernels.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

// The timeout is for deadlocks alone.
@Timeout(60)
class WorkersTest {
    private static void assertRunsEachPieceOnce(Workers workers, int pieces) {
        AtomicIntegerArray runs = new AtomicIntegerArray(pieces);
        workers.run(pieces, runs::incrementAndGet);
        for (int i = 0; i < pieces; i++) {
            assertThat(runs.get(i)).as("runs of piece %d", i).isEqualTo(1);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 5})
    void everyPieceRunsOnceAndHasRunOnReturn(int threads) {
        try (Workers workers = new Workers(threads)) {
            assertThat(workers.count()).isEqualTo(threads);
            for (int pieces : new int[] {0, 1, 2, 3, 64, 1000}) {
                assertRunsEachPieceOnce(workers, pieces);
            }
        }
    }

    @Test
    void manyTasksInARowLoseNoPiece() {
        try (Workers workers = new Workers(5)) {
            for (int i = 0; i < 5_000; i++) {
                assertRunsEachPieceOnce(workers, 1 + i % 7);
            }
        }
    }

    @Test
    void theThreadsShareATask() {
        try (Workers workers = new Workers(3)) {
            Set<Thread> seen = ConcurrentHashMap.newKeySet();
            CountDownLatch all = new CountDownLatch(3);
            // Each piece waits until three threads have one: only possible when three take part.
            workers.run(3, i -> {
                seen.add(Thread.currentThread());
                all.countDown();
                try {
                    all.await();
                } catch (InterruptedException e) {
                    throw new AssertionError(e);
                }
            });
            assertThat(seen).hasSize(3).contains(Thread.currentThread());
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 5})
    void anExceptionOfAPieceReachesTheCallerAndTheWorkersStayUsable(int threads) {
        try (Workers workers = new Workers(threads)) {
            for (int bad : new int[] {0, 31, 63}) {
                IllegalStateException thrown = new IllegalStateException("piece " + bad);
                assertThatThrownBy(() -> workers.run(64, i -> {
                            if (i == bad) {
                                throw thrown;
                            }
                        }))
                        .isSameAs(thrown);
                assertRunsEachPieceOnce(workers, 64);
            }
            StackOverflowError error = new StackOverflowError();
            assertThatThrownBy(() -> workers.run(64, i -> {
                        throw error;
                    }))
                    .isSameAs(error);
            assertRunsEachPieceOnce(workers, 64);
        }
    }

    @Test
    void noPieceIsStillRunningWhenTheExceptionArrives() {
        try (Workers workers = new Workers(5)) {
            for (int round = 0; round < 200; round++) {
                AtomicInteger running = new AtomicInteger();
                assertThatThrownBy(() -> workers.run(64, i -> {
                            running.incrementAndGet();
                            try {
                                if (i == 3) {
                                    throw new IllegalStateException();
                                }
                                Thread.yield();
                            } finally {
                                running.decrementAndGet();
                            }
                        }))
                        .isInstanceOf(IllegalStateException.class);
                assertThat(running.get()).isZero();
            }
        }
    }

    @Test
    void aTaskInsideAPieceRuns() {
        try (Workers workers = new Workers(5)) {
            AtomicInteger runs = new AtomicInteger();
            workers.run(16, i -> workers.run(16, j -> runs.incrementAndGet()));
            assertThat(runs.get()).isEqualTo(256);
        }
    }

    @Test
    void severalThreadsMayAskAtOnce() throws Exception {
        ExecutorService callers = Executors.newFixedThreadPool(4);
        try (Workers workers = new Workers(3)) {
            List<Future<?>> runs = new ArrayList<>();
            for (int caller = 0; caller < 4; caller++) {
                runs.add(callers.submit(() -> {
                    for (int i = 0; i < 1_000; i++) {
                        assertRunsEachPieceOnce(workers, 8);
                    }
                }));
            }
            for (Future<?> run : runs) {
                run.get();
            }
        } finally {
            callers.shutdown();
        }
    }

    @Test
    void anInterruptedCallerStillGetsAllPiecesAndStaysInterrupted() {
        try (Workers workers = new Workers(2)) {
            Thread.currentThread().interrupt();
            assertRunsEachPieceOnce(workers, 64);
            assertThat(Thread.interrupted()).isTrue();
        }
    }

    @Test
    void closingEndsTheThreadsAndLeavesTheCallersOwn() throws InterruptedException {
        Workers workers = new Workers(3);
        Set<Thread> seen = ConcurrentHashMap.newKeySet();
        CountDownLatch all = new CountDownLatch(3);
        workers.run(3, i -> {
            seen.add(Thread.currentThread());
            all.countDown();
            try {
                all.await();
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        });
        workers.close();
        assertThatCode(workers::close).doesNotThrowAnyException();
        seen.remove(Thread.currentThread());
        for (Thread thread : seen) {
            thread.join(30_000);
            assertThat(thread.isAlive()).isFalse();
        }
        assertRunsEachPieceOnce(workers, 64);
    }

    // A task refers to its buffers' arrays: a scope's memory would outlive the scope.
    @Test
    void aFinishedTaskIsForgotten() throws InterruptedException {
        try (Workers workers = new Workers(3)) {
            WeakReference<double[]> held = runOn(workers);
            for (int i = 0; i < 100 && held.get() != null; i++) {
                System.gc();
                Thread.sleep(10);
            }
            assertThat(held.get()).isNull();
        }
    }

    private static WeakReference<double[]> runOn(Workers workers) throws InterruptedException {
        double[] memory = new double[1000];
        CountDownLatch all = new CountDownLatch(3);
        workers.run(3, i -> {
            memory[i] = i;
            all.countDown();
            try {
                all.await();
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        });
        return new WeakReference<>(memory);
    }
}
