package lnr.lenet.compress;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class RetrainingTest {
    /** Up, then down to almost nothing, without a leap. */
    @Test
    void theRateIsOneCycle() {
        for (int epochs : new int[] {1, 30}) {
            Retraining retraining = new Retraining(epochs, false, 0, 0);
            double peak = retraining.rate(0.3);
            assertThat(retraining.rate(0)).isBetween(peak / 30, peak / 20);
            assertThat(retraining.rate(1)).isBetween(0.0, peak / 1e5);
            for (double done = 0; done < 0.99; done += 0.01) {
                double step = retraining.rate(done + 0.01) - retraining.rate(done);
                assertThat(Math.abs(step)).isLessThan(0.06 * peak);
                assertThat(step > 0).isEqualTo(done < 0.295);
            }
        }
    }
}
