package lnr.lenet.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import lnr.lenet.InputException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class IdxFolderTest {
    @TempDir
    Path folder;

    private Dataset read() {
        return IdxFolder.read(folder, "some", new Origin(Origin.Kind.DIRECTORY, Optional.of(folder), "some"));
    }

    private void refuses(String message) {
        assertThatThrownBy(this::read).isInstanceOf(InputException.class).hasMessage(folder + message);
    }

    @Test
    void readsGzipPlainAndDottedNames() throws IOException {
        IdxBytes.write(folder, IdxBytes.four());
        Dataset compressed = read();
        assertThat(compressed.train().count()).isEqualTo(13);
        assertThat(compressed.test().count()).isEqualTo(7);
        for (String name : IdxBytes.four().keySet()) {
            Files.delete(folder.resolve(name));
        }
        IdxBytes.write(
                folder,
                Map.of(
                        "train-images.idx3-ubyte", IdxBytes.images(13, 28, 28),
                        "train-labels-idx1-ubyte", IdxBytes.labels(13),
                        "t10k-images.idx3-ubyte.gz", IdxBytes.gzip(IdxBytes.images(7, 28, 28)),
                        "t10k-labels-idx1-ubyte", IdxBytes.labels(7)));
        Dataset mixed = read();
        assertThat(mixed.train().images()).isEqualTo(compressed.train().images());
        assertThat(mixed.test().labels()).isEqualTo(compressed.test().labels());
    }

    @Test
    void refusesAMissingFile() throws IOException {
        IdxBytes.write(folder, IdxBytes.four());
        Files.delete(folder.resolve("t10k-labels-idx1-ubyte.gz"));
        refuses(": expected t10k-labels-idx1-ubyte.gz (or t10k-labels-idx1-ubyte) in this folder, found neither");
    }

    @Test
    void refusesOtherSizes() throws IOException {
        IdxBytes.write(folder, IdxBytes.four());
        IdxBytes.write(folder, Map.of("train-images-idx3-ubyte.gz", IdxBytes.images(13, 28, 32)));
        refuses("/train-images-idx3-ubyte.gz: expected images of 28 x 28 pixels, found 28 x 32");
        // The size is judged before a byte of content is read: here there is none.
        byte[] header = ByteBuffer.allocate(16).putInt(2051).putInt(1).putInt(30_000).putInt(30_000).array();
        IdxBytes.write(folder, Map.of("train-images-idx3-ubyte.gz", header));
        refuses("/train-images-idx3-ubyte.gz: expected images of 28 x 28 pixels, found 30000 x 30000");
    }

    @Test
    void refusesCountsThatDisagree() throws IOException {
        IdxBytes.write(folder, IdxBytes.four());
        IdxBytes.write(folder, Map.of("train-labels-idx1-ubyte.gz", IdxBytes.labels(12)));
        refuses("/train-images-idx3-ubyte.gz: expected 12 images, one for each label in train-labels-idx1-ubyte.gz,"
                + " found 13");
    }

    @Test
    void refusesOtherLabels() throws IOException {
        byte[] labels = IdxBytes.labels(7);
        labels[8 + 3] = (byte) 200;
        IdxBytes.write(folder, IdxBytes.four());
        IdxBytes.write(folder, Map.of("t10k-labels-idx1-ubyte.gz", labels));
        refuses("/t10k-labels-idx1-ubyte.gz: labels: sample 3: expected a label from 0 to 9, found 200");
    }

    @Test
    void firstTakesAPrefix() throws IOException {
        IdxBytes.write(folder, IdxBytes.four());
        Dataset.Split train = read().train();
        Dataset.Split five = train.first(5);
        assertThat(five.count()).isEqualTo(5);
        assertThat(train.images()).startsWith(five.images());
        assertThat(train.first(13)).isSameAs(train);
        assertThatThrownBy(() -> train.first(14))
                .isInstanceOf(InputException.class)
                .hasMessage("samples: expected from 1 to 13, found 14");
    }
}
