package lnr.lenet.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import lnr.lenet.InputException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GroupFileTest {
    @TempDir
    Path folder;

    private Path file(String text) throws IOException {
        return Files.writeString(folder.resolve("groups"), text);
    }

    private void refuses(String text, int columns, String message) throws IOException {
        Path file = file(text);
        assertThatThrownBy(() -> GroupFile.read(file, columns))
                .isInstanceOf(InputException.class)
                .hasMessage(file + ": " + message);
    }

    private void refusesWeights(String text, int groups, String message) throws IOException {
        Path file = file(text);
        assertThatThrownBy(() -> WeightFile.read(file, groups))
                .isInstanceOf(InputException.class)
                .hasMessage(file + ": " + message);
    }

    @Test
    void aLineIsAGroupOfColumnsAndRanges() throws IOException {
        Path file = file("# channels\n\n 7 0-2 \r\n\t3-3\t# one column\n9 4-6 8");
        assertThat(GroupFile.read(file, 10)).isEqualTo(new int[][] {{7, 0, 1, 2}, {3}, {9, 4, 5, 6, 8}});
    }

    @Test
    void refusesWhatIsNoPartitionByLineAndColumn() throws IOException {
        refuses("0-3\n\n4 3 5\n", 6, "line 3: column 3 is in the group of line 1 already");
        refuses("0-3\n4 5 4", 6, "line 2: column 4 stands there twice");
        refuses("0 1\n3-5", 6, "column 2 is in no group");
        refuses("# none\n", 6, "column 0 is in no group, nor are 5 others");
        refuses("0-3\n5-4", 6, "line 2: the range 5-4 is empty");
        refuses("0-6", 6, "line 1: expected columns from 0 to 5, found 6");
        refuses("0-999999999", 6, "line 1: expected columns from 0 to 5, found 999999999");
        for (String word : new String[] {"-1", "1,2", "2-", "x", "1.5", "9999999999"}) {
            refuses("0-3\n" + word, 6, "line 2: expected columns or ranges such as 0-15, found '" + word + "'");
        }
    }

    @Test
    void refusesWhatIsNoText() throws IOException {
        Path file = Files.write(folder.resolve("binary"), new byte[] {(byte) 0x93, 'N', 'U', (byte) 0xff});
        assertThatThrownBy(() -> GroupFile.read(file, 3)).hasMessage(file + ": not a text file: expected UTF-8");
        Path none = folder.resolve("none");
        assertThatThrownBy(() -> GroupFile.read(none, 3)).hasMessage(none + ": no such file");
    }

    @Test
    void weightsAreTextOrAVector() throws IOException {
        assertThat(WeightFile.read(file("1 0.5 # two\n\n2e-3\n"), 3)).containsExactly(1, 0.5, 0.002);
        Path vector = folder.resolve("w.npy");
        try (var out = Files.newOutputStream(vector)) {
            out.write(Npy.header("<f8", false, List.of(1)));
            out.write(new byte[] {0, 0, 0, 0, 0, 0, (byte) 0xf0, (byte) 0xbf}); // -1
        }
        assertThatThrownBy(() -> WeightFile.read(vector, 1))
                .isInstanceOf(InputException.class)
                .hasMessage(vector + ": entry [0]: expected a positive number, found -1.0");
    }

    @Test
    void refusesWeightsThatAreNone() throws IOException {
        refusesWeights("1\n2", 3, "expected 3 weights, one for each group, found 2");
        for (String word : new String[] {"0", "-1", "NaN", "Infinity", "1e999", "one"}) {
            refusesWeights("1\n" + word, 2, "line 2: expected a positive number, found '" + word + "'");
        }
    }

    @Test
    void survivesDamage() throws IOException {
        byte[] valid = "0-3 # four\n7 5-6\n4 8\n".getBytes(StandardCharsets.US_ASCII);
        Mutation.fuzz(folder, valid, 1000, file -> GroupFile.read(file, 9));
        valid = "1 2.5\n3e-2\n".getBytes(StandardCharsets.US_ASCII);
        Mutation.fuzz(folder, valid, 500, file -> WeightFile.read(file, 3));
    }
}
