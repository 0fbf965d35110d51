package lnr.lenet.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import lnr.kernels.emulated.Emulated;
import lnr.kernels.emulated.Emulator;
import lnr.lenet.network.ModelFile;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The program on a GPU that fails it: one line with the mend, exit code 1, and files as they were. */
@Emulated
class EmulatedFaultsTest {
    private static final int ILLEGAL_ADDRESS = 700;

    @TempDir
    static Path shared;

    @TempDir
    Path folder;

    private static Path data;
    private static Path model;

    @BeforeAll
    static void prepare() {
        data = SmallDigits.write(shared.resolve("digits"), 3, 40, 20);
        model = shared.resolve("model");
        Run.of(shared.resolve("cache"), train(1, model)).good();
    }

    @BeforeEach
    void reset() {
        Emulator.reset();
        Emulator.lazy(true);
    }

    @AfterEach
    void forget() {
        Emulator.reset();
    }

    private static String[] train(int epochs, Path out) {
        return new String[] {
            "train", "--data", data.toString(), "--device", "cuda", "--batch", "16", "--epochs",
            Integer.toString(epochs), "--out", out.toString()
        };
    }

    /** Runs a command, of which the emulated device may have to say that it was lost, but not that anything leaked. */
    private Run run(String... arguments) {
        Run run = Run.of(folder.resolve("cache"), arguments);
        assertThat(Emulator.log()).noneMatch(line -> line.contains("leaked"));
        return run;
    }

    private static long launches() {
        return Emulator.launches().values().stream().mapToLong(Long::longValue).sum();
    }

    private List<Path> files() throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.filter(Files::isRegularFile).toList();
        }
    }

    private static void failed(Run run, String... words) {
        assertThat(run.code()).as("exit code; stderr: %s", run.err()).isEqualTo(1);
        assertThat(run.err()).contains(words).doesNotContain("Exception", "a bug in lnr");
        assertThat(run.err().lines()).hasSize(1);
    }

    @Test
    void aDeviceLostInTrainingLeavesTheLastCompleteCheckpoint() throws IOException {
        Path out = folder.resolve("m");
        long before = launches();
        run(train(1, out)).good();
        long one = launches() - before;
        byte[] first = Files.readAllBytes(out);
        // In the epoch's first step, which is asked for one by one, in a replayed one, and as its result is measured.
        for (long launch : new long[] {5, one / 2, one - 3}) {
            Emulator.loseLaunch((int) launch, ILLEGAL_ADDRESS);
            failed(run(train(1, out)), "lnr train: cuda:0: ", "CUDA_ERROR_ILLEGAL_ADDRESS", "start again");
            assertThat(out).hasBinaryContent(first);
            Emulator.reset();
        }
        Emulator.loseLaunch((int) one + 5, ILLEGAL_ADDRESS);
        failed(run(train(2, out)), "start again");
        byte[] second = Files.readAllBytes(out);
        assertThat(second).as("the first epoch of two").isNotEqualTo(first).hasSizeGreaterThan(1 << 20);
        assertThat(files()).containsExactly(out);
    }

    @Test
    void aDeviceLostInCompressionLeavesWhatWasThere() throws IOException {
        Path out = Files.writeString(folder.resolve("m"), "another's");
        String[] compress = {
            "compress", "--data", data.toString(), "--device", "cuda", "--model", model.toString(), "--lambda-ratio",
            "0.5", "--out", out.toString()
        };
        for (int launch : new int[] {1, 20, 60}) {
            Emulator.loseLaunch(launch, ILLEGAL_ADDRESS);
            failed(run(compress), "lnr compress: cuda:0: ", "CUDA_ERROR_ILLEGAL_ADDRESS", "start again");
            assertThat(out).hasContent("another's");
            Emulator.reset();
        }
        assertThat(files()).containsExactly(out);
    }

    // Too little for cuBLAS, for the images, for the parameters, for the activations.
    @Test
    void outOfMemoryTellsWhatWasAskedForHeldAndFree() throws IOException {
        Path out = Files.writeString(folder.resolve("m"), "another's");
        List<String> told = new ArrayList<>();
        for (int megabytes : new int[] {20, 35, 38, 40, 41}) {
            Emulator.memory(megabytes * 1_000_000L);
            Run run = run(train(1, out));
            failed(run, "lnr train: cuda:0: out of memory: asked for ", ", holding ", " free; see nvidia-smi");
            told.add(run.err());
            assertThat(out).hasContent("another's");
        }
        assertThat(told).doesNotHaveDuplicates();
        assertThat(files()).containsExactly(out);
    }

    // Too little for the network, its activations, the sums, the problem, the solver: whatever is asked for in vain.
    @Test
    void outOfMemoryInTheMiddleOfACompressionLeavesWhatWasThere() throws IOException {
        Path out = Files.writeString(folder.resolve("m"), "another's");
        Set<String> told = new HashSet<>();
        Run run = null;
        for (int megabytes = 36; run == null || run.code() != 0; megabytes += 3) {
            assertThat(out).hasContent("another's");
            assertThat(megabytes).isLessThan(200);
            Emulator.memory(megabytes * 1_000_000L);
            run = run("compress", "--data", data.toString(), "--device", "cuda", "--model", model.toString(),
                    "--lambda-ratio", "0.5", "--out", out.toString());
            if (run.code() != 0) {
                failed(run, "lnr compress: cuda:0: out of memory: asked for ", ", holding ", " free; see nvidia-smi");
                told.add(run.err().replaceFirst(".*asked for (.*), holding .*\\R", "$1"));
            }
        }
        assertThat(told).hasSizeGreaterThan(3);
        assertThat(ModelFile.read(out).architecture().fc1()).isLessThan(500);
        assertThat(files()).containsExactly(out);
    }

    /** The program as a process of its own, which looks for CUDA in a folder. */
    private Run process(Path cuda, Class<?> program, String... arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                program.getName()));
        command.addAll(List.of(arguments));
        Path err = shared.resolve("err");
        ProcessBuilder builder = new ProcessBuilder(command).redirectError(err.toFile());
        builder.environment().putAll(Run.environment(shared.resolve("cache")));
        builder.environment().put("LNR_CUDA_PATH", cuda.toString());
        Process process = builder.start();
        try {
            String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(process.waitFor(120, TimeUnit.SECONDS)).isTrue();
            return new Run(process.exitValue(), printed, Files.readString(err));
        } finally {
            process.destroyForcibly();
        }
    }

    // No driver; a driver without the libraries; one that is damaged; one of another library's under its name.
    @Test
    void whatIsMissingOfCudaIsToldWithTheMend() throws Exception {
        Path out = Files.writeString(folder.resolve("m"), "another's");
        Path cuda = Files.createDirectory(folder.resolve("cuda"));
        String[] compress = {
            "compress", "--data", data.toString(), "--device", "cuda", "--model", model.toString(), "--out",
            out.toString()
        };
        failed(process(cuda, Main.class, compress),
                "lnr compress: cuda: no CUDA driver (libcuda.so.1 not found); install NVIDIA's driver");
        Files.copy(Emulator.library("libcuda.so.1"), cuda.resolve("libcuda.so.1"));
        Files.copy(Emulator.library("libnvrtc.so.12"), cuda.resolve("libnvrtc.so.12"));
        failed(process(cuda, Main.class, compress),
                "lnr compress: cuda: libcublas.so.12 not found", "install the libraries of CUDA 12 or 13");
        Path blas = cuda.resolve("libcublas.so.12");
        Files.write(blas, Arrays.copyOf(Files.readAllBytes(Emulator.library("libcublas.so.12")), 60));
        Run damaged = process(cuda, Main.class, compress);
        // The JVM has a word of its own on such a file, before the program's.
        String word = damaged.err().lines().reduce((first, last) -> last).orElseThrow();
        failed(new Run(damaged.code(), damaged.out(), word), "lnr compress: cuda: cuBLAS did not load (", "install it");
        Files.copy(Emulator.library("libcusolver.so.11"), blas, StandardCopyOption.REPLACE_EXISTING);
        failed(process(cuda, Main.class, compress),
                "lnr compress: cuda: " + blas + " has no cublasCreate_v2, ", "install it again");
        assertThat(out).hasContent("another's");
    }

    /** The program where the driver supports CUDA 11.8. */
    static final class OldDriver {
        public static void main(String[] arguments) {
            Emulator.load();
            Emulator.driver(11_080);
            Main.main(arguments);
        }
    }

    @Test
    void anOldDriverIsToldWithTheMend() throws Exception {
        failed(process(folder, OldDriver.class, "eval", "--data", data.toString(), "--model", model.toString(),
                        "--device", "cuda"),
                "lnr eval: cuda: the driver is too old (it supports CUDA 11.8", "install NVIDIA's driver 525 or newer");
        assertThat(files()).isEmpty();
    }

    @Test
    void theDeviceThatWasTakenIsToldAndWhy() {
        assertThat(eval("cuda").good().out()).contains(" on cuda:0 (asked for)");
        assertThat(eval("auto").good().out()).contains(" on cuda:0 (the first GPU, for auto)");
        failed(eval("cuda:7"), "lnr eval: cuda:7: no such device, this process sees ", "nvidia-smi -L");
        Emulator.code(false);
        failed(eval("cuda"), "lnr eval: cuda:0: ", "CUDA_ERROR_NO_BINARY_FOR_GPU", "install a newer driver");
        // Nothing falls back in silence.
        assertThat(eval("auto").good().out()).contains(" on cpu (for auto, since cuda:0: ", "NO_BINARY_FOR_GPU");
    }

    private Run eval(String device) {
        return run("eval", "--data", data.toString(), "--model", model.toString(), "--device", device);
    }
}
