package lnr.lenet.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import lnr.kernels.emulated.Emulated;
import lnr.kernels.emulated.Emulator;
import lnr.lenet.network.Architecture;
import lnr.lenet.network.Model;
import lnr.lenet.network.ModelFile;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The whole main job on a GPU, emulated: the same bytes and figures whatever order its threads run in. */
@Emulated
class EmulatedMainJobTest {
    @TempDir
    static Path shared;

    @TempDir
    Path folder;

    private static Path data;
    private static Path narrow;

    /** What each job left in the first order it ran in. */
    private static final Map<List<String>, List<Object>> FIRST = new HashMap<>();

    @BeforeAll
    static void prepare() {
        data = SmallDigits.write(shared.resolve("digits"), 3, 48, 20);
        narrow = shared.resolve("narrow");
        ModelFile.write(narrow, Model.random(new Architecture(3, 4, 30, 10), 1), Map.of());
    }

    @ParameterizedTest
    @ValueSource(strings = {"forward", "reverse", "random 1", "random 2", "random 3"})
    void theMainJobDoesTheSameInAnyOrder(String order) throws IOException {
        Emulator.load();
        Emulator.schedule(order);
        Emulator.lazy(true);
        // A LeNet-5 trained and compressed by default; then the text's method; then all layers, with retraining.
        compress("--epochs", "2", "--lambda-ratio", "0.1", "--bias");
        compress("--model", narrow.toString(), "--lambda-ratio", "0.3", "--method", "alternating-minimization");
        compress("--model", narrow.toString(), "--target-size", "50%", "--retrain", "1", "--validation", "16");
    }

    private void compress(String... how) throws IOException {
        Path out = folder.resolve("small");
        List<String> line = new ArrayList<>(List.of(
                "compress", "--data", data.toString(), "--device", "cuda", "--json", "--out", out.toString()));
        line.addAll(List.of(how));
        JsonNode report = Run.of(folder.resolve("cache"), line.toArray(String[]::new)).good().json();
        assertThat(report.path("device").asText()).isEqualTo("cuda:0");
        assertThat(report.at("/compressed/parameters").asInt())
                .isEqualTo(ModelFile.read(out).architecture().parameters())
                .isLessThan(report.at("/original/parameters").asInt());
        List<Object> left = List.of(Files.readAllBytes(out), report.path("original"), report.path("compressed"));
        List<Object> first = FIRST.computeIfAbsent(List.of(how), job -> left);
        assertThat(left).usingRecursiveComparison().isEqualTo(first);
    }
}
