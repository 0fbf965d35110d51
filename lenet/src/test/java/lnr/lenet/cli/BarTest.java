package lnr.lenet.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Progress where there is no terminal to draw bars on: a line now and then. */
class BarTest {
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();
    private long seconds = 1_000;

    private Session session(boolean terminal) {
        PrintStream stream = new PrintStream(err, true, StandardCharsets.UTF_8);
        return new Session(System.out, stream, terminal, name -> null, () -> TimeUnit.SECONDS.toNanos(seconds));
    }

    @Test
    void aLineAtMostEveryTenSeconds() {
        try (Bars bars = new Bars(session(false))) {
            for (int i = 1; i <= 25; i++) {
                seconds++;
                bars.at("solve", i, -1);
            }
            for (int i = 1; i <= 13; i++) {
                seconds++;
                bars.at("correlations", 100 * i, 1300);
            }
        }
        assertThat(err.toString(StandardCharsets.UTF_8).lines())
                .containsExactly("lnr: solve: 11 so far", "lnr: solve: 21 so far", "lnr: correlations: 1100 of 1300");
    }

    @Test
    void noLinesOnATerminal() {
        try (Bars bars = new Bars(session(true))) {
            bars.at("solve", 1, 10);
            seconds += 60;
            bars.at("solve", 2, 10);
        }
        assertThat(err.toString(StandardCharsets.UTF_8)).doesNotContain("so far", "2 of 10", "\n");
    }
}
