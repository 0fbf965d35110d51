package lnr.bench.gpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The record of a made-up run. */
class RecordTest {
    @TempDir
    Path folder;

    @TempDir
    Path target;

    @BeforeEach
    void phasesLeaveTheirFindings() throws IOException {
        write("machine", "driver: 580.1\nnvcc: release 13.0, V13.0.88\n");
        write("phases", "contract 1 12\ntorch 0 80\n");
        write("sanitizer", "memcheck.Blas 0 ERROR SUMMARY: 0 errors\nracecheck.Layers 9 RACECHECK SUMMARY: 1 hazard\n");
        write("bits", "epoch: the same\n");
        write("contract/Blas/TEST-junit-jupiter.xml", """
                <testsuite name="JUnit Jupiter" tests="5" skipped="1" failures="1" errors="1" time="0.1">
                  <testcase name="dot()" classname="Blas"><failure message="1 &lt; 2"/></testcase>
                  <testcase name="copy()" classname="Blas"><error/></testcase>
                  <testcase name="axpy()" classname="Blas"/>
                </testsuite>
                """);
        write("contract/Layers/TEST-junit-jupiter.xml", """
                <testsuite name="JUnit Jupiter" tests="7" skipped="0" failures="0" errors="0" time="0.1"/>
                """);
        write("torch.json", """
                {"command": "run --json torch.json", "data": "mnist", "tasks": [
                  {"task": "epoch", "ratio": 6.5, "target": 5, "reached": true},
                  {"task": "forward", "ratio": 2.5},
                  {"task": "prox 4096x16384", "ratio": 3, "share": 0.8, "share_target": 0.85, "share_reached": false}
                ]}
                """);
        write("bench/Blas.json", """
                [{"benchmark": "lnr.bench.BlasBenchmark.copy", "params": {"device": "cuda", "length": "8"},
                  "primaryMetric": {"score": 3.0, "scoreUnit": "ms/op",
                    "scorePercentiles": {"0.0": 1.0, "50.0": 2.0, "100.0": 6.0}},
                  "secondaryMetrics": {"gigabytes": {"score": 6.0}, "gigaflops": {"score": "+INF"}}}]
                """);
    }

    private void write(String name, String text) throws IOException {
        Path file = folder.resolve(name);
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
    }

    private JsonNode record() throws IOException {
        Path file = Record.write(Map.of("processor", "NVIDIA H100 80GB HBM3"), folder, target);
        assertThat(file).isEqualTo(target.resolve("nvidia-h100-80gb-hbm3.json"));
        return new ObjectMapper().readTree(file.toFile());
    }

    @Test
    void countsTestsAndNamesThoseThatFailed() throws IOException {
        JsonNode contract = record().path("contract");
        assertThat(contract.path("tests").asInt()).isEqualTo(12);
        assertThat(contract.path("failures").asInt()).isEqualTo(2);
        assertThat(contract.path("skipped").asInt()).isEqualTo(1);
        assertThat(contract.path("failed")).extracting(JsonNode::asText).containsExactly("Blas.dot()", "Blas.copy()");
    }

    @Test
    void judgesPhasesToolsAndTargets() throws IOException {
        JsonNode record = record();
        assertThat(record.path("phases").path("contract").path("passed").asBoolean(true)).isFalse();
        assertThat(record.path("phases").path("torch").path("seconds").asInt()).isEqualTo(80);
        assertThat(record.path("sanitizer").path("racecheck.Layers").path("summary").asText()).contains("1 hazard");
        assertThat(record.path("machine").path("nvcc").asText()).isEqualTo("release 13.0, V13.0.88");
        assertThat(record.path("targets")).hasSize(2);
        assertThat(record.path("targets").path(0).path("measured").asDouble()).isEqualTo(6.5);
        assertThat(record.path("targets").path(1).path("reached").asBoolean(true)).isFalse();
        assertThat(record.has("compress")).isFalse();
    }

    @Test
    void pathsStayBehind() throws IOException {
        write("compress.json", """
                {"data": {"name": "mnist", "folder": "/somewhere", "sentence": "mnist from /somewhere"},
                 "model": {"trained": true, "file": "/somewhere/else"}, "out": "/somewhere/out", "kept": 48}
                """);
        JsonNode record = record();
        assertThat(record.toString()).doesNotContain("somewhere");
        assertThat(record.path("torch").path("data").asText()).isEqualTo("mnist");
        assertThat(record.path("compress").path("data").path("name").asText()).isEqualTo("mnist");
        assertThat(record.path("compress").path("kept").asInt()).isEqualTo(48);
    }

    @Test
    void ratesAreOfMedians() throws IOException {
        JsonNode operation = record().path("operations").path(0);
        assertThat(operation.path("median").asDouble()).isEqualTo(0.002, within(1e-15));
        // Half a gigabyte in two milliseconds.
        assertThat(operation.path("gigabytes_per_second").asDouble()).isEqualTo(250, within(1e-9));
        assertThat(operation.has("gigaflops_per_second")).isFalse();
    }

    @Test
    void nothingIsRecordedOfAnEmulatedDevice() throws IOException {
        assertThatThrownBy(() -> Record.write(Map.of("processor", "emulated"), folder, target))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("emulated");
        try (Stream<Path> files = Files.list(target)) {
            assertThat(files).isEmpty();
        }
    }
}
