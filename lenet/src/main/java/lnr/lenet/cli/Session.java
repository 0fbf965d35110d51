package lnr.lenet.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.PrintStream;
import java.util.Locale;
import java.util.Map;
import java.util.function.LongSupplier;
import java.util.function.UnaryOperator;
import lnr.lenet.data.DataSource;
import lnr.lenet.format.Diagnostic;

/**
 * What a command talks to: stdout for results, stderr for progress and notices, and the environment.
 *
 * @param out results
 * @param err progress, notices and complaints
 * @param terminal whether {@code err} is a terminal: without one, lines take the place of progress bars
 * @param environment a variable's value by its name, null when it is not set
 * @param clock nanoseconds since some moment
 */
record Session(
        PrintStream out, PrintStream err, boolean terminal, UnaryOperator<String> environment, LongSupplier clock) {
    private static final ObjectMapper JSON = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

    /** One or more lines of the result. Numbers are written the same way in every locale. */
    void print(String format, Object... arguments) {
        out.println(String.format(Locale.ROOT, format, arguments));
        out.flush();
    }

    /** The whole result, as one JSON object. Numbers that JSON does not know become null. */
    void json(Map<String, Object> result) {
        try {
            out.println(JSON.writeValueAsString(Json.plain(result)));
            out.flush();
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    /** A line that the user should see and that is no result. */
    void notice(String line) {
        err.println("lnr: " + Diagnostic.escape(line));
    }

    /** A line of a table beside the result. */
    void table(String format, Object... arguments) {
        err.println(String.format(Locale.ROOT, format, arguments));
    }

    /** A progress bar, or a notice now and then where {@code err} is no terminal. */
    Bar bar(String task, long max) {
        return new Bar(this, task, max);
    }

    /** Where data sets come from. */
    DataSource data() {
        return DataSource.of(environment);
    }
}
