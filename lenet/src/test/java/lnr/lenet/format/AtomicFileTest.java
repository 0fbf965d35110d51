package lnr.lenet.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import lnr.lenet.InputException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AtomicFileTest {
    @TempDir
    Path folder;

    private static AtomicFile.Content text(String text) {
        return out -> out.write(text.getBytes(StandardCharsets.UTF_8));
    }

    private List<String> names() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(f -> f.getFileName().toString()).sorted().toList();
        }
    }

    @Test
    void writesAndReplaces() throws IOException {
        Path file = folder.resolve("out.txt");
        AtomicFile.write(file, text("first, and longer"));
        AtomicFile.write(file, text("second"));
        assertThat(file).hasContent("second");
        assertThat(names()).containsExactly("out.txt");
    }

    @Test
    void failureKeepsTheOldContentAndLeavesNothing() throws IOException {
        Path file = folder.resolve("out.txt");
        AtomicFile.write(file, text("old"));
        assertThatThrownBy(() -> AtomicFile.write(file, out -> {
                    out.write(new byte[1 << 18]);
                    throw new IOException("No space left on device");
                }))
                .isInstanceOf(InputException.class)
                .hasMessage(file + ": cannot be written: No space left on device");
        assertThatThrownBy(() -> AtomicFile.write(file, out -> {
                    throw new IllegalStateException("solver stopped");
                }))
                .isInstanceOf(IllegalStateException.class);
        assertThat(file).hasContent("old");
        assertThat(names()).containsExactly("out.txt");
    }

    @Test
    void severalFilesAreWrittenTogetherOrNotAtAll() throws IOException {
        Path first = folder.resolve("first");
        Path second = folder.resolve("second");
        AtomicFile.write(Map.of(first, text("1"), second, text("2")));
        Map<Path, AtomicFile.Content> contents = new LinkedHashMap<>();
        contents.put(first, text("3"));
        contents.put(second, out -> {
            throw new IOException("No space left on device");
        });
        assertThatThrownBy(() -> AtomicFile.write(contents))
                .isInstanceOf(InputException.class)
                .hasMessage(second + ": cannot be written: No space left on device");
        assertThat(first).hasContent("1");
        assertThat(second).hasContent("2");
        assertThat(names()).containsExactly("first", "second");
    }

    /** Half-writes the file it is given, says so, and waits to be interrupted. */
    static final class HalfWriter {
        public static void main(String[] args) {
            AtomicFile.write(Path.of(args[0]), out -> {
                out.write(new byte[1 << 18]);
                System.out.println("half-way");
                try {
                    Thread.sleep(60_000);
                } catch (InterruptedException e) {
                    throw new IOException(e);
                }
            });
        }
    }

    private static Process halfWriter(Path file) throws IOException {
        Path java = Path.of(System.getProperty("java.home"), "bin", "java");
        String classPath = System.getProperty("java.class.path");
        return new ProcessBuilder(java.toString(), "-cp", classPath, HalfWriter.class.getName(), file.toString())
                .redirectErrorStream(true)
                .start();
    }

    @Test
    void interruptKeepsTheOldContentAndLeavesNothing() throws Exception {
        Path file = folder.resolve("out.txt");
        AtomicFile.write(file, text("old"));
        Process writer = halfWriter(file);
        try (BufferedReader said = writer.inputReader()) {
            assertThat(said.readLine()).isEqualTo("half-way");
            assertThat(names()).hasSize(2);
            writer.destroy();
            assertThat(writer.waitFor(30, TimeUnit.SECONDS)).isTrue();
        } finally {
            writer.destroyForcibly();
        }
        assertThat(file).hasContent("old");
        assertThat(names()).containsExactly("out.txt");
    }

    /** What a process writes is its own for as long as it lives, and nobody's once it was killed. */
    @Test
    void whatAKilledProcessLeftGoesWithTheNextWrite() throws Exception {
        Path file = folder.resolve("out.txt");
        Process writer = halfWriter(file);
        try (BufferedReader said = writer.inputReader()) {
            assertThat(said.readLine()).isEqualTo("half-way");
            List<String> left = names();
            assertThat(left).singleElement().asString().startsWith(".lnr-writing-").endsWith(".tmp");
            AtomicFile.write(folder.resolve("other.txt"), text("other"));
            AtomicFile.check(file);
            assertThat(names()).containsAll(left).hasSize(2);
            writer.destroyForcibly();
            assertThat(writer.waitFor(30, TimeUnit.SECONDS)).isTrue();
            assertThat(names()).containsAll(left).hasSize(2);
        } finally {
            writer.destroyForcibly();
        }
        AtomicFile.write(file, text("new"));
        assertThat(names()).containsExactly("other.txt", "out.txt");
    }

    /** Two writes of one process, the second while the first is under way. */
    @Test
    void aWriteLeavesAnotherOfItsOwnProcessAlone() throws IOException {
        Path file = folder.resolve("out.txt");
        AtomicFile.write(file, out -> {
            out.write("whole ".getBytes(StandardCharsets.UTF_8));
            AtomicFile.write(folder.resolve("other.txt"), text("other"));
            assertThat(names()).hasSize(2);
            out.write("still".getBytes(StandardCharsets.UTF_8));
        });
        assertThat(file).hasContent("whole still");
        assertThat(names()).containsExactly("other.txt", "out.txt");
    }

    @Test
    void onlyWhatBearsATemporaryNameIsRemoved() throws IOException {
        Path mine = Files.writeString(folder.resolve("mine"), "mine");
        Files.writeString(folder.resolve(".lnr-notes.tmp"), "a user's");
        Files.writeString(folder.resolve(".lnr-writing-My Thesis.tmp"), "a user's");
        Files.createDirectory(folder.resolve(".lnr-writing-0folder.tmp"));
        Files.createSymbolicLink(folder.resolve(".lnr-writing-1link.tmp"), mine);
        List<String> before = names();
        Files.writeString(folder.resolve(".lnr-writing-2left.tmp"), "a part");
        AtomicFile.check(folder.resolve("out.txt"));
        assertThat(names()).isEqualTo(before);
        assertThat(mine).hasContent("mine");
    }

    @Test
    void checkLeavesNothingBehind() throws IOException {
        AtomicFile.check(folder.resolve("out.txt"));
        assertThat(names()).isEmpty();
    }

    @Test
    void refusesANameThatIsTooLong() {
        Path file = folder.resolve("x".repeat(300));
        assertThatThrownBy(() -> AtomicFile.check(file))
                .isInstanceOf(InputException.class)
                .hasMessage(file + ": cannot be written: File name too long");
    }

    @Test
    void refusesAFolder() {
        assertThatThrownBy(() -> AtomicFile.check(folder))
                .isInstanceOf(InputException.class)
                .hasMessage(folder + ": cannot be written: it is a folder; expected the name of a file");
    }

    @Test
    void refusesAMissingFolder() {
        Path file = folder.resolve("no").resolve("out.txt");
        assertThatThrownBy(() -> AtomicFile.check(file))
                .isInstanceOf(InputException.class)
                .hasMessage(file + ": cannot be written: " + folder.resolve("no") + " does not exist");
    }

    @Test
    void refusesAFolderThatIsAFile() throws IOException {
        Path plain = Files.createFile(folder.resolve("plain"));
        assertThatThrownBy(() -> AtomicFile.check(plain.resolve("out.txt")))
                .isInstanceOf(InputException.class)
                .hasMessageEndingWith(plain + " is not a folder");
    }

    @Test
    void refusesWhatIsNoRegularFile() {
        Path device = Path.of("/dev/null");
        assumeTrue(Files.exists(device), "no /dev/null on this system");
        assertThatThrownBy(() -> AtomicFile.write(device, text("x")))
                .isInstanceOf(InputException.class)
                .hasMessage("/dev/null: cannot be written: it is not a regular file");
    }

    @Test
    void followsASymbolicLink() throws IOException {
        Path file = Files.createFile(folder.resolve("file"));
        Path link = Files.createSymbolicLink(folder.resolve("link"), file);
        AtomicFile.write(link, text("through"));
        assertThat(link).isSymbolicLink();
        assertThat(file).hasContent("through");
    }

    @Test
    void followsASymbolicLinkToNothing() throws IOException {
        Path link = Files.createSymbolicLink(folder.resolve("link"), Path.of("later"));
        AtomicFile.check(link);
        assertThat(folder.resolve("later")).doesNotExist();
        AtomicFile.write(link, text("through"));
        assertThat(link).isSymbolicLink();
        assertThat(folder.resolve("later")).isRegularFile().hasContent("through");
        Path astray = Files.createSymbolicLink(folder.resolve("astray"), Path.of("no/file"));
        assertThatThrownBy(() -> AtomicFile.check(astray))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("does not exist");
        Path loop = Files.createSymbolicLink(folder.resolve("loop"), Path.of("loop"));
        assertThatThrownBy(() -> AtomicFile.check(loop))
                .isInstanceOf(InputException.class)
                .hasMessageStartingWith(loop + ": cannot be written: Too many levels of symbolic links");
    }

    @Test
    void bareNameGoesToTheWorkingFolder() {
        AtomicFile.check(Path.of("a-name-without-folder.txt"));
        assertThat(Path.of("a-name-without-folder.txt")).doesNotExist();
    }

    @Test
    void quotesOnOneLine() {
        assertThat(Diagnostic.quote("a\nb\u2028c")).isEqualTo("'a\\u000ab\\u2028c'");
        assertThat(Diagnostic.quote("x".repeat(200))).hasSizeLessThan(90).endsWith("...'");
    }
}
