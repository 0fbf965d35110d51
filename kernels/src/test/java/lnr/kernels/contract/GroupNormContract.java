package lnr.kernels.contract;

import static lnr.kernels.contract.Expected.U64;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import lnr.kernels.F64;
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
            normsAndPenalty(h, d, p);
            prox(h, d, p);
            variationalDiagonal(h, d, p);
            step(h, d, p, 0, false);
            step(h, d, p, 0.7, true);
        }
    }

    private void normsAndPenalty(int h, int d, int p) {
        double[] m = draw.doubles(h * d);
        Expected norms = new Expected(d);
        Sum penalty = new Sum();
        for (int j = 0; j < d; j++) {
            double norm = norm(h, j, m);
            norms.set(j, norm, (h + 2) * norm);
            if (j < p) {
                penalty.add(norm);
            }
        }
        F64 out = arena.out64(d);
        device.groupNorm().norms(h, d, arena.in(m), out);
        norms.matches("norms", out.toArray());
        F64 sum = arena.inOut(new double[] {Double.NaN, 2});
        device.groupNorm().penalty(h, d, p, arena.in(m), sum);
        Expected expected = new Expected(2);
        expected.set(0, penalty.value, (h + d + 2) * penalty.magnitude);
        expected.set(1, 2, 0);
        expected.matches("penalty", sum.toArray());
        renewArena();
    }

    private void prox(int h, int d, int p) {
        double[] m = spread(h, d);
        double t = Math.sqrt(h) / 2;
        Expected expected = new Expected(h * d);
        for (int j = 0; j < d; j++) {
            double norm = norm(h, j, m);
            double scale = j >= p ? 1 : norm > t ? 1 - t / norm : 0;
            for (int i = j * h; i < (j + 1) * h; i++) {
                expected.set(i, scale * m[i], j < p ? (h + 6) * Math.abs(m[i]) : 0);
            }
        }
        F64 out = arena.out64(h * d);
        device.groupNorm().prox(h, d, p, t, arena.in(m), out);
        double[] result = out.toArray();
        expected.matches("prox", result);
        for (int j = 0; j < p; j++) {
            if (norm(h, j, m) < t * (1 - (h + 8) * U64)) {
                assertThat(Arrays.copyOfRange(result, j * h, (j + 1) * h)).containsOnly(0);
            }
        }
        F64 place = arena.inOut(m);
        device.groupNorm().prox(h, d, p, t, place, place);
        assertThat(place.toArray()).as("prox in place").isEqualTo(result);
        renewArena();
    }

    private void variationalDiagonal(int h, int d, int p) {
        double[] m = draw.doubles(h * d);
        Expected expected = new Expected(d);
        for (int j = 0; j < d; j++) {
            double norm = norm(h, j, m);
            double value = j < p ? 0.3 / Math.sqrt(norm * norm + 1e-4) : 0;
            expected.set(j, value, (h + 6) * value);
        }
        F64 out = arena.out64(d);
        device.groupNorm().variationalDiagonal(h, d, p, 0.3, 1e-4, arena.in(m), out);
        expected.matches("diagonal", out.toArray());
        renewArena();
    }

    private void step(int h, int d, int p, double u, boolean replace) {
        double length = 0.3;
        double t = Math.sqrt(h) / 2;
        double[] m = spread(h, d);
        double[] mp = draw.doubles(h * d);
        double[] r = draw.doubles(h * d);
        double[] rp = draw.doubles(h * d);
        double[] c = draw.doubles(h * d);
        F64 next = replace ? arena.inOut(mp) : arena.out64(h * d);
        F64 stats = arena.inOut(new double[] {Double.NaN, Double.NaN, Double.NaN, Double.NaN, Double.NaN, 6});
        device.groupNorm().step(
                h, d, p, u, length, t, arena.in(m), replace ? next : arena.in(mp), arena.in(r), arena.in(rp),
                arena.in(c), next, stats);
        double[] result = next.toArray();
        Expected expected = new Expected(h * d);
        double[] z = new double[h * d];
        double[] size = new double[h * d];
        for (int i = 0; i < z.length; i++) {
            z[i] = m[i] + u * (m[i] - mp[i]) - length * (r[i] + u * (r[i] - rp[i]) - c[i]);
            size[i] = Math.abs(m[i]) + u * (Math.abs(m[i]) + Math.abs(mp[i]))
                    + length * (Math.abs(r[i]) + u * (Math.abs(r[i]) + Math.abs(rp[i])) + Math.abs(c[i]));
        }
        Sum change = new Sum();
        Sum square = new Sum();
        Sum pm = new Sum();
        Sum cm = new Sum();
        double penalty = 0;
        double penaltySize = 0;
        for (int j = 0; j < d; j++) {
            double norm = norm(h, j, z);
            double scale = j >= p ? 1 : norm > t ? 1 - t / norm : 0;
            // The prox is nonexpansive: an error in its argument, of this norm, grows no larger.
            double error = 8 * norm(h, j, size);
            for (int i = j * h; i < (j + 1) * h; i++) {
                expected.set(i, scale * z[i], error + (j < p ? (h + 6) * Math.abs(z[i]) : 0));
                change.add((result[i] - m[i]) * (result[i] - m[i]));
                square.add(result[i] * result[i]);
                pm.add(r[i] * m[i]);
                cm.add(c[i] * m[i]);
            }
            if (j < p) {
                double left = norm(h, j, result);
                penalty += left;
                penaltySize += left + t;
            }
        }
        expected.matches("next", result);
        Expected sums = new Expected(6);
        sums.set(0, change);
        sums.set(1, square);
        sums.set(2, penalty, (h + d + 8) * penaltySize);
        sums.set(3, pm);
        sums.set(4, cm);
        sums.set(5, 6, 0);
        sums.matches("stats", stats.toArray());
        renewArena();
    }

    /** (h, d), columns of norms from far below to far above sqrt(h) / 2. */
    private double[] spread(int h, int d) {
        double[] m = draw.doubles(h * d);
        for (int i = 0; i < m.length; i++) {
            m[i] *= (i / h) % 4 * 0.6;
        }
        return m;
    }

    @Test
    void proxAtTheThresholdIsExactlyZero() {
        double[] m = {3, 4, 3, 4, 0, 0};
        F64 out = arena.out64(6);
        device.groupNorm().prox(2, 3, 2, 5, arena.in(m), out);
        assertThat(out.toArray()).containsExactly(0, 0, 0, 0, 0, 0);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 31, 257})
    void proxOfThresholdZeroIsTheIdentity(int h) {
        double[] m = draw.doubles(h * 33);
        Arrays.fill(m, 0, h, 0);
        F64 out = arena.out64(h * 33);
        device.groupNorm().prox(h, 33, 33, 0, arena.in(m), out);
        assertThat(out.toArray()).isEqualTo(m);
    }

    @Test
    void proxOfAnInfiniteThresholdIsZero() {
        F64 out = arena.out64(31 * 33);
        device.groupNorm().prox(31, 33, 32, Double.POSITIVE_INFINITY, arena.in(draw.doubles(31 * 33)), out);
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
        device.groupNorm().prox(h, d, d, Math.sqrt(h) / 2, arena.in(x), px);
        device.groupNorm().prox(h, d, d, Math.sqrt(h) / 2, arena.in(y), py);
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
    void aNanStaysInItsColumn() {
        int h = 33;
        int d = 32;
        double[] m = draw.doubles(h * d);
        m[7 * h + 5] = Double.NaN;
        F64 prox = arena.out64(h * d);
        device.groupNorm().prox(h, d, d, 0.1, arena.in(m), prox);
        assertNanOnlyInColumn(h, 7, prox.toArray());
        F64 next = arena.out64(h * d);
        F64 stats = arena.out64(5);
        F64 zeros = arena.in(new double[h * d]);
        device.groupNorm().step(h, d, d, 0, 0.1, 0.1, arena.in(m), zeros, zeros, zeros, zeros, next, stats);
        assertNanOnlyInColumn(h, 7, next.toArray());
        assertThat(stats.toArray()).containsOnly(Double.NaN);
        F64 norms = arena.out64(d);
        device.groupNorm().norms(h, d, arena.in(m), norms);
        assertNanOnlyInColumn(1, 7, norms.toArray());
        F64 diagonal = arena.out64(d);
        device.groupNorm().variationalDiagonal(h, d, d, 1, 1, arena.in(m), diagonal);
        assertNanOnlyInColumn(1, 7, diagonal.toArray());
        F64 penalty = arena.out64(1);
        device.groupNorm().penalty(h, d, d, arena.in(m), penalty);
        assertThat(penalty.toArray()).containsOnly(Double.NaN);
        device.groupNorm().penalty(h, d, 7, arena.in(m), penalty);
        assertThat(penalty.toArray()[0]).as("the NaN's column is not penalised").isFinite();
    }

    private static void assertNanOnlyInColumn(int h, int column, double[] m) {
        for (int i = 0; i < m.length; i++) {
            // Whether all of the column, or its NaN alone, is the device's choice.
            if (i / h != column) {
                assertThat(m[i]).as("element %d", i).isFinite();
            }
        }
        double[] part = Arrays.copyOfRange(m, column * h, (column + 1) * h);
        assertThat(Arrays.stream(part).anyMatch(Double::isNaN)).as("a NaN is left in column %d", column).isTrue();
    }

    @Test
    void infiniteColumnsStayInfinite() {
        double[] m = {1, Double.POSITIVE_INFINITY, 1, 1};
        F64 out = arena.out64(4);
        device.groupNorm().prox(2, 2, 2, 0.5, arena.in(m), out);
        assertThat(out.toArray()[1]).isInfinite();
        assertThat(out.toArray()[3]).isFinite();
    }

    @ParameterizedTest
    @ValueSource(doubles = {-1e-300, -1, Double.NaN, Double.NEGATIVE_INFINITY})
    void aThresholdBelowZeroIsRefused(double t) {
        F64 m = arena.in(draw.doubles(6));
        F64 stats = arena.in(new double[5]);
        assertThatThrownBy(() -> device.groupNorm().prox(2, 3, 3, t, m, m))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("t: expected 0 or more, got " + t);
        assertThatThrownBy(() -> device.groupNorm().step(2, 3, 3, 0, 1, t, m, m, m, m, m, m, stats))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("t: expected 0 or more, got " + t);
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 4})
    void aPenalisedPartOutsideTheColumnsIsRefused(int p) {
        F64 m = arena.in(draw.doubles(6));
        F64 out = arena.in(draw.doubles(3));
        F64 stats = arena.in(new double[5]);
        String message = "p: expected 0 to 3, got " + p;
        assertThatThrownBy(() -> device.groupNorm().prox(2, 3, p, 1, m, m)).hasMessage(message);
        assertThatThrownBy(() -> device.groupNorm().penalty(2, 3, p, m, out)).hasMessage(message);
        assertThatThrownBy(() -> device.groupNorm().variationalDiagonal(2, 3, p, 1, 1, m, out)).hasMessage(message);
        assertThatThrownBy(() -> device.groupNorm().step(2, 3, p, 0, 1, 1, m, m, m, m, m, m, stats))
                .hasMessage(message);
    }

    private static double norm(int h, int j, double[] m) {
        double sum = 0;
        for (int i = j * h; i < (j + 1) * h; i++) {
            sum += m[i] * m[i];
        }
        return Math.sqrt(sum);
    }
}
