package lnr.lenet.report;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import lnr.lenet.compress.Compression;
import lnr.lenet.network.Architecture;
import lnr.lenet.network.Model;

/**
 * What the pictures of a network show.
 *
 * @param filters conv1's kernels, 25 numbers each, row after row
 * @param before norms of fc2's columns
 * @param sparse the same of the solver's M, at {@code lambda}
 * @param refitted the same of the final M
 */
public record Anatomy(
        List<float[]> filters, double[] before, double[] sparse, double[] refitted, double lambda) {
    private static final int FC2 = 3;

    static Anatomy of(Model model, Compression.Result text) {
        float[] kernels = model.weight(0);
        Architecture shape = model.architecture();
        int size = shape.layers().get(0).inputs();
        List<float[]> filters = IntStream.range(0, shape.conv1())
                .mapToObj(k -> Arrays.copyOfRange(kernels, k * size, (k + 1) * size))
                .toList();
        return new Anatomy(
                filters, norms(model), norms(text.sparse()), norms(text.refitted()), text.solution().lambda());
    }

    private static double[] norms(Model model) {
        Architecture.Layer layer = model.architecture().layers().get(FC2);
        float[] weight = model.weight(FC2);
        int d = layer.inputs();
        return IntStream.range(0, d)
                .mapToDouble(j -> Math.sqrt(IntStream.range(0, layer.outputs())
                        .mapToDouble(i -> (double) weight[i * d + j] * weight[i * d + j])
                        .sum()))
                .toArray();
    }
}
