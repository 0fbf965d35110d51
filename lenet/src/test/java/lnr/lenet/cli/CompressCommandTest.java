package lnr.lenet.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import lnr.lenet.format.SafeTensors;
import lnr.lenet.network.Architecture;
import lnr.lenet.network.Model;
import lnr.lenet.network.ModelFile;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CompressCommandTest {
    @TempDir
    static Path shared;

    @TempDir
    Path folder;

    private static Path data;
    private static Path cache;
    private static Path model;
    private static Path small;

    @BeforeAll
    static void train() {
        data = SmallDigits.write(shared.resolve("digits"), 3);
        cache = shared.resolve("cache");
        model = shared.resolve("model");
        Run.of(cache, "train", "--data", data.toString(), "--epochs", "3", "--batch", "32", "--out", model.toString())
                .quiet();
        small = shared.resolve("untrained");
        ModelFile.write(small, Model.random(new Architecture(3, 4, 30, 10), 1), Map.of());
    }

    private Run compress(String... more) {
        List<String> arguments = new ArrayList<>(List.of("compress", "--data", data.toString()));
        arguments.addAll(List.of(more));
        return Run.of(cache, arguments.toArray(String[]::new));
    }

    /** Compresses a network of 30 neurons that knows nothing, which does not take long. */
    private Run compressSmall(String... more) {
        List<String> arguments =
                new ArrayList<>(List.of("--model", small.toString(), "--out", out().toString()));
        arguments.addAll(List.of(more));
        return compress(arguments.toArray(String[]::new));
    }

    private Path out() {
        return folder.resolve("small.safetensors");
    }

    private List<Path> cached() throws IOException {
        try (Stream<Path> files = Files.list(cache.resolve("models"))) {
            return files.toList();
        }
    }

    @Test
    void reportsWhatItDid() {
        JsonNode report = compress(
                        "--model", model.toString(), "--lambda-ratio", "0.05", "--json", "--out", out().toString())
                .quiet()
                .json();
        int kept = report.path("kept").asInt();
        assertThat(kept).isBetween(1, 499);
        Architecture after = new Architecture(20, 50, kept, 10);
        assertThat(ModelFile.read(out()).architecture()).isEqualTo(after);
        assertThat(report.at("/compressed/parameters").asInt()).isEqualTo(after.parameters());
        assertThat(report.at("/compressed/flops").asLong()).isEqualTo(after.flops());
        assertThat(report.at("/original/parameters").asInt()).isEqualTo(431080);
        assertThat(report.path("compression_rate").asDouble())
                .isCloseTo(after.parameters() / 431080.0, within(1e-12));
        for (String network : List.of("original", "compressed")) {
            double mass = 0;
            for (JsonNode layer : report.path(network).path("mass")) {
                mass += layer.asDouble();
            }
            assertThat(mass).isCloseTo(1, within(1e-9));
            assertThat(report.path(network).path("accuracy").asDouble()).isBetween(0.5, 1.0);
        }
        assertThat(report.path("accuracy_before_debiasing").isNumber()).isTrue();
        assertThat(report.path("agreeing").asInt()).isEqualTo(200);
        assertThat(report.path("test_images").asInt()).isEqualTo(200);
        assertThat(report.path("samples").asInt()).isEqualTo(800);
        assertThat(report.path("bias").asBoolean(true)).isFalse();
        assertThat(report.path("debias").asBoolean()).isTrue();
        assertThat(report.at("/solve/status").asText()).isEqualTo("CONVERGED");
        assertThat(report.at("/solve/lambda").asDouble())
                .isCloseTo(0.05 * report.at("/solve/lambda_max").asDouble(), within(1e-12));
        assertThat(report.path("seconds").fieldNames())
                .toIterable()
                .containsExactly("data", "model", "correlations", "solve", "debias", "evaluation", "write", "total");
        JsonNode eval = Run.of(cache, "eval", "--data", data.toString(), "--model", out().toString(), "--json")
                .quiet()
                .json();
        assertThat(eval.path("accuracy")).isEqualTo(report.at("/compressed/accuracy"));
        assertThat(SafeTensors.read(out()).metadata()).containsEntry("kept", Integer.toString(kept));
    }

    @Test
    void printsATable() {
        assertThat(compressSmall("--lambda-ratio", "0.2").quiet().out())
                .startsWith("data: digits from ")
                .contains("model: given (" + small + ")")
                .contains("test accuracy ", "before debiasing", "neurons of fc1 ", "parameters  ", "compression rate")
                .contains("FLOPs an image", "mass of conv1", "mass of fc2", "correlations  ", "total  ")
                .contains("collapsed and uncollapsed networks agree on all 200 test images")
                .endsWith("wrote " + out() + System.lineSeparator());
    }

    @Test
    void compressesAllLayersToASize() {
        JsonNode report = compress(
                        "--model", model.toString(), "--target-size", "3%", "--retrain", "1", "--json", "--out",
                        out().toString())
                .quiet()
                .json();
        Architecture after = ModelFile.read(out()).architecture();
        assertThat(after.parameters()).isLessThanOrEqualTo(431080 * 3 / 100);
        assertThat(report.at("/asked/parameters").asInt()).isEqualTo(431080 * 3 / 100);
        assertThat(report.at("/compressed/parameters").asInt()).isEqualTo(after.parameters());
        assertThat(report.at("/compressed/flops").asLong()).isEqualTo(after.flops());
        assertThat(report.at("/compressed/accuracy").asDouble()).isGreaterThan(0.5);
        assertThat(report.at("/compressed/validation_accuracy").asDouble()).isGreaterThan(0.5);
        assertThat(report.path("validation_images").asInt()).isEqualTo(80);
        assertThat(report.path("layers").toString()).isEqualTo("[\"fc2\",\"fc1\",\"conv2\"]");
        assertThat(report.at("/rounds/0/fits").size()).isEqualTo(5);
        assertThat(report.at("/retraining/distill").asBoolean()).isTrue();
        assertThat(report.path("seconds").fieldNames())
                .toIterable()
                .containsExactly(
                        "data", "model", "validation", "correlations", "allocation", "compression", "retraining",
                        "evaluation", "write", "total");
    }

    @Test
    void compressesSomeLayersInTheirOrder() {
        assertThat(compressSmall("--layers", "fc1,conv2", "--lambda-ratio", "0.3", "--validation", "100")
                        .quiet()
                        .out())
                .contains("100 of the training images held out", "conv2 ", "fc1 ", "test accuracy", "FLOPs an image")
                .endsWith("wrote " + out() + System.lineSeparator());
        Architecture after = ModelFile.read(out()).architecture();
        assertThat(after.fc1()).isEqualTo(30);
        JsonNode report = compressSmall("--layers", "conv2", "--keep", "2", "--json").quiet().json();
        assertThat(report.path("layer").asText()).isEqualTo("conv2");
        assertThat(ModelFile.read(out()).architecture()).isEqualTo(new Architecture(2, 4, 30, 10));
    }

    @Test
    void keepsWhatIsAskedOfEachLayer() {
        JsonNode report = compressSmall("--keep", "fc2=20,conv2=2", "--json").quiet().json();
        assertThat(ModelFile.read(out()).architecture()).isEqualTo(new Architecture(2, 4, 20, 10));
        assertThat(report.path("asked").toString()).isEqualTo("{\"keep\":{\"fc2\":20,\"conv2\":2}}");
        assertThat(report.path("layers").toString()).isEqualTo("[\"fc2\",\"conv2\"]");
        compressSmall("--keep", "fc1=2").quiet();
        assertThat(ModelFile.read(out()).architecture()).isEqualTo(new Architecture(3, 2, 30, 10));
        compressSmall("--keep", "fc2=20,fc2=10").refused("--keep: expected each layer once, found fc2 twice");
        compressSmall("--keep", "fc2=20,fc1")
                .refused("--keep: expected a whole number of at most 2147483647, or one for each layer", "fc2=20,fc1");
        compressSmall("--keep", "conv1=2").refused("--keep: expected some of conv2, fc1 and fc2, found 'conv1'");
        compressSmall("--keep", "fc2=20,fc1=5").refused("--keep: expected 0 to 4 channels of conv2, found 5");
        compressSmall("--keep", "fc2=20,fc1=0").refused("--keep: expected 1 or more, found 0");
        compressSmall("--layers", "fc2,fc1", "--lambda-ratio", "2", "--json")
                .refused("fc2: nothing of it would be kept");
        compressSmall("--keep", "fc2=20", "--layers", "fc2").refused("--keep: expected a number with --layers");
        compressSmall("--keep", "fc2=20", "--target-size", "50%").refused("expected none of --lambda");
    }

    /** What proves an accuracy must not have been trained on. */
    @Test
    void anAccuracyIsReachedByANetworkThatDoesNotKnowWhatIsHeldOut() {
        Path apart = folder.resolve("cache");
        String[] whole = {
            "compress", "--data", data.toString(), "--epochs", "3", "--json", "--out", out().toString()
        };
        String[] reaching = Stream.concat(
                        Stream.of(whole), Stream.of("--target-accuracy", "0.3", "--validation", "200"))
                .toArray(String[]::new);
        JsonNode report = Run.of(apart, reaching).good().json();
        assertThat(report.at("/model/trained").asBoolean()).isTrue();
        assertThat(report.at("/rounds/0/validation_accuracy").asDouble()).isGreaterThan(0.3);
        assertThat(report.path("compression_rate").asDouble()).isLessThan(0.5);
        report = Run.of(apart, reaching).quiet().json();
        assertThat(report.at("/model/trained").asBoolean()).isFalse();
        report = Run.of(apart, whole).good().json();
        assertThat(report.at("/model/trained").asBoolean()).isTrue();
        assertThat(compress("--model", model.toString(), "--target-accuracy", "0.3", "--out", out().toString())
                        .good()
                        .err())
                .contains("--model: if it was trained on the images held out");
    }

    @Test
    void refusesTargetsThatCannotBeReached() {
        compressSmall("--target-size", "1%").refused("--target-size: expected ", "one unit a layer");
        compressSmall("--target-size", "0%").refused("--target-size: expected a share");
        compressSmall("--target-size", "big").refused("--target-size: expected a share", "big");
        for (String more : List.of("101%", "1e400%", "2643", "99999999999999999999")) {
            compressSmall("--target-size", more)
                    .refused("--target-size: expected at most 2642 parameters, which is the whole network, found "
                            + more);
        }
        compress("--target-size", "431081").refused("--target-size: expected at most 431080 parameters");
        compressSmall("--target-size", "50%", "--target-accuracy", "0.9").refused("expected one of them");
        compressSmall("--target-size", "50%", "--lambda", "1").refused("expected none of --lambda");
        compressSmall("--target-accuracy", "1.5").refused("--target-accuracy: expected more than 0");
        compressSmall("--target-accuracy", "0.999", "--json").refused("--target-accuracy: expected at most");
        compressSmall("--target-size", "50%", "--validation", "800").refused("--validation: expected from 1 to 799");
        compressSmall("--target-size", "50%", "--validation", "0").refused("--validation: expected 1 or more");
        compressSmall("--target-size", "50%", "--rounds", "2").refused("--rounds: expected --retrain");
        compressSmall("--target-size", "50%", "--retrain", "0").refused("--retrain: expected 1 or more, found 0");
        compressSmall("--target-size", "50%", "--no-bias").refused("--no-bias");
        compressSmall("--layers", "conv1").refused("--layers: expected some of conv2, fc1 and fc2", "conv1");
        compressSmall("--layers", "fc1,fc1").refused("--layers: expected each layer once");
        compressSmall("--layers", "all").refused("expected --target-size");
    }

    @Test
    void keepsAsManyNeuronsAsAsked() {
        JsonNode report = compressSmall("--keep", "17", "--json").good().json();
        assertThat(report.path("kept").asInt()).isEqualTo(17);
        assertThat(report.path("asked").toString()).isEqualTo("{\"keep\":17}");
        assertThat(compressSmall("--keep", "0", "--json").good().json().path("kept").asInt(-1))
                .isZero();
    }

    @Test
    void biasAndDebiasingAreChoices() {
        JsonNode report = compressSmall("--bias", "--no-debias", "--lambda-ratio", "0.2", "--json").quiet().json();
        assertThat(report.path("bias").asBoolean()).isTrue();
        assertThat(report.path("debias").asBoolean(true)).isFalse();
        assertThat(report.at("/compressed/accuracy")).isEqualTo(report.path("accuracy_before_debiasing"));
        report = compressSmall("--no-bias", "--debias", "--method", "fista", "--lambda-ratio", "0.2", "--json")
                .quiet()
                .json();
        assertThat(report.path("bias").asBoolean(true)).isFalse();
        assertThat(report.path("debias").asBoolean()).isTrue();
        assertThat(report.at("/solve/method").asText()).isEqualTo("fista");
    }

    /** What was asked for, and what stands in its place where nothing was. */
    @Test
    void theReportHoldsWhatReproducesIt() {
        JsonNode report = compress("--epochs", "1", "--seed", "5", "--out", out().toString(), "--json")
                .good()
                .json();
        assertThat(report.at("/model/recipe").toString())
                .isEqualTo("{\"epochs\":1,\"batch\":256,\"lr\":0.001,\"seed\":5}");
        assertThat(report.path("asked").toString()).isEqualTo("{\"lambda\":0.01}");
        assertThat(report.at("/solve/method").asText()).isEqualTo("newton");
        assertThat(report.at("/solve/q").isNull()).isTrue();
        assertThat(report.at("/solve/tol").asDouble()).isEqualTo(1e-10);
        assertThat(report.at("/solve/max_iterations").asInt()).isEqualTo(200);
        report = compressSmall("--method", "alternating-minimization", "--lambda-ratio", "0.5", "--json")
                .quiet()
                .json();
        assertThat(report.at("/solve/q").asDouble()).isEqualTo(10);
        assertThat(report.at("/solve/tol").isNull()).isTrue();
        assertThat(report.at("/solve/max_iterations").asInt()).isEqualTo(100_000);
        report = compressSmall("--method", "fista", "--lambda-ratio", "0.5", "--q", "5", "--tol", "1e-6",
                        "--max-iterations", "70", "--json")
                .quiet()
                .json();
        assertThat(report.at("/model/recipe").isNull()).isTrue();
        assertThat(report.path("asked").toString()).isEqualTo("{\"lambda_ratio\":0.5}");
        assertThat(report.at("/solve/q").asDouble()).isEqualTo(5);
        assertThat(report.at("/solve/tol").asDouble()).isEqualTo(1e-6);
        assertThat(report.at("/solve/max_iterations").asInt()).isEqualTo(70);
    }

    @Test
    void whereNothingIsKeptTheLayerBecomesItsBias() {
        Run run = compressSmall("--lambda", "1e9", "--bias").quiet();
        assertThat(run.out()).contains("nothing is kept: fc2 is its bias alone");
        assertThat(ModelFile.read(out()).architecture().fc1()).isZero();
        Run.of(cache, "eval", "--data", data.toString(), "--model", out().toString()).quiet();
    }

    @Test
    void refusesModelsWithNothingLeftToCompress() {
        Path empty = folder.resolve("empty");
        ModelFile.write(empty, Model.random(new Architecture(3, 4, 0, 10), 1), Map.of());
        for (String bias : List.of("--bias", "--no-bias")) {
            compress("--model", empty.toString(), "--out", out().toString(), bias)
                    .refused("--model: " + empty + ": expected outputs of fc1, found none");
        }
    }

    @Test
    void refusesModelsWhoseActivationsOverflow() {
        Model huge = Model.random(new Architecture(3, 4, 30, 10), 1);
        for (int i = 0; i < huge.values().length; i++) {
            huge.values()[i] = Math.copySign(1e20f, huge.values()[i]);
        }
        Path file = folder.resolve("huge");
        ModelFile.write(file, huge, Map.of());
        compress("--model", file.toString(), "--out", out().toString(), "--json")
                .refused("--model: " + file + ": its activations are not finite");
        Run.of(cache, "eval", "--data", data.toString(), "--model", file.toString(), "--json")
                .refused("--model: " + file + ": its activations are not finite", "loss");
    }

    /** A network whose fc2 maps what is finite to what is not. */
    @Test
    void refusesModelsWhoseOutputsOverflow() throws IOException {
        Path file = scaled(1e38, 1e38);
        compress("--model", file.toString(), "--out", out().toString(), "--json")
                .refused("--model: " + file + ": its activations are not finite on the test images: loss ");
        assertThat(out()).doesNotExist();
    }

    /** Few neurons have to stand in for many, and their weights are near the largest number to begin with. */
    @Test
    void refusesWeightsThatSinglePrecisionDoesNotHold() throws IOException {
        Path file = scaled(1e-30, 1.8e39);
        compress("--model", file.toString(), "--keep", "2", "--out", out().toString(), "--json")
                .refused("--model: " + file + ": reconstructed from so few neurons, fc2 has a weight of ",
                        "single precision");
        assertThat(out()).doesNotExist();
    }

    private Path scaled(double fc1, double fc2) {
        Model scaled = Model.random(new Architecture(3, 4, 30, 10), 1);
        float[] values = scaled.values();
        for (int i = scaled.offset(2); i < values.length; i++) {
            double factor = i < scaled.offset(3) ? fc1 : i < scaled.offset(3) + 300 ? fc2 : 1;
            values[i] = (float) (values[i] * factor);
        }
        Path file = folder.resolve("scaled");
        ModelFile.write(file, scaled, Map.of());
        return file;
    }

    @Test
    void neverWritesOverItsModel() throws IOException {
        byte[] before = Files.readAllBytes(small);
        Path link = Files.createSymbolicLink(folder.resolve("link"), small);
        compress("--model", small.toString(), "--out", link.toString())
                .refused("--out: expected another file than --model, found " + link);
        assertThat(Files.readAllBytes(small)).isEqualTo(before);
    }

    /** What nothing reads is refused, by what would read it. */
    @Test
    void refusesOptionsWithoutEffect() {
        compressSmall("--epochs", "3").refused("--epochs: expected no --model beside it: nothing is trained");
        compressSmall("--seed", "0").refused("--seed: expected no --model beside it, or --retrain");
        compressSmall("--target-size", "50%", "--seed", "0").refused("--seed: expected no --model beside it");
        compressSmall("--validation", "100").refused("--validation: expected several layers, --target-size");
        compressSmall("--keep", "fc2=5", "--validation", "100").refused("--validation: expected several layers");
        compressSmall("--no-distill").refused("--no-distill: expected --retrain E with it");
        compressSmall("--distill").refused("--distill: expected --retrain E with it");
        compressSmall("--target-size", "50%", "--no-distill").refused("--no-distill: expected --retrain E with it");
        compressSmall("--layers", "all", "--keep", "2", "--shift", "1").refused("--shift: expected --retrain E");
        compressSmall("--keep", "5", "--rounds", "1").refused("--rounds: expected --target-size with it");
        compressSmall("--target-accuracy", "0.5", "--rounds", "2").refused("--rounds: expected --target-size with it");
        assertThat(folder).isEmptyDirectory();
    }

    /** A given model is not trained, but what it is compressed to is. */
    @Test
    void optionsOfTheRetrainingAreRead() {
        JsonNode report = compressSmall("--keep", "5", "--retrain", "1", "--no-distill", "--shift", "2", "--seed", "7",
                        "--validation", "90", "--json")
                .quiet()
                .json();
        assertThat(report.path("retraining").toString())
                .isEqualTo("{\"epochs\":1,\"distill\":false,\"shift\":2,\"seed\":7}");
        assertThat(report.path("validation_images").asInt()).isEqualTo(90);
    }

    /** The order of compression, which with a target is no choice. */
    @Test
    void theLayersOfATargetAreReportedLastFirst() {
        for (String layers : List.of("conv2,fc2", "fc2,conv2")) {
            JsonNode report = compressSmall("--target-size", "70%", "--layers", layers, "--json").quiet().json();
            assertThat(report.path("layers").toString()).isEqualTo("[\"fc2\",\"conv2\"]");
            assertThat(report.at("/rounds/0/fits/0/layer").asText()).isEqualTo("fc2");
            assertThat(SafeTensors.read(out()).metadata()).containsEntry("layers", "[fc2, conv2]");
        }
    }

    @Test
    void trainsOnceAndTakesTheModelFromTheCacheThen() throws IOException {
        String[] options = {"--epochs", "1", "--seed", "5", "--out", out().toString(), "--json"};
        Run first = compress(options);
        assertThat(first.good().err()).isEqualTo(
                "lnr: training a LeNet-5 first: 1 epoch, batch 256, learning rate 0.001, seed 5\n");
        assertThat(first.json().at("/model/trained").asBoolean()).isTrue();
        byte[] written = Files.readAllBytes(out());
        Run second = compress(options);
        assertThat(second.quiet().json().at("/model/trained").asBoolean(true)).isFalse();
        assertThat(second.json().at("/model/file")).isEqualTo(first.json().at("/model/file"));
        assertThat(Files.readAllBytes(out())).isEqualTo(written);

        Path file = Path.of(first.json().at("/model/file").asText());
        Files.writeString(file, "damaged in some way");
        Run third = compress(options);
        assertThat(third.good().err().lines().filter(line -> line.startsWith("lnr: " + file + ": ")))
                .singleElement().asString().endsWith("; training the model again");
        assertThat(Files.readAllBytes(out())).isEqualTo(written);

        Path other = SmallDigits.write(folder.resolve("digits"), 4);
        Run another = Run.of(cache, "compress", "--data", other.toString(), "--epochs", "1", "--seed", "5", "--json",
                "--out", out().toString());
        assertThat(another.json().at("/model/trained").asBoolean())
                .as("other contents of the same name")
                .isTrue();
        assertThat(cached()).hasSize(2);
    }

    /** A cache that is full or cannot be written is bad input; the work is done, and is not to be lost for it. */
    @Test
    void aModelThatCannotBeKeptIsRefusedOnceAllElseIsDone() throws IOException {
        Path file = Files.createFile(folder.resolve("file"));
        Path obstructed = Files.createDirectory(folder.resolve("obstructed"));
        Files.createFile(obstructed.resolve("models"));
        for (Path unusable : List.of(file, obstructed)) {
            Files.deleteIfExists(out());
            Run run = Run.of(unusable, "compress", "--data", data.toString(), "--epochs", "2", "--json", "--out",
                    out().toString());
            assertThat(run.code()).isEqualTo(2);
            assertThat(run.json().at("/model/file").isNull()).isTrue();
            assertThat(ModelFile.read(out()).architecture().fc1())
                    .isEqualTo(run.json().path("kept").asInt());
            assertThat(run.err().lines().skip(1)).singleElement().asString()
                    .startsWith("lnr compress: the trained model is not kept: " + unusable.resolve("models"))
                    .endsWith("; LNR_CACHE names another folder")
                    .doesNotContain("Exception");
        }
    }

    @Test
    void refusesBadOptions() throws IOException {
        compressSmall("--lambda", "-1").refused("--lambda: expected a finite number, 0 or more, found -1.0");
        compressSmall("--lambda", "1", "--keep", "3").refused("mutually exclusive");
        compressSmall("--lambda-ratio", "Infinity").refused("--lambda-ratio: expected a finite number");
        compressSmall("--keep", "-1").refused("--keep: expected 0 or more, found -1");
        compressSmall("--keep", "31").refused("--keep: expected 0 to 30 neurons of fc1, found 31");
        compress("--keep", "501").refused("--keep: expected 0 to 500 neurons of fc1, found 501");
        compressSmall("--keep", "2.5").refused("--keep", "2.5");
        compressSmall("--epochs", "0").refused("--epochs: expected 1 or more, found 0");
        compressSmall("--method", "lasso").refused("--method: expected one of", "fista", "'lasso'");
        compressSmall("--device", "gpu").refused("--device: expected", "cpu", "'gpu'");
        compressSmall("--q", "-1").refused("--q: expected a finite number, more than 0");
        compress("--model", folder.resolve("none").toString()).refused("none: no such file");
        compress("--out", folder.resolve("no/x").toString()).refused("no/x: cannot be written", "does not exist");
        compress("--out", folder.toString()).refused("it is a folder");
        assertThat(folder).isEmptyDirectory();
    }

    @Test
    void barsAreDrawnOnTerminalsAndVanish() {
        Run run = Run.with(
                Run.environment(cache),
                true,
                "train",
                "--data",
                data.toString(),
                "--epochs",
                "1",
                "--out",
                out().toString(),
                "--json");
        assertThat(run.good().err()).contains("epoch 1/1").endsWith("\r");
        run.json();
    }

    /** What a model's file says of itself is what the cache goes by, not its name. */
    @Test
    void doesNotTrustACachedModelOfAnotherRecipe() throws IOException {
        String[] options = {"--epochs", "1", "--seed", "6", "--out", out().toString(), "--json"};
        Path file = Path.of(compress(options).good().json().at("/model/file").asText());
        ModelFile.write(file, ModelFile.read(model), Map.of("seed", "6"));
        assertThat(compress(options).good().err()).contains("not the model its name promises");
        SafeTensors good = SafeTensors.read(file);
        assertThat(good.metadata()).containsEntry("recipe", Integer.toString(Recipe.VERSION));
        assertThat(file.getFileName().toString()).contains("20-50-500-10-recipe" + Recipe.VERSION);
        ModelFile.write(file, Model.random(new Architecture(3, 4, 5, 10), 1), good.metadata());
        assertThat(compress(options).good().err()).contains("not the model its name promises");
        Files.delete(file);
    }
}
