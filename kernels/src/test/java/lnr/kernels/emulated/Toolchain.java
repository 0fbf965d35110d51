package lnr.kernels.emulated;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The programs of the machine that build the emulated device: g++ and nm. */
final class Toolchain {
    private static Optional<String> missing;

    private Toolchain() {}

    /** What is not installed and how to mend it, if anything. */
    static synchronized Optional<String> missing() {
        if (missing == null) {
            missing = Optional.empty();
            for (String program : List.of("g++", "nm")) {
                try {
                    run(Path.of("."), List.of(program, "--version"));
                } catch (UncheckedIOException e) {
                    missing = Optional.of(e.getMessage());
                }
            }
        }
        return missing;
    }

    /** Compiles and links C++17. */
    static void compile(Path folder, List<String> arguments) {
        List<String> command = new ArrayList<>(List.of("g++", "-std=c++17"));
        command.addAll(arguments);
        run(folder, command);
    }

    /** The functions that a library wants of others, as {@code name} or {@code name@version}. */
    static List<String> wanted(Path library) {
        return run(library.getParent(), List.of("nm", "-D", "--undefined-only", library.toString()))
                .lines()
                .map(line -> line.substring(line.lastIndexOf(' ') + 1))
                .toList();
    }

    /**
     * What a program printed.
     *
     * @throws IllegalStateException when it failed, with what it printed, or when it is not installed, with the mend
     */
    static String run(Path folder, List<String> command) {
        try {
            Process process = new ProcessBuilder(command)
                    .directory(folder.toFile())
                    .redirectErrorStream(true)
                    .start();
            process.getOutputStream().close();
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            int status = process.waitFor();
            if (status != 0) {
                throw new IllegalStateException(String.join(" ", command) + " ended with " + status + ":\n" + output);
            }
            return output;
        } catch (IOException e) {
            throw new UncheckedIOException(
                    command.get(0) + " did not start; the tests on the emulated CUDA device need g++ and its binutils:"
                            + " install them (Debian, Ubuntu: apt-get install g++)",
                    e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(command.get(0) + " was interrupted", e);
        }
    }
}
