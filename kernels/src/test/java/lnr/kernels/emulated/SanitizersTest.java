package lnr.kernels.emulated;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.Set;
import java.util.stream.Collectors;
import jcuda.driver.CUdeviceptr;
import lnr.kernels.Device;
import lnr.kernels.contract.Draw;
import lnr.kernels.contract.Operation;
import lnr.kernels.cuda.CudaDevice;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The kernels under AddressSanitizer and UndefinedBehaviorSanitizer, with what operations give them to do. */
@Buildable
class SanitizersTest {
    @TempDir
    private Path folder;

    @BeforeEach
    void load() {
        Emulator.load();
        Emulator.reset();
    }

    /** Replays what kernels were launched in the meantime. */
    private String replayed(Runnable launches) {
        Path trace = folder.resolve("trace");
        Emulator.trace(trace.toString());
        try {
            launches.run();
        } finally {
            Emulator.trace("");
        }
        return Emulator.replay(trace);
    }

    @Test
    void kernelsDoNothingUndefined() {
        String replayed = replayed(() -> {
            try (Device device = new CudaDevice(0, "asked for")) {
                Operation.all(new Draw("sanitizers"), false).forEach(operation -> operation.results(device));
                Operation.all(new Draw("sanitizers"), true).forEach(operation -> operation.results(device));
            }
            Contracts.run(Contracts.Convolution.class, () -> new CudaDevice(0, "asked for"));
        });
        Set<String> kernels = replayed.lines().map(line -> line.split(" ")[0]).collect(Collectors.toSet());
        assertThat(kernels).containsAll(Emulator.kernels());
    }

    @Test
    void whatIsUndefinedIsFound() {
        RawDevice device = new RawDevice();
        CUdeviceptr block = device.allocate(128);
        found("heap-buffer-overflow", () -> device.launch("lnr_write", 2, 32, 0, 16L, block));
        RawDevice another = device.renewed();
        CUdeviceptr other = another.allocate(1024);
        found("signed integer overflow", () -> another.launch("lnr_overflow", 1, 32, 0, Integer.MAX_VALUE, other));
        CUdeviceptr floats = other.withByteOffset(4);
        found("misaligned address", () -> another.launch("lnr_unaligned", 1, 32, 0, floats, other));
        found("out of bounds for type", () -> another.launch("lnr_beyond_shared", 1, 32, 0, 1));
    }

    private void found(String words, Runnable launch) {
        assertThatThrownBy(() -> replayed(launch))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining(words);
    }
}
