package lnr.bench.gpu;

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
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * The contract of devices, kept by a real GPU. Its name keeps it out of builds, whose machines have none; the kit runs
 * each part in a process of its own, since one wrong access can cost a process the device.
 */
@ExtendWith(Portion.class)
class GpuContract {
    @Nested
    class Identity {
        @Test
        void theDeviceIsReal() {
            try (Device device = Device.open("cuda")) {
                assertThat(device.description().get("processor")).isNotEqualTo("emulated");
            }
        }
    }

    @Nested
    class Memory extends MemoryContract {
        @Override
        protected Device open() {
            return Device.open("cuda");
        }
    }

    @Nested
    class Refusal extends RefusalContract {
        @Override
        protected Device open() {
            return Device.open("cuda");
        }
    }

    @Nested
    class Determinism extends DeterminismContract {
        @Override
        protected Device open() {
            return Device.open("cuda");
        }
    }

    @Nested
    class Recordings extends RecordingContract {
        @Override
        protected Device open() {
            return Device.open("cuda");
        }
    }

    @Nested
    class Blas extends BlasContract {
        @Override
        protected Device open() {
            return Device.open("cuda");
        }
    }

    @Nested
    class Factorisation extends FactorisationContract {
        @Override
        protected Device open() {
            return Device.open("cuda");
        }
    }

    @Nested
    class GroupNorm extends GroupNormContract {
        @Override
        protected Device open() {
            return Device.open("cuda");
        }
    }

    @Nested
    class Correlation extends CorrelationContract {
        @Override
        protected Device open() {
            return Device.open("cuda");
        }
    }

    @Nested
    class Layers extends LayersContract {
        @Override
        protected Device open() {
            return Device.open("cuda");
        }
    }

    @Nested
    class Convolution extends ConvolutionContract {
        @Override
        protected Device open() {
            return Device.open("cuda");
        }
    }

    @Nested
    class Supports extends SupportContract {
        @Override
        protected Device open() {
            return Device.open("cuda");
        }
    }

    @Nested
    class BlockDescents extends BlockDescentContract {
        @Override
        protected Device open() {
            return Device.open("cuda");
        }
    }
}
