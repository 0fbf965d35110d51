package lnr.lenet.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import javax.xml.parsers.DocumentBuilderFactory;
import lnr.lenet.network.Architecture;
import lnr.lenet.network.Model;
import lnr.lenet.network.ModelFile;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NamedNodeMap;
import org.w3c.dom.NodeList;
import org.xml.sax.InputSource;

/** Frontiers of two small networks on a few drawn digits. */
class ParetoCommandTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final List<String> PICTURES =
            List.of("accuracy-size", "accuracy-flops", "mass", "solvers", "damping", "filters", "kept");

    @TempDir
    static Path shared;

    @TempDir
    Path folder;

    private static Path data;
    private static Path cache;
    private static Path one;
    private static Path two;
    private static Path finished;
    private static Run first;

    @BeforeAll
    static void sweep() {
        data = SmallDigits.write(shared.resolve("digits"), 3);
        cache = shared.resolve("cache");
        one = shared.resolve("one");
        two = shared.resolve("two");
        ModelFile.write(one, Model.random(new Architecture(4, 6, 30, 10), 1), Map.of());
        ModelFile.write(two, Model.random(new Architecture(4, 6, 30, 10), 2), Map.of());
        finished = shared.resolve("finished");
        first = pareto(finished, "--json");
    }

    private static Run pareto(Path out, String... more) {
        List<String> arguments = new ArrayList<>(List.of(
                "pareto", "--model", one.toString(), "--model", two.toString(), "--out", out.toString()));
        List<String> usual = List.of(
                "--data", data.toString(), "--lambda-ratios", "0.1,0.5,1", "--sizes", "30%,10%", "--retrain", "1");
        for (int i = 0; i < usual.size(); i += 2) {
            if (!List.of(more).contains(usual.get(i))) {
                arguments.addAll(usual.subList(i, i + 2));
            }
        }
        arguments.addAll(List.of(more));
        return Run.of(cache, arguments.toArray(String[]::new));
    }

    private Run refused(String... arguments) {
        List<String> all = new ArrayList<>(List.of("pareto", "--data", data.toString()));
        all.addAll(List.of(arguments));
        all.addAll(List.of("--out", folder.resolve("new").toString()));
        Run run = Run.of(cache, all.toArray(String[]::new));
        assertThat(folder.resolve("new")).doesNotExist();
        return run;
    }

    private static Path copy() throws IOException {
        Path copy = Files.createTempDirectory(shared, "copy").resolve("run");
        try (Stream<Path> files = Files.walk(finished)) {
            for (Path file : files.toList()) {
                Files.copy(file, copy.resolve(finished.relativize(file).toString()));
            }
        }
        return copy;
    }

    /** JSON without what differs from run to run: times, and the command line. */
    private static JsonNode lasting(Path file) throws IOException {
        ObjectNode node = (ObjectNode) JSON.readTree(file.toFile());
        node.remove("how");
        node.findParents("seconds").forEach(parent -> ((ObjectNode) parent).remove("seconds"));
        return node;
    }

    private static List<String> points(Path run) throws IOException {
        try (Stream<Path> files = Files.list(run.resolve("points"))) {
            return files.map(f -> f.getFileName().toString()).sorted().toList();
        }
    }

    @Test
    void jsonAndCsvTellTheSame() throws IOException {
        JsonNode report = first.good().json();
        assertThat(report).isEqualTo(JSON.readTree(finished.resolve("report.json").toFile()));
        List<String> lines = Files.readAllLines(finished.resolve("points.csv"));
        List<String> names = List.of(lines.get(0).split(","));
        JsonNode points = report.path("points");
        assertThat(points).hasSize(2 * (4 + 2)).hasSize(lines.size() - 1);
        for (int i = 0; i < points.size(); i++) {
            List<String> cells = List.of(lines.get(i + 1).split(",", -1));
            assertThat(cells).hasSameSizeAs(names);
            Map<String, String> cell = new HashMap<>();
            for (int j = 0; j < cells.size(); j++) {
                cell.put(names.get(j), cells.get(j));
            }
            JsonNode point = points.get(i);
            assertThat(cell.get("setting")).isEqualTo(point.path("setting").asText());
            assertThat(cell.get("parameters")).isEqualTo(point.path("parameters").asText());
            assertThat(cell.get("flops")).isEqualTo(point.path("flops").asText());
            assertThat(cell.get("accuracy")).isEqualTo(point.at("/compressed/accuracy").asText());
            assertThat(cell.get("accuracy_retrained")).isEqualTo(point.at("/retrained/accuracy").asText());
            assertThat(point.at("/kept/2")).hasSize(Integer.parseInt(cell.get("fc1")));
        }
        assertThat(report.path("frontier")).hasSize(4 + 2);
        assertThat(report.at("/how/command").asText()).startsWith("./lnr pareto --model ");
    }

    @Test
    void atLambdaMaxNothingIsLeftButTheBias() {
        JsonNode nothing = first.good().json().path("points").get(3);
        assertThat(nothing.path("setting").asText()).isEqualTo("lambda ratio 1.0");
        assertThat(nothing.path("widths").get(2).asInt()).isZero();
        assertThat(nothing.at("/compressed/accuracy").asDouble()).isBetween(0.0, 0.3);
    }

    @Test
    void thePageIsXmlAndNeedsNothingElse() throws Exception {
        String html = Files.readString(finished.resolve("report.html"));
        Document page = DocumentBuilderFactory.newInstance()
                .newDocumentBuilder()
                .parse(new InputSource(new StringReader(html.replace("<!DOCTYPE html>", ""))));
        assertThat(page.getElementsByTagName("svg").getLength()).isEqualTo(7);
        NodeList elements = page.getElementsByTagName("*");
        for (int i = 0; i < elements.getLength(); i++) {
            Element element = (Element) elements.item(i);
            assertThat(element.getTagName()).isNotIn("script", "link", "img", "iframe", "image", "use");
            NamedNodeMap attributes = element.getAttributes();
            for (int j = 0; j < attributes.getLength(); j++) {
                String name = attributes.item(j).getNodeName();
                assertThat(name).isNotIn("src", "href", "xlink:href").doesNotStartWith("on");
            }
        }
        assertThat(html).doesNotContain("http", "@import", "url(", "NaN", "Infinity");
        for (String name : PICTURES) {
            Document svg = DocumentBuilderFactory.newInstance()
                    .newDocumentBuilder()
                    .parse(finished.resolve(name + ".svg").toFile());
            int width = Integer.parseInt(svg.getDocumentElement().getAttribute("width"));
            assertThat(ImageIO.read(finished.resolve(name + ".png").toFile()).getWidth()).isEqualTo(2 * width);
        }
    }

    @Test
    void anInterruptedRunGoesOnAndEndsAlike() throws IOException {
        Path run = copy();
        List<String> points = points(run);
        for (String lost : List.of("report.html", "report.json", "points.csv", "mass.png")) {
            Files.delete(run.resolve(lost));
        }
        Path kept = run.resolve("points").resolve(points.get(0));
        Files.setLastModifiedTime(kept, FileTime.fromMillis(0));
        Files.delete(run.resolve("points").resolve(points.get(points.size() - 1)));
        Files.writeString(run.resolve("points").resolve(points.get(4)), "{");
        Files.writeString(run.resolve(".lnr-killed.tmp"), "half a fi");
        Run again = pareto(run).good();
        assertThat(again.err()).contains(points.size() + " of " + points.size() + ": ");
        assertThat(again.err().lines().filter(line -> line.contains(" of " + points.size() + ": "))).hasSize(2);
        assertThat(again.out()).contains("wrote " + run.resolve("report.html"));
        assertThat(points(run)).isEqualTo(points);
        assertThat(Files.getLastModifiedTime(kept).toMillis()).isZero();
        assertThat(run.resolve("points.csv")).hasSameBinaryContentAs(finished.resolve("points.csv"));
        assertThat(lasting(run.resolve("report.json"))).isEqualTo(lasting(finished.resolve("report.json")));
    }

    @Test
    void whatIsFinishedIsNotDoneAgain() throws IOException {
        Path run = copy();
        pareto(run, "--json").quiet();
        assertThat(run.resolve("points.csv")).hasSameBinaryContentAs(finished.resolve("points.csv"));
    }

    @Test
    void withoutARunFileNothingIsTouched() throws IOException {
        Path other = folder.resolve("other");
        Files.createDirectories(other.resolve("points"));
        pareto(other).refused("--out: " + other, "run.json");
        Path mine = Files.createDirectory(folder.resolve("mine"));
        Files.writeString(mine.resolve("thesis.tex"), "");
        pareto(mine).refused("--out: " + mine, "'thesis.tex'");
        assertThat(mine).isDirectoryContaining(f -> f.endsWith("thesis.tex"));
        Path file = Files.writeString(folder.resolve("file"), "");
        pareto(file).refused("--out: " + file, "expected a folder");
        pareto(folder.resolve("no").resolve("where")).refused("--out: ", "is not a folder");
    }

    @Test
    void anotherRunIsRefusedByWhatDiffers() throws IOException {
        Path run = copy();
        List<String> points = points(run);
        pareto(run, "--retrain", "0").refused("--out: " + run, "retrain: expected 0, found 1");
        Path other = SmallDigits.write(shared.resolve("digits4"), 4);
        pareto(run, "--sizes", "20%").refused("holds another run; sizes");
        assertThat(points(run)).isEqualTo(points);
        for (String nothing : List.of("[]", "null", "", "{\"version\": ")) {
            Files.writeString(run.resolve("run.json"), nothing);
            pareto(run).refused("--out: " + run + ": run.json: expected a run's settings, found something else");
        }
        pareto(finished, "--data", other.toString()).refused("holds another run", "data.name: ");
    }

    /** What is trained on is the same in both folders; the points are of the test images. */
    @Test
    void otherTestImagesAreAnotherRun() throws IOException {
        Path run = copy();
        Path same = SmallDigits.write(folder.resolve("digits"), 3);
        pareto(run, "--data", same.toString(), "--json").quiet();
        Path other = SmallDigits.write(folder.resolve("other"), 4);
        for (String file : List.of("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")) {
            Files.copy(other.resolve(file), same.resolve(file), StandardCopyOption.REPLACE_EXISTING);
        }
        pareto(run, "--data", same.toString())
                .refused("--out: " + run + ": holds another run; data.test_sha256: expected ", "; name another folder");
        assertThat(lasting(run.resolve("report.json"))).isEqualTo(lasting(finished.resolve("report.json")));
    }

    @Test
    void aRunThatDoesNotTellItsTestImagesIsRefused() throws IOException {
        Path run = copy();
        ObjectNode settings = (ObjectNode) JSON.readTree(run.resolve("run.json").toFile());
        ((ObjectNode) settings.path("data")).remove("test_sha256");
        JSON.writeValue(run.resolve("run.json").toFile(), settings);
        pareto(run).refused("--out: " + run + ": holds a run of an earlier version of lnr, which does not tell its"
                + " data.test_sha256; name another folder");
    }

    @Test
    void badInputIsRefusedBeforeAnyWork() throws IOException {
        refused("--sizes", "88").refused("--sizes: expected 89 parameters or more", "88 of 431080");
        refused("--sizes", "0%").refused("--sizes: expected a share", "'0%'");
        refused("--sizes", "5%,much").refused("'much'");
        refused("--sizes", "5%,150%").refused("--sizes: expected at most 431080 parameters", "found 150%");
        refused("--quick", "--seeds", "2", "--lambda-ratios", "1", "--sizes", "5%")
                .refused("--quick: expected --seeds, --lambda-ratios or --sizes left to it, found all of them");
        refused("--quick", "--model", one.toString(), "--lambda-ratios", "1", "--sizes", "50%")
                .refused("--quick: expected --lambda-ratios or --sizes left to it");
        refused("--lambda-ratios", "-1").refused("--lambda-ratios: expected a finite number");
        refused("--validation", "800").refused("--validation: expected from 1 to 799 of the 800");
        refused("--validation", "0").refused("--validation: expected 1 or more");
        refused("--sizes", ",").refused("--sizes: expected one or more, found none");
        refused("--lambda-ratios", ",").refused("--lambda-ratios: expected one or more, found none");
        refused("--seeds", "0").refused("--seeds: expected 1 or more");
        refused("--seeds", "100000000").refused("--seeds: expected 1000 or fewer, found 100000000");
        refused("--epochs", "0").refused("--epochs: expected 1 or more");
        refused("--retrain", "-1").refused("--retrain: expected 0 or more");
        refused("--frobnicate").refused("Unknown option", "--frobnicate");
        refused("--model", "none").refused("none: no such file");
        Path wrong = Files.writeString(folder.resolve("wrong"), "no tensors");
        refused("--model", wrong.toString()).refused(wrong.toString());
        Path wider = folder.resolve("wider");
        ModelFile.write(wider, Model.random(new Architecture(4, 6, 31, 10), 1), Map.of());
        refused("--model", one.toString(), "--model", wider.toString())
                .refused(wider.toString(), "expected widths 4-6-30-10", "4-6-31-10");
        Path again = Files.copy(one, folder.resolve("again"));
        refused("--model", one.toString(), "--model", two.toString(), "--model", again.toString())
                .refused("--model: " + again + ": expected another network than in " + one);
        Path nothing = folder.resolve("nothing");
        ModelFile.write(nothing, Model.random(new Architecture(4, 6, 0, 10), 1), Map.of());
        refused("--model", nothing.toString())
                .refused("--model: " + nothing + ": expected outputs of fc1, found none: nothing is left to compress");
        refused("--model", one.toString(), "--seeds", "2").refused("--model: expected neither --seeds");
    }

    /** The usual sizes are shares of any network; one unit a layer is more than some of them in a small one. */
    @Test
    void usualSizesThatASmallNetworkCannotReachAreLeftOut() {
        Path narrow = folder.resolve("narrow");
        ModelFile.write(narrow, Model.random(new Architecture(2, 2, 2, 10), 1), Map.of()); // 250 parameters
        Run.of(cache, "pareto", "--data", data.toString(), "--model", narrow.toString(), "--quick", "--out",
                        folder.resolve("run").toString())
                .refused(
                        "--model: " + narrow + ": one unit a layer takes 89 of its 250 parameters",
                        "--sizes names others");
        Path small = folder.resolve("small");
        ModelFile.write(small, Model.random(new Architecture(2, 3, 8, 10), 1), Map.of()); // 687 parameters
        JsonNode report = Run.of(cache, "pareto", "--data", data.toString(), "--model", small.toString(), "--quick",
                        "--retrain", "0", "--lambda-ratios", "0.5", "--json", "--out", folder.resolve("run").toString())
                .good()
                .json();
        assertThat(report.at("/settings/sizes").toString()).isEqualTo("[206,93]");
    }

    @Test
    void trainsNetworksOfSeveralSeeds() {
        JsonNode report = Run.of(
                        cache,
                        "pareto",
                        "--data",
                        data.toString(),
                        "--seeds",
                        "2",
                        "--epochs",
                        "1",
                        "--retrain",
                        "0",
                        "--lambda-ratios",
                        "0.5",
                        "--sizes",
                        "3%",
                        "--json",
                        "--out",
                        folder.resolve("seeds").toString())
                .good()
                .json();
        assertThat(report.path("originals")).hasSize(2);
        assertThat(report.path("points")).hasSize(6);
        assertThat(report.path("points").get(0).has("retrained")).isFalse();
        assertThat(report.at("/settings/seeds").toString()).isEqualTo("[0,1]");
    }
}
