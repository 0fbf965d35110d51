package lnr.kernels.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The comment above each kernel tells what a reader needs, and names what there is. */
class KernelCommentsTest {
    private static final Pattern KERNEL =
            Pattern.compile("((?://.*\\n)*)KERNEL\\(\\d+\\) void (lnr_\\w+)\\(", Pattern.MULTILINE);
    private static final Pattern NAMED =
            Pattern.compile("\\b(?:lnr\\.kernels\\.cpu\\.\\w+|\\w+Contract|\\w+Benchmark)\\b");

    static List<Path> families() throws IOException {
        try (Stream<Path> files = Files.list(Path.of("src/main/cuda"))) {
            return files.filter(file -> file.toString().endsWith(".cu")).sorted().toList();
        }
    }

    @ParameterizedTest
    @MethodSource("families")
    void everyKernelHasShapesLaunchBoundAndNumerics(Path family) throws IOException {
        Matcher kernel = KERNEL.matcher(Files.readString(family));
        int kernels = 0;
        for (; kernel.find(); kernels++) {
            assertThat(kernel.group(1)).as(kernel.group(2))
                    .containsIgnoringCase("shapes")
                    .containsIgnoringCase("launch")
                    .containsIgnoringCase("bound")
                    .containsIgnoringCase("numerics");
        }
        assertThat(kernels).isPositive();
    }

    @ParameterizedTest
    @MethodSource("families")
    void everyFamilyNamesItsTwinTestAndBenchmark(Path family) throws IOException {
        String head = Files.readString(family).split("#include")[0];
        assertThat(head).containsIgnoringCase("twin:").containsPattern("tests?:").contains("benchmark:");
        Matcher named = NAMED.matcher(head);
        int names = 0;
        for (; named.find(); names++) {
            String type = named.group();
            String file = type.endsWith("Contract") ? "src/test/java/lnr/kernels/contract/" + type
                    : type.endsWith("Benchmark") ? "../bench/src/main/java/lnr/bench/" + type
                            : "src/main/java/" + type.replace('.', '/');
            assertThat(Path.of(file + ".java")).as(type).exists();
        }
        assertThat(names).isGreaterThanOrEqualTo(3);
    }
}
