package lnr.lenet.report;

import lnr.lenet.network.Architecture;
import lnr.lenet.network.Evaluation;

/**
 * What a network is on the test images.
 *
 * @param accuracy share of images classified rightly
 * @param loss mean cross-entropy
 */
public record Tested(double accuracy, double loss, int images) {
    static Tested of(Evaluation.Score score) {
        return new Tested(score.accuracy(), score.loss(), score.count());
    }

    /**
     * A network as it was before.
     *
     * @param network its number, from 0
     * @param parameters weights and biases
     * @param flops of one image
     */
    public record Original(int network, String widths, int parameters, long flops, Tested test) {
        static Original of(int network, Architecture shape, Tested test) {
            return new Original(network, shape.toString(), shape.parameters(), shape.flops(), test);
        }
    }
}
