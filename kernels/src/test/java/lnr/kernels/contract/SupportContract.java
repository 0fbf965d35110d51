package lnr.kernels.contract;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.function.Consumer;
import lnr.kernels.F64;
import lnr.kernels.Groups;
import lnr.kernels.I32;
import lnr.kernels.Support;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The parts of a Newton step on the support. */
public abstract class SupportContract extends DeviceContract {
    @ParameterizedTest
    @CsvSource({"1, 0, 1", "0, 3, 5", "1, 1, 1", "31, 32, 33", "33, 7, 257", "257, 31, 31", "8, 255, 1000"})
    void columnsAreGatheredScatteredAndPaired(int h, int n, int d) {
        int[] columns = ascending(n, d);
        double[] m = draw.doubles(h * d);
        double[] r = draw.doubles(d * d);
        double[] packed = new double[h * n];
        double[] spread = new double[h * d];
        double[] square = new double[n * n];
        for (int i = 0; i < n; i++) {
            System.arraycopy(m, columns[i] * h, packed, i * h, h);
            System.arraycopy(m, columns[i] * h, spread, columns[i] * h, h);
            for (int j = 0; j < n; j++) {
                square[i * n + j] = r[columns[i] * d + columns[j]];
            }
        }
        Support support = device.support();
        F64 gathered = arena.out64(h * n);
        support.gather(h, arena.in(columns), arena.in(m), gathered);
        exactly("gather", packed, gathered);
        F64 scattered = arena.inOut(draw.doubles(h * d));
        support.scatter(h, arena.in(columns), arena.in(packed), scattered);
        exactly("scatter", spread, scattered);
        F64 submatrix = arena.out64(n * n);
        support.submatrix(d, arena.in(columns), arena.in(r), submatrix);
        exactly("submatrix", square, submatrix);
    }

    // Refused, and then nothing is written; or NaN where it is read, whatever M is a part of.
    @ParameterizedTest
    @ValueSource(ints = {-1, 5, Integer.MAX_VALUE, Integer.MIN_VALUE})
    void aColumnThatThereIsNotIsNeitherReadNorWritten(int column) {
        int d = 5;
        I32 columns = arena.in(new int[] {1, column, 4});
        double[] large = draw.doubles((d + 2) * d);
        F64 r = arena.in(large).slice(d, d * d);
        double[] square = new double[9];
        for (int i = 0; i < 9; i++) {
            boolean known = i % 3 != 1 && i / 3 != 1;
            square[i] = known ? large[d + (i / 3 == 0 ? 1 : 4) * d + (i % 3 == 0 ? 1 : 4)] : Double.NaN;
        }
        writesOrRefuses(d, column, square, out -> device.support().submatrix(d, columns, r, out));
        for (int h = 3; h <= 4; h++) {
            int rows = h;
            double[] m = Arrays.copyOf(large, (d + 2) * h);
            double[] in = draw.doubles(3 * h);
            double[] packed = new double[3 * h];
            double[] spread = m.clone();
            Arrays.fill(packed, Double.NaN);
            Arrays.fill(spread, h, (d + 1) * h, 0);
            for (int i : new int[] {0, 2}) {
                int at = (i == 0 ? 2 : 5) * h;
                System.arraycopy(m, at, packed, i * h, h);
                System.arraycopy(in, i * h, spread, at, h);
            }
            F64 from = arena.in(m).slice(h, d * h);
            writesOrRefuses(h, column, packed, out -> device.support().gather(rows, columns, from, out));
            F64 whole = arena.inOut(m);
            F64 part = whole.slice(h, d * h);
            F64 packedIn = arena.in(in);
            boolean refused = refuses(h, column, () -> device.support().scatter(rows, columns, packedIn, part));
            assertThat(whole.toArray()).as("scatter").isEqualTo(refused ? m : spread);
        }
    }

    private void writesOrRefuses(int h, int column, double[] expected, Consumer<F64> operation) {
        double[] before = draw.doubles(expected.length);
        F64 out = arena.inOut(before);
        boolean refused = refuses(h, column, () -> operation.accept(out));
        assertThat(out.toArray()).isEqualTo(refused ? before : expected);
    }

    private static boolean refuses(int h, int column, Runnable operation) {
        try {
            operation.run();
            return false;
        } catch (IllegalArgumentException e) {
            assertThat(e).hasMessage("columns: expected columns of (" + h + ", d), got " + column);
            return true;
        }
    }

    // All numbers are exact: a group of zeros, one whose step ends at a right angle to it, and one just short of that.
    @Test
    void whatTurnsByARightAngleIsZero() {
        F64 m = arena.in(new double[] {0, 0, 2, 0, 2, 0});
        F64 d = arena.in(new double[] {3, -4, 4, 1, 3, 1});
        F64 out = arena.out64(6);
        device.support().retreat(2, arena.groups(singles(3), ones(3)), 0.5, m, d, out);
        assertThat(out.toArray()).containsExactly(0, 0, 0, 0, 0.5, -0.5);
    }

    @ParameterizedTest
    @CsvSource({"1, 1", "3, 0", "31, 33", "257, 31", "10, 255", "1000, 7"})
    void everyOperationMatchesItsFormula(int h, int n) {
        matches(h, singles(n), ones(n));
        int[] starts = draw.starts(n, 5);
        matches(h, starts, draw.weights(starts.length - 1));
        int[] even = Arrays.stream(starts).map(start -> 2 * start).toArray(); // pairs fit into each block
        matches(h, even, draw.weights(even.length - 1));
        int[] long_ = draw.starts(n, 40);
        matches(h, long_, draw.weights(long_.length - 1));
    }

    private void matches(int h, int[] starts, double[] weights) {
        slope(h, starts, weights, 0);
        slope(h, starts, weights, 0.7);
        complement(starts, weights);
        innerAndScaled(h, starts, weights);
        retreat(h, starts, weights);
    }

    private void slope(int h, int[] starts, double[] weights, double epsilon) {
        int n = starts[weights.length];
        double lambda = 0.3;
        double[] m = draw.doubles(h * n);
        double[] g = draw.doubles(h * n);
        Expected hat = new Expected(h * n);
        Expected slope = new Expected(h * n);
        Expected shift = new Expected(n);
        for (int k = 0; k < weights.length; k++) {
            double square = 0;
            for (int i = starts[k] * h; i < starts[k + 1] * h; i++) {
                square += m[i] * m[i];
            }
            double norm = Math.sqrt(square + epsilon * epsilon);
            double terms = (starts[k + 1] - starts[k]) * h + 8;
            for (int i = starts[k] * h; i < starts[k + 1] * h; i++) {
                double unit = m[i] / norm;
                double term = lambda * weights[k] * unit;
                hat.set(i, unit, terms * Math.abs(unit));
                slope.set(i, term - g[i], terms * Math.abs(term) + Math.abs(g[i]));
            }
            for (int j = starts[k]; j < starts[k + 1]; j++) {
                double value = lambda * weights[k] / norm;
                shift.set(j, value, terms * value);
            }
        }
        F64 hats = arena.out64(h * n);
        F64 slopes = arena.out64(h * n);
        F64 shifts = arena.out64(n);
        Groups groups = arena.groups(starts, weights);
        device.support().slope(h, groups, lambda, epsilon, arena.in(m), arena.in(g), hats, slopes, shifts);
        hat.matches("hat", hats.toArray());
        slope.matches("slope", slopes.toArray());
        shift.matches("shift", shifts.toArray());
        renewArena();
    }

    private void complement(int[] starts, double[] weights) {
        int count = weights.length;
        int n = starts[count];
        double[] a = draw.doubles(n * n);
        double[] b = draw.doubles(n * n);
        double[] shift = new double[n];
        Expected expected = new Expected(count * count);
        for (int k = 0; k < count; k++) {
            Arrays.fill(shift, starts[k], starts[k + 1], 0.5 + k);
        }
        for (int l = 0; l < count; l++) {
            for (int k = 0; k < count; k++) {
                Sum sum = new Sum();
                for (int j = starts[l]; j < starts[l + 1]; j++) {
                    for (int i = starts[k]; i < starts[k + 1]; i++) {
                        sum.add(-a[j * n + i] * b[j * n + i]);
                    }
                }
                double own = k == l ? 1 / (0.5 + k) : 0;
                double terms = (starts[l + 1] - starts[l]) * (double) (starts[k + 1] - starts[k]) + 3;
                expected.set(l * count + k, own + sum.value, terms * (own + sum.magnitude));
            }
        }
        F64 t = arena.out64(count * count);
        device.support().complement(arena.groups(starts, weights), arena.in(shift), arena.in(a), arena.in(b), t);
        expected.matches("complement", t.toArray());
        renewArena();
    }

    private void innerAndScaled(int h, int[] starts, double[] weights) {
        int n = starts[weights.length];
        double[] a = draw.doubles(h * n);
        double[] b = draw.doubles(h * n);
        double[] c = draw.doubles(weights.length);
        Expected inner = new Expected(weights.length);
        Expected scaled = new Expected(h * n);
        for (int k = 0; k < weights.length; k++) {
            Sum sum = new Sum();
            for (int i = starts[k] * h; i < starts[k + 1] * h; i++) {
                sum.add(a[i] * b[i]);
                scaled.set(i, b[i] + c[k] * a[i], 2 * Math.abs(c[k] * a[i]) + Math.abs(b[i]));
            }
            inner.set(k, sum);
        }
        F64 out = arena.out64(weights.length);
        Groups groups = arena.groups(starts, weights);
        device.support().inner(h, groups, arena.in(a), arena.in(b), out);
        inner.matches("inner", out.toArray());
        F64 y = arena.inOut(b);
        device.support().addScaled(h, groups, arena.in(c), arena.in(a), y);
        scaled.matches("addScaled", y.toArray());
        renewArena();
    }

    private void retreat(int h, int[] starts, double[] weights) {
        int n = starts[weights.length];
        double t = 0.5;
        double[] m = draw.doubles(h * n);
        double[] d = draw.doubles(h * n);
        Expected expected = new Expected(h * n);
        for (int k = 0; k < weights.length; k++) {
            // Every other group is turned round, by enough to leave no doubt; none is near the edge.
            double turn = k % 2 == 0 ? 3 : -1;
            for (int i = starts[k] * h; i < starts[k + 1] * h; i++) {
                d[i] = turn * m[i] * (1 + 0.1 * d[i]);
                expected.set(i, turn > 0 ? 0 : m[i] - t * d[i], turn > 0 ? 0 : 2 * (Math.abs(m[i]) + Math.abs(d[i])));
            }
        }
        F64 out = arena.out64(h * n);
        device.support().retreat(h, arena.groups(starts, weights), t, arena.in(m), arena.in(d), out);
        expected.matches("retreat", out.toArray());
        renewArena();
    }

    private static void exactly(String what, double[] values, F64 actual) {
        Expected expected = new Expected(values.length);
        for (int i = 0; i < values.length; i++) {
            expected.set(i, values[i], 0);
        }
        expected.matches(what, actual.toArray());
    }

    private int[] ascending(int n, int d) {
        int[] columns = new int[n];
        int left = n;
        for (int j = 0; j < d && left > 0; j++) {
            if (draw.below(d - j) < left) {
                columns[n - left--] = j;
            }
        }
        return columns;
    }

    private static int[] singles(int n) {
        int[] starts = new int[n + 1];
        Arrays.setAll(starts, k -> k);
        return starts;
    }

    private static double[] ones(int n) {
        double[] ones = new double[n];
        Arrays.fill(ones, 1);
        return ones;
    }
}
