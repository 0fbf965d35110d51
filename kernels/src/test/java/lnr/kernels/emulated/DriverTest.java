package lnr.kernels.emulated;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import lnr.kernels.cuda.Internals;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a process finds when it asks for CUDA: a good driver, a bad one, none, or libraries of another version. */
@Buildable
class DriverTest {
    private static final String WORKS = "4.0 2.0 2.0 5.0 6.561553 true on {processor=emulated, ";

    @TempDir
    private Path folder;

    private static Build built;

    @BeforeAll
    static void build() {
        Emulator.load();
        built = new Build();
    }

    /** What the emulated device needs to be told where it was not loaded by the tests. */
    private static String[] commands(String... more) {
        List<String> commands = new ArrayList<>();
        built.families().forEach(family -> commands.add("kernels " + built.kernels(family)));
        commands.add("openblas " + Emulator.openBlas());
        commands.addAll(List.of(more));
        return commands.toArray(String[]::new);
    }

    @Test
    void aGoodDriverWorks() throws Exception {
        assertThat(Probe.run(Map.of())).startsWith(WORKS);
    }

    // A test that fails may leave the device open, and busy: the process ends as it would have.
    @Test
    void aDeviceThatIsLeftOpenDoesNotKeepAProcessFromEnding() throws Exception {
        assertThat(Probe.run(Map.of(), "leave")).startsWith(WORKS).endsWith("}");
    }

    // What a profiler does: it names its library, and the program hands its ranges to NVTX.
    @Test
    void rangesReachTheProfiler() throws Exception {
        Files.writeString(
                folder.resolve("nvtx.cpp"),
                "#include <stdio.h>\n"
                        + "extern \"C\" int nvtxRangePushA(const char* name) { return printf(\"[%s]\\n\", name); }\n"
                        + "extern \"C\" int nvtxRangePop() { printf(\"[end]\\n\"); return fflush(stdout); }\n");
        Toolchain.compile(folder, List.of(
                "-shared", "-fPIC", "-o", "libnvtx3interop.so.1", "-Wl,-soname,libnvtx3interop.so.1", "nvtx.cpp"));
        Files.copy(built.library(Library.CUDA), folder.resolve("libcuda.so.1"));
        compileKernels();
        Files.copy(built.library(Library.CUBLAS), folder.resolve("libcublas.so.12"));
        Map<String, String> watched = Map.of("LNR_CUDA_PATH", folder.toString(), "NVTX_INJECTION64_PATH", "profiler");
        assertThat(Probe.run(watched, commands())).startsWith("[an eigenvalue]\n[end]\n");
    }

    @Test
    void anOldDriverIsRefusedWithTheMend() throws Exception {
        assertThat(Probe.run(Map.of(), "driver 11080"))
                .isEqualTo("cuda: the driver is too old (it supports CUDA 11.8, expected 12.0 or newer); install"
                        + " NVIDIA's driver 525 or newer");
    }

    @Test
    void aMachineWithoutDevicesSaysSo() throws Exception {
        assertThat(Probe.run(Map.of(), "devices 0"))
                .startsWith("cuda: cuInit(0) failed: CUDA_ERROR_NO_DEVICE")
                .endsWith("no device is visible: see nvidia-smi, and CUDA_VISIBLE_DEVICES");
    }

    @Test
    void aDeviceWithoutCodeSaysSo() throws Exception {
        assertThat(Probe.run(Map.of(), "architecture 0"))
                .startsWith("cuda:0: ")
                .contains("CUDA_ERROR_NO_BINARY_FOR_GPU", "without code for this device");
    }

    @Test
    void withoutADriverWhatWasLookedForIsTold() throws Exception {
        assertThat(Probe.run(Map.of("LNR_CUDA_PATH", folder.toString())))
                .isEqualTo("cuda: no CUDA driver (libcuda.so.1 not found); install NVIDIA's driver, or name the"
                        + " directory it is in by LNR_CUDA_PATH");
    }

    @Test
    void withoutLibrariesTheMissingOneIsTold() throws Exception {
        Files.copy(built.library(Library.CUDA), folder.resolve("libcuda.so.1"));
        compileKernels();
        assertThat(Probe.run(Map.of("LNR_CUDA_PATH", folder.toString()), "survey"))
                .contains("libcublas.so.12: not found, nor libcublas.so.13: install")
                .contains("libcublasLt.so.12: not found, nor libcublasLt.so.13; cuBLAS may")
                .contains("libcusolverMg.so.11: not found, nor libcusolver.so.11, libcusolver.so.12: install")
                .contains("libnvJitLink.so.12: not found, nor libnvJitLink.so.13; cuSOLVER may")
                .contains("libcusparse.so.12: not found; cuSOLVER may")
                .contains("libnvrtc-builtins.so: not found beside NVRTC")
                .contains("libnvtx3interop.so.1: ")
                .contains("cuda:0: cuda: libcublas.so.12 not found")
                .endsWith("cuda: libcublas.so.12 not found (nor libcublas.so.13); install the libraries of CUDA 12 or"
                        + " 13, or name their directory by LNR_CUDA_PATH");
    }

    @Test
    void namesOfNoDirectoryAreTold() throws Exception {
        Files.copy(built.library(Library.CUDA), folder.resolve("libcuda.so.1"));
        Path file = Files.createFile(folder.resolve("file"));
        String named = "::" + file + ":/no/such\nplace:" + "x".repeat(5000) + ":" + folder;
        assertThat(Probe.run(Map.of("LNR_CUDA_PATH", named), "survey"))
                .contains("also looked in: " + file + " (is no directory), /no/such")
                .contains("libcuda.so.1: " + folder.resolve("libcuda.so.1"));
    }

    @Test
    void aDamagedLibraryIsTold() throws Exception {
        Files.copy(built.library(Library.CUDA), folder.resolve("libcuda.so.1"));
        compileKernels();
        byte[] whole = Files.readAllBytes(built.library(Library.CUBLAS));
        Files.write(folder.resolve("libcublas.so.12"), Arrays.copyOf(whole, 60));
        assertThat(Probe.run(Map.of("LNR_CUDA_PATH", folder.toString())))
                .startsWith("cuda: cuBLAS did not load (")
                .contains("libcublas.so.12: ")
                .endsWith("); install it again, or name the directory of a whole one by LNR_CUDA_PATH");
    }

    // Its name and its symbols' version are right; the linker would end the process at the first call of what is not
    // there.
    @ParameterizedTest
    @ValueSource(strings = {"libcublas.so.12", "libcublas.so.13"})
    void aLibraryWithoutAFunctionIsTold(String name) throws Exception {
        Files.copy(built.library(Library.CUDA), folder.resolve("libcuda.so.1"));
        compileKernels();
        String functions = Internals.blas().stream()
                .filter(function -> !function.equals("cublasSetMathMode"))
                .map(function -> "extern \"C\" int " + function + "() { return 0; }\n")
                .collect(Collectors.joining());
        Files.writeString(folder.resolve("blas.cpp"), functions);
        Files.writeString(folder.resolve("version"), name + " { global: *; };\n");
        Toolchain.compile(folder, List.of(
                "-shared", "-fPIC", "-o", name, "-Wl,-soname," + name, "-Wl,--version-script=version", "blas.cpp"));
        String told = "cuda: " + folder.resolve(name) + " has no cublasSetMathMode; install it again, or name the"
                + " directory of a whole one by LNR_CUDA_PATH";
        assertThat(Probe.run(Map.of("LNR_CUDA_PATH", folder.toString()), "survey"))
                .contains("cuda:0: " + told)
                .endsWith("\n" + told);
    }

    // The emulated libraries, under the names of CUDA 13's: what JCuda wants is then the bridge's alone.
    @Test
    void cuda13WorksByWayOfTheBridge() throws Exception {
        Files.copy(built.library(Library.CUDA), folder.resolve("libcuda.so.1"));
        rename(built.library(Library.CUBLAS), "libcublas.so.12", "libcublas.so.13");
        rename(built.library(Library.CUSOLVER), "libcusolver.so.11", "libcusolver.so.12");
        rename(built.library(Library.NVRTC), "libnvrtc.so.12", "libnvrtc.so.13");
        // Without a cache, for the bridge to be put elsewhere.
        Path none = Files.createFile(folder.resolve("no folder"));
        Map<String, String> environment = Map.of("LNR_CUDA_PATH", folder.toString(), "LNR_CACHE", none.toString());
        assertThat(Probe.run(environment, commands("nvrtc", "survey")).lines())
                .anyMatch(line -> line.startsWith("NVRTC 0.1 "))
                .anyMatch(line -> line.startsWith(WORKS))
                .anyMatch(line -> line.matches("libcusolver.so.11: .*libcusolver.so.12, by way of the bridge"))
                .anyMatch(line -> line.matches("cuda:0: emulated, sm_90, .*"));
    }

    @Test
    void aDamagedCacheIsMendedAndNoneIsNeeded() throws Exception {
        Path cache = folder.resolve("cache");
        assertThat(Probe.run(Map.of("LNR_CACHE", cache.toString()))).startsWith(WORKS);
        List<Path> natives;
        try (Stream<Path> files = Files.walk(cache.resolve("natives"))) {
            natives = files.filter(Files::isRegularFile).toList();
        }
        assertThat(natives).isNotEmpty();
        for (Path file : natives) {
            Files.write(file, new byte[(int) Files.size(file)]);
        }
        assertThat(Probe.run(Map.of("LNR_CACHE", cache.toString()))).startsWith(WORKS);
        Path none = Files.createFile(folder.resolve("no folder"));
        assertThat(Probe.run(Map.of("LNR_CACHE", none.toString()), "nvrtc").lines())
                .anyMatch(line -> line.startsWith("NVRTC 0.1 "))
                .anyMatch(line -> line.startsWith(WORKS));
    }

    /** Kernels are the first thing that a device needs: a build without nvcc has none, and compiles them. */
    private void compileKernels() throws IOException {
        Files.copy(built.library(Library.NVRTC), folder.resolve("libnvrtc.so.12"));
    }

    /** Copies a library under a name of the same length, which is also its own and its symbols' version. */
    private void rename(Path library, String name, String other) throws IOException {
        String content = Files.readString(library, ISO_8859_1);
        Files.writeString(folder.resolve(other), content.replace(name, other), ISO_8859_1);
    }
}
