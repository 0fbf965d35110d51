package lnr.lenet.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/** The main job on real MNIST, where a directory with it is given: {@code -Dlnr.data=DIR}. */
@EnabledIfSystemProperty(named = "lnr.data", matches = ".+", disabledReason = "-Dlnr.data=DIR names MNIST's directory")
class MnistTest {
    @TempDir
    Path folder;

    @Test
    void compressesAfterOneEpoch() {
        JsonNode report = Run.of(
                        folder,
                        "compress",
                        "--data",
                        System.getProperty("lnr.data"),
                        "--epochs",
                        "1",
                        "--keep",
                        "60",
                        "--json",
                        "--out",
                        folder.resolve("small").toString())
                .good()
                .json();
        assertThat(report.at("/data/name").asText()).isEqualTo("mnist");
        assertThat(report.at("/original/accuracy").asDouble()).isGreaterThan(0.97);
        assertThat(report.at("/compressed/accuracy").asDouble()).isGreaterThan(0.96);
        assertThat(report.path("agreeing").asInt()).isEqualTo(10_000);
        assertThat(report.path("kept").asInt()).isBetween(55, 65);
    }
}
