package lnr.kernels.contract;

import static org.assertj.core.api.Assertions.assertThat;

import lnr.kernels.F32;
import lnr.kernels.F64;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Sums of outer products of samples. */
public abstract class CorrelationContract extends DeviceContract {
    @ParameterizedTest
    @CsvSource({
        "0, 0", "0, 3", "3, 0", "1, 1", "1, 33", "7, 31", "8, 32", "9, 64", "33, 65", "257, 129", "31, 255", "5, 257",
        "1000, 33", "64, 501"
    })
    void gramAddsTheOuterProductsOfTheSamples(int n, int d) {
        for (boolean bias : new boolean[] {false, true}) {
            int width = d + (bias ? 1 : 0);
            float[] x = draw.floats(n * d);
            double[] before = draw.symmetric(width);
            Expected expected = cross(n, d, x, d, x, bias, bias, before);
            F64 s = arena.inOut(before);
            device.correlation().addGram(n, d, bias, arena.in(x), s);
            double[] after = s.toArray();
            expected.matches("S", after);
            for (int j = 0; j < width; j++) {
                for (int i = 0; i < j; i++) {
                    if (after[i + j * width] != after[j + i * width]) {
                        assertThat(after[i + j * width]).as("symmetry").isEqualTo(after[j + i * width]);
                    }
                }
            }
            renewArena();
        }
    }

    @ParameterizedTest
    @CsvSource({
        "0, 0, 0", "0, 3, 2", "3, 0, 2", "3, 2, 0", "1, 1, 1", "7, 1, 33", "8, 10, 31", "9, 33, 64", "33, 31, 65",
        "257, 10, 129", "31, 257, 33", "1000, 32, 33", "64, 200, 257"
    })
    void crossAddsTheOuterProductsOfPairs(int n, int h, int d) {
        for (boolean bias : new boolean[] {false, true}) {
            float[] y = draw.floats(n * h);
            float[] x = draw.floats(n * d);
            double[] before = draw.doubles(h * (d + (bias ? 1 : 0)));
            Expected expected = cross(n, h, y, d, x, false, bias, before);
            F64 s = arena.inOut(before);
            device.correlation().addCross(n, h, d, bias, arena.in(y), arena.in(x), s);
            expected.matches("S", s.toArray());
            renewArena();
        }
    }

    /** S + sum_i y_i x_i', a feature 1 appended to either as asked. */
    private static Expected cross(
            int n, int h, float[] y, int d, float[] x, boolean biasY, boolean biasX, double[] before) {
        int rows = h + (biasY ? 1 : 0);
        int columns = d + (biasX ? 1 : 0);
        Expected expected = new Expected(rows * columns);
        for (int j = 0; j < columns; j++) {
            for (int k = 0; k < rows; k++) {
                Sum sum = new Sum().add(before[k + j * rows]);
                for (int i = 0; i < n; i++) {
                    sum.add((k == h ? 1.0 : y[i * h + k]) * (j == d ? 1.0 : x[i * d + j]));
                }
                expected.set(k + j * rows, sum);
            }
        }
        return expected;
    }

    @ParameterizedTest
    @CsvSource({"0, 0", "0, 3", "3, 0", "1, 1", "31, 33", "257, 10", "1000, 257"})
    void squaresAreAddedToTheFirstElementAlone(int n, int h) {
        float[] y = draw.floats(n * h);
        Sum sum = new Sum().add(1.5);
        for (float value : y) {
            sum.add((double) value * value);
        }
        Expected expected = new Expected(2);
        expected.set(0, sum);
        expected.set(1, 7, 0);
        F64 s = arena.inOut(new double[] {1.5, 7});
        device.correlation().addSquares(n, h, arena.in(y), s);
        expected.matches("tau", s.toArray());
    }

    // Sums of integers are exact in any order, so any split of the samples gives the same bits.
    @Test
    void theSplitOfTheSamplesDoesNotMatter() {
        int n = 257;
        int d = 65;
        int h = 33;
        float[] x = draw.integers(n * d, 100);
        float[] y = draw.integers(n * h, 100);
        F32 xs = arena.in(x);
        F32 ys = arena.in(y);
        F64 gram = arena.inOut(new double[66 * 66]);
        F64 cross = arena.inOut(new double[h * 66]);
        F64 tau = arena.inOut(new double[1]);
        device.correlation().addGram(n, d, true, xs, gram);
        device.correlation().addCross(n, h, d, true, ys, xs, cross);
        device.correlation().addSquares(n, h, ys, tau);
        F64 gramParts = arena.inOut(new double[66 * 66]);
        F64 crossParts = arena.inOut(new double[h * 66]);
        F64 tauParts = arena.inOut(new double[1]);
        int[] cuts = {0, 1, 1, 34, 200, n};
        for (int i = 1; i < cuts.length; i++) {
            int count = cuts[i] - cuts[i - 1];
            F32 xi = xs.slice((long) cuts[i - 1] * d, (long) count * d);
            F32 yi = ys.slice((long) cuts[i - 1] * h, (long) count * h);
            device.correlation().addGram(count, d, true, xi, gramParts);
            device.correlation().addCross(count, h, d, true, yi, xi, crossParts);
            device.correlation().addSquares(count, h, yi, tauParts);
        }
        assertThat(gramParts.toArray()).isEqualTo(gram.toArray());
        assertThat(crossParts.toArray()).isEqualTo(cross.toArray());
        assertThat(tauParts.toArray()).isEqualTo(tau.toArray());
        assertThat(gram.toArray()[66 * 66 - 1]).as("the ones' square").isEqualTo(n);
    }

    // Products of single-precision numbers are exact in double precision, but not in single.
    @Test
    void productsAreFormedInDoublePrecision() {
        float x = 1 + 0x1p-23f;
        double square = (double) x * x;
        F64 gram = arena.inOut(new double[1]);
        device.correlation().addGram(1, 1, false, arena.in(new float[] {x}), gram);
        F64 cross = arena.inOut(new double[1]);
        device.correlation().addCross(1, 1, 1, false, arena.in(new float[] {x}), arena.in(new float[] {x}), cross);
        F64 tau = arena.inOut(new double[1]);
        device.correlation().addSquares(1, 1, arena.in(new float[] {x}), tau);
        assertThat(gram.toArray()).containsExactly(square);
        assertThat(cross.toArray()).containsExactly(square);
        assertThat(tau.toArray()).containsExactly(square);
    }

    @Test
    void aNanReachesItsRowAndColumnAlone() {
        int d = 70;
        float[] x = draw.floats(33 * d);
        x[20 * d + 66] = Float.NaN;
        F64 s = arena.inOut(new double[71 * 71]);
        device.correlation().addGram(33, d, true, arena.in(x), s);
        double[] after = s.toArray();
        for (int i = 0; i < after.length; i++) {
            assertThat(Double.isNaN(after[i])).as("element %d", i).isEqualTo(i % 71 == 66 || i / 71 == 66);
        }
        F64 tau = arena.inOut(new double[1]);
        device.correlation().addSquares(33, d, arena.in(x), tau);
        assertThat(tau.toArray()).containsOnly(Double.NaN);
    }
}
