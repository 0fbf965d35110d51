package lnr.lenet.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/**
 * A command's run within this process: what it printed and how it ended. There is no network, the cache is the test's
 * own, and no time passes that progress would be told after.
 */
record Run(int code, String out, String err) {
    private static final ObjectMapper JSON = new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

    static Run of(Path cache, String... arguments) {
        return with(environment(cache), false, arguments);
    }

    static Run with(Map<String, String> environment, boolean terminal, String... arguments) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        Session session = new Session(
                new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8),
                terminal,
                environment::get,
                () -> 0);
        int code = Main.run(session, arguments);
        return new Run(code, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
    }

    /** An environment with this cache and without a network. */
    static Map<String, String> environment(Path cache) {
        Map<String, String> environment = new HashMap<>();
        environment.put("LNR_CACHE", cache.toString());
        environment.put("LNR_MIRROR", "http://127.0.0.1:9/");
        return environment;
    }

    /** This run, which went well and had nothing to say on stderr. */
    Run quiet() {
        assertThat(err).isEmpty();
        return good();
    }

    /** This run, which went well. */
    Run good() {
        assertThat(code).as("exit code; stderr: %s", err).isZero();
        return this;
    }

    /** Asserts that the input was refused: code 2, one line on stderr with these words in it, nothing on stdout. */
    void refused(String... words) {
        assertThat(code).as("exit code; stderr: %s", err).isEqualTo(2);
        assertThat(out).isEmpty();
        assertThat(err).contains(words).endsWith("\n").doesNotContain("Exception", "\tat ");
        assertThat(err.lines()).hasSize(1);
    }

    /** Stdout, which is one JSON object. */
    JsonNode json() {
        try {
            JsonNode node = JSON.readTree(out);
            assertThat(node.isObject()).isTrue();
            return node;
        } catch (JsonProcessingException e) {
            throw new AssertionError("not one JSON object: " + out, e);
        }
    }
}
