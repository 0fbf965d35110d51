package lnr.lenet.report;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import lnr.lenet.compress.Strength;

/**
 * All that fixes the results of a sweep.
 *
 * @param version of the code that sweeps: one more whenever its results change
 * @param networks how many trained networks are compressed
 * @param seeds of their training, or none where the user gave the networks
 * @param training how they are trained; empty where the user gave them
 * @param models SHA-256 sums of the networks that the user gave
 * @param widths of the networks
 * @param lambda a weight of the penalty that the text's method is run at
 * @param ratios further ones, in parts of lambda_max
 * @param sizes numbers of parameters that the whole network is compressed to
 * @param validation training images held out, to choose widths by
 * @param retrain epochs of retraining
 * @param device its name
 * @param solver its name
 * @param data the images
 */
public record Settings(
        int version,
        int networks,
        List<Long> seeds,
        String training,
        List<String> models,
        String widths,
        double lambda,
        List<Double> ratios,
        List<Integer> sizes,
        int validation,
        int retrain,
        String device,
        String solver,
        Data data) {
    /** Of the present code. */
    public static final int VERSION = 3;

    /**
     * The images.
     *
     * @param sha256 sum of those trained on and their labels
     * @param testSha256 the same of those tested with
     */
    public record Data(String name, int train, int test, String sha256, String testSha256) {}

    /** What the text's method is run at, strongest last. */
    List<Strength> strengths() {
        List<Strength> strengths = new ArrayList<>();
        strengths.add(new Strength.Lambda(lambda));
        ratios.forEach(ratio -> strengths.add(new Strength.Ratio(ratio)));
        return strengths;
    }

    /**
     * In words, what another run's settings are where they first differ from these: {@code another run; lambda:
     * expected 1, found 2}.
     */
    Optional<String> difference(JsonNode other) {
        return difference("", Json.tree(this), other);
    }

    private static Optional<String> difference(String name, JsonNode expected, JsonNode found) {
        if (expected.isObject() && found.isObject()) {
            for (Map.Entry<String, JsonNode> field : expected.properties()) {
                String path = name.isEmpty() ? field.getKey() : name + "." + field.getKey();
                Optional<String> difference = difference(path, field.getValue(), found.path(field.getKey()));
                if (difference.isPresent()) {
                    return difference;
                }
            }
            return Optional.empty();
        }
        if (found.isMissingNode()) {
            return Optional.of("a run of an earlier version of lnr, which does not tell its " + name);
        }
        return expected.equals(found)
                ? Optional.empty()
                : Optional.of("another run; " + name + ": expected " + expected + ", found " + found);
    }
}
