package lnr.lenet.report;

import java.util.BitSet;
import lnr.lenet.network.Architecture;
import lnr.lenet.network.Evaluation;

/**
 * What a network is on the test images.
 *
 * @param accuracy share of images classified rightly
 * @param loss mean cross-entropy
 * @param wrong a bit for each image that was classified wrongly, the first image's the lowest of the first byte; bytes
 *     of zeros at the end are left out
 */
public record Tested(double accuracy, double loss, int images, byte[] wrong) {
    static Tested of(Evaluation.Answers answers, byte[] labels) {
        Evaluation.Score score = answers.score();
        BitSet wrong = new BitSet(labels.length);
        for (int i = 0; i < labels.length; i++) {
            wrong.set(i, answers.predictions()[i] != labels[i]);
        }
        return new Tested(score.accuracy(), score.loss(), score.count(), wrong.toByteArray());
    }

    boolean isWrong(int image) {
        return image / 8 < wrong.length && (wrong[image / 8] >> image % 8 & 1) == 1;
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
