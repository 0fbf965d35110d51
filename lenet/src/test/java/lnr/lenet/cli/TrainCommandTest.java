package lnr.lenet.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import lnr.lenet.data.DrawnDigits;
import lnr.lenet.format.SafeTensors;
import lnr.lenet.network.Architecture;
import lnr.lenet.network.Model;
import lnr.lenet.network.ModelFile;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code lnr train} and {@code lnr eval}. */
class TrainCommandTest {
    @TempDir
    static Path shared;

    @TempDir
    Path folder;

    private static Path data;

    @BeforeAll
    static void draw() {
        data = SmallDigits.write(shared.resolve("digits"), 3);
    }

    private Run train(String... more) {
        return run("train", "--data", data.toString(), more);
    }

    private Run run(String command, String option, String value, String... more) {
        List<String> arguments = new ArrayList<>(List.of(command, option, value));
        arguments.addAll(List.of(more));
        return Run.of(folder.resolve("cache"), arguments.toArray(String[]::new));
    }

    private String file(String name) {
        return folder.resolve(name).toString();
    }

    private List<String> files() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(f -> f.getFileName().toString()).sorted().toList();
        }
    }

    @Test
    void trainsWritesAndTellsTheSameAsEval() {
        String out = file("m.safetensors");
        Run run = train("--epochs", "2", "--batch", "64", "--out", out).quiet();
        assertThat(run.out().lines())
                .hasSize(5)
                .satisfies(lines -> assertThat(lines.get(0)).startsWith("data: digits from "))
                .satisfies(lines -> assertThat(lines.get(1)).startsWith("epoch 1/2: train loss "))
                .satisfies(lines -> assertThat(lines.get(3)).startsWith("test accuracy 0."));
        Map<String, String> facts = SafeTensors.read(Path.of(out)).metadata();
        assertThat(facts)
                .containsEntry("data", "digits")
                .containsEntry("epochs", "2")
                .containsEntry("batch", "64")
                .containsEntry("lr", "0.001")
                .containsEntry("seed", "0")
                .containsKeys("train_accuracy", "data_sha256");
        JsonNode report = run("eval", "--data", data.toString(), "--model", out, "--json").quiet().json();
        assertThat(report.path("accuracy").asDouble()).isEqualTo(Double.parseDouble(facts.get("test_accuracy")));
        assertThat(report.path("widths").toString()).isEqualTo("[20,50,500,10]");
        assertThat(report.path("parameters").asInt()).isEqualTo(431080);
        assertThat(report.path("images").asInt()).isEqualTo(200);
        assertThat(report.path("loss").asDouble()).isPositive();
        assertThat(report.path("seconds").asDouble()).isPositive();
        assertThat(run("eval", "--data", data.toString(), "--model", out).quiet().out())
                .contains("accuracy   0.", "parameters 431,080", "20-50-500-10");
    }

    @Test
    void reportsAsOneObject() throws IOException {
        JsonNode report = train("--epochs", "2", "--seed", "7", "--out", file("m"), "--json").quiet().json();
        assertThat(report.path("epochs")).hasSize(2);
        assertThat(report.at("/epochs/1/epoch").asInt()).isEqualTo(2);
        assertThat(report.at("/epochs/1/loss").asDouble())
                .isPositive()
                .isLessThan(report.at("/epochs/0/loss").asDouble());
        assertThat(report.path("test_accuracy").asDouble()).isBetween(0.1, 1.0);
        assertThat(report.at("/data/origin").asText()).isEqualTo("directory");
        assertThat(report.path("out").asText()).isEqualTo(file("m"));
        byte[] once = Files.readAllBytes(Path.of(file("m")));
        train("--epochs", "2", "--seed", "7", "--out", file("again")).quiet();
        assertThat(Files.readAllBytes(Path.of(file("again")))).as("same seed").isEqualTo(once);
        train("--epochs", "2", "--seed", "8", "--out", file("other")).quiet();
        assertThat(Files.readAllBytes(Path.of(file("other")))).as("another seed").isNotEqualTo(once);
    }

    /** What is reported is what was done. */
    @Test
    void aBatchIsAllImagesAtMost() {
        Run run = train("--epochs", "1", "--batch", "2000000000", "--out", file("m"), "--json").good();
        assertThat(run.err()).isEqualTo("lnr: --batch: a step takes all 800 images, and not 2000000000\n");
        assertThat(run.json().path("batch").asInt()).isEqualTo(800);
        assertThat(SafeTensors.read(folder.resolve("m")).metadata()).containsEntry("batch", "800");
    }

    @Test
    void divergenceIsAFailureThatKeepsTheLastCheckpoint() throws IOException {
        train("--epochs", "1", "--out", file("m")).quiet();
        byte[] before = Files.readAllBytes(Path.of(file("m")));
        Run run = train("--epochs", "2", "--lr", "1e30", "--out", file("m"));
        assertThat(run.code()).isEqualTo(1);
        assertThat(run.err().lines()).singleElement().asString().contains("diverged in epoch 1", "1.0E30");
        run = train("--epochs", "1", "--batch", "800", "--lr", "1e30", "--out", file("m"));
        assertThat(run.code()).as("of a single step, which only the test images tell").isEqualTo(1);
        assertThat(run.err().lines()).singleElement().asString().contains("diverged in epoch 1: loss NaN");
        assertThat(Files.readAllBytes(Path.of(file("m")))).isEqualTo(before);
        assertThat(files()).containsExactly("m");
    }

    @Test
    void refusesBadOptions() throws IOException {
        run("train", "--data", data.toString()).refused("--out");
        train("--out", file("m"), "--epochs", "0").refused("--epochs: expected 1 or more, found 0");
        train("--out", file("m"), "--batch", "-1").refused("--batch: expected 1 or more, found -1");
        train("--out", file("m"), "--lr", "0").refused("--lr: expected a finite number, more than 0, found 0.0");
        train("--out", file("m"), "--lr", "-Infinity").refused("--lr: expected a finite number, more than 0");
        train("--out", file("m"), "--seed", "one").refused("--seed", "one");
        train("--out", file("m"), "--device", "tpu:0").refused("--device: expected", "cpu", "cuda", "'tpu:0'");
        train("--out", file("no/m")).refused("no/m: cannot be written", "does not exist");
        run("train", "--data", "", "--out", file("m")).refused("--data: expected mnist", "found nothing");
        train("--out", "").refused("--out", "expected the name of a file, found nothing");
        train("--out", "a\0b").refused("--out", "expected the name of a file, found 'a\\u0000b'");
        train("--out", file("m"), "--seed", "1.5")
                .refused("Invalid value for option '--seed': expected a whole number, found '1.5'");
        train("--out", file("m"), "--seed", "9223372036854775808")
                .refused("'--seed': expected a whole number of at most 9223372036854775807, found '9223372036854775808'");
        train("--out", file("m"), "--batch", "-3000000000")
                .refused("'--batch': expected a whole number of at least -2147483648, found '-3000000000'");
        train("--out", file("m"), "--lr", "1,5").refused("'--lr': expected a number, found '1,5'");
        run("train", "--data", file("none"), "--out", file("m"))
                .refused("--data: expected fashion-mnist, mnist, drawn or a directory; ", "none does not exist");
        run("train", "--data", "mnist", "--out", file("m")).refused("mnist", "not to be downloaded", "--data DIR");
        assertThat(files()).isEmpty();
    }

    @Test
    void refusesBadData() throws IOException {
        Path bad = SmallDigits.write(shared.resolve("bad"), 4);
        Path images = bad.resolve("train-images-idx3-ubyte");
        byte[] whole = Files.readAllBytes(images);
        String[] all = {"--out", file("m")};
        Files.write(images, Arrays.copyOf(whole, whole.length - 1));
        run("train", "--data", bad.toString(), all).refused("train-images-idx3-ubyte: truncated: ", "627199");
        Files.write(images, Arrays.copyOf(whole, whole.length + 1));
        run("train", "--data", bad.toString(), all).refused("train-images-idx3-ubyte: ", "627200");
        byte[] lies = whole.clone();
        lies[4] = 0x7f; // two thousand million images
        Files.write(images, lies);
        run("train", "--data", bad.toString(), all).refused("train-images-idx3-ubyte");
        byte[] fewer = Arrays.copyOf(whole, 16 + 799 * 784);
        fewer[6] = 3;
        fewer[7] = 31; // 799
        Files.write(images, fewer);
        run("train", "--data", bad.toString(), all).refused("expected 800 images", "found 799");
        Files.writeString(bad.resolve("train-images-idx3-ubyte.gz"), "no gzip");
        run("train", "--data", bad.toString(), all).refused("train-images-idx3-ubyte.gz");
        Files.delete(bad.resolve("train-images-idx3-ubyte.gz"));
        Files.delete(images);
        run("train", "--data", bad.toString(), all).refused("expected train-images-idx3-ubyte.gz", "found neither");
        assertThat(files()).isEmpty();
    }

    @Test
    void evalRefusesBadModels() throws IOException {
        Model model = Model.random(new Architecture(2, 3, 4, 10), 1);
        Path good = folder.resolve("good");
        ModelFile.write(good, model, Map.of());
        String[] set = {"--data", data.toString()};
        run("eval", "--model", good.toString(), set).quiet();
        byte[] bytes = Files.readAllBytes(good);
        run("eval", "--model", file("none"), set).refused("none: no such file");
        Files.write(folder.resolve("short"), Arrays.copyOf(bytes, bytes.length - 3));
        run("eval", "--model", file("short"), set).refused("short: ");
        byte[] lies = bytes.clone();
        lies[7] = 0x7f;
        Files.write(folder.resolve("lies"), lies);
        run("eval", "--model", file("lies"), set).refused("lies: not a safetensors file: expected the length");
        Files.writeString(folder.resolve("text"), "this is no model");
        run("eval", "--model", file("text"), set).refused("text: ");
        byte[] nan = bytes.clone();
        nan[nan.length - 1] = 0x7f;
        nan[nan.length - 2] = (byte) 0xff;
        Files.write(folder.resolve("nan"), nan);
        run("eval", "--model", file("nan"), set).refused("nan: tensor 'fc2.bias'", "expected a finite");
        run("eval", "--data", data.toString()).refused("--model");
    }

    @Test
    void drawnDigitsAreAnnouncedFirst() {
        ModelFile.write(folder.resolve("m"), Model.random(new Architecture(1, 1, 1, 10), 1), Map.of());
        Run run = run("eval", "--model", file("m"));
        assertThat(run.quiet().out().lines().findFirst().orElseThrow())
                .startsWith("data: digits drawn by the program itself (not MNIST): mnist is not in ");
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        Session session = new Session(new PrintStream(out), new PrintStream(err), false, name -> null, () -> 0);
        DataOption.announce(session, DrawnDigits.draw(1, 1, 1), true);
        assertThat(out.size()).isZero();
        assertThat(err.toString(StandardCharsets.UTF_8))
                .startsWith("lnr: data: digits drawn by the program itself (not MNIST)");
    }
}
