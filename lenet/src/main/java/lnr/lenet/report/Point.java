package lnr.lenet.report;

import java.util.List;
import java.util.Map;
import lnr.lenet.network.Architecture;

/**
 * One compressed network.
 *
 * @param network number of the trained network it comes from, from 0
 * @param method how it was compressed
 * @param setting how strongly, in words
 * @param widths outputs of conv1, conv2, fc1 and fc2
 * @param size parameters, in parts of the original's
 * @param work flops, in parts of the original's
 * @param compressed on the test images
 * @param retrained the same after retraining; null without
 * @param proof of the text's problem; null for whole networks, which solve several
 * @param kept for conv1, conv2 and fc1: those of the original's outputs that are left, ascending
 * @param seconds of wall time, by stage
 */
public record Point(
        int network,
        Method method,
        String setting,
        List<Integer> widths,
        int parameters,
        double size,
        long flops,
        double work,
        Tested compressed,
        Tested retrained,
        Proof proof,
        List<List<Integer>> kept,
        Map<String, Double> seconds) {

    /** Ways to compress. */
    public enum Method {
        /** The text's: fc2 alone, at one lambda. */
        TEXT,
        /** All layers, to a size. */
        NETWORK
    }

    /**
     * How good the solver's answer is.
     *
     * @param lambdaRatio lambda in parts of lambda_max
     * @param relativeGap bound on the excess of the objective, in parts of tau / 2
     */
    public record Proof(double lambda, double lambdaRatio, double objective, double relativeGap, int iterations) {}

    Tested tested(boolean after) {
        return after ? retrained : compressed;
    }

    Architecture shape() {
        return new Architecture(widths.get(0), widths.get(1), widths.get(2), widths.get(3));
    }
}
