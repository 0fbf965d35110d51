package lnr.lenet.compress;

import lnr.engine.Correlations;
import lnr.kernels.F32;
import lnr.kernels.Scope;
import lnr.lenet.Progress;
import lnr.lenet.network.Architecture.Layer;
import lnr.lenet.network.DeviceImages;
import lnr.lenet.network.LeNet5;
import lnr.lenet.network.Model;

/** Correlations of a dense layer's input over a data set, from one forward pass. */
public final class LayerCorrelations {
    private LayerCorrelations() {}

    /**
     * Runs the images through the layers before {@code layer}.
     *
     * @param network the network; its device holds the sums
     * @param layer 2 for fc1, 3 for fc2
     * @param bias whether the layer's bias is a column of W, against an input that is always 1
     * @param progress told of the samples seen, after every batch
     * @return the sums, which the caller closes
     */
    public static Correlations gather(
            LeNet5 network, DeviceImages images, int layer, boolean bias, Progress progress) {
        Layer shape = network.architecture().layers().get(layer);
        int inputs = shape.inputs();
        Correlations correlations = Correlations.ofLayer(
                network.device(), inputs, bias, shape.outputs(), weight(network.model(), layer, bias));
        try (Scope scope = network.device().scope()) {
            int batch = network.batch();
            F32 x = scope.f32((long) batch * network.width(0));
            for (int from = 0; from < images.count(); from += batch) {
                int n = Math.min(batch, images.count() - from);
                F32 input = x.slice(0, (long) n * network.width(0));
                images.gather(from, n, input);
                correlations.add(n, network.forward(n, input, layer));
                progress.at("correlations", from + n, images.count());
            }
            return correlations;
        } catch (RuntimeException | Error e) {
            correlations.close();
            throw e;
        }
    }

    /** W, or [W b], (outputs, inputs + 1), column-major. */
    private static double[] weight(Model model, int layer, boolean bias) {
        Layer shape = model.architecture().layers().get(layer);
        int h = shape.outputs();
        int d = shape.inputs();
        float[] rows = model.weight(layer);
        double[] w = new double[h * (d + (bias ? 1 : 0))];
        for (int i = 0; i < h; i++) {
            for (int j = 0; j < d; j++) {
                w[j * h + i] = rows[i * d + j];
            }
            if (bias) {
                w[d * h + i] = model.bias(layer)[i];
            }
        }
        return w;
    }
}
