package lnr.kernels.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

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
        "1000, 33", "64, 501",
        "40001, 4"
    })
    void gramAddsTheOuterProductsOfTheSamples(int n, int d) {
        for (boolean bias : new boolean[] {false, true}) {
            int width = d + (bias ? 1 : 0);
            float[] x = draw.floats(n * d);
            double[] before = draw.symmetric(width);
            Expected expected = cross(n, d, x, d, x, bias, bias, before);
            F64 s = arena.inOut(before);
            device.correlation().addGram(n, d, bias, arena.in(x), s);
            expected.matches("S", s.toArray());
            assertSymmetric(width, s.toArray());
            renewArena();
        }
    }

    // The last three are cut into several parts, along the samples, the height, or both.
    @ParameterizedTest
    @CsvSource({
        "0, 2, 4, 5, 3", "3, 0, 4, 5, 3", "1, 1, 1, 1, 1", "5, 3, 6, 7, 1", "7, 2, 5, 5, 5", "4, 3, 5, 9, 5",
        "4, 3, 9, 5, 5", "1, 33, 2, 2, 2", "2, 1, 31, 33, 8", "9, 4, 12, 12, 5", "31, 1, 28, 28, 5", "33, 7, 8, 11, 3",
        "2, 3, 257, 3, 1", "255, 32, 4, 4, 2", "800, 1, 40, 40, 2"
    })
    void patchGramAddsTheOuterProductsOfThePatches(int n, int channels, int height, int width, int kernel) {
        float[] x = draw.floats(n * channels * height * width);
        float[] patches = patches(n, channels, height, width, kernel, x);
        int count = n * (height - kernel + 1) * (width - kernel + 1);
        int d = channels * kernel * kernel;
        for (boolean bias : new boolean[] {false, true}) {
            int features = d + (bias ? 1 : 0);
            double[] before = draw.symmetric(features);
            Expected expected = cross(count, d, patches, d, patches, bias, bias, before);
            F64 s = arena.inOut(before);
            device.correlation().addPatchGram(n, channels, height, width, kernel, bias, arena.in(x), s);
            expected.matches("S", s.toArray());
            assertSymmetric(features, s.toArray());
            renewArena();
        }
    }

    /** (n, positions, channels, kernel, kernel): what a convolution sees. */
    private static float[] patches(int n, int channels, int height, int width, int kernel, float[] x) {
        int down = height - kernel + 1;
        int across = width - kernel + 1;
        float[] patches = new float[n * down * across * channels * kernel * kernel];
        int to = 0;
        for (int position = 0; position < n * down * across; position++) {
            int top = position / across % down;
            int left = position % across;
            for (int c = 0; c < channels; c++) {
                int map = position / across / down * channels + c;
                for (int a = 0; a < kernel; a++) {
                    System.arraycopy(x, (map * height + top + a) * width + left, patches, to, kernel);
                    to += kernel;
                }
            }
        }
        return patches;
    }

    private static void assertSymmetric(int n, double[] s) {
        for (int j = 0; j < n; j++) {
            for (int i = 0; i < j; i++) {
                if (s[i + j * n] != s[j + i * n]) {
                    assertThat(s[i + j * n]).as("symmetry").isEqualTo(s[j + i * n]);
                }
            }
        }
    }

    @ParameterizedTest
    @CsvSource({
        "0, 0, 0", "0, 3, 2", "3, 0, 2", "3, 2, 0", "1, 1, 1", "7, 1, 33", "8, 10, 31", "9, 33, 64", "33, 31, 65",
        "257, 10, 129", "31, 257, 33", "1000, 32, 33", "64, 200, 257",
        "40001, 4, 8"
    })
    void crossAddsTheOuterProductsOfPairs(int n, int h, int d) {
        addsCross(n, h, d, false);
        addsCross(n, h, d, true);
    }

    // So wide that a device may take some of its columns first, and then the others.
    @Test
    void crossAddsTheOuterProductsOfWidePairs() {
        addsCross(3, 1, 131_072, true);
    }

    private void addsCross(int n, int h, int d, boolean bias) {
        float[] y = draw.floats(n * h);
        float[] x = draw.floats(n * d);
        double[] before = draw.doubles(h * (d + (bias ? 1 : 0)));
        Expected expected = cross(n, h, y, d, x, false, bias, before);
        F64 s = arena.inOut(before);
        device.correlation().addCross(n, h, d, bias, arena.in(y), arena.in(x), s);
        expected.matches("S", s.toArray());
        renewArena();
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
    @CsvSource({"0, 0", "0, 3", "3, 0", "1, 1", "31, 33", "257, 10", "1000, 257", "4097, 257"})
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
        F32 maps = arena.in(draw.integers(n * 2 * 5 * 6, 100));
        F64 patchGram = arena.inOut(new double[19 * 19]);
        F64 patchGramParts = arena.inOut(new double[19 * 19]);
        device.correlation().addPatchGram(n, 2, 5, 6, 3, true, maps, patchGram);
        for (int i = 1; i < cuts.length; i++) {
            int count = cuts[i] - cuts[i - 1];
            F32 part = maps.slice(cuts[i - 1] * 60L, count * 60L);
            device.correlation().addPatchGram(count, 2, 5, 6, 3, true, part, patchGramParts);
        }
        assertThat(patchGramParts.toArray()).isEqualTo(patchGram.toArray());
        assertThat(patchGram.toArray()[19 * 19 - 1]).as("the ones' square").isEqualTo(n * 12);
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
        F64 patchGram = arena.inOut(new double[1]);
        device.correlation().addPatchGram(1, 1, 1, 1, 1, false, arena.in(new float[] {x}), patchGram);
        F64 cross = arena.inOut(new double[1]);
        device.correlation().addCross(1, 1, 1, false, arena.in(new float[] {x}), arena.in(new float[] {x}), cross);
        F64 tau = arena.inOut(new double[1]);
        device.correlation().addSquares(1, 1, arena.in(new float[] {x}), tau);
        assertThat(gram.toArray()).containsExactly(square);
        assertThat(patchGram.toArray()).containsExactly(square);
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

    // A map's corner is in one patch, as its corner.
    @Test
    void aNanReachesTheFeaturesItIsInAlone() {
        float[] x = draw.floats(33 * 2 * 5 * 6);
        x[((20 * 2 + 1) * 5 + 4) * 6] = Float.NaN;
        F64 s = arena.inOut(new double[19 * 19]);
        device.correlation().addPatchGram(33, 2, 5, 6, 3, true, arena.in(x), s);
        double[] after = s.toArray();
        int feature = (1 * 3 + 2) * 3;
        for (int i = 0; i < after.length; i++) {
            assertThat(Double.isNaN(after[i])).as("element %d", i).isEqualTo(i % 19 == feature || i / 19 == feature);
        }
    }

    @Test
    void mapsSmallerThanTheFilterAreRefused() {
        F32 x = arena.in(draw.floats(12));
        F64 s = arena.inOut(new double[25]);
        refuses("height: expected 5 or more, got 4", 4, 6, 5, x, s);
        refuses("width: expected 5 or more, got 4", 6, 4, 5, x, s);
        refuses("kernel: expected 1 or more, got 0", 4, 4, 0, x, s);
        refuses("height: expected 1 or more, got -1", -1, -1, 1, x, s);
    }

    private void refuses(String message, int height, int width, int kernel, F32 x, F64 s) {
        assertThatThrownBy(() -> device.correlation().addPatchGram(1, 1, height, width, kernel, false, x, s))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(message);
    }
}
