package lnr.kernels.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

/** What is told from a tridiagonal matrix. */
class LanczosTest {
    // The second difference: its eigenvalues are 2 + 2 cos(pi k / (n + 1)).
    @Test
    void theLargestEigenvalueOfAllStepsIsFound() {
        for (int n : new int[] {1, 2, 3, 10, 100, 256}) {
            double[] alpha = new double[n];
            double[] beta = new double[n];
            Arrays.fill(alpha, 2);
            Arrays.fill(beta, 1);
            double expected = 2 + 2 * Math.cos(Math.PI / (n + 1));
            assertThat(Lanczos.judge(alpha, beta, n, n).orElseThrow())
                    .isCloseTo(expected, Offset.offset(8 * Math.ulp(4.0)));
            if (n > 3 && n < 20) {
                assertThat(Lanczos.judge(alpha, beta, n, n + 1)).as("not there yet").isEmpty();
            }
        }
    }

    @Test
    void stepsBehindAnInvariantSubspaceAreNoise() {
        double[] alpha = {3, 1, 100, 1000};
        assertThat(Lanczos.judge(alpha, new double[] {0, 1, 1, 1}, 4, 9)).hasValue(3);
        assertThat(Lanczos.judge(alpha, new double[] {1e-17, 1, 1, 1}, 4, 9)).hasValue(3);
        assertThat(Lanczos.judge(new double[2], new double[2], 2, 9)).hasValue(0);
        assertThat(Lanczos.judge(new double[] {-2, -1}, new double[2], 2, 9)).hasValue(-2);
    }

    @Test
    void whatIsNoNumberIsNoEigenvalue() {
        assertThat(Lanczos.judge(new double[] {1, Double.NaN}, new double[] {1, 1}, 2, 2)).isEmpty();
        assertThat(Lanczos.judge(new double[] {1, 1}, new double[] {1, Double.NaN}, 2, 2)).isEmpty();
        assertThat(Lanczos.judge(new double[] {1}, new double[] {Double.POSITIVE_INFINITY}, 1, 1)).isEmpty();
    }

    // A dominant first element: the eigenvector's last is tiny, so few steps are enough.
    @Test
    void aLargestEigenvalueThatStandsOutIsReachedEarly() {
        double[] alpha = new double[20];
        double[] beta = new double[20];
        Arrays.fill(beta, 1);
        alpha[0] = 100;
        assertThat(Lanczos.judge(alpha, beta, 12, 500)).isPresent();
        assertThat(Lanczos.judge(alpha, beta, 20, 500)).isPresent();
        assertThat(Lanczos.judge(alpha, beta, 3, 500)).isEmpty();
    }
}
