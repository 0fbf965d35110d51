package lnr.kernels.contract;

import static lnr.kernels.contract.Expected.U64;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.stream.IntStream;
import lnr.kernels.F32;
import lnr.kernels.F64;
import lnr.kernels.Groups;
import lnr.kernels.Scope;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The penalty, its proximal operator, and the solver's fused step. */
public abstract class GroupNormContract extends DeviceContract {
    @ParameterizedTest
    @CsvSource({
        "0, 0", "0, 3", "3, 0", "1, 1", "1, 33", "33, 1", "31, 32", "32, 31", "255, 33", "257, 5", "8, 1000",
        "1000, 32", "200, 501"
    })
    void everyOperationMatchesItsFormula(int h, int d) {
        for (int p : new int[] {0, d / 2, d}) {
            matches(h, d, columns(p), ones(p));
        }
        matches(h, d, equal(d / 3, 3), ones(d / 3));
        int[] starts = draw.starts(d, 7);
        matches(h, d, starts, draw.weights(starts.length - 1));
    }

    // Larger than what a block of threads may keep of it.
    @ParameterizedTest
    @CsvSource({"1000, 40, 33", "3, 12000, 11000", "10, 3000, 3000"})
    void oneLargeGroupMatchesTheFormulas(int h, int d, int columns) {
        matches(h, d, new int[] {0, columns}, new double[] {1.5});
        if (columns > 1) {
            matches(h, d, new int[] {0, 1, columns}, new double[] {0.5, 2});
        }
    }

    // More columns than the warps that a device may have for them, some of no group.
    @Test
    void stepMatchesItsFormulaForManyColumns() {
        step(1, 16_411, columns(16_397), ones(16_397), 0.7, true);
        restartedStep(1, 16_411, columns(16_397), ones(16_397), false, new double[] {1, 1, 0.3, 1});
        restartedStep(1, 16_411, columns(16_397), ones(16_397), true, new double[] {1, 1, 0.3, 1});
    }

    private void matches(int h, int d, int[] starts, double[] weights) {
        normsAndPenalty(h, d, starts, weights);
        prox(h, d, starts, weights);
        variationalDiagonal(h, d, starts, weights);
        step(h, d, starts, weights, 0, false);
        step(h, d, starts, weights, 0.7, true);
        double lambda = Math.sqrt(h) / 2 / 0.3;
        restartedStep(h, d, starts, weights, false, new double[] {0, 0, 0.3, lambda});
        restartedStep(h, d, starts, weights, true, new double[] {1, 1, 0.3, lambda});
        double[][] three = {{1, 0, 0.3, lambda}, {0, 1, 0.5, 0}, {1, 1, 0.2, 2 * lambda}};
        restartedStep(h, d, starts, weights, false, three);
        restartedStep(h, d, starts, weights, true, three);
        gapSums(h, d, starts, weights, 1);
        gapSums(h, d, starts, weights, 3);
    }

    private void normsAndPenalty(int h, int d, int[] starts, double[] weights) {
        double[] m = draw.doubles(h * d);
        Expected norms = new Expected(weights.length);
        Sum penalty = new Sum();
        int longest = 0;
        for (int k = 0; k < weights.length; k++) {
            double norm = norm(h, starts, k, m);
            norms.set(k, norm, (length(h, starts, k) + 2) * norm);
            penalty.add(weights[k] * norm);
            longest = Math.max(longest, length(h, starts, k));
        }
        Groups groups = arena.groups(starts, weights);
        F64 out = arena.out64(weights.length);
        device.groupNorm().norms(h, groups, arena.in(m), out);
        norms.matches("norms", out.toArray());
        F64 sum = arena.inOut(new double[] {Double.NaN, 2});
        device.groupNorm().penalty(h, groups, arena.in(m), sum);
        Expected expected = new Expected(2);
        expected.set(0, penalty.value, (longest + weights.length + 3) * penalty.magnitude);
        expected.set(1, 2, 0);
        expected.matches("penalty", sum.toArray());
        renewArena();
    }

    private void prox(int h, int d, int[] starts, double[] weights) {
        double[] m = spread(h, d);
        double t = Math.sqrt(h) / 2;
        Expected expected = new Expected(h * d);
        for (int k = 0; k < weights.length; k++) {
            double norm = norm(h, starts, k, m);
            double least = t * weights[k];
            double scale = norm > least ? 1 - least / norm : 0;
            for (int i = starts[k] * h; i < starts[k + 1] * h; i++) {
                expected.set(i, scale * m[i], (length(h, starts, k) + 7) * Math.abs(m[i]));
            }
        }
        for (int i = starts[weights.length] * h; i < h * d; i++) {
            expected.set(i, m[i], 0);
        }
        Groups groups = arena.groups(starts, weights);
        F64 out = arena.out64(h * d);
        device.groupNorm().prox(h, d, groups, t, arena.in(m), out);
        double[] result = out.toArray();
        expected.matches("prox", result);
        for (int k = 0; k < weights.length; k++) {
            if (norm(h, starts, k, m) < t * weights[k] * (1 - (length(h, starts, k) + 9) * U64)) {
                assertThat(Arrays.copyOfRange(result, starts[k] * h, starts[k + 1] * h)).containsOnly(0);
            }
        }
        F64 place = arena.inOut(m);
        device.groupNorm().prox(h, d, groups, t, place, place);
        assertThat(place.toArray()).as("prox in place").isEqualTo(result);
        renewArena();
    }

    private void variationalDiagonal(int h, int d, int[] starts, double[] weights) {
        double[] m = draw.doubles(h * d);
        Expected expected = new Expected(d);
        for (int k = 0; k < weights.length; k++) {
            double norm = norm(h, starts, k, m);
            double value = 0.3 * weights[k] / Math.sqrt(norm * norm + 1e-4);
            for (int j = starts[k]; j < starts[k + 1]; j++) {
                expected.set(j, value, (length(h, starts, k) + 7) * value);
            }
        }
        F64 out = arena.out64(d);
        device.groupNorm().variationalDiagonal(h, d, arena.groups(starts, weights), 0.3, 1e-4, arena.in(m), out);
        expected.matches("diagonal", out.toArray());
        renewArena();
    }

    private void step(int h, int d, int[] starts, double[] weights, double u, boolean replace) {
        double step = 0.3;
        double t = Math.sqrt(h) / 2;
        double[] m = spread(h, d);
        double[] mp = draw.doubles(h * d);
        double[] r = draw.doubles(h * d);
        double[] rp = draw.doubles(h * d);
        double[] c = draw.doubles(h * d);
        F64 next = replace ? arena.inOut(mp) : arena.out64(h * d);
        F64 stats = arena.inOut(new double[] {Double.NaN, Double.NaN, Double.NaN, Double.NaN, Double.NaN, 6});
        device.groupNorm().step(
                h, d, arena.groups(starts, weights), arena.in(new double[] {u, Double.NaN}), step, t, arena.in(m),
                replace ? next : arena.in(mp), arena.in(r), arena.in(rp), arena.in(c), next, stats);
        double[] result = next.toArray();
        Expected expected = new Expected(h * d);
        double[] z = new double[h * d];
        double[] size = new double[h * d];
        Sum change = new Sum();
        Sum square = new Sum();
        Sum pm = new Sum();
        Sum cm = new Sum();
        for (int i = 0; i < z.length; i++) {
            z[i] = m[i] + u * (m[i] - mp[i]) - step * (r[i] + u * (r[i] - rp[i]) - c[i]);
            size[i] = Math.abs(m[i]) + u * (Math.abs(m[i]) + Math.abs(mp[i]))
                    + step * (Math.abs(r[i]) + u * (Math.abs(r[i]) + Math.abs(rp[i])) + Math.abs(c[i]));
            change.add((result[i] - m[i]) * (result[i] - m[i]));
            square.add(result[i] * result[i]);
            pm.add(r[i] * m[i]);
            cm.add(c[i] * m[i]);
        }
        double penalty = 0;
        double penaltyError = 0;
        for (int k = 0; k < weights.length; k++) {
            double norm = norm(h, starts, k, z);
            double least = t * weights[k];
            double scale = norm > least ? 1 - least / norm : 0;
            // The prox is nonexpansive: an error in its argument, of this norm, grows no larger.
            double error = 8 * norm(h, starts, k, size);
            for (int i = starts[k] * h; i < starts[k + 1] * h; i++) {
                expected.set(i, scale * z[i], error + (length(h, starts, k) + 7) * Math.abs(z[i]));
            }
            double left = norm(h, starts, k, result);
            penalty += weights[k] * left;
            penaltyError += (length(h, starts, k) + weights.length + 9) * weights[k] * (left + least);
        }
        for (int i = starts[weights.length] * h; i < h * d; i++) {
            expected.set(i, z[i], 8 * size[i]);
        }
        expected.matches("next", result);
        Expected sums = new Expected(6);
        sums.set(0, change);
        sums.set(1, square);
        sums.set(2, penalty, penaltyError);
        sums.set(3, pm);
        sums.set(4, cm);
        sums.set(5, 6, 0);
        sums.matches("stats", stats.toArray());
        renewArena();
    }

    /** @param motions u, v, step length and lambda of each problem */
    private void restartedStep(int h, int d, int[] starts, double[] weights, boolean single, double[]... motions) {
        int batch = motions.length;
        double[] m = spread(h, batch * d);
        double[] g = draw.doubles(batch * h * d);
        float[] s = draw.floats(batch * h * d);
        float[] sr = draw.floats(batch * h * d);
        double[] motion = new double[4 * batch + 1];
        double[] before = new double[5 * batch + 1];
        Arrays.fill(before, Double.NaN);
        motion[4 * batch] = Double.NaN;
        for (int p = 0; p < batch; p++) {
            for (int i = 0; i < 4; i++) {
                motion[i * batch + p] = motions[p][i];
            }
        }
        Groups groups = arena.groups(starts, weights);
        F64 pace = arena.inOut(motion);
        F64 at = arena.inOut(m);
        F64 slope = arena.inOut(g);
        F64 stats = arena.inOut(before);
        double[] change;
        if (single) {
            F32 of = arena.inOut(s);
            device.groupNorm().restartedStep(batch, h, d, groups, pace, at, slope, of, arena.in(sr), stats);
            change = wide(of.toArray());
        } else {
            F64 of = arena.inOut(wide(s));
            device.groupNorm().restartedStep(batch, h, d, groups, pace, at, slope, of, arena.in(wide(sr)), stats);
            change = of.toArray();
        }
        for (int p = 0; p < batch; p++) {
            int from = p * h * d;
            int end = from + h * d;
            new Step(
                            h, d, starts, weights, motions[p], Arrays.copyOfRange(m, from, end),
                            Arrays.copyOfRange(g, from, end), Arrays.copyOfRange(s, from, end),
                            Arrays.copyOfRange(sr, from, end))
                    .led(
                            single, Arrays.copyOfRange(at.toArray(), from, end),
                            Arrays.copyOfRange(slope.toArray(), from, end), Arrays.copyOfRange(change, from, end),
                            Arrays.copyOfRange(stats.toArray(), 5 * p, 5 * p + 5));
            double[] found = stats.toArray();
            motion[p] = motions[p][0] * found[5 * p + 3] > found[5 * p] ? 0 : 1;
            motion[batch + p] = 1;
        }
        assertThat(pace.toArray()).isEqualTo(motion);
        assertThat(stats.toArray()[5 * batch]).isNaN();
        renewArena();
    }

    /** One problem's restarted step: what it was given. */
    private record Step(
            int h, int d, int[] starts, double[] weights, double[] motion, double[] m, double[] g, float[] s,
            float[] sr) {
        /** Checks what it led to. */
        void led(boolean single, double[] result, double[] slope, double[] change, double[] stats) {
            double u = motion[0];
            double v = motion[1];
            double step = motion[2];
            double lambda = motion[3];
            Expected slopes = new Expected(h * d);
            Expected iterate = new Expected(h * d);
            double[] z = new double[h * d];
            double[] size = new double[h * d];
            double fall = 0;
            double fallSize = 0;
            for (int i = 0; i < z.length; i++) {
                double left = g[i] - v * sr[i];
                slopes.set(i, left, 2 * (Math.abs(g[i]) + Math.abs(sr[i])));
                z[i] = m[i] + u * s[i] + step * (left - u * sr[i]);
                size[i] = Math.abs(m[i]) + Math.abs(s[i]) + step * (Math.abs(g[i]) + 2 * Math.abs(sr[i]));
                fall += (left + 0.5 * sr[i]) * s[i];
                fallSize += (Math.abs(g[i]) + 1.5 * Math.abs(sr[i])) * Math.abs(s[i]);
            }
            double penalty = 0;
            double penaltyError = 0;
            for (int k = 0; k < weights.length; k++) {
                double norm = norm(h, starts, k, z);
                double least = step * lambda * weights[k];
                double scale = norm > least ? 1 - least / norm : 0;
                double error = 8 * norm(h, starts, k, size);
                for (int i = starts[k] * h; i < starts[k + 1] * h; i++) {
                    iterate.set(i, scale * z[i], error + (length(h, starts, k) + 8) * Math.abs(z[i]));
                }
                penalty += weights[k] * norm(h, starts, k, result);
                penaltyError += (length(h, starts, k) + weights.length + 10) * weights[k]
                        * (norm(h, starts, k, result) + least);
            }
            for (int i = starts[weights.length] * h; i < h * d; i++) {
                iterate.set(i, z[i], 8 * size[i]);
            }
            slopes.matches("g", slope);
            iterate.matches("m", result);
            Sum square = new Sum();
            Sum length = new Sum();
            Sum turn = new Sum();
            Expected moves = new Expected(h * d);
            for (int i = 0; i < z.length; i++) {
                double moved = result[i] - m[i];
                moves.set(i, moved, Math.abs(moved));
                square.add(moved * moved);
                length.add(result[i] * result[i]);
                turn.add(moved * s[i]);
            }
            if (single) {
                moves.matches("s", narrow(change));
            } else {
                moves.matches("s", change);
            }
            Expected sums = new Expected(5);
            sums.set(0, square);
            sums.set(1, length);
            sums.set(2, penalty, penaltyError);
            sums.set(3, turn);
            sums.set(4, fall, (h * d + 8) * fallSize);
            sums.matches("stats", stats);
        }
    }

    private void gapSums(int h, int d, int[] starts, double[] weights, int batch) {
        int size = h * d;
        double[] m = draw.doubles(batch * size);
        double[] mr = draw.doubles(batch * size);
        double[] c = draw.doubles(batch * size);
        F64 g = arena.out64(batch * size);
        F64 sums = arena.inOut(new double[6 * batch + 1]);
        device.groupNorm().gapSums(
                batch, h, d, arena.groups(starts, weights), arena.in(m), arena.in(mr), arena.in(c), g, sums);
        double[] slope = g.toArray();
        Expected expected = new Expected(6 * batch + 1);
        for (int p = 0; p < batch; p++) {
            Sum mc = new Sum();
            Sum mg = new Sum();
            Sum mm = new Sum();
            Sum gg = new Sum();
            for (int i = p * size; i < (p + 1) * size; i++) {
                assertThat(slope[i]).isEqualTo(c[i] - mr[i]);
                mc.add(m[i] * c[i]);
                mg.add(m[i] * slope[i]);
                mm.add(m[i] * m[i]);
                gg.add(slope[i] * slope[i]);
            }
            double penalty = 0;
            double steepest = 0;
            int longest = 0;
            for (int k = 0; k < weights.length; k++) {
                penalty += weights[k] * norm(h, starts, k, m, p * size);
                steepest = Math.max(steepest, norm(h, starts, k, slope, p * size) / weights[k]);
                longest = Math.max(longest, length(h, starts, k));
            }
            expected.set(6 * p, mc);
            expected.set(6 * p + 1, mg);
            expected.set(6 * p + 2, mm);
            expected.set(6 * p + 3, gg);
            expected.set(6 * p + 4, penalty, (longest + weights.length + 3) * penalty);
            expected.set(6 * p + 5, steepest, (longest + 3) * steepest);
        }
        double[] found = sums.toArray();
        expected.matches("sums", found);
        F64 place = arena.inOut(mr);
        F64 again = arena.out64(6 * batch);
        device.groupNorm().gapSums(
                batch, h, d, arena.groups(starts, weights), arena.in(m), place, arena.in(c), place, again);
        assertThat(place.toArray()).as("G in the place of M R").isEqualTo(slope);
        assertThat(again.toArray()).as("sums with G in the place of M R").isEqualTo(Arrays.copyOf(found, 6 * batch));
        renewArena();
    }

    private static float[] narrow(double[] values) {
        float[] narrow = new float[values.length];
        for (int i = 0; i < values.length; i++) {
            narrow[i] = (float) values[i];
        }
        return narrow;
    }

    private static double[] wide(float[] values) {
        double[] wide = new double[values.length];
        Arrays.setAll(wide, i -> values[i]);
        return wide;
    }

    // With one number, the momentum points uphill where the change has the last one's sign and is smaller.
    @ParameterizedTest
    @CsvSource({"1, 2, 0", "1, 5, 1", "0, 2, 1", "0, 5, 1"})
    void stepsStartAnewWhereMomentumPointsUphill(double u, double g, double expected) {
        F64 motion = arena.inOut(new double[] {u, 1, 0.3, 0});
        F64 m = arena.inOut(new double[] {1});
        F64 s = arena.inOut(new double[] {1});
        F64 sr = arena.in(new double[] {2});
        F64 stats = arena.out64(5);
        device.groupNorm()
                .restartedStep(1, 1, 1, each(1), motion, m, arena.inOut(new double[] {g}), s, sr, stats);
        assertThat(motion.toArray()).containsExactly(expected, 1, 0.3, 0);
        assertThat(m.toArray()[0]).isCloseTo(1 + u + 0.3 * (g - 2 - 2 * u), within(1e-15));
    }

    /** (h, d), columns of norms from far below to far above sqrt(h) / 2. */
    private double[] spread(int h, int d) {
        double[] m = draw.doubles(h * d);
        for (int i = 0; i < m.length; i++) {
            m[i] *= (i / h) % 4 * 0.6;
        }
        return m;
    }

    @ParameterizedTest
    @CsvSource({"33, 20", "1000, 7"})
    void buffersThatStartElsewhereGiveTheSameBits(int h, int d) {
        double[] m = spread(h, d);
        double[] r = draw.doubles(h * d);
        int[] starts = draw.starts(d, 3);
        double[] weights = draw.weights(starts.length - 1);
        double[][] next = new double[2][];
        double[][] stats = new double[2][];
        for (int run = 0; run < 2; run++) {
            F64 x = arena.in(m);
            F64 p = arena.in(r);
            F64 out = arena.out64(h * d);
            F64 sums = arena.out64(5);
            device.groupNorm().step(
                    h, d, arena.groups(starts, weights), arena.in(new double[] {0.5}), 0.3, 1, x, p, p, x, p, out,
                    sums);
            next[run] = out.toArray();
            stats[run] = sums.toArray();
            renewArena();
        }
        assertThat(next[1]).isEqualTo(next[0]);
        assertThat(stats[1]).isEqualTo(stats[0]);
    }

    @ParameterizedTest
    @CsvSource({"33, 20", "1000, 7"})
    void restartedStepsOnBuffersThatStartElsewhereGiveTheSameBits(int h, int d) {
        double[] m = spread(h, d);
        double[] r = draw.doubles(h * d);
        float[] s = draw.floats(h * d);
        int[] starts = draw.starts(d, 3);
        double[] weights = draw.weights(starts.length - 1);
        double[][] next = new double[2][];
        float[][] change = new float[2][];
        double[][] stats = new double[2][];
        for (int run = 0; run < 2; run++) {
            F64 at = arena.inOut(m);
            F32 moved = arena.inOut(s);
            F64 sums = arena.out64(5);
            device.groupNorm().restartedStep(
                    1, h, d, arena.groups(starts, weights), arena.inOut(new double[] {1, 1, 0.3, 3}), at,
                    arena.inOut(r), moved, arena.in(s), sums);
            next[run] = at.toArray();
            change[run] = moved.toArray();
            stats[run] = sums.toArray();
            renewArena();
        }
        assertThat(next[1]).isEqualTo(next[0]);
        assertThat(change[1]).isEqualTo(change[0]);
        assertThat(stats[1]).isEqualTo(stats[0]);
    }

    // With 31 rows and 7 columns every other problem begins in the middle of 16 bytes.
    @ParameterizedTest
    @CsvSource({"31, 7", "200, 50", "1100, 3"})
    void aProblemsBitsAreTheSameInAnyBatch(int h, int d) {
        int batch = 3;
        int size = h * d;
        double[] m = spread(h, batch * d);
        double[] g = draw.doubles(batch * size);
        float[] s = draw.floats(batch * size);
        float[] sr = draw.floats(batch * size);
        int[] starts = draw.starts(d, 3);
        Groups groups = arena.groups(starts, draw.weights(starts.length - 1));
        F64 at = arena.inOut(m);
        F64 slope = arena.inOut(g);
        F32 change = arena.inOut(s);
        F64 stats = arena.out64(5 * batch);
        F64 motion = arena.inOut(new double[] {1, 0, 1, 0, 1, 1, 0.3, 0.3, 0.3, 3, 3, 3});
        device.groupNorm().restartedStep(batch, h, d, groups, motion, at, slope, change, arena.in(sr), stats);
        F64 sums = arena.out64(6 * batch);
        F64 gradient = arena.out64(batch * size);
        device.groupNorm().gapSums(batch, h, d, groups, at, slope, arena.in(m), gradient, sums);
        for (int p = 0; p < batch; p++) {
            int from = p * size;
            int end = from + size;
            F64 aloneAt = arena.inOut(Arrays.copyOfRange(m, from, end));
            F64 aloneSlope = arena.inOut(Arrays.copyOfRange(g, from, end));
            F32 aloneChange = arena.inOut(Arrays.copyOfRange(s, from, end));
            F64 aloneStats = arena.out64(5);
            F64 aloneMotion = arena.inOut(new double[] {p == 1 ? 0 : 1, p == 0 ? 0 : 1, 0.3, 3});
            device.groupNorm().restartedStep(
                    1, h, d, groups, aloneMotion, aloneAt, aloneSlope, aloneChange,
                    arena.in(Arrays.copyOfRange(sr, from, end)), aloneStats);
            F64 aloneSums = arena.out64(6);
            F64 aloneGradient = arena.out64(size);
            device.groupNorm().gapSums(
                    1, h, d, groups, aloneAt, aloneSlope, arena.in(Arrays.copyOfRange(m, from, end)), aloneGradient,
                    aloneSums);
            assertThat(Arrays.copyOfRange(at.toArray(), from, end)).isEqualTo(aloneAt.toArray());
            assertThat(Arrays.copyOfRange(slope.toArray(), from, end)).isEqualTo(aloneSlope.toArray());
            assertThat(Arrays.copyOfRange(change.toArray(), from, end)).isEqualTo(aloneChange.toArray());
            assertThat(Arrays.copyOfRange(stats.toArray(), 5 * p, 5 * p + 5)).isEqualTo(aloneStats.toArray());
            assertThat(Arrays.copyOfRange(gradient.toArray(), from, end)).isEqualTo(aloneGradient.toArray());
            assertThat(Arrays.copyOfRange(sums.toArray(), 6 * p, 6 * p + 6)).isEqualTo(aloneSums.toArray());
        }
    }

    @Test
    void aBatchOfNoneAsksForNothing() {
        F64 none = arena.in(new double[0]);
        device.groupNorm().restartedStep(0, 2, 3, each(3), none, none, none, none, none, none);
        device.groupNorm().gapSums(0, 2, 3, each(3), none, none, none, none, none);
        assertThat(none.toArray()).isEmpty();
    }

    @Test
    void aNanOfOneProblemStaysThere() {
        double[] m = draw.doubles(3 * 4);
        m[5] = Double.NaN; // of the second, column 0
        F64 zeros = arena.in(new double[12]);
        F64 g = arena.out64(12);
        F64 sums = arena.out64(18);
        device.groupNorm().gapSums(3, 2, 2, each(2), zeros, arena.in(m), zeros, g, sums);
        double[] found = sums.toArray();
        assertThat(found[6 + 5]).as("the largest slope").isNaN();
        assertThat(found[6 + 3]).isNaN();
        for (int i : new int[] {0, 1, 2, 3, 4, 5, 12, 13, 14, 15, 16, 17}) {
            assertThat(found[i]).isFinite();
        }
    }

    @Test
    void proxAtTheThresholdIsExactlyZero() {
        double[] m = {3, 4, 3, 4, 0, 0};
        F64 out = arena.out64(6);
        device.groupNorm().prox(2, 3, each(2), 5, arena.in(m), out);
        assertThat(out.toArray()).containsExactly(0, 0, 0, 0, 0, 0);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 31, 257})
    void proxOfThresholdZeroIsTheIdentity(int h) {
        double[] m = draw.doubles(h * 33);
        Arrays.fill(m, 0, h, 0);
        F64 out = arena.out64(h * 33);
        device.groupNorm().prox(h, 33, each(33), 0, arena.in(m), out);
        assertThat(out.toArray()).isEqualTo(m);
    }

    @Test
    void proxOfAnInfiniteThresholdIsZero() {
        F64 out = arena.out64(31 * 33);
        device.groupNorm().prox(31, 33, each(32), Double.POSITIVE_INFINITY, arena.in(draw.doubles(31 * 33)), out);
        double[] result = out.toArray();
        assertThat(Arrays.copyOf(result, 31 * 32)).containsOnly(0);
        assertThat(Arrays.copyOfRange(result, 31 * 32, 31 * 33)).doesNotContain(0);
    }

    // <prox x - prox y, x - y> >= ||prox x - prox y||^2
    @ParameterizedTest
    @CsvSource({"1, 33", "31, 32", "257, 5"})
    void proxIsFirmlyNonexpansive(int h, int d) {
        double[] x = spread(h, d);
        double[] y = spread(h, d);
        F64 px = arena.out64(h * d);
        F64 py = arena.out64(h * d);
        int[] starts = draw.starts(d, 4);
        Groups groups = arena.groups(starts, draw.weights(starts.length - 1));
        device.groupNorm().prox(h, d, groups, Math.sqrt(h) / 2, arena.in(x), px);
        device.groupNorm().prox(h, d, groups, Math.sqrt(h) / 2, arena.in(y), py);
        double[] a = px.toArray();
        double[] b = py.toArray();
        Sum slack = new Sum();
        for (int i = 0; i < a.length; i++) {
            slack.add((a[i] - b[i]) * (x[i] - y[i])).add(-(a[i] - b[i]) * (a[i] - b[i]));
        }
        double size = Arrays.stream(x).map(Math::abs).sum() + Arrays.stream(y).map(Math::abs).sum();
        assertThat(slack.value).isGreaterThanOrEqualTo(-U64 * (2 * slack.error() + (h + 6) * 4 * size));
    }

    @Test
    void aNanStaysInItsGroup() {
        int h = 33;
        int d = 32;
        double[] m = draw.doubles(h * d);
        m[7 * h + 5] = Double.NaN;
        Groups groups = arena.groups(new int[] {0, 1, 6, 9, 20, 30}, draw.weights(5)); // column 7 is in [6, 9)
        F64 prox = arena.out64(h * d);
        device.groupNorm().prox(h, d, groups, 0.1, arena.in(m), prox);
        assertNanOnlyIn(6 * h, 9 * h, prox.toArray());
        F64 next = arena.out64(h * d);
        F64 stats = arena.out64(5);
        F64 zeros = arena.in(new double[h * d]);
        device.groupNorm().step(h, d, groups, zeros, 0.1, 0.1, arena.in(m), zeros, zeros, zeros, zeros, next, stats);
        assertNanOnlyIn(6 * h, 9 * h, next.toArray());
        assertThat(stats.toArray()).containsOnly(Double.NaN);
        F64 moved = arena.inOut(m);
        F64 motion = arena.inOut(new double[] {1, 1, 0.1, 0.1});
        device.groupNorm().restartedStep(
                1, h, d, groups, motion, moved, arena.inOut(new double[h * d]), arena.inOut(new float[h * d]),
                arena.in(new float[h * d]), stats);
        assertNanOnlyIn(6 * h, 9 * h, moved.toArray());
        assertThat(Arrays.copyOf(stats.toArray(), 3)).containsOnly(Double.NaN);
        F64 norms = arena.out64(5);
        device.groupNorm().norms(h, groups, arena.in(m), norms);
        assertNanOnlyIn(2, 3, norms.toArray());
        F64 diagonal = arena.out64(d);
        device.groupNorm().variationalDiagonal(h, d, groups, 1, 1, arena.in(m), diagonal);
        assertNanOnlyIn(6, 9, diagonal.toArray());
        F64 penalty = arena.out64(1);
        device.groupNorm().penalty(h, groups, arena.in(m), penalty);
        assertThat(penalty.toArray()).containsOnly(Double.NaN);
        device.groupNorm().penalty(h, each(7), arena.in(m), penalty);
        assertThat(penalty.toArray()[0]).as("the NaN's column is not penalised").isFinite();
    }

    private static void assertNanOnlyIn(int from, int to, double[] m) {
        for (int i = 0; i < m.length; i++) {
            // Whether all of the group, or its NaN alone, is the device's choice.
            if (i < from || i >= to) {
                assertThat(m[i]).as("element %d", i).isFinite();
            }
        }
        double[] part = Arrays.copyOfRange(m, from, to);
        assertThat(Arrays.stream(part).anyMatch(Double::isNaN)).as("a NaN is left").isTrue();
    }

    @Test
    void infiniteColumnsStayInfinite() {
        double[] m = {1, Double.POSITIVE_INFINITY, 1, 1};
        F64 out = arena.out64(4);
        device.groupNorm().prox(2, 2, each(2), 0.5, arena.in(m), out);
        assertThat(out.toArray()[1]).isInfinite();
        assertThat(out.toArray()[3]).isFinite();
    }

    @ParameterizedTest
    @ValueSource(doubles = {-1e-300, -1, Double.NaN, Double.NEGATIVE_INFINITY})
    void aThresholdBelowZeroIsRefused(double t) {
        F64 m = arena.in(draw.doubles(6));
        F64 stats = arena.in(new double[5]);
        Groups groups = each(3);
        assertThatThrownBy(() -> device.groupNorm().prox(2, 3, groups, t, m, m))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("t: expected 0 or more, got " + t);
        assertThatThrownBy(() -> device.groupNorm().step(2, 3, groups, m, 1, t, m, m, m, m, m, m, stats))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("t: expected 0 or more, got " + t);
    }

    @Test
    void groupsBeyondTheColumnsAreRefused() {
        F64 m = arena.in(draw.doubles(6));
        F64 out = arena.in(draw.doubles(3));
        F64 stats = arena.in(new double[5]);
        Groups groups = each(4);
        refuses("columns of groups: expected 0 to 3, got 4", groups, m, out, stats);
        assertThatThrownBy(() -> device.groupNorm().norms(2, groups, m, stats))
                .hasMessage("m: expected [8] or more, got [6]");
        assertThatThrownBy(() -> device.groupNorm().penalty(2, groups, m, out))
                .hasMessage("m: expected [8] or more, got [6]");
    }

    @Test
    void groupsOfAClosedScopeOrAnotherDeviceAreRefused() {
        F64 m = arena.in(draw.doubles(6));
        F64 out = arena.in(draw.doubles(3));
        F64 stats = arena.in(new double[5]);
        Groups closed;
        try (Scope scope = device.scope()) {
            closed = Groups.columns(scope, 3);
        }
        Groups foreign = Groups.columns(new ForeignDevice().scope(), 3);
        for (Groups groups : new Groups[] {closed, foreign}) {
            String message = groups == closed ? "closed" : "not memory of the " + device.name() + " device";
            refuses(message, groups, m, out, stats);
            assertThatThrownBy(() -> device.groupNorm().norms(2, groups, m, out)).hasMessageContaining(message);
            assertThatThrownBy(() -> device.groupNorm().penalty(2, groups, m, out)).hasMessageContaining(message);
        }
    }

    private void refuses(String message, Groups groups, F64 m, F64 out, F64 stats) {
        assertThatThrownBy(() -> device.groupNorm().prox(2, 3, groups, 1, m, m)).hasMessageContaining(message);
        assertThatThrownBy(() -> device.groupNorm().variationalDiagonal(2, 3, groups, 1, 1, m, out))
                .hasMessageContaining(message);
        assertThatThrownBy(() -> device.groupNorm().step(2, 3, groups, m, 1, 1, m, m, m, m, m, m, stats))
                .hasMessageContaining(message);
        assertThatThrownBy(() -> device.groupNorm().restartedStep(1, 2, 3, groups, m, m, m, m, m, stats))
                .hasMessageContaining(message);
        assertThatThrownBy(() -> device.groupNorm().gapSums(1, 2, 3, groups, m, m, m, m, m))
                .hasMessageContaining(message);
    }

    @Test
    void groupsSayWhatTheyAre() {
        try (Scope scope = device.scope()) {
            Groups unequal = Groups.of(scope, new int[] {0, 2, 3, 7}, new double[] {1, 2, 0.5});
            assertThat(unequal.count()).isEqualTo(3);
            assertThat(unequal.columns()).isEqualTo(7);
            assertThat(unequal.largest()).isEqualTo(4);
            assertThat(unequal.start(2)).isEqualTo(3);
            assertThat(unequal.columnsOf(new int[] {0, 2})).containsExactly(0, 1, 3, 4, 5, 6);
            assertThat(unequal.starts().toArray()).containsExactly(0, 2, 3, 7);
            assertThat(unequal.weights().toArray()).containsExactly(1, 2, 0.5);
            Groups equal = Groups.ofSize(scope, 3, 4);
            assertThat(equal.starts().toArray()).containsExactly(0, 4, 8, 12);
            assertThat(equal.weights().toArray()).containsExactly(1, 1, 1);
            assertThat(equal.matches(Groups.of(scope, new int[] {0, 4, 8, 12}, new double[] {1, 1, 1}))).isTrue();
            assertThat(equal.matches(Groups.of(scope, new int[] {0, 4, 8, 12}, new double[] {1, 2, 1}))).isFalse();
            assertThat(equal.matches(Groups.of(scope, new int[] {0, 4, 9, 12}, new double[] {1, 1, 1}))).isFalse();
            Groups none = Groups.columns(scope, 0);
            assertThat(none.count()).isZero();
            assertThat(none.columns()).isZero();
            assertThat(none.largest()).isZero();
        }
    }

    @Test
    void groupsThatAreNoneAreRefused() {
        try (Scope scope = device.scope()) {
            refuses("starts: expected 0 first", scope, new int[0]);
            refuses("starts: expected 0 first", scope, new int[] {1, 2}, 1);
            refuses("weights: expected [1], got [2]", scope, new int[] {0, 2}, 1, 1);
            refuses("group 1: expected one column or more, got [2, 2)", scope, new int[] {0, 2, 2}, 1, 1);
            for (double weight : new double[] {0, -1, Double.NaN, Double.POSITIVE_INFINITY}) {
                refuses(
                        "weight of group 1: expected a positive number, got " + weight, scope, new int[] {0, 1, 2}, 1,
                        weight);
            }
            assertThatThrownBy(() -> Groups.columns(scope, -1)).hasMessage("groups: expected 0 or more, got -1");
            assertThatThrownBy(() -> Groups.ofSize(scope, 1, 0))
                    .hasMessage("size of a group: expected 1 or more, got 0");
        }
    }

    private static void refuses(String message, Scope scope, int[] starts, double... weights) {
        assertThatThrownBy(() -> Groups.of(scope, starts, weights))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(message);
    }

    /** Each of the first {@code p} columns a group. */
    private Groups each(int p) {
        return arena.groups(columns(p), ones(p));
    }

    private static int[] columns(int p) {
        return equal(p, 1);
    }

    private static int[] equal(int count, int size) {
        return IntStream.rangeClosed(0, count).map(k -> k * size).toArray();
    }

    private static double[] ones(int n) {
        double[] ones = new double[n];
        Arrays.fill(ones, 1);
        return ones;
    }

    /** Numbers in group {@code k} of a matrix of {@code h} rows. */
    private static int length(int h, int[] starts, int k) {
        return (starts[k + 1] - starts[k]) * h;
    }

    private static double norm(int h, int[] starts, int k, double[] m) {
        return norm(h, starts, k, m, 0);
    }

    /** Of group {@code k} of the matrix that begins at element {@code first}. */
    private static double norm(int h, int[] starts, int k, double[] m, int first) {
        double sum = 0;
        for (int i = first + starts[k] * h; i < first + starts[k + 1] * h; i++) {
            sum += m[i] * m[i];
        }
        return Math.sqrt(sum);
    }
}
