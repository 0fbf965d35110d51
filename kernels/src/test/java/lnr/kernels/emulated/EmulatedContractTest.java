package lnr.kernels.emulated;

import static org.assertj.core.api.Assertions.assertThat;

import lnr.kernels.Device;
import lnr.kernels.contract.BlasContract;
import lnr.kernels.contract.BlockDescentContract;
import lnr.kernels.contract.ConvolutionContract;
import lnr.kernels.contract.CorrelationContract;
import lnr.kernels.contract.DeterminismContract;
import lnr.kernels.contract.FactorisationContract;
import lnr.kernels.contract.GroupNormContract;
import lnr.kernels.contract.LayersContract;
import lnr.kernels.contract.MemoryContract;
import lnr.kernels.contract.RecordingContract;
import lnr.kernels.contract.RefusalContract;
import lnr.kernels.contract.SupportContract;
import lnr.kernels.cuda.CudaDevice;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The contract of devices, kept by the CUDA device on emulated hardware: whatever order threads and blocks run in, and
 * with streams that run nothing before something waits for them.
 */
@Emulated
@ParameterizedClass(name = "{0}")
@ValueSource(strings = {"forward", "reverse", "random 1", "random 2", "random 3"})
class EmulatedContractTest {
    private final String order;

    EmulatedContractTest(String order) {
        this.order = order;
    }

    private Device cuda() {
        Emulator.schedule(order);
        Emulator.lazy(true);
        Device device = new CudaDevice(0, "asked for");
        assertThat(device.description()).containsEntry("processor", "emulated");
        return device;
    }

    @Nested
    class Memory extends MemoryContract {
        @Override
        protected Device open() {
            return cuda();
        }
    }

    @Nested
    class Blas extends BlasContract {
        @Override
        protected Device open() {
            return cuda();
        }
    }

    @Nested
    class Factorisation extends FactorisationContract {
        @Override
        protected Device open() {
            return cuda();
        }
    }

    @Nested
    class GroupNorm extends GroupNormContract {
        @Override
        protected Device open() {
            return cuda();
        }
    }

    @Nested
    class Correlation extends CorrelationContract {
        @Override
        protected Device open() {
            return cuda();
        }
    }

    @Nested
    class Layers extends LayersContract {
        @Override
        protected Device open() {
            return cuda();
        }
    }

    @Nested
    class Convolution extends ConvolutionContract {
        @Override
        protected Device open() {
            return cuda();
        }
    }

    @Nested
    class Supports extends SupportContract {
        @Override
        protected Device open() {
            return cuda();
        }
    }

    @Nested
    class BlockDescents extends BlockDescentContract {
        @Override
        protected Device open() {
            return cuda();
        }
    }

    @Nested
    class Determinism extends DeterminismContract {
        @Override
        protected Device open() {
            return cuda();
        }
    }

    @Nested
    class Recording extends RecordingContract {
        @Override
        protected Device open() {
            return cuda();
        }
    }

    @Nested
    class Refusal extends RefusalContract {
        @Override
        protected Device open() {
            return cuda();
        }
    }
}
