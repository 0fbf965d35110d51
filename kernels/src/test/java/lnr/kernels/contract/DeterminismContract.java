package lnr.kernels.contract;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/** The same operation on the same data gives the same bits, whatever else the device does. */
public abstract class DeterminismContract extends DeviceContract {
    @Test
    void repeatingAnOperationGivesTheSameBits() {
        for (Operation operation : Operation.all(new Draw("determinism"), true)) {
            List<long[]> first = operation.results(device);
            assertSame(operation, operation.results(device), first);
            assertSame(operation, operation.results(device), first);
        }
    }

    @Test
    void threadsThatShareADeviceGetTheBitsTheyWouldGetAlone() throws Exception {
        List<Operation> operations = Operation.all(new Draw("determinism"), true);
        List<List<long[]>> alone = operations.stream().map(operation -> operation.results(device)).toList();
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try {
            List<Future<?>> runs = new ArrayList<>();
            for (int thread = 0; thread < 4; thread++) {
                int shift = thread * operations.size() / 4;
                runs.add(threads.submit(() -> {
                    for (int i = 0; i < operations.size(); i++) {
                        int which = (i + shift) % operations.size();
                        assertSame(operations.get(which), operations.get(which).results(device), alone.get(which));
                    }
                }));
            }
            for (Future<?> run : runs) {
                run.get();
            }
        } finally {
            threads.shutdown();
        }
    }

    /** Fails unless both runs left the same bits in every buffer. */
    public static void assertSame(Operation operation, List<long[]> actual, List<long[]> expected) {
        for (int i = 0; i < expected.size(); i++) {
            assertThat(actual.get(i))
                    .as("%s: %s", operation, operation.arguments().get(i).name())
                    .isEqualTo(expected.get(i));
        }
    }
}
