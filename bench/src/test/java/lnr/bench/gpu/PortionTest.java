package lnr.bench.gpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;
import static org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder.request;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.junit.platform.launcher.core.LauncherFactory;

/** Tests in portions: each runs once, whatever the portions. */
class PortionTest {
    private static final List<String> RUN = new ArrayList<>();

    @TempDir
    private Path folder;

    /** Tests of each kind, one of which fails. Its name keeps it out of builds. */
    @ExtendWith(Portion.class)
    static class Portioned {
        @Nested
        class Part {
            @ParameterizedTest
            @ValueSource(ints = {1, 2})
            void several(int i) {
                RUN.add("several " + i);
            }

            @Test
            void one() {
                RUN.add("one");
                throw new IllegalStateException("as a test that fails");
            }
        }
    }

    @AfterEach
    void clear() {
        RUN.clear();
        System.clearProperty("lnr.portion");
        System.clearProperty("lnr.seconds");
    }

    private static void execute() {
        LauncherFactory.create().execute(
                request().selectors(selectClass(Portioned.Part.class)).build());
    }

    private List<String> portion(String seconds) throws IOException {
        Path file = folder.resolve("tests");
        Path fresh = folder.resolve("tests.new");
        System.setProperty("lnr.portion", file.toString());
        System.setProperty("lnr.seconds", seconds);
        execute();
        if (!Files.exists(fresh)) {
            return List.of();
        }
        List<String> lines = Files.readAllLines(fresh);
        List<String> kept = new ArrayList<>(Files.exists(file) ? Files.readAllLines(file) : List.of());
        kept.addAll(lines.stream().filter(line -> line.startsWith("ended ")).toList());
        Files.write(file, kept);
        Files.delete(fresh);
        return lines.stream().map(line -> line.split(" ")[0]).toList();
    }

    @Test
    void withoutAFileAllRun() {
        execute();
        assertThat(RUN).containsExactlyInAnyOrder("one", "several 1", "several 2");
    }

    @Test
    void eachPortionGoesOnWhereTheLastEnded() throws IOException {
        assertThat(portion("0")).containsExactlyInAnyOrder("begun", "ended", "left", "left");
        assertThat(RUN).hasSize(1);
        assertThat(portion("0")).containsExactlyInAnyOrder("begun", "ended", "left");
        assertThat(RUN).hasSize(2);
        assertThat(portion("0")).containsExactly("begun", "ended");
        assertThat(RUN).containsExactlyInAnyOrder("one", "several 1", "several 2");
        assertThat(portion("0")).isEmpty();
    }

    @Test
    void aPortionOfTimeEnoughIsAll() throws IOException {
        assertThat(portion("1000")).containsExactly("begun", "ended", "begun", "ended", "begun", "ended");
    }
}
