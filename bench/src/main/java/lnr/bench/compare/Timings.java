package lnr.bench.compare;

import java.util.Arrays;

/**
 * Seconds that one side took, round by round.
 *
 * @param seconds one number for each round, 1 or more of them
 */
record Timings(double[] seconds) {
    /** The middle one, or the mean of the middle two. */
    double median() {
        double[] sorted = seconds.clone();
        Arrays.sort(sorted);
        int half = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[half] : 0.5 * (sorted[half - 1] + sorted[half]);
    }

    /** The shortest. */
    double min() {
        return Arrays.stream(seconds).min().orElseThrow();
    }

    /** The longest. */
    double max() {
        return Arrays.stream(seconds).max().orElseThrow();
    }

    /** Of each round, how many times longer the other side took. */
    Timings ratios(Timings other) {
        double[] ratios = new double[seconds.length];
        for (int i = 0; i < ratios.length; i++) {
            ratios[i] = other.seconds[i] / seconds[i];
        }
        return new Timings(ratios);
    }
}
