package lnr.lenet.network;

import lnr.kernels.F32;
import lnr.kernels.F64;
import lnr.kernels.Scope;
import lnr.kernels.U8;

/** Loss and accuracy of a network on labelled images. */
public final class Evaluation {
    private Evaluation() {}

    /**
     * What an evaluation found.
     *
     * @param loss mean cross-entropy
     * @param correct images classified rightly
     * @param count images
     */
    public record Score(double loss, int correct, int count) {
        /** Share of images classified rightly. */
        public double accuracy() {
            return (double) correct / count;
        }
    }

    /** Runs all images through the network, in their present order. */
    public static Score score(LeNet5 network, DeviceImages images) {
        try (Scope scope = network.device().scope()) {
            int batch = network.batch();
            F32 x = scope.f32((long) batch * network.width(0));
            U8 labels = scope.u8(batch);
            F64 sums = scope.f64(2);
            for (int from = 0; from < images.count(); from += batch) {
                int n = Math.min(batch, images.count() - from);
                F32 input = x.slice(0, (long) n * network.width(0));
                U8 target = labels.slice(0, n);
                images.gather(from, n, input);
                images.gatherLabels(from, n, target);
                F32 z = network.forward(n, input, LeNet5.STEPS);
                network.device().layers().crossEntropy(n, network.width(4), z, target, null, sums);
            }
            double[] totals = sums.toArray();
            return new Score(totals[0] / images.count(), (int) totals[1], images.count());
        }
    }
}
