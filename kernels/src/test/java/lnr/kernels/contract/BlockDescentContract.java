package lnr.kernels.contract;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.stream.IntStream;
import lnr.kernels.BlockDescent;
import lnr.kernels.F64;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Passes over the groups: each is one of Gauss-Seidel, exact but for rounding. */
public abstract class BlockDescentContract extends DeviceContract {
    // Let e = P - min P, b = the bound on the optimality conditions, a = the norm of a pass's change, L = R above its
    // groups' blocks. R is at least I, but for a column that is 0 after any pass: so P falls by a^2 / 2 - a b or more,
    // and ends with a gradient of b + ||L|| a or less, e <= (b + ||L|| a)^2 / 2. Where a >= 20 b, that is to say
    // that e falls by 0.9 a^2 / 2 and is (||L|| + 0.05)^2 a^2 / 2 at most, so falls by a factor of
    // 1 + 0.9 / (||L|| + 0.05)^2; elsewhere it is (1 + 20 ||L||)^2 b^2 / 2 at most. An error of G is one of C: one of
    // norm c adds c to sqrt(2 e). And a <= 2 b + sqrt(2 e), e from before the pass: passes come to rest.
    @ParameterizedTest
    @CsvSource({"1, 1, 1, .1", "1, 33, 1, .2", "7, 40, 1, .5", "67, 33, 4, .9", "5, 70, 40, .7", "3, 12, 12, .3"})
    void passesAreExactAndComeToRest(int h, int d, int most, double lambda) {
        int[] others = draw.starts(d - 1, most);
        int[] starts = Arrays.copyOf(others, others.length + 1);
        starts[others.length] = d;
        double[] r = draw.positive(d);
        GaussSeidel.Pass[] passes = passes(400, h, starts, lambda, r);
        double square = 0;
        for (int k = 1; k < starts.length; k++) {
            for (int j = starts[k - 1]; j < starts[k]; j++) {
                for (int l = starts[k]; l < d; l++) {
                    square += r[j * d + l] * r[j * d + l];
                }
            }
        }
        double coupling = Math.sqrt(square);
        double ratio = Math.sqrt(1 + 0.9 / ((coupling + 0.05) * (coupling + 0.05)));
        double above = passes[0].condition() + coupling * passes[0].change() + passes[0].gradient(); // sqrt(2 e)
        for (int n = 1; n < passes.length; n++) {
            double bound = passes[n].condition();
            assertThat(passes[n].change()).as("change of pass %d", n).isLessThanOrEqualTo(2 * bound + above);
            above = Math.max(above / ratio, (1 + 20 * coupling) * bound) + passes[n].gradient();
        }
    }

    @Test
    void thereMayBeNoGroups() {
        passes(1, 3, new int[1], new double[0], 1, new double[0], new double[0], new double[0]);
    }

    // Were a group's change to reach those after it too late, they would not become minimisers.
    @ParameterizedTest
    @CsvSource({"3, 70, 1, .5", "67, 40, 5, 2"})
    void columnsThatAreAlikeAreNoDifferent(int h, int d, int most, double lambda) {
        double[] r = draw.positive(d);
        for (int i = 0; i < r.length; i++) {
            r[i] = 1 + 0.2 * r[i];
        }
        passes(20, h, draw.starts(d, most), lambda, r);
    }

    @ParameterizedTest
    @CsvSource({"1000, 45, 3, 9", "513, 40, 1, 9", "33, 150, 120, 4", "3, 260, 250, 1", "3, 12, 12, .3"})
    void longColumnsAndLargeGroupsAreNoDifferent(int h, int d, int most, double lambda) {
        passes(2, h, draw.starts(d, most), lambda, draw.positive(d));
    }

    // V = C, as no group concerns another. Where ||V|| is all but lambda w, M_k errs by far more than its roundoff.
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 5, 17})
    void groupsAtTheirThresholdAreNoDifferent(int size) {
        int h = 9;
        int count = 20;
        int d = count * size;
        int[] starts = IntStream.rangeClosed(0, count).map(k -> k * size).toArray();
        double[] r = draw.positive(d);
        for (int i = 0; i < d * d; i++) {
            r[i] = i / d / size == i % d / size ? r[i] : 0;
        }
        double[] c = draw.doubles(h * d);
        double[] weights = new double[count];
        for (int k = 0; k < count; k++) {
            double norm = GaussSeidel.norm(Arrays.copyOfRange(c, starts[k] * h, starts[k + 1] * h));
            weights[k] = norm * (1 + (k % 2 == 0 ? -1 : 1) * Math.pow(10, -6 - k / 2));
        }
        passes(3, h, starts, weights, 1, r, c, new double[h * d]);
    }

    /** @param r (d, d), modified: nothing is known of the last column */
    private GaussSeidel.Pass[] passes(int count, int h, int[] starts, double lambda, double[] r) {
        int d = starts[starts.length - 1];
        double[] c = draw.doubles(h * d);
        for (int j = 0; j < d; j++) {
            r[(d - 1) * d + j] = 0;
            r[j * d + d - 1] = 0;
        }
        for (int i = 0; i < h; i++) {
            c[(d - 1) * h + i] = 0;
        }
        return passes(count, h, starts, draw.weights(starts.length - 1), lambda, r, c, draw.doubles(h * d));
    }

    /** Passes from {@code start} on, each judged. */
    private GaussSeidel.Pass[] passes(
            int count, int h, int[] starts, double[] weights, double lambda, double[] r, double[] c, double[] start) {
        int d = starts[starts.length - 1];
        F64 m = arena.inOut(start);
        F64 g = arena.inOut(gradient(h, d, r, c, start));
        BlockDescent.Passes passes = device.blockDescent()
                .prepare(arena.scope(), h, arena.groups(starts, weights), arena.in(r), arena.in(c));
        GaussSeidel judge = new GaussSeidel(h, starts, weights, lambda, r);
        GaussSeidel.Pass[] judged = new GaussSeidel.Pass[count];
        for (int n = 0; n < count; n++) {
            double[] before = m.toArray();
            double[] slope = g.toArray();
            passes.run(lambda, m, g);
            judged[n] = judge.judge(before, slope, m.toArray(), g.toArray());
        }
        return judged;
    }

    private static double[] gradient(int h, int d, double[] r, double[] c, double[] m) {
        double[] g = c.clone();
        for (int j = 0; j < d; j++) {
            for (int k = 0; k < d; k++) {
                for (int i = 0; i < h; i++) {
                    g[j * h + i] -= m[k * h + i] * r[j * d + k];
                }
            }
        }
        return g;
    }
}
