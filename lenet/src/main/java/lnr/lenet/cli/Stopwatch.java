package lnr.lenet.cli;

import java.util.LinkedHashMap;
import java.util.Map;

/** Wall times of a command's stages. */
final class Stopwatch {
    private final long start = System.nanoTime();
    private final Map<String, Double> stages = new LinkedHashMap<>();
    private long last = start;

    /** A stage has ended that began when the one before it did. */
    void lap(String stage) {
        long now = System.nanoTime();
        stages.put(stage, (now - last) * 1e-9);
        last = now;
    }

    /** A stage that took so long by another clock; the next one begins now. */
    void lap(String stage, double seconds) {
        stages.put(stage, seconds);
        last = System.nanoTime();
    }

    /** Seconds of each stage, in order, and of all from the beginning until now as {@code total}. */
    Map<String, Double> seconds() {
        Map<String, Double> seconds = new LinkedHashMap<>(stages);
        seconds.put("total", (System.nanoTime() - start) * 1e-9);
        return seconds;
    }
}
