package lnr.bench.gpu;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.TestWatcher;

/**
 * Lets a process run a portion of a class's tests, for tools that make them so slow that all of them take too long:
 * none that an earlier process has ended, and none that would begin when {@code lnr.seconds} have passed since the
 * first.
 *
 * <p>The file that {@code lnr.portion} names has a line {@code ended ID} for each of the former. A file beside it, with
 * {@code .new} behind its name, gets a line {@code begun ID} and then {@code ended ID} for each test that runs, and
 * {@code left ID} for each that is left to the next process. Without the property all tests run.
 */
final class Portion implements ExecutionCondition, TestWatcher {
    private final Path file = Optional.ofNullable(System.getProperty("lnr.portion")).map(Path::of).orElse(null);
    private final long nanoseconds = Long.getLong("lnr.seconds", 0) * 1_000_000_000;
    private final Set<String> ended = new HashSet<>();
    private long end; // 0 until a test has begun

    Portion() {
        if (file != null && Files.exists(file)) {
            try {
                ended.addAll(Files.readAllLines(file));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    @Override
    public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext test) {
        String id = test.getUniqueId();
        boolean single = id.matches(".*\\[(method|test-template-invocation):[^\\]]*\\]");
        if (file == null || !single) {
            return ConditionEvaluationResult.enabled("");
        } else if (ended.contains("ended " + id)) {
            return ConditionEvaluationResult.disabled("ended in an earlier process");
        } else if (end != 0 && System.nanoTime() - end >= 0) {
            write("left " + id);
            return ConditionEvaluationResult.disabled("left to the next process");
        }
        end = end == 0 ? System.nanoTime() + nanoseconds : end;
        write("begun " + id);
        return ConditionEvaluationResult.enabled("");
    }

    @Override
    public void testSuccessful(ExtensionContext test) {
        end(test);
    }

    @Override
    public void testFailed(ExtensionContext test, Throwable cause) {
        end(test);
    }

    @Override
    public void testAborted(ExtensionContext test, Throwable cause) {
        end(test);
    }

    private void end(ExtensionContext test) {
        if (file != null) {
            write("ended " + test.getUniqueId());
        }
    }

    private void write(String line) {
        try {
            Files.writeString(
                    file.resolveSibling(file.getFileName() + ".new"),
                    line + "\n",
                    StandardOpenOption.CREATE,
                    StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
