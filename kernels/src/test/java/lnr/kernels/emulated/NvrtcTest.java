package lnr.kernels.emulated;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import lnr.kernels.Device;
import lnr.kernels.DeviceException;
import lnr.kernels.cuda.Internals;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Kernels that are compiled at first use are kept in the cache, which may be damaged. */
@Buildable
class NvrtcTest {
    private static final String SOURCE = "KERNEL(32) void lnr_probe(int n) {\n}\n";
    private static final Path KEPT = Path.of(System.getenv("LNR_CACHE"), "kernels");

    private Device device;

    @BeforeEach
    void open() throws IOException {
        Emulator.load();
        device = Device.open("cuda");
        for (Path file : kept()) {
            Files.delete(file);
        }
    }

    @AfterEach
    void close() {
        device.close();
    }

    private static List<Path> kept() throws IOException {
        Files.createDirectories(KEPT);
        try (Stream<Path> files = Files.list(KEPT)) {
            return files.filter(file -> file.getFileName().toString().startsWith("probe-")).toList();
        }
    }

    @Test
    void aKeptImageIsTakenAndADamagedOneMadeAgain() throws IOException {
        String made = Internals.compile(device, SOURCE);
        assertThat(made).startsWith("NVRTC 0.1 ").contains("lnr_probe");
        Path file = kept().get(0);
        byte[] good = Files.readAllBytes(file);
        // Content that only the cache can give, under a hash that is right.
        assertThat(Internals.compile(device, SOURCE)).isEqualTo(made);
        for (byte[] bad : List.of(new byte[0], new byte[31], new byte[32], damaged(good, 0), damaged(good, 40))) {
            Files.write(file, bad);
            assertThat(Internals.compile(device, SOURCE)).isEqualTo(made);
            assertThat(file).hasBinaryContent(good);
        }
        assertThat(kept()).containsExactly(file);
    }

    private static byte[] damaged(byte[] good, int at) {
        byte[] bad = good.clone();
        bad[at] ^= 1;
        return bad;
    }

    @Test
    void eachSourceHasAFileOfItsOwn() throws IOException {
        Internals.compile(device, SOURCE);
        Internals.compile(device, SOURCE + " ");
        assertThat(kept()).hasSize(2);
    }

    @Test
    void aSourceThatDoesNotCompileIsRefusedWithTheCompilersWords() throws IOException {
        assertThatThrownBy(() -> Internals.compile(device, "#error"))
                .isInstanceOf(DeviceException.class)
                .hasMessageStartingWith("cuda:0: NVRTC 0.1 does not compile probe.cu with --gpu-architecture=sm_90 ")
                .hasMessageEndingWith(": NVRTC_ERROR_COMPILATION: error: #error");
        assertThat(kept()).isEmpty();
    }
}
