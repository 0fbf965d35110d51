package lnr.lenet.data;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;
import lnr.lenet.InputException;
import lnr.lenet.format.Idx;

/** Reads a data set from a folder with MNIST's four IDX files. */
final class IdxFolder {
    private static final String TRAIN = "train";
    private static final String TEST = "t10k";

    private IdxFolder() {}

    /** True when any of the four files is there: then the folder is meant to hold a data set. */
    static boolean hasAny(Path folder) {
        return present(folder) > 0;
    }

    /** How many of the four files are there. */
    static int present(Path folder) {
        return (int) Stream.of(TRAIN, TEST)
                .flatMap(set -> Stream.of(images(folder, set), labels(folder, set)))
                .filter(Optional::isPresent)
                .count();
    }

    /**
     * Reads the four files, each plain or gzip.
     *
     * @throws InputException if one is missing or unusable, or if images and labels do not belong together
     */
    static Dataset read(Path folder, String name, Origin origin) {
        return new Dataset(name, origin, split(folder, TRAIN), split(folder, TEST));
    }

    private static Dataset.Split split(Path folder, String set) {
        Path imageFile = images(folder, set).orElseThrow(() -> missing(folder, set + "-images-idx3-ubyte"));
        Path labelFile = labels(folder, set).orElseThrow(() -> missing(folder, set + "-labels-idx1-ubyte"));
        byte[] labels = Idx.labels(labelFile);
        Idx.Images images = Idx.images(imageFile, Dataset.SIDE);
        if (images.count() != labels.length) {
            throw new InputException(imageFile + ": expected " + labels.length + " images, one for each label in "
                    + labelFile.getFileName() + ", found " + images.count());
        }
        try {
            return new Dataset.Split(images.pixels(), labels);
        } catch (InputException e) {
            throw new InputException(labelFile + ": " + e.getMessage(), e);
        }
    }

    private static Optional<Path> images(Path folder, String set) {
        return find(folder, set + "-images", "idx3-ubyte");
    }

    private static Optional<Path> labels(Path folder, String set) {
        return find(folder, set + "-labels", "idx1-ubyte");
    }

    /** Some distributions of the files have a dot before the format's name. */
    private static Optional<Path> find(Path folder, String set, String format) {
        return Stream.of("-", ".")
                .flatMap(mark -> Stream.of(".gz", "").map(end -> folder.resolve(set + mark + format + end)))
                .filter(Files::exists)
                .findFirst();
    }

    private static InputException missing(Path folder, String file) {
        return new InputException(
                folder + ": expected " + file + ".gz (or " + file + ") in this folder, found neither");
    }
}
