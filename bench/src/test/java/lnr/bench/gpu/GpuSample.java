package lnr.bench.gpu;

import java.util.List;
import java.util.stream.Stream;
import lnr.kernels.Device;
import lnr.kernels.contract.Draw;
import lnr.kernels.contract.Operation;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every operation of a GPU once, small and large, for tools that slow a program down a hundredfold. */
@ExtendWith(Portion.class)
class GpuSample {
    private static Device device;

    @BeforeAll
    static void open() {
        device = Device.open("cuda");
    }

    @AfterAll
    static void close() {
        device.close();
    }

    static Stream<Operation> operations() {
        return Stream.of(false, true)
                .map(large -> Operation.all(new Draw("sample"), large))
                .flatMap(List::stream);
    }

    @ParameterizedTest
    @MethodSource("operations")
    void everyOperationRuns(Operation operation) {
        operation.results(device);
    }
}
