package lnr.bench.gpu;

import lnr.kernels.Device;
import lnr.kernels.contract.Draw;
import lnr.kernels.contract.Operation;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Every operation of a GPU once, for tools that slow a program down a hundredfold. */
class GpuSample {
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void everyOperationRuns(boolean large) {
        try (Device device = Device.open("cuda")) {
            Operation.all(new Draw("sample"), large).forEach(operation -> operation.results(device));
        }
    }
}
