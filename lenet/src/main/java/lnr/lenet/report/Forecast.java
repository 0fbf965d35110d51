package lnr.lenet.report;

import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * How long the rest of a sweep takes: by what tasks of each kind took, and for as long as none of a kind was done, by a
 * guess in epochs of training, whose time this machine tells.
 */
final class Forecast {
    /** Forward passes that an epoch of training takes the time of. */
    static final double PASSES = 3.4;

    /** Kinds of tasks. The guesses are what a CPU took for the usual network and 60,000 images. */
    enum Kind {
        ORIGINAL(0.1, 0),
        STUDY(1.4, 0),
        TEXT(0.2, 1.2),
        NETWORK(4, 1);

        private final double epochs;
        private final double retraining; // epochs that one of retraining takes the time of, with its passes

        Kind(double epochs, double retraining) {
            this.epochs = epochs;
            this.retraining = retraining;
        }
    }

    private final int retrain;
    private final Map<Kind, List<Double>> seen = new EnumMap<>(Kind.class);
    private double epoch;

    /** @param retrain epochs of retraining that a task has, if its kind has any */
    Forecast(int retrain) {
        this.retrain = retrain;
    }

    /** An epoch of training the original network takes that many seconds. */
    void epoch(double seconds) {
        epoch = seconds;
    }

    /** A task took that many seconds. */
    void took(Kind kind, double seconds) {
        seen.computeIfAbsent(kind, k -> new ArrayList<>()).add(seconds);
    }

    /**
     * Seconds that are left.
     *
     * @param kinds of the tasks to come
     * @param epochs of training to come
     */
    double left(Collection<Kind> kinds, int epochs) {
        return epochs * epoch + kinds.stream().mapToDouble(this::expected).sum();
    }

    private double expected(Kind kind) {
        return seen.getOrDefault(kind, List.of()).stream()
                .mapToDouble(s -> s)
                .average()
                .orElse(epoch * (kind.epochs + retrain * kind.retraining));
    }
}
