package lnr.lenet.compress;

import java.util.Collection;
import java.util.EnumMap;
import java.util.Map;
import lnr.engine.Correlations;
import lnr.kernels.F32;
import lnr.kernels.Layers.ConvShape;
import lnr.kernels.Scope;
import lnr.lenet.Progress;
import lnr.lenet.network.Architecture.Layer;
import lnr.lenet.network.DeviceImages;
import lnr.lenet.network.LeNet5;
import lnr.lenet.network.Model;

/** Correlations of the inputs of a network's layers over a data set, all from one forward pass. Close it. */
public final class NetworkCorrelations implements AutoCloseable {
    private final Map<Target, Correlations> correlations = new EnumMap<>(Target.class);

    private NetworkCorrelations() {}

    /**
     * Runs the images through the layers before the last target.
     *
     * @param network the network; its device holds the sums
     * @param targets the layers whose inputs are wanted, in any order
     * @param bias whether a layer's bias is a column of W, against an input that is always 1
     * @param progress told of the samples seen, after every batch
     * @return the sums, which the caller closes
     */
    public static NetworkCorrelations gather(
            LeNet5 network, DeviceImages images, Collection<Target> targets, boolean bias, Progress progress) {
        NetworkCorrelations all = new NetworkCorrelations();
        try (Scope scope = network.device().scope()) {
            Model model = network.model();
            for (Target target : targets) {
                Layer shape = network.architecture().layers().get(target.layer());
                double[] w = weight(model, target.layer(), bias);
                all.correlations.put(
                        target,
                        Correlations.ofLayer(network.device(), shape.inputs(), bias, shape.outputs(), w));
            }
            int steps = targets.stream().mapToInt(Target::layer).max().orElse(0);
            int batch = network.batch();
            F32 x = scope.f32((long) batch * network.width(0));
            for (int from = 0; from < images.count(); from += batch) {
                int n = Math.min(batch, images.count() - from);
                F32 input = x.slice(0, (long) n * network.width(0));
                images.gather(from, n, input);
                network.forward(n, input, steps);
                all.correlations.forEach((target, sums) -> add(network, target, n, sums));
                progress.at("correlations", from + n, images.count());
            }
            return all;
        } catch (RuntimeException | Error e) {
            all.close();
            throw e;
        }
    }

    private static void add(LeNet5 network, Target target, int n, Correlations sums) {
        F32 input = network.activation(target.layer(), n);
        if (target == Target.CONV2) {
            ConvShape shape = network.architecture().second();
            sums.addPatches(n, shape.height(), shape.width(), shape.kernel(), input);
        } else {
            sums.add(n, input);
        }
    }

    /** The sums of one of the targets, which stay this object's. */
    public Correlations of(Target target) {
        return correlations.get(target);
    }

    /** W, or [W b], (outputs, inputs + 1), column-major. */
    static double[] weight(Model model, int layer, boolean bias) {
        Layer shape = model.architecture().layers().get(layer);
        int h = shape.outputs();
        int d = shape.inputs();
        float[] rows = model.weight(layer);
        float[] biases = model.bias(layer);
        double[] w = new double[h * (d + (bias ? 1 : 0))];
        for (int i = 0; i < h; i++) {
            for (int j = 0; j < d; j++) {
                w[j * h + i] = rows[i * d + j];
            }
            if (bias) {
                w[d * h + i] = biases[i];
            }
        }
        return w;
    }

    @Override
    public void close() {
        correlations.values().forEach(Correlations::close);
    }
}
