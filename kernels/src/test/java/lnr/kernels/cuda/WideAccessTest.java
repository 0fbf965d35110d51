package lnr.kernels.cuda;

import static java.util.regex.Pattern.CASE_INSENSITIVE;
import static java.util.regex.Pattern.MULTILINE;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Kernels that memory bounds, as the comment above them says, read and write 16 bytes at once in what nvcc makes of
 * them.
 */
@EnabledIf("compilerFound")
class WideAccessTest {
    /** Runs once for each problem, and copies blocks that may begin at any column. */
    private static final Set<String> EXCEPT = Set.of("lnr_diagonal_blocks");

    /** Write few numbers for what they read. */
    private static final Set<String> READERS = Set.of(
            "lnr_norms",
            "lnr_variational_diagonal",
            "lnr_live_groups",
            "lnr_complement_groups",
            "lnr_inner",
            "lnr_dot",
            "lnr_not_finite",
            "lnr_multiply_symmetric",
            "lnr_add_squares",
            "lnr_add_tiles");

    /** Read nothing. */
    private static final Set<String> WRITERS = Set.of("lnr_identity");

    private static final Pattern KERNEL = Pattern.compile("((?://.*\\n)+)KERNEL\\(\\d+\\) void (lnr_\\w+)\\(");
    private static final Pattern MEMORY = Pattern.compile("^// Bound: .*: memory", MULTILINE);
    private static final Pattern AS =
            Pattern.compile("^// [^:]*\\bbound\\b[^:]*: +as (lnr_\\w+)", MULTILINE | CASE_INSENSITIVE);
    private static final String SIXTEEN_BYTES = "\\.v(?:2\\.\\w64|4\\.\\w32)";
    private static final Pattern LOAD =
            Pattern.compile("ld\\.global(?:\\.nc)?" + SIXTEEN_BYTES + "|cp\\.async\\.cg\\.");
    private static final Pattern STORE = Pattern.compile("st\\.global" + SIXTEEN_BYTES);

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
        for (String name : memoryBound(family)) {
            assertThat(kernels)
                    .filteredOn(code -> code.startsWith(name + "("))
                    .as(name)
                    .singleElement()
                    .satisfies(code -> {
                        assertThat(LOAD.matcher(code).find() || WRITERS.contains(name)).as("wide load").isTrue();
                        assertThat(STORE.matcher(code).find() || READERS.contains(name)).as("wide store").isTrue();
                    });
        }
    }

    /** Kernels whose comment says so, or says that what bounds another of the family bounds them. */
    private static List<String> memoryBound(Path family) throws IOException {
        Map<String, String> comments = new LinkedHashMap<>();
        KERNEL.matcher(Files.readString(family)).results().forEach(k -> comments.put(k.group(2), k.group(1)));
        return comments.keySet().stream()
                .filter(name -> {
                    String comment = comments.get(name);
                    for (Matcher as = AS.matcher(comment); as.find(); as = AS.matcher(comment)) {
                        assertThat(comments).as(name).containsKey(as.group(1));
                        comment = comments.get(as.group(1));
                    }
                    return MEMORY.matcher(comment).find() && !EXCEPT.contains(name);
                })
                .toList();
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
