package lnr.kernels.cuda;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** What the build makes of kernels with an nvcc, here one of the test's own that says what a source tells it to. */
@EnabledOnOs(OS.LINUX)
class CompileKernelsTest {
    /**
     * Knows three architectures; a source is a kernel and what this reports of it, or a mistake. Its fatbin is its
     * options and itself.
     */
    private static final String NVCC = """
            #!/bin/sh
            case $1 in
            --version) echo 'release 13.0'; exit ;;
            --list-gpu-code) printf 'sm_75\\nsm_90\\nsm_100\\n'; exit ;;
            esac
            for source; do :; done
            ! grep -q mistake "$source" || { echo "$source: error"; exit 2; }
            cat "$source"
            options=
            while [ "$1" != -o ]; do
                options="$options $1"
                shift
            done
            { echo "$options"; cat "$source"; } >"$2"
            """;

    @TempDir
    private Path folder;

    @BeforeEach
    void install() throws IOException {
        Path nvcc = Files.writeString(folder.resolve("nvcc"), NVCC);
        assertThat(nvcc.toFile().setExecutable(true)).isTrue();
        source("lnr.cuh", "");
        source("one.cu", report("sm_90", 0));
        source("two.cu", report("sm_90", 0));
    }

    private void source(String name, String text) throws IOException {
        Files.createDirectories(folder.resolve("sources"));
        Files.writeString(folder.resolve("sources").resolve(name), text);
    }

    private static final String KERNEL = "KERNEL(32) void lnr_x(int n) {\n";

    /** A kernel with so many bytes spilled on one architecture, none on Hopper otherwise. */
    private static String report(String architecture, int spilled) {
        String other = architecture.equals("sm_90") ? "" : told("sm_90", 0);
        return KERNEL + told(architecture, spilled) + other;
    }

    private static String told(String architecture, int spilled) {
        return "ptxas info    : Compiling entry function 'lnr_x' for '" + architecture + "'\n"
                + "ptxas info    : Function properties for lnr_x\n"
                + "    " + spilled + " bytes stack frame, 0 bytes spill stores, 0 bytes spill loads\n";
    }

    private record Outcome(int status, String output) {}

    private Outcome build(String architectures) throws IOException, InterruptedException {
        Path output = folder.resolve("output");
        String script = Path.of("src/build/compile-kernels").toAbsolutePath().toString();
        ProcessBuilder builder = new ProcessBuilder(script, "sources", "fatbins", "reports")
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile());
        builder.environment().put("LNR_NVCC", folder.resolve("nvcc").toString());
        builder.environment().put("LNR_CUDA_ARCHS", architectures);
        int status = builder.start().waitFor();
        return new Outcome(status, Files.readString(output, UTF_8));
    }

    private List<String> fatbins() throws IOException {
        try (Stream<Path> files = Files.list(folder.resolve("fatbins"))) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    @Test
    void portableCodeIsOfTheNewestArchitectureWhateverTheirOrder() throws Exception {
        assertThat(build("100 90 75 120").status).isZero();
        assertThat(Files.readString(folder.resolve("fatbins/one.fatbin")))
                .contains("arch=compute_75,code=sm_75", "arch=compute_90,code=sm_90")
                .contains("arch=compute_100,code=sm_100", "arch=compute_100,code=compute_100")
                .doesNotContain("code=compute_75", "120");
        assertThat(build("120").output).contains("knows none of the architectures 120");
    }

    @Test
    void onlyWhatHasChangedIsCompiled() throws Exception {
        assertThat(build("90").output).contains("compiling one.cu", "compiling two.cu");
        assertThat(build("90").output).isEmpty();
        source("two.cu", report("sm_75", 0));
        assertThat(build("90").output).contains("compiling two.cu").doesNotContain("one.cu");
        assertThat(build("75 90").output).contains("compiling one.cu", "compiling two.cu");
        source("lnr.cuh", "// another");
        assertThat(build("75 90").output).contains("compiling one.cu", "compiling two.cu");
        Files.delete(folder.resolve("sources/one.cu"));
        assertThat(build("75 90").output).isEmpty();
        assertThat(fatbins()).containsExactly("two.fatbin");
    }

    // A family that fails ends the build, and may not keep what older sources gave; others are compiled beside it.
    @Test
    void afterAFailureThereIsNoCodeOfOlderSources() throws Exception {
        assertThat(build("90").status).isZero();
        source("one.cu", "mistake");
        source("two.cu", report("sm_90", 0) + "// changed");
        Outcome failed = build("90");
        assertThat(failed.status).isEqualTo(1);
        assertThat(failed.output).contains("one.cu: error");
        assertThat(fatbins()).containsExactly("two.fatbin");
        assertThat(Files.readString(folder.resolve("fatbins/two.fatbin"))).contains("// changed");
        source("one.cu", report("sm_90", 0));
        assertThat(build("90").status).isZero();
        assertThat(fatbins()).containsExactly("one.fatbin", "two.fatbin");
    }

    // Another ptxas may word its report otherwise: where nothing is told of spills, nothing is known of them.
    @Test
    void aReportThatDoesNotTellOfAKernelFailsOnHopper() throws Exception {
        source("one.cu", KERNEL + told("sm_75", 0));
        Outcome failed = build("75 90");
        assertThat(failed.status).isEqualTo(1);
        assertThat(failed.output).contains("one.cu: no word of spills on sm_90 for lnr_x");
        assertThat(fatbins()).containsExactly("two.fatbin");
        source("one.cu", report("sm_90", 0) + "KERNEL(64) void lnr_y(\n");
        failed = build("75 90");
        assertThat(failed.status).isEqualTo(1);
        assertThat(failed.output).contains("for lnr_y").doesNotContain("for lnr_x");
        assertThat(build("75").status).isZero();
    }

    @Test
    void spillsFailOnHopperAndAreToldElsewhere() throws Exception {
        source("one.cu", report("sm_75", 8));
        Outcome told = build("75 90");
        assertThat(told.status).isZero();
        assertThat(told.output).contains("'sm_75':", "Function properties for lnr_x", "8 bytes stack frame");
        source("one.cu", report("sm_90", 8));
        Outcome failed = build("75 90");
        assertThat(failed.status).isEqualTo(1);
        assertThat(failed.output).contains("one.cu: registers spill, or a stack frame is needed");
        assertThat(fatbins()).containsExactly("two.fatbin");
    }
}
