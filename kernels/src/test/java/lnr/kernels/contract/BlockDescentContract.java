package lnr.kernels.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;
import static org.assertj.core.api.Assertions.within;

import lnr.kernels.BlockDescent;
import lnr.kernels.F64;
import lnr.kernels.Groups;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Passes over the groups: what they promise, not how they go about it. */
public abstract class BlockDescentContract extends DeviceContract {
    @ParameterizedTest
    @CsvSource({"1, 1, 1, .1", "1, 33, 1, .2", "7, 40, 1, .5", "67, 33, 4, .9", "5, 70, 40, .7", "3, 12, 12, .3"})
    void passesNeverRiseKeepTheGradientAndEndAtTheOptimum(int h, int d, int most, double lambda) {
        passes(400, h, d, most, lambda, draw.positive(d));
    }

    // Were a group's change to reach those after it too late, P would rise.
    @ParameterizedTest
    @CsvSource({"3, 70, 1, .5", "67, 40, 5, 2"})
    void columnsThatAreAlikeAreNoDifferent(int h, int d, int most, double lambda) {
        double[] r = draw.positive(d);
        for (int i = 0; i < r.length; i++) {
            r[i] = 1 + 0.2 * r[i];
        }
        passes(20, h, d, most, lambda, r);
    }

    @ParameterizedTest
    @CsvSource({"1000, 45, 3, 9", "513, 40, 1, 9", "33, 150, 120, 4", "3, 260, 250, 1"})
    void longColumnsAndLargeGroupsAreNoDifferent(int h, int d, int most, double lambda) {
        passes(2, h, d, most, lambda, draw.positive(d));
    }

    /** @param r (d, d), modified: nothing is known of the last column */
    private void passes(int count, int h, int d, int most, double lambda, double[] r) {
        int[] starts = draw.starts(d, most);
        double[] weights = draw.weights(starts.length - 1);
        double[] c = draw.doubles(h * d);
        // A column that nothing is known of, and a group that a pass has to empty.
        for (int j = 0; j < d; j++) {
            r[(d - 1) * d + j] = 0;
            r[j * d + d - 1] = 0;
        }
        for (int i = 0; i < h; i++) {
            c[(d - 1) * h + i] = 0;
        }
        Groups groups = arena.groups(starts, weights);
        double[] start = draw.doubles(h * d);
        F64 m = arena.inOut(start);
        F64 g = arena.inOut(gradient(h, d, r, c, start));
        BlockDescent.Passes passes =
                device.blockDescent().prepare(arena.scope(), h, groups, arena.in(r), arena.in(c));
        double before = objective(h, starts, weights, lambda, c, start, g.toArray());
        for (int pass = 0; pass < count; pass++) {
            passes.run(lambda, m, g);
            if (pass < 20 || pass == count - 1) {
                double[] now = m.toArray();
                double[] exact = gradient(h, d, r, c, now);
                double[] kept = g.toArray();
                for (int i = 0; i < exact.length; i++) {
                    if (!(Math.abs(kept[i] - exact[i]) <= 1e-11)) {
                        fail("G, element %d after pass %d: expected %s, got %s", i, pass, exact[i], kept[i]);
                    }
                }
                double after = objective(h, starts, weights, lambda, c, now, exact);
                assertThat(after).as("P after pass %d", pass).isLessThanOrEqualTo(before + 1e-12 * h * d);
                before = after;
            }
        }
        // The last group is at its best after any pass, all of them after many.
        int from = count < 400 ? weights.length - 1 : 0;
        optimal(from, h, starts, weights, lambda, m.toArray(), g.toArray());
    }

    /** G_k = lambda w_k M_k / ||M_k||, or ||G_k|| at most lambda w_k where M_k is 0. */
    private static void optimal(
            int from, int h, int[] starts, double[] weights, double lambda, double[] m, double[] g) {
        for (int k = from; k < weights.length; k++) {
            double norm = norm(h, starts, k, m);
            if (norm == 0) {
                assertThat(norm(h, starts, k, g)).as("group %d", k).isLessThanOrEqualTo(lambda * weights[k] + 1e-9);
            }
            for (int i = starts[k] * h; norm > 0 && i < starts[k + 1] * h; i++) {
                assertThat(g[i]).as("element %d", i).isCloseTo(lambda * weights[k] * m[i] / norm, within(1e-8));
            }
        }
    }

    private static double objective(
            int h, int[] starts, double[] weights, double lambda, double[] c, double[] m, double[] g) {
        double value = 0;
        for (int i = 0; i < m.length; i++) {
            value -= 0.5 * (c[i] + g[i]) * m[i];
        }
        for (int k = 0; k < weights.length; k++) {
            value += lambda * weights[k] * norm(h, starts, k, m);
        }
        return value;
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

    private static double norm(int h, int[] starts, int k, double[] m) {
        double square = 0;
        for (int i = starts[k] * h; i < starts[k + 1] * h; i++) {
            square += m[i] * m[i];
        }
        return Math.sqrt(square);
    }
}
