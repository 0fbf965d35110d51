package lnr.lenet.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import lnr.engine.solvers.Fista;
import lnr.engine.solvers.ProximalGradient;
import lnr.engine.solvers.Stopping;
import lnr.engine.solvers.SupportNewton;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MainTest {
    @TempDir
    Path folder;

    private Run run(String... arguments) {
        return Run.of(folder.resolve("cache"), arguments);
    }

    @Test
    void helpNamesEveryCommand() {
        assertThat(run("--help").quiet().out())
                .contains("compress", "train", "eval", "solve", "path", "doctor", "Exit codes:");
    }

    @ParameterizedTest
    @ValueSource(strings = {"compress", "train", "eval", "solve", "path", "doctor"})
    void everyCommandExplainsItself(String command) {
        String help = run(command, "--help").quiet().out();
        assertThat(help).startsWith("Usage: lnr " + command).contains("--json", "Exit codes:", "Example");
        assertThat(help.lines()).allMatch(line -> line.length() <= 80);
        System.setProperty("picocli.usage.width", "500");
        try {
            String wide = run(command, "--help").quiet().out();
            assertThat(help.split("\\s+")).as("no word is torn").containsExactly(wide.split("\\s+"));
            assertThat(help.lines().filter(line -> line.startsWith("  lnr ")))
                    .as("no example is wrapped")
                    .containsExactlyElementsOf(wide.lines().filter(line -> line.startsWith("  lnr ")).toList());
        } finally {
            System.clearProperty("picocli.usage.width");
        }
    }

    @Test
    void versionIsOneLine() {
        assertThat(run("--version").quiet().out().lines()).singleElement().asString().startsWith("lnr ");
    }

    @Test
    void refusesNoCommandAndUnknownOnes() {
        run().refused("expected a command, one of compress, train, eval, pareto, solve, path, doctor");
        run("evla").refused("evla", "eval");
        run("doctor", "extra").refused("extra");
        run("doctor", "--jso").refused("--jso", "did you mean --json?");
        run("doctor", "--json", "--json").refused("--json", "only once");
    }

    @Test
    void showsStackTracesOnlyWhenAsked() {
        run("eval", "--model", "nowhere").refused("nowhere: no such file");
        assertThat(run("--debug", "eval", "--model", "nowhere").err()).contains("InputException", "\tat ");
        assertThat(run("eval", "--model", "nowhere", "--debug").err()).contains("InputException", "\tat ");
    }

    @Test
    void failsWhenTheOutputIsLost() {
        OutputStream full = new OutputStream() {
            @Override
            public void write(int b) throws IOException {
                throw new IOException("No space left on device");
            }
        };
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        Map<String, String> environment = Run.environment(folder);
        Session session = new Session(
                new PrintStream(full),
                new PrintStream(err, true, StandardCharsets.UTF_8),
                false,
                environment::get,
                System::nanoTime);
        assertThat(Main.run(session, "doctor")).isEqualTo(1);
        assertThat(err.toString(StandardCharsets.UTF_8)).isEqualTo("lnr: the output could not be written completely\n");
    }

    @Test
    void doctorTellsOfDevicesCacheAndData() {
        var report = run("doctor", "--json").quiet().json();
        assertThat(report.at("/java/version").asText()).isNotEmpty();
        assertThat(report.at("/system/processors").asInt()).isPositive();
        assertThat(report.at("/memory/heap_limit_mb").asInt()).isPositive();
        assertThat(report.at("/devices/cpu/available").asBoolean()).isTrue();
        assertThat(report.at("/devices/cpu/blas").asText()).contains("OpenBLAS");
        assertThat(report.at("/devices/cuda/available").asBoolean(true)).isFalse();
        assertThat(report.at("/cache/folder").asText()).isEqualTo(folder.resolve("cache").toString());
        assertThat(report.at("/cache/writable").asBoolean()).isTrue();
        assertThat(report.at("/data/mnist").asText()).startsWith("0 of 4 files");
        assertThat(run("doctor").quiet().out()).contains("OpenBLAS", "cuda", "libcuda.so.1");
    }

    @Test
    void doctorSaysAThingOnceAndNumbersAsNumbers() {
        var devices = run("doctor", "--json").quiet().json().path("devices");
        assertThat(devices.at("/cpu/threads").isIntegralNumber()).isTrue();
        for (var device : devices) {
            assertThat(device.fieldNames()).toIterable().noneMatch(name -> name.contains(" "));
            assertThat(device).doesNotHaveDuplicates();
        }
        assertThat(devices.at("/cuda/LNR_CUDA_PATH").asText()).isEqualTo("not set");
    }

    @Test
    void everyNumbersFaultIsNamed() {
        String[] solve = {"solve", "--rxx", "R.npy", "--ryx", "C.npy", "--lambda"};
        run(Stream.concat(Arrays.stream(solve), Stream.of("inf")).toArray(String[]::new))
                .refused("Invalid value for option '--lambda': expected a number, found 'inf'");
        String[] keep = {"solve", "--rxx", "R.npy", "--ryx", "C.npy", "--keep"};
        run(Stream.concat(Arrays.stream(keep), Stream.of("3.5")).toArray(String[]::new))
                .refused("Invalid value for option '--keep': expected a whole number, found '3.5'");
        run(Stream.concat(Arrays.stream(keep), Stream.of("3000000000")).toArray(String[]::new))
                .refused("'--keep': expected a whole number of at most 2147483647, found '3000000000'");
        for (String number : List.of("3.5", "3000000000")) {
            run("compress", "--keep", number)
                    .refused("--keep: expected a whole number of at most 2147483647, or one for each layer as in"
                            + " fc2=50,fc1=20, found '" + number + "'");
        }
    }

    @Test
    void anOptionOfAGroupIsGivenOnlyOnce() {
        for (String option : List.of("--lambda", "--lambda-ratio", "--keep")) {
            run("compress", option, "1", option, "2")
                    .refused("lnr compress: option '" + option + "' should be specified only once; see ");
        }
        run("solve", "--rxx", "R", "--ryx", "C", "--lambda", "1", "--lambda", "2")
                .refused("lnr solve: option '--lambda' should be specified only once; see ");
    }

    @ParameterizedTest
    @ValueSource(strings = {"compress", "solve"})
    void helpTellsWhenEachMethodStops(String command) {
        String help = run(command, "--help").quiet().out().replaceAll("\\s+", " ");
        Stopping newton = new SupportNewton().stopping();
        assertThat(newton.gap()).isEqualTo(1e-10);
        assertThat(Stopping.CHANGE).isEqualTo(1e-8);
        assertThat(help)
                .contains("Default: 1e-10 for newton and restarted-fista; the others stop once the relative change of a step"
                        + " is 1e-8 or less")
                .contains("proximal steps, or rounds of newton,", "Default: newton " + newton.cap())
                .contains("proximal-gradient " + new ProximalGradient().stopping().cap())
                .contains("the others " + new Fista().stopping().cap());
    }

    /** A file's name may hold what a terminal would obey. */
    @Test
    void complaintsHoldNoControlCharacters() {
        run("eval", "--model", folder.resolve("\u001b[31m\u0007").toString())
                .refused("\\u001b[31m\\u0007: no such file");
    }

    @Test
    void doctorFindsData() {
        SmallDigits.write(folder.resolve("data").resolve("mnist"), 1);
        Map<String, String> environment = Run.environment(folder);
        environment.put("LNR_DATA", folder.resolve("data").toString());
        var report = Run.with(environment, false, "doctor", "--json").quiet().json();
        assertThat(report.at("/data/mnist").asText())
                .isEqualTo("in " + folder.resolve("data").resolve("mnist"));
    }
}
