package lnr.lenet.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The launcher {@code lnr}, in a checkout of nothing, with a Java and a Maven that only tell of their calls. */
class LauncherTest {
    private static final String MVN = """
            #!/bin/sh
            echo "$PWD $MAVEN_OPTS $*" >> "$CALLS"
            echo "words of the build"
            sleep "${BUILD_SECONDS:-0}"
            [ -z "${BUILD_FAILS:-}" ] || exit 1
            mkdir -p lenet/target/lib
            : > lenet/target/lnr-lenet-1.jar
            """;

    private static final String JAVA = """
            #!/bin/sh
            case $1 in
                -version) echo 'openjdk version "VERSION" 2021-09-14' >&2 ;;
                *) for a; do echo "$a"; done ;;
            esac
            """;

    @TempDir
    Path folder;

    private Path root;
    private Path bin;
    private Path calls;
    private Path err;

    @BeforeEach
    void checkout() throws IOException {
        Path launcher = Path.of("../lnr");
        assumeTrue(Files.isExecutable(launcher) && Files.isExecutable(Path.of("/bin/sh")), "needs a POSIX system");
        root = Files.createDirectories(folder.resolve("a checkout").resolve("with spaces"));
        bin = Files.createDirectories(folder.resolve("bin"));
        calls = folder.resolve("calls");
        err = folder.resolve("err");
        script(root.resolve("lnr"), Files.readString(launcher));
        script(bin.resolve("mvn"), MVN);
        script(bin.resolve("java"), JAVA.replace("VERSION", "17.0.1"));
        Files.createFile(root.resolve("pom.xml"));
        for (String module : List.of("kernels", "engine", "lenet")) {
            Path sources = Files.createDirectories(root.resolve(module).resolve("src").resolve("main"));
            Files.createFile(sources.resolve("A.java"));
            Files.createFile(root.resolve(module).resolve("pom.xml"));
        }
    }

    private static void script(Path file, String text) throws IOException {
        Files.writeString(file, text);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    private Process start(Path launcher, String... variables) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(launcher.toString(), "eval", "two words").directory(bin.toFile());
        builder.environment().put("PATH", bin + ":/usr/bin:/bin");
        builder.environment().put("CALLS", calls.toString());
        builder.environment().put("MAVEN_OPTS", "-Xmx500m");
        builder.environment().keySet().removeAll(List.of("JAVA_HOME", "LNR_JAVA_OPTS", "BUILD_FAILS"));
        for (String variable : variables) {
            String[] pair = variable.split("=", 2);
            builder.environment().put(pair[0], pair[1]);
        }
        return builder.redirectError(err.toFile()).start();
    }

    private Run finish(Process process) throws IOException, InterruptedException {
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
        return new Run(process.exitValue(), out, "");
    }

    private Run run(String... variables) throws Exception {
        Run run = finish(start(root.resolve("lnr"), variables));
        return new Run(run.code(), run.out(), Files.readString(err));
    }

    @Test
    void jarsOfAnotherVersionDoNotStay() throws Exception {
        run();
        Path target = root.resolve("lenet").resolve("target");
        Path jar = Files.createFile(target.resolve("lnr-lenet-0.jar"));
        Path library = Files.createFile(target.resolve("lib").resolve("old-library-1.jar"));
        Files.setLastModifiedTime(root.resolve("pom.xml"), FileTime.from(Instant.now().plusSeconds(5)));
        assertThat(run().code()).isZero();
        assertThat(jar).doesNotExist();
        assertThat(library).doesNotExist();
        assertThat(target.resolve("lnr-lenet-1.jar")).exists();
    }

    private List<String> builds() throws IOException {
        return Files.exists(calls) ? Files.readAllLines(calls) : List.of();
    }

    @Test
    void buildsOnFirstUseOnly() throws Exception {
        Run first = run();
        assertThat(first.code()).isZero();
        assertThat(first.err()).isEqualTo("lnr: building LNR (first use)...\nwords of the build\n");
        String target = root.toRealPath().resolve("lenet").resolve("target").toString();
        assertThat(first.out().lines())
                .contains("-Xmx1200m", "-Dlnr.terminal=false", target + "/*:" + target + "/lib/*")
                .endsWith("lnr.lenet.cli.Main", "eval", "two words");
        assertThat(run().err()).isEmpty();
        assertThat(builds())
                .containsExactly(root.toRealPath() + " -Xmx500m -Djansi.noreset=true -q -B -Dstyle.color=never"
                        + " -DskipTests -pl lenet -am package");
        assertThat(Files.exists(root.resolve(".lnr-lock"), LinkOption.NOFOLLOW_LINKS)).isFalse();
    }

    @Test
    void buildsAgainWhenSourcesAreNewer() throws Exception {
        run();
        for (String newer : List.of("pom.xml", "engine/pom.xml", "kernels/src/main/A.java")) {
            Files.setLastModifiedTime(root.resolve(newer), FileTime.from(Instant.now().plusMillis(500)));
            assertThat(run().err()).startsWith("lnr: building LNR (its sources have changed)...\n");
            Files.setLastModifiedTime(root.resolve(newer), FileTime.from(Instant.now().minusSeconds(60)));
            assertThat(run().err()).isEmpty();
        }
        assertThat(builds()).hasSize(4);
    }

    @Test
    void worksThroughLinks() throws Exception {
        Path direct = Files.createSymbolicLink(folder.resolve("direct"), root.resolve("lnr"));
        Path indirect = Files.createSymbolicLink(bin.resolve("indirect"), Path.of("..", "direct"));
        assertThat(finish(start(direct)).code()).isZero();
        assertThat(finish(start(indirect)).out()).contains(root.toRealPath() + "/lenet/target/lib/*");
        assertThat(builds()).hasSize(1);
    }

    @Test
    void firstUsesAtOnceBuildOnce() throws Exception {
        List<Process> processes = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            processes.add(start(root.resolve("lnr"), "BUILD_SECONDS=1"));
        }
        for (Process process : processes) {
            assertThat(finish(process).code()).isZero();
        }
        assertThat(builds()).hasSize(1);
    }

    @Test
    void aLockOfADeadProcessIsNoObstacle() throws Exception {
        Process dead = new ProcessBuilder("true").start();
        dead.waitFor();
        Files.createSymbolicLink(root.resolve(".lnr-lock"), Path.of(Long.toString(dead.pid())));
        assertThat(run().code()).isZero();
        assertThat(builds()).hasSize(1);
    }

    @Test
    void aFailedBuildIsToldAndTriedAgain() throws Exception {
        Run run = run("BUILD_FAILS=1");
        assertThat(run.code()).isEqualTo(1);
        assertThat(run.out()).isEmpty();
        assertThat(run.err()).contains("lnr: the build failed; it takes a JDK, 17 or later");
        assertThat(run().code()).isZero();
        assertThat(builds()).hasSize(2);
    }

    @Test
    void tellsWhatIsMissing() throws Exception {
        script(bin.resolve("java"), JAVA.replace("VERSION", "1.8.0_292"));
        Run old = run();
        assertThat(old.code()).isEqualTo(1);
        assertThat(old.err())
                .isEqualTo("lnr: " + bin + "/java: expected Java 17 or later, found 1.8.0_292; set JAVA_HOME to a newer"
                        + " JDK\n");
        Run none = run("JAVA_HOME=" + folder.resolve("none"));
        assertThat(none.code()).isEqualTo(1);
        assertThat(none.err()).startsWith("lnr: JAVA_HOME=" + folder.resolve("none") + ": expected a JDK, 17 or later");
        assertThat(builds()).isEmpty();
    }

    @Test
    void takesFurtherOptions() throws Exception {
        Path home = Files.createDirectories(folder.resolve("jdk").resolve("bin"));
        script(home.resolve("java"), JAVA.replace("VERSION", "25"));
        Run run = run("JAVA_HOME=" + home.getParent(), "LNR_JAVA_OPTS=-Xmx3g -Da=b");
        assertThat(run.out().lines()).containsSubsequence("-Xmx1200m", "-Xmx3g", "-Da=b", "-cp");
    }
}
