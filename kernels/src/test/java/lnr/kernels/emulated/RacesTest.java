package lnr.kernels.emulated;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.JCudaDriver;
import lnr.kernels.Device;
import lnr.kernels.DeviceException;
import lnr.kernels.contract.Draw;
import lnr.kernels.contract.Operation;
import lnr.kernels.cuda.CudaDevice;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.platform.launcher.listeners.TestExecutionSummary;

/** Every access of memory by every kernel, checked: none is out of bounds, unaligned, or races with another. */
@Buildable
class RacesTest {
    private final List<Emulator.Kernels> checked = new ArrayList<>();

    @BeforeEach
    void load() {
        Emulator.load();
        Emulator.reset();
        for (String family : Emulator.families()) {
            check(family);
        }
    }

    private void check(String family) {
        checked.add(Emulator.checkedKernels(family, Emulator.source(family + ".cu")));
    }

    @AfterEach
    void reset() {
        Emulator.reset();
        checked.forEach(Emulator.Kernels::close);
    }

    /** Runs operations until something is wrong, which is returned; empty when nothing is. */
    private static String run() {
        String wrong = operations(false);
        if (wrong.isEmpty()) {
            TestExecutionSummary summary = Contracts.run(Contracts.Convolution.class, RacesTest::open);
            wrong = summary.getFailures().stream().map(f -> f.getException().toString()).findFirst().orElse("");
        }
        return wrong.isEmpty() ? operations(true) : wrong;
    }

    private static String operations(boolean large) {
        try (Device device = open()) {
            Operation.all(new Draw("races"), large).forEach(operation -> operation.results(device));
        } catch (DeviceException e) {
            return e + " " + Emulator.log();
        }
        return String.join(" ", Emulator.log());
    }

    private static Device open() {
        return new CudaDevice(0, "asked for");
    }

    @Test
    void kernelsHaveNoRaces() {
        assertThat(run()).isEmpty();
        assertThat(Emulator.launches()).containsKeys(Emulator.kernels().toArray(new String[0]));
    }

    @Test
    void noBarrierIsThereInVain() {
        List<String> sources = new ArrayList<>(List.of("lnr.cuh", "convolution.cuh"));
        Emulator.families().forEach(family -> sources.add(family + ".cu"));
        List<String> inVain = new ArrayList<>();
        for (String source : sources) {
            String[] lines = Emulator.source(source).split("\n");
            for (int line = 1; line <= lines.length; line++) {
                if (lines[line - 1].matches("[^/]*__sync(threads|warp)\\(.*")) {
                    Emulator.reset();
                    Emulator.skipBarriers(source, line);
                    if (run().isEmpty()) {
                        inVain.add(source + ":" + line);
                    }
                }
            }
        }
        assertThat(inVain).isEmpty();
    }

    @Test
    void racesAreFound() {
        check("wrong");
        found("lnr_no_barrier_to_next", "writes at wrong.cu:");
        found("lnr_no_barrier_to_previous", "reads at wrong.cu:");
        found("lnr_copy_of_another", "writes at shim.h:");
    }

    private static void found(String kernel, String words) {
        Emulator.reset();
        RawDevice device = new RawDevice();
        CUdeviceptr block = device.allocate(512);
        device.launch(kernel, 1, 64, 0, device.upload(new double[64]), block);
        JCudaDriver.cuCtxSynchronize();
        assertThat(Emulator.log().get(0)).contains("a race: " + words, "shared memory");
    }
}
