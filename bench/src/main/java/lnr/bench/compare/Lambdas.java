package lnr.bench.compare;

import java.util.Arrays;
import lnr.engine.solvers.Path;

/** The lambdas of a request, in the form that both sides read. */
final class Lambdas {
    private Lambdas() {}

    /**
     * The lambdas that a request names.
     *
     * @param words joined by commas: {@code 0.1} is a lambda, {@code @0.1} a share of lambda_max, {@code @0.01/50} the
     *     points of a path, 50 from lambda_max down to 0.01 of it
     */
    static double[] of(String words, double lambdaMax) {
        return Arrays.stream(words.split(","))
                .flatMapToDouble(word -> Arrays.stream(one(word, lambdaMax)))
                .toArray();
    }

    private static double[] one(String word, double lambdaMax) {
        if (!word.startsWith("@")) {
            return new double[] {Double.parseDouble(word)};
        }
        String[] parts = word.substring(1).split("/");
        double share = Double.parseDouble(parts[0]);
        return parts.length == 1
                ? new double[] {share * lambdaMax}
                : Path.lambdas(lambdaMax, Integer.parseInt(parts[1]), share);
    }
}
