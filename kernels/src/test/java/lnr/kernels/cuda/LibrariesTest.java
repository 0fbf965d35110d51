package lnr.kernels.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Where shared libraries are looked for. */
@EnabledOnOs(value = OS.LINUX, architectures = "amd64")
class LibrariesTest {
    @TempDir
    private Path folder;

    @Test
    void theLinkersOwnLibrariesAreFound() {
        assertThat(Libraries.find("libc.so.6")).hasValueSatisfying(path -> assertThat(path).isAbsolute().exists());
        assertThat(Libraries.loaded("libc.so.6")).isPresent();
        assertThat(Libraries.find("libnowhere.so.1")).isEmpty();
        assertThat(Libraries.loaded("libnowhere.so.1")).isEmpty();
    }

    // A pip installation: nvidia/cublas/lib/libcublas.so.12.
    @Test
    void namedDirectoriesAreSearchedAndSoAreThoseOfTheirPackages() throws IOException {
        Path lib = Files.createDirectories(folder.resolve("cublas").resolve("lib"));
        assertThat(Libraries.folders(folder.resolve("none") + ":" + folder + "::"))
                .containsSubsequence(List.of(folder, folder.resolve("lib64"), folder.resolve("lib"), lib));
    }

    @Test
    void filesThatAreNoLibraryOfThisProcessorAreNotTaken() throws IOException {
        Path real = Libraries.find("libc.so.6").orElseThrow();
        byte[] header = Files.readAllBytes(real);
        assertThat(Libraries.isForThisProcessor(real)).isTrue();
        header[18] = 3;
        assertThat(Libraries.isForThisProcessor(Files.write(folder.resolve("i386.so"), header))).isFalse();
        assertThat(Libraries.isForThisProcessor(Files.writeString(folder.resolve("script.so"), "GROUP ( libc.so.6 )")))
                .isFalse();
        assertThat(Libraries.isForThisProcessor(folder)).isFalse();
        assertThat(Libraries.isForThisProcessor(folder.resolve("none"))).isFalse();
    }
}
