package lnr.kernels.cpu;

import lnr.kernels.Device;
import lnr.kernels.contract.BlasContract;
import lnr.kernels.contract.ConvolutionContract;
import lnr.kernels.contract.CorrelationContract;
import lnr.kernels.contract.DeterminismContract;
import lnr.kernels.contract.FactorisationContract;
import lnr.kernels.contract.GroupNormContract;
import lnr.kernels.contract.LayersContract;
import lnr.kernels.contract.MemoryContract;
import lnr.kernels.contract.RecordingContract;
import lnr.kernels.contract.RefusalContract;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/** The contract of devices, kept by the CPU: on one thread, on as many as CI has cores, and on more. */
@ParameterizedClass(name = "{0} threads")
@ValueSource(ints = {1, 2, 5})
class CpuContractTest {
    private final int threads;

    CpuContractTest(int threads) {
        this.threads = threads;
    }

    private Device cpu() {
        return new CpuDevice("asked for", threads);
    }

    @Nested
    class Memory extends MemoryContract {
        @Override
        protected Device open() {
            return cpu();
        }
    }

    @Nested
    class Refusal extends RefusalContract {
        @Override
        protected Device open() {
            return cpu();
        }
    }

    @Nested
    class Determinism extends DeterminismContract {
        @Override
        protected Device open() {
            return cpu();
        }
    }

    @Nested
    class Recordings extends RecordingContract {
        @Override
        protected Device open() {
            return cpu();
        }
    }

    @Nested
    class Blas extends BlasContract {
        @Override
        protected Device open() {
            return cpu();
        }
    }

    @Nested
    class Factorisation extends FactorisationContract {
        @Override
        protected Device open() {
            return cpu();
        }
    }

    @Nested
    class GroupNorm extends GroupNormContract {
        @Override
        protected Device open() {
            return cpu();
        }
    }

    @Nested
    class Correlation extends CorrelationContract {
        @Override
        protected Device open() {
            return cpu();
        }
    }

    @Nested
    class Layers extends LayersContract {
        @Override
        protected Device open() {
            return cpu();
        }
    }

    @Nested
    class Convolution extends ConvolutionContract {
        @Override
        protected Device open() {
            return cpu();
        }
    }
}
