package lnr.kernels.cpu;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import lnr.kernels.Device;
import lnr.kernels.contract.DeterminismContract;
import lnr.kernels.contract.Draw;
import lnr.kernels.contract.Operation;
import lnr.kernels.contract.Seeded;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@ExtendWith(Seeded.class)
class CpuThreadsTest {
    @ParameterizedTest
    @ValueSource(ints = {2, 5})
    void resultsDoNotDependOnTheNumberOfThreads(int threads) {
        List<Operation> operations = Operation.all(new Draw("threads"), true);
        try (Device one = new CpuDevice("asked for", 1);
                Device several = new CpuDevice("asked for", threads)) {
            for (Operation operation : operations) {
                DeterminismContract.assertSame(operation, operation.results(several), operation.results(one));
            }
        }
    }

    @Test
    void aDeviceWithoutThreadsIsRefused() {
        assertThatThrownBy(() -> new CpuDevice("asked for", 0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("threads: expected 1 or more, got 0");
    }
}
