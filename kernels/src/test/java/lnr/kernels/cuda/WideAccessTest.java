package lnr.kernels.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Kernels that memory bounds, as the comment above them says, move 16 bytes at once in what nvcc makes of them. */
@EnabledIf("compilerFound")
class WideAccessTest {
    /** Runs once for each problem, and copies blocks that may begin at any column. */
    private static final Set<String> EXCEPT = Set.of("lnr_diagonal_blocks");

    private static final Pattern MEMORY_BOUND =
            Pattern.compile("// Bound: .*: memory.*\\n(?://.*\\n)*KERNEL\\(\\d+\\) void (lnr_\\w+)\\(");
    private static final Pattern WIDE =
            Pattern.compile("(?:ld|st)\\.global(?:\\.nc)?\\.v(?:2\\.\\w64|4\\.\\w32)|cp\\.async\\.cg\\.");

    @TempDir
    private Path folder;

    static boolean compilerFound() {
        return Stream.of(System.getenv("PATH").split(File.pathSeparator))
                .anyMatch(path -> Files.isExecutable(Path.of(path, "nvcc")));
    }

    static List<Path> families() throws IOException {
        return KernelCommentsTest.families();
    }

    @ParameterizedTest
    @MethodSource("families")
    void whatMemoryBoundsMovesSixteenBytesAtOnce(Path family) throws IOException, InterruptedException {
        String[] kernels = compile(family).split("\\.entry ");
        Matcher bound = MEMORY_BOUND.matcher(Files.readString(family));
        while (bound.find()) {
            String name = bound.group(1);
            if (!EXCEPT.contains(name)) {
                assertThat(kernels)
                        .filteredOn(code -> code.startsWith(name + "("))
                        .as(name)
                        .singleElement()
                        .satisfies(code -> assertThat(WIDE.matcher(code).find()).isTrue());
            }
        }
    }

    private String compile(Path family) throws IOException, InterruptedException {
        Path ptx = folder.resolve("kernels.ptx");
        Process nvcc = new ProcessBuilder(
                        "nvcc", "-std=c++17", "-arch=sm_90", "-ptx", "-o", ptx.toString(), family.toString())
                .inheritIO()
                .start();
        assertThat(nvcc.waitFor()).isZero();
        return Files.readString(ptx);
    }
}
