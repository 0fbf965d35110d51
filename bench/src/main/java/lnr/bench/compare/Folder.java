package lnr.bench.compare;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.Stream;
import lnr.bench.TextProblem;
import lnr.bench.Tile;
import lnr.kernels.Device;
import lnr.lenet.data.Dataset;
import lnr.lenet.format.Npy;

/**
 * A temporary folder through which both sides get the same data: {@code images.bin} (count, 784) and {@code labels.bin}
 * (count), bytes; {@code NAME-r.npy}, {@code NAME-c.npy} and {@code NAME.json} for each problem, the last its facts;
 * {@code normal.npy}, random numbers that the operands of operations repeat. Closing deletes it.
 *
 * @param path where it is
 */
record Folder(Path path) implements AutoCloseable {
    /** A new, empty one; deleted with all it holds when it is closed or, at the latest, when this process ends. */
    static Folder create() throws IOException {
        Folder folder = new Folder(Files.createTempDirectory("lnr-compare"));
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            try {
                folder.close();
            } catch (IOException | UncheckedIOException e) {
                // The process is ending: nobody is left to be told.
            }
        }));
        return folder;
    }

    void write(Dataset.Split split) throws IOException {
        Files.write(images(), split.images());
        Files.write(labels(), split.labels());
    }

    void write(Given problem) throws IOException {
        Npy.write(file(problem.name(), "r"), problem.d(), problem.d(), problem.r());
        Npy.write(file(problem.name(), "c"), problem.h(), problem.d(), problem.c());
        new ObjectMapper().writeValue(facts(problem.name()).toFile(), problem.facts());
    }

    void write(Tile normal) {
        Npy.write(normals(), 1, normal.numbers().length, normal.numbers());
    }

    Tile normal() {
        return new Tile(Npy.read(normals()).data());
    }

    Dataset.Split split() throws IOException {
        return new Dataset.Split(Files.readAllBytes(images()), Files.readAllBytes(labels()));
    }

    Given problem(String name) throws IOException {
        Npy.Matrix r = Npy.read(file(name, "r"));
        Npy.Matrix c = Npy.read(file(name, "c"));
        Given.Facts facts = new ObjectMapper().readValue(facts(name).toFile(), Given.Facts.class);
        return new Given(name, c.rows(), c.cols(), r.data(), c.data(), facts);
    }

    private Path images() {
        return path.resolve("images.bin");
    }

    private Path labels() {
        return path.resolve("labels.bin");
    }

    private Path normals() {
        return path.resolve("normal.npy");
    }

    private Path file(String problem, String matrix) {
        return path.resolve(problem + "-" + matrix + ".npy");
    }

    private Path facts(String problem) {
        return path.resolve(problem + ".json");
    }

    @Override
    public void close() throws IOException {
        if (Files.notExists(path)) {
            return;
        }
        try (Stream<Path> files = Files.walk(path)) {
            files.sorted(Comparator.reverseOrder()).forEach(file -> {
                try {
                    Files.deleteIfExists(file);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
        }
    }

    /** @param args a folder that is there, and names of problems to write into it */
    public static void main(String[] args) throws IOException {
        try (Device device = Device.open("cpu")) {
            for (String name : Arrays.asList(args).subList(1, args.length)) {
                new Folder(Path.of(args[0])).write(Given.of(device, TextProblem.draw(device, name)));
            }
        }
    }
}
