package lnr.kernels.emulated;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
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

    /** The last two differ in where one header ends and the next begins. */
    private static final List<Map<String, String>> HEADERS = List.of(
            Map.of(),
            Map.of("a.cuh", "// a"),
            Map.of("a.cuh", "// b"),
            Map.of("a.cuh", "// a", "b.cuh", "// b"),
            Map.of("a.cuh", "// a/", "b.cuh", "/ b"));

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

    // A file of other sources, or of another compiler or target, would be taken for this one's.
    @Test
    void allThatDecidesWhatIsMadeDecidesItsFile() throws IOException {
        String other = SOURCE + " ";
        int files = 0;
        for (String version : List.of("NVRTC 12.9", "NVRTC 13.0")) {
            for (String target : List.of("sm_90", "sm_75", "compute_75")) {
                for (String source : List.of(SOURCE, other)) {
                    for (Map<String, String> headers : HEADERS) {
                        Internals.compile(version, target, source, headers);
                        assertThat(kept()).hasSize(++files);
                    }
                }
            }
        }
        Internals.compile("NVRTC 13.0", "sm_75", other, HEADERS.get(1));
        assertThat(kept()).as("no more than once").hasSize(files);
    }

    @Test
    void manyMayCompileAtOnce() throws Exception {
        List<String> sources = List.of(SOURCE, SOURCE.replace("probe", "other"), SOURCE.replace("probe", "third"));
        ExecutorService threads = Executors.newFixedThreadPool(8);
        try {
            for (int round = 0; round < 20; round++) {
                for (Path file : kept()) {
                    Files.delete(file);
                }
                CyclicBarrier together = new CyclicBarrier(8);
                List<Future<String>> made = new ArrayList<>();
                for (int i = 0; i < 8; i++) {
                    String source = sources.get(i % 3);
                    made.add(threads.submit(() -> {
                        together.await();
                        return Internals.compile(device, source);
                    }));
                }
                for (int i = 0; i < 8; i++) {
                    assertThat(made.get(i).get()).isEqualTo(Internals.compile(device, sources.get(i % 3)));
                }
                assertThat(kept()).as("whole files, and nothing beside them").hasSize(3);
            }
        } finally {
            threads.shutdown();
        }
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
