package lnr.lenet.format;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import lnr.lenet.InputException;

/** Reads weights of groups: a vector in a {@code .npy} file, or the numbers of a text file. */
public final class WeightFile {
    private WeightFile() {}

    /**
     * Reads one positive number for each group.
     *
     * @param file a {@code .npy} file, by its name, with a vector; any other is text: numbers between blanks or in
     *     lines of their own, what follows a '#' is a comment
     * @param groups how many groups there are
     * @return the weights, in the groups' order
     * @throws InputException if the file cannot be read, or holds another number of weights, or one that is not
     *     positive
     */
    public static double[] read(Path file, int groups) {
        double[] weights = file.toString().endsWith(".npy") ? vector(file) : numbers(file);
        if (weights.length != groups) {
            throw new InputException(
                    file + ": expected " + groups + " weights, one for each group, found " + weights.length);
        }
        return weights;
    }

    private static double[] vector(Path file) {
        double[] weights = Npy.readVector(file);
        for (int k = 0; k < weights.length; k++) {
            if (!(weights[k] > 0)) {
                throw new InputException(file + ": entry [" + k + "]: expected a positive number, found " + weights[k]);
            }
        }
        return weights;
    }

    private static double[] numbers(Path file) {
        List<Double> weights = new ArrayList<>();
        for (Words line : Words.read(file)) {
            for (String word : line.words()) {
                weights.add(positive(file, line, word));
            }
        }
        return weights.stream().mapToDouble(Double::doubleValue).toArray();
    }

    private static double positive(Path file, Words line, String word) {
        try {
            double weight = Double.parseDouble(word);
            if (weight > 0 && weight < Double.POSITIVE_INFINITY) {
                return weight;
            }
        } catch (NumberFormatException e) {
            // Told below, as other words that are no weights.
        }
        throw line.fault(file, "expected a positive number, found " + Diagnostic.quote(word));
    }
}
