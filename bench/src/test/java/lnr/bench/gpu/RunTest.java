package lnr.bench.gpu;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What {@code bench/gpu/run} keeps, takes again and lets pass. Its programs are stand-ins: each leaves an empty file
 * where it is told to, the first part of the contract fails when there is a file {@code fails}, and {@code timeout}
 * finds that the phase named in the file {@code outruns} took too long, with a step ended when there is {@code
 * further}. A part under {@code compute-sanitizer} has as many tests as there are lines in {@code tests}, of which a
 * process ends one.
 */
class RunTest {
    private static final List<String> PHASES =
            List.of("prepare", "contract", "torch", "bench", "bits", "compress", "profile", "sanitizer");

    @TempDir
    Path kit;

    @BeforeEach
    void pack() throws IOException {
        Files.copy(Path.of("gpu/run"), kit.resolve("run"));
        write("commit", "none");
        write("lib/lnr-kernels-1.jar", "");
        program("kernels/build/compile-bridge", "");
        program("work/runtime/bin/java", "");
        program("java", """
                case " $* " in
                    *'$Identity '*) [ ! -f "${0%/*}/fails" ] || exit 1 ;;
                esac
                case "$1" in
                    -Dlnr.portion=*)
                        tests=${1#*=} run=''
                        for test in $(cat "${0%/*}/tests"); do
                            if grep -qx "ended $test" "$tests"; then
                                continue
                            elif [ -n "$run" ]; then
                                echo "left $test" >>"$tests.new"
                                continue
                            fi
                            run=$test
                            printf 'begun %s\\nended %s\\n' "$test" "$test" >>"$tests.new"
                            echo "$test" >>"$tests.run"
                            [ "$test" != fails ] || code=1
                        done
                        exit ${code:-0}
                        ;;
                esac
                while [ $# -gt 0 ]; do
                    case $1 in
                        -rff | --out | --json) [ $# -lt 2 ] || : >"$2" ;;
                    esac
                    shift
                done
                """);
        write("tests", "one\n");
        program("bin/python3", "echo bridge.fatbin");
        program("bin/compute-sanitizer", """
                until [ "${1##*/}" = java ] || [ $# = 0 ]; do shift; done
                "$@"
                """);
        program("bin/timeout", """
                until [ -x "$1" ]; do shift; done
                if [ "$2" = --phase ] && grep -qsx "$3" "${0%/*}/../outruns"; then
                    [ ! -f "${0%/*}/../further" ] || echo "$3.step 0" >>"${0%/*}/../work/steps"
                    exit 124
                fi
                "$@"
                """);
    }

    private void write(String name, String text) throws IOException {
        Path file = kit.resolve(name);
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
    }

    private void program(String name, String text) throws IOException {
        write(name, "#!/bin/sh\n" + text);
        assertThat(kit.resolve(name).toFile().setExecutable(true)).isTrue();
    }

    /** Runs the kit; returns its exit code. */
    private int run(String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of("sh", "run"));
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(kit.toFile())
                .redirectErrorStream(true)
                .redirectOutput(kit.resolve("shown").toFile());
        builder.environment().put("PATH", kit.resolve("bin") + ":/usr/bin:/bin");
        builder.environment().remove("PYTHON");
        return builder.start().waitFor();
    }

    /** Exit code of each phase, as it is kept. */
    private List<String> phases() throws IOException {
        try (Stream<String> lines = Files.lines(kit.resolve("work/phases"))) {
            return lines.map(line -> line.replaceFirst(" \\d+$", "")).toList();
        }
    }

    private static List<String> passed() {
        return PHASES.stream().map(phase -> phase + " 0").toList();
    }

    @Test
    void aNamedPhaseBeginsAnewAndWhatOthersFoundStays() throws Exception {
        assertThat(run()).as("%s", kit).isZero();
        assertThat(phases()).isEqualTo(passed());
        List<String> steps = Files.readAllLines(kit.resolve("work/steps"));

        write("fails", "");
        assertThat(run("contract")).isOne();
        assertThat(phases()).hasSameSizeAs(PHASES).contains("contract 1", "bench 0", "sanitizer 0");
        assertThat(kit.resolve("work/torch.json")).exists();
        assertThat(kit.resolve("work/bench/Blas.json")).exists();
        assertThat(Files.readAllLines(kit.resolve("work/steps"))).hasSameSizeAs(steps).contains("contract.Identity 1");

        Files.delete(kit.resolve("fails"));
        assertThat(run("--resume")).as("a phase that failed is not taken again").isOne();
        assertThat(run("contract")).isZero();
        assertThat(phases()).containsExactlyInAnyOrderElementsOf(passed());
        assertThat(Files.readAllLines(kit.resolve("work/steps"))).containsExactlyInAnyOrderElementsOf(steps);
    }

    @Test
    void aPhaseThatOutrunsItsOwnTimeHasFailed() throws Exception {
        write("outruns", "torch");
        assertThat(run("torch")).isOne();
        assertThat(phases()).containsExactly("prepare 0", "torch 124");
        Files.delete(kit.resolve("outruns"));
        assertThat(run("--resume", "torch")).isOne();
        assertThat(phases()).containsExactly("prepare 0", "torch 124");
    }

    @Test
    void aPhaseThatTheEndOfTheRunCutsShortGoesOn() throws Exception {
        write("outruns", "torch");
        assertThat(run("--for", "100", "torch")).isOne();
        assertThat(phases()).containsExactly("prepare 0", "torch stopped");
        assertThat(Files.readString(kit.resolve("shown"))).contains("torch: not at an end, ").doesNotContain("FAILED");
        write("work/phases", "prepare 0 1\ntorch stopped 1000\n");
        Files.delete(kit.resolve("outruns"));
        assertThat(run("--resume", "torch")).isZero();
        assertThat(phases()).containsExactly("prepare 0", "torch 0");
        assertThat(Files.readString(kit.resolve("work/phases")))
                .as("seconds of both")
                .containsPattern("torch 0 10\\d\\d");
    }

    @Test
    void aPhaseThatComesFurtherInItsTimeGoesOn() throws Exception {
        write("outruns", "bench");
        write("further", "");
        assertThat(run("bench")).isOne();
        assertThat(phases()).containsExactly("prepare 0", "bench stopped");
        Files.delete(kit.resolve("further"));
        assertThat(run("--resume", "bench")).isOne();
        assertThat(phases()).containsExactly("prepare 0", "bench 124");
    }

    @Test
    void aPhasePassesOnlyWhenAllOfItsStepsHaveEnded() throws Exception {
        write("work/machine", "");
        write("work/phases", "prepare 0 1\n");
        program("bin/compute-sanitizer", "kill $PPID"); // the subshell of a check
        assertThat(run("--resume", "sanitizer")).isOne();
        assertThat(phases()).containsExactly("prepare 0", "sanitizer 1");
    }

    private List<String> lines(String name) throws IOException {
        return Files.readAllLines(kit.resolve("work/" + name));
    }

    @Test
    void aPartUnderASanitizerTakesAsManyProcessesAsItNeeds() throws Exception {
        write("work/machine", "");
        write("work/phases", "prepare 0 1\n");
        write("tests", "one\ntwo\n");
        assertThat(run("--resume", "sanitizer")).isZero();
        assertThat(lines("sanitizer.tests/racecheck.Layers.run")).containsExactly("one", "two");
        assertThat(lines("steps")).hasSize(36).contains("sanitizer.racecheck.Layers 0");
        assertThat(lines("sanitizer")).hasSize(36);
        assertThat(run("--resume", "sanitizer")).isZero();
        assertThat(lines("sanitizer.tests/racecheck.Layers.run")).as("not again").hasSize(2);
        write("tests", "fails\ntwo\n");
        assertThat(run("sanitizer")).as("anew").isOne();
        assertThat(lines("sanitizer.tests/racecheck.Layers.run")).containsExactly("fails", "two");
        assertThat(lines("steps")).hasSize(36).allMatch(line -> line.endsWith(" 1"));
    }

    @Test
    void aTestThatIsCutShortIsTakenAgainOnce() throws Exception {
        write("work/machine", "");
        write("work/phases", "prepare 0 1\nsanitizer stopped 1\n");
        write("tests", "one\ntwo\nthree\n");
        String tests = "work/sanitizer.tests/memcheck.Blas";
        write(tests, "ended one\n");
        write(tests + ".new", "given 240\nbegun two\nended two\nbegun three\n");
        assertThat(run("--resume", "sanitizer")).isZero();
        assertThat(lines("sanitizer.tests/memcheck.Blas.run")).as("without a verdict").containsExactly("two", "three");

        write("work/phases", "prepare 0 1\nsanitizer stopped 1\n");
        write("work/steps", "");
        write(tests, "cut two\n");
        write(tests + ".new", "given 239\nbegun two\n");
        assertThat(run("--resume", "sanitizer")).as("too short a time to count").isZero();

        write("work/phases", "prepare 0 1\nsanitizer stopped 1\n");
        write("work/steps", "");
        write(tests, "cut two\n");
        write(tests + ".new", "given 240\nbegun two\n");
        assertThat(run("--resume", "sanitizer")).isOne();
        assertThat(lines("steps")).contains("sanitizer.memcheck.Blas 124", "sanitizer.memcheck.Layers 0");
        assertThat(lines("sanitizer")).contains("memcheck.Blas 124 did not end: two");
    }
}
