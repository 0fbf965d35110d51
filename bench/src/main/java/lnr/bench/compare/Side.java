package lnr.bench.compare;

import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * One side's process. It says who it is on a line of JSON; then, for each line it reads, it does what the line asks and
 * answers on a line of JSON with {@code seconds} and {@code value}. It ends when its input does.
 */
final class Side implements AutoCloseable {
    private static final int PATIENCE = 10;

    private final String name;
    private final Process process;
    private final BufferedWriter requests;
    private final BufferedReader answers;
    private final ObjectMapper json =
            JsonMapper.builder().enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS).build();
    private final JsonNode greeting;

    /** The process ended without an answer. */
    static final class Ended extends IOException {
        private static final long serialVersionUID = 1L;
        private final int code;

        Ended(String name, int code) {
            super(name + ": the process ended with exit code " + code);
            this.code = code;
        }

        int code() {
            return code;
        }
    }

    /**
     * Starts it and waits for its greeting. What it writes to stderr goes to this process's.
     *
     * @param environment variables beside those of this process
     * @throws Ended when it ends instead
     * @throws IOException when there is no such program
     */
    Side(String name, List<String> command, Map<String, String> environment) throws IOException {
        this.name = name;
        ProcessBuilder builder = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT);
        builder.environment().putAll(environment);
        process = builder.start();
        requests = new BufferedWriter(new OutputStreamWriter(process.getOutputStream(), StandardCharsets.UTF_8));
        answers = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        try {
            greeting = answer();
        } catch (IOException | RuntimeException e) {
            process.destroy();
            throw e;
        }
    }

    /** Versions and threads, as it gave them. */
    JsonNode greeting() {
        return greeting;
    }

    /** Has a request carried out. */
    JsonNode run(String request) throws IOException {
        try {
            requests.write(request);
            requests.newLine();
            requests.flush();
        } catch (IOException e) {
            throw ended();
        }
        return answer();
    }

    private JsonNode answer() throws IOException {
        String line = answers.readLine();
        if (line == null) {
            throw ended();
        }
        return json.readTree(line);
    }

    private Ended ended() {
        try {
            if (!process.waitFor(PATIENCE, TimeUnit.SECONDS)) {
                process.destroy();
            }
            return new Ended(name, process.waitFor());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return new Ended(name, -1);
        }
    }

    @Override
    public void close() throws IOException {
        try {
            requests.close();
            if (!process.waitFor(PATIENCE, TimeUnit.SECONDS)) {
                process.destroy();
            }
        } catch (InterruptedException e) {
            process.destroy();
            Thread.currentThread().interrupt();
        } catch (IOException e) {
            process.destroy();
        }
    }
}
