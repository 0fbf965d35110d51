package lnr.kernels.emulated;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import lnr.kernels.Device;
import lnr.kernels.DeviceException;
import lnr.kernels.F64;
import lnr.kernels.Recording;
import lnr.kernels.Scope;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Two GPUs in one process: each has its own context, memory and stream, and knows nothing of the other. */
@Emulated
class TwoDevicesTest {
    private static final int ILLEGAL_ADDRESS = 700;

    private Device first;
    private Device second;

    @BeforeEach
    void open() {
        Emulator.schedule("forward");
        Emulator.lazy(true);
        first = Device.open("cuda:0");
        second = Device.open("cuda:1");
    }

    @AfterEach
    void close() {
        first.close();
        second.close();
    }

    @Test
    void eachHasItsNumber() {
        assertThat(first.name()).isEqualTo("cuda:0");
        assertThat(second.name()).isEqualTo("cuda:1");
        assertThatThrownBy(() -> Device.open("cuda:2"))
                .isInstanceOf(DeviceException.class)
                .hasMessageStartingWith("cuda:2: no such device, this process sees 2, from cuda:0 on");
    }

    @Test
    void memoryOfTheOtherIsRefused() {
        try (Scope here = first.scope();
                Scope there = second.scope()) {
            F64 x = here.f64(new double[] {1, 2, 3});
            F64 y = there.f64(3);
            F64 sum = there.f64(1);
            for (ThrowingCallable call : List.<ThrowingCallable>of(
                    () -> second.blas().axpy(1, x, y),
                    () -> second.blas().dot(y, x, sum),
                    () -> second.record(() -> second.blas().copy(x, y)))) {
                assertThatThrownBy(call)
                        .isInstanceOf(IllegalArgumentException.class)
                        .hasMessageEndingWith(" is not memory of the cuda:1 device");
            }
            assertThat(y.toArray()).containsExactly(0, 0, 0);
            assertThat(List.of(first.heldBytes(), second.heldBytes())).containsExactly(24L, 32L);
        }
    }

    // A thread's work on one is between another thread's on the other, and a graph of each is replayed in turn.
    @Test
    void bothWorkAtOnce() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(2);
        try {
            CyclicBarrier start = new CyclicBarrier(2);
            Future<double[]> ones = threads.submit(sums(first, 1, start));
            Future<double[]> twos = threads.submit(sums(second, 2, start));
            assertThat(ones.get(60, TimeUnit.SECONDS)).containsOnly(101).hasSize(1000);
            assertThat(twos.get(60, TimeUnit.SECONDS)).containsOnly(202).hasSize(1000);
        } finally {
            threads.shutdownNow();
        }
    }

    /** A hundred and one times {@code value}, a thousand times over, by one operation and a hundred replays of it. */
    private static Callable<double[]> sums(Device device, double value, CyclicBarrier start) {
        return () -> {
            try (Scope scope = device.scope()) {
                F64 x = scope.f64(1000);
                F64 y = scope.f64(1000);
                double[] values = new double[1000];
                Arrays.fill(values, value);
                start.await();
                x.write(values);
                device.blas().axpy(1, x, y);
                try (Recording again = device.record(() -> device.blas().axpy(1, x, y))) {
                    for (int i = 0; i < 100; i++) {
                        again.replay();
                    }
                }
                return y.toArray();
            }
        };
    }

    // On one thread, whose current context each device gives back.
    @Test
    void oneThreadMayUseBothByTurns() {
        try (Scope here = first.scope();
                Scope there = second.scope()) {
            F64 x = here.f64(new double[] {3});
            F64 y = there.f64(new double[] {5});
            for (int i = 0; i < 3; i++) {
                first.blas().axpy(1, x, x);
                y.write(x.toArray());
                second.blas().axpy(1, y, y);
                x.write(y.toArray());
            }
            assertThat(x.toArray()).containsExactly(3 * 64);
        }
    }

    @Test
    void closingOneLeavesTheOtherAlive() {
        Scope here = first.scope();
        F64 x = here.f64(new double[] {1, 2, 3});
        try (Scope there = second.scope()) {
            F64 y = there.f64(new double[] {1, 2, 3});
            F64 sum = there.f64(1);
            try (Recording recording = second.record(() -> second.blas().axpy(1, y, y))) {
                first.close();
                assertThatThrownBy(x::toArray).isInstanceOf(IllegalStateException.class);
                recording.replay();
            }
            second.blas().dot(y, y, sum);
            assertThat(sum.toArray()).containsExactly(4 + 16 + 36);
            assertThat(second.blas().cholesky(1, sum)).isTrue();
        }
    }

    @Test
    void losingOneLeavesTheOtherAlive() {
        try (Scope here = first.scope();
                Scope there = second.scope()) {
            F64 x = here.f64(new double[] {1, 2, 3});
            F64 y = there.f64(new double[] {1, 2, 3});
            Emulator.loseLaunch(1, ILLEGAL_ADDRESS);
            first.blas().axpy(1, x, x);
            assertThatThrownBy(x::toArray).isInstanceOf(DeviceException.class).hasMessageStartingWith("cuda:0: ");
            assertThat(Emulator.log()).isNotEmpty().allMatch(line -> line.contains("as the test asked for")
                    || line.contains("CUDA_ERROR_ILLEGAL_ADDRESS"));
            second.blas().axpy(1, y, y);
            assertThat(y.toArray()).containsExactly(2, 4, 6);
        }
        first.close();
        Emulator.log();
    }
}
