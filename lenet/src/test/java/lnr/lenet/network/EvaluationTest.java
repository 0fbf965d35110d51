package lnr.lenet.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class EvaluationTest {
    /** At Wilson's bound the accuracy found lies just 1.6449 standard deviations above. */
    @Test
    void provenAccuracySolvesItsEquation() {
        for (int correct : new int[] {1, 250, 4925, 4999, 5000}) {
            Evaluation.Score score = new Evaluation.Score(0, correct, 5000);
            double bound = score.provenAccuracy();
            assertThat(bound).isBetween(0.0, score.accuracy());
            assertThat((score.accuracy() - bound) / Math.sqrt(bound * (1 - bound) / 5000))
                    .isCloseTo(1.6449, within(1e-9));
        }
        assertThat(new Evaluation.Score(0, 0, 5000).provenAccuracy()).isCloseTo(0, within(1e-15));
    }
}
