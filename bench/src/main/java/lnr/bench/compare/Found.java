package lnr.bench.compare;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.JsonNode;

/**
 * What a side found.
 *
 * @param value a solve's objective, a pass's accuracy, a trace of correlations, the penalty of what a prox left; of
 *     several solves, the sum
 * @param gap upper bound on the objective's distance to its minimum; of several solves, the sum; NaN when it is not
 *     asked for
 * @param relativeGap the bound over tau / 2; of several solves, the largest; NaN when it is not asked for
 */
record Found(double value, double gap, @JsonProperty("relative_gap") double relativeGap) {
    /** What is told without a bound. */
    static Found of(double value) {
        return new Found(value, Double.NaN, Double.NaN);
    }

    /** What an answer of a {@link Side} says. */
    static Found in(JsonNode answer) {
        return new Found(
                answer.path("value").asDouble(Double.NaN),
                answer.path("gap").asDouble(Double.NaN),
                answer.path("relative_gap").asDouble(Double.NaN));
    }
}
