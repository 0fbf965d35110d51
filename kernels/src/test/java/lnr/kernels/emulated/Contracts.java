package lnr.kernels.emulated;

import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectMethod;
import static org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder.request;

import java.util.function.Supplier;
import lnr.kernels.Device;
import lnr.kernels.contract.BlasContract;
import lnr.kernels.contract.BlockDescentContract;
import lnr.kernels.contract.ConvolutionContract;
import lnr.kernels.contract.CorrelationContract;
import lnr.kernels.contract.DeviceContract;
import lnr.kernels.contract.FactorisationContract;
import lnr.kernels.contract.GroupNormContract;
import lnr.kernels.contract.LayersContract;
import lnr.kernels.contract.MemoryContract;
import lnr.kernels.contract.RecordingContract;
import lnr.kernels.contract.SupportContract;
import org.junit.platform.engine.DiscoverySelector;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;
import org.junit.platform.launcher.listeners.TestExecutionSummary;

/** Parts of the contract of devices, for tests that run them and look at what came of it. Nothing else runs them. */
final class Contracts {
    private static Supplier<Device> devices;

    private Contracts() {}

    /** Runs a part of the contract on devices from {@code supplier}. */
    static TestExecutionSummary run(Class<? extends DeviceContract> contract, Supplier<Device> supplier) {
        return run(selectClass(contract), supplier);
    }

    /** Runs one test of it: {@code name}, or {@code name(int)} when it has a parameter. */
    static TestExecutionSummary run(
            Class<? extends DeviceContract> contract, String test, Supplier<Device> supplier) {
        return run(selectMethod(contract.getName() + "#" + test), supplier);
    }

    private static TestExecutionSummary run(DiscoverySelector tests, Supplier<Device> supplier) {
        devices = supplier;
        SummaryGeneratingListener listener = new SummaryGeneratingListener();
        LauncherFactory.create().execute(request().selectors(tests).build(), listener);
        return listener.getSummary();
    }

    @Emulated
    static class Memory extends MemoryContract {
        @Override
        protected Device open() {
            return devices.get();
        }
    }

    @Emulated
    static class Blas extends BlasContract {
        @Override
        protected Device open() {
            return devices.get();
        }
    }

    @Emulated
    static class GroupNorm extends GroupNormContract {
        @Override
        protected Device open() {
            return devices.get();
        }
    }

    @Emulated
    static class Supports extends SupportContract {
        @Override
        protected Device open() {
            return devices.get();
        }
    }

    @Emulated
    static class BlockDescents extends BlockDescentContract {
        @Override
        protected Device open() {
            return devices.get();
        }
    }

    @Emulated
    static class Correlation extends CorrelationContract {
        @Override
        protected Device open() {
            return devices.get();
        }
    }

    @Emulated
    static class Layers extends LayersContract {
        @Override
        protected Device open() {
            return devices.get();
        }
    }

    @Emulated
    static class Convolution extends ConvolutionContract {
        @Override
        protected Device open() {
            return devices.get();
        }
    }

    @Emulated
    static class Factorisation extends FactorisationContract {
        @Override
        protected Device open() {
            return devices.get();
        }
    }

    @Emulated
    static class Recordings extends RecordingContract {
        @Override
        protected Device open() {
            return devices.get();
        }
    }
}
