package lnr.kernels.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;
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

    // What the bridge forwards is what is looked for in a library.
    @Test
    void theBridgeHasTheFunctionsThatAreLookedFor() throws IOException {
        assertThat(forwarded("cublas.c")).containsExactlyElementsOf(Libraries.BLAS);
        assertThat(forwarded("cusolver.c")).containsExactlyElementsOf(Libraries.SOLVER);
        assertThat(forwarded("nvrtc.c")).containsExactlyElementsOf(Libraries.NVRTC);
    }

    private static List<String> forwarded(String source) throws IOException {
        return Pattern.compile("^FORWARD\\((\\w+),", Pattern.MULTILINE)
                .matcher(Files.readString(Path.of("src/main/bridge", source)))
                .results()
                .map(function -> function.group(1))
                .toList();
    }

    @Test
    void functionsOfALibraryAreFound() throws IOException {
        Path real = Libraries.find("libm.so.6").orElseThrow();
        assertThat(Exports.of(real)).hasValueSatisfying(names -> assertThat(names)
                .contains("cos", "lgamma")
                .doesNotContain("memcpy", "cublasCreate_v2", ""));
        byte[] whole = Files.readAllBytes(real);
        for (int length : new int[] {0, 63, 64, 1000, whole.length - 1}) {
            assertThat(Exports.of(Files.write(folder.resolve("cut.so"), Arrays.copyOf(whole, length)))).isEmpty();
        }
        assertThat(Exports.of(folder.resolve("none"))).isEmpty();
        whole[0x28 + 7] = 0x7f; // the table of sections is far behind the end
        assertThat(Exports.of(Files.write(folder.resolve("wrong.so"), whole))).isEmpty();
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
