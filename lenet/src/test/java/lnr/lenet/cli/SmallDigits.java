package lnr.lenet.cli;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import lnr.lenet.data.Dataset;
import lnr.lenet.data.DrawnDigits;

/** Makes folders with MNIST's four files, of few digits. */
final class SmallDigits {
    private SmallDigits() {}

    /** Writes 800 digits to train on and 200 to test with. */
    static Path write(Path folder, long seed) {
        return write(folder, seed, 800, 200);
    }

    /** Writes as many digits to train on and to test with as are asked for. */
    static Path write(Path folder, long seed, int train, int test) {
        return write(folder, DrawnDigits.draw(seed, train, test));
    }

    private static Path write(Path folder, Dataset data) {
        try {
            Files.createDirectories(folder);
            write(folder, "train", data.train());
            write(folder, "t10k", data.test());
            return folder;
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static void write(Path folder, String name, Dataset.Split split) throws IOException {
        ByteBuffer images = ByteBuffer.allocate(16 + split.images().length);
        images.putInt(2051).putInt(split.count()).putInt(28).putInt(28).put(split.images());
        Files.write(folder.resolve(name + "-images-idx3-ubyte"), images.array());
        ByteBuffer labels = ByteBuffer.allocate(8 + split.count());
        labels.putInt(2049).putInt(split.count()).put(split.labels());
        Files.write(folder.resolve(name + "-labels-idx1-ubyte"), labels.array());
    }
}
