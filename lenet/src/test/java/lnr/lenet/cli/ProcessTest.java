package lnr.lenet.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import lnr.lenet.format.SafeTensors;
import lnr.lenet.network.ModelFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The program as a process of its own: exit codes, streams, interrupts. */
class ProcessTest {
    @TempDir
    Path folder;

    private ProcessBuilder program(String... arguments) {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-Xmx600m",
                "-cp",
                System.getProperty("java.class.path"),
                Main.class.getName()));
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.directory(folder.toFile());
        builder.environment().putAll(Run.environment(folder.resolve("cache")));
        builder.environment().remove("LNR_DATA");
        return builder.redirectError(folder.resolve("err").toFile());
    }

    private String err() throws IOException {
        return Files.readString(folder.resolve("err"));
    }

    private Run run(String... arguments) throws Exception {
        Process process = program(arguments).start();
        try {
            String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
            return new Run(process.exitValue(), out, err());
        } finally {
            process.destroyForcibly();
        }
    }

    /**
     * As the terminal's Ctrl-C, or as a plain kill where the process was born deaf to that, as a shell's background jobs
     * are; waits for its end.
     *
     * @return the exit code that belongs to it
     */
    private static int interrupt(Process process) throws Exception {
        boolean deaf = ignores(process, 2);
        new ProcessBuilder("kill", deaf ? "-TERM" : "-INT", Long.toString(process.pid())).start().waitFor();
        assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
        return 128 + (deaf ? 15 : 2);
    }

    /** Whether a process ignores a signal, where that can be read. */
    private static boolean ignores(Process process, int signal) throws IOException {
        Path status = Path.of("/proc", Long.toString(process.pid()), "status");
        if (!Files.isReadable(status)) {
            return false;
        }
        return Files.readAllLines(status).stream()
                .filter(line -> line.startsWith("SigIgn:"))
                .mapToLong(line -> Long.parseUnsignedLong(line.substring(7).strip(), 16))
                .anyMatch(mask -> (mask >> (signal - 1) & 1) == 1);
    }

    @Test
    void workIsQuietAndBadInputIsOneLine() throws Exception {
        Path data = SmallDigits.write(folder.resolve("digits"), 3);
        Run train = run("train", "--data", data.toString(), "--epochs", "1", "--out", "m.safetensors", "--json");
        assertThat(train.quiet().json().path("epochs")).hasSize(1);
        assertThat(folder.resolve("m.safetensors")).exists();
        run("eval", "--data", data.toString(), "--model", "none").refused("lnr eval: none: no such file");
    }

    /** The library would have the JVM's option raised, which the launcher gives; and the batch is the user's. */
    @Test
    void aHeapThatIsTooSmallForABatchIsNoBug() throws Exception {
        Path data = SmallDigits.write(folder.resolve("digits"), 3);
        ProcessBuilder builder =
                program("train", "--data", data.toString(), "--epochs", "1", "--batch", "800", "--out", "m");
        builder.command().set(2, "-Xmx40m");
        Process process = builder.start();
        try {
            process.getInputStream().readAllBytes();
            assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
            assertThat(process.exitValue()).isEqualTo(1);
            assertThat(err().lines()).singleElement().asString()
                    .startsWith("lnr train: cpu: out of memory: asked for ")
                    .endsWith("; LNR_JAVA_OPTS=-Xmx4g allows 4 GB, and a smaller --batch takes less");
        } finally {
            process.destroyForcibly();
        }
        assertThat(folder.resolve("m")).doesNotExist();
    }

    @Test
    void anInterruptLeavesTheLastCompleteCheckpoint() throws Exception {
        Path data = SmallDigits.write(folder.resolve("digits"), 3);
        Path out = folder.resolve("m.safetensors");
        Process process = program("train", "--data", data.toString(), "--epochs", "100000", "--out", out.toString())
                .start();
        int seen = 0;
        try (BufferedReader lines = process.inputReader()) {
            for (String line = lines.readLine(); seen < 3 && line != null; line = lines.readLine()) {
                seen += line.startsWith("epoch ") ? 1 : 0;
            }
            int code = interrupt(process);
            assertThat(process.exitValue()).isEqualTo(code);
        } finally {
            process.destroyForcibly();
        }
        assertThat(Integer.parseInt(SafeTensors.read(out).metadata().get("epochs")))
                .isGreaterThanOrEqualTo(3);
        assertThat(ModelFile.read(out).architecture().fc1()).isEqualTo(500);
        try (Stream<Path> files = Files.list(folder)) {
            assertThat(files.map(f -> f.getFileName().toString())).noneMatch(name -> name.endsWith(".tmp"));
        }
    }

    @Test
    void anInterruptedCompressionLeavesTheModelOfTheLastCompleteEpoch() throws Exception {
        Path data = SmallDigits.write(folder.resolve("digits"), 3);
        Path models = folder.resolve("cache").resolve("models");
        ProcessBuilder builder = program("compress", "--data", data.toString(), "--epochs", "100000");
        builder.environment().put("LNR_CACHE", folder.resolve("cache").toString());
        Process process = builder.redirectError(ProcessBuilder.Redirect.DISCARD).start();
        try {
            for (int i = 0; i < 600 && kept(models).stream().noneMatch(f -> f.toString().contains("epochs2")); i++) {
                Thread.sleep(50);
            }
            interrupt(process);
        } finally {
            process.destroyForcibly();
        }
        // The one before goes only once the next is there: an interrupt in between leaves both.
        assertThat(kept(models)).hasSizeBetween(1, 2).allSatisfy(file ->
                assertThat(ModelFile.read(file).architecture().fc1()).isEqualTo(500));
    }

    private static List<Path> kept(Path models) throws IOException {
        if (!Files.isDirectory(models)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(models)) {
            return files.filter(f -> f.toString().endsWith(".safetensors")).toList();
        }
    }
}
