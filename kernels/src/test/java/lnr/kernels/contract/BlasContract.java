package lnr.kernels.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import lnr.kernels.F32;
import lnr.kernels.F64;
import lnr.kernels.Scope;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Dense linear algebra: products and vectors. */
public abstract class BlasContract extends DeviceContract {
    private static final double[][] SCALES = {{1, 0}, {1, 1}, {-0.5, 2}, {0, 3}, {0, 0}, {2, -1}};

    @ParameterizedTest
    @CsvSource({
        "0, 0, 0", "0, 3, 2", "3, 0, 2", "3, 2, 0", "1, 1, 1", "1, 33, 5", "31, 33, 32", "32, 32, 32", "33, 31, 257",
        "255, 1, 257", "1, 257, 255", "257, 63, 31", "1000, 9, 17", "17, 1000, 8"
    })
    void gemmIsTheProductForAllTransposesScalesAndLeadingDimensions(int m, int n, int k) {
        for (int variant = 0; variant < 4; variant++) {
            gemm(variant % 2 == 1, variant / 2 == 1, m, n, k, 0, new double[][] {SCALES[variant]});
            gemm(variant % 2 == 1, variant / 2 == 1, m, n, k, 5, SCALES);
        }
    }

    @ParameterizedTest
    @CsvSource({"500, 300, 110", "150, 500, 215"})
    void gemmIsTheProductForLargeMatrices(int m, int n, int k) {
        for (int variant = 0; variant < 4; variant++) {
            gemm(variant % 2 == 1, variant / 2 == 1, m, n, k, variant, new double[][] {{-0.5, 2}});
        }
    }

    // Much work for a small result: a device that shares it by columns runs out of columns.
    @Test
    void gemmIsTheProductForLongSums() {
        gemm(true, false, 20, 20, 40_000, 1, new double[][] {{-0.5, 2}});
        gemm(false, true, 21, 20, 40_000, 0, new double[][] {{-0.5, 2}});
    }

    @Test
    void gemmOfEmptyMatricesScalesC() {
        try (Scope scope = device.scope()) {
            F64 c64 = scope.f64(new double[] {1, 2, 3, 4, 5, 6});
            F32 c32 = scope.f32(new float[] {1, 2, 3, 4, 5, 6});
            device.blas().gemm(false, true, 2, 2, 0, 1, scope.f64(0), 2, scope.f64(0), 2, 3, c64, 3);
            device.blas().gemm(true, false, 2, 2, 0, 1, scope.f32(0), 1, scope.f32(0), 1, 3, c32, 3);
            assertThat(c64.toArray()).containsExactly(3, 6, 3, 12, 15, 6);
            assertThat(c32.toArray()).containsExactly(3, 6, 3, 12, 15, 6);
            F64 notANumber = scope.f64(new double[] {Double.NaN});
            device.blas().gemm(false, false, 1, 1, 0, 1, scope.f64(0), 1, scope.f64(0), 1, 0, notANumber, 1);
            assertThat(notANumber.toArray()).containsExactly(0);
        }
    }

    @Test
    void gemmPropagatesNotANumber() {
        float[] a = draw.floats(33 * 31);
        a[5 + 7 * 33] = Float.NaN;
        F32 c = arena.out32(33 * 32);
        F32 b = arena.in(draw.floats(31 * 32));
        device.blas().gemm(false, false, 33, 32, 31, 1f, arena.in(a), 33, b, 31, 0f, c, 33);
        float[] result = c.toArray();
        for (int i = 0; i < result.length; i++) {
            assertThat(Float.isNaN(result[i])).as("element %d", i).isEqualTo(i % 33 == 5);
        }
    }

    private void gemm(boolean transA, boolean transB, int m, int n, int k, int pad, double[][] scales) {
        int lda = Math.max(1, transA ? k : m) + pad;
        int ldb = Math.max(1, transB ? n : k) + pad;
        int ldc = Math.max(1, m) + pad;
        float[] a = draw.floats(lda * (transA ? m : k));
        float[] b = draw.floats(ldb * (transB ? k : n));
        double[] before = draw.doubles(ldc * n);
        // Single-precision numbers in both precisions: one reference does for both.
        double[] product = new double[m * n];
        double[] size = new double[m * n];
        for (int j = 0; j < n; j++) {
            for (int i = 0; i < m; i++) {
                int ai = transA ? i * lda : i;
                int bi = transB ? j : j * ldb;
                double sum = 0;
                double magnitude = 0;
                for (int l = 0; l < k; l++) {
                    double term = (double) a[ai] * b[bi];
                    sum += term;
                    magnitude += Math.abs(term);
                    ai += transA ? 1 : lda;
                    bi += transB ? ldb : 1;
                }
                product[i + j * m] = sum;
                size[i + j * m] = magnitude;
            }
        }
        for (double[] scale : scales) {
            double alpha = scale[0];
            double beta = scale[1];
            // C is not read when beta is 0.
            double[] c = beta == 0 ? nans(before.length) : before;
            Expected expected = new Expected(m * n);
            for (int j = 0; j < n; j++) {
                for (int i = 0; i < m; i++) {
                    double old = beta == 0 ? 0 : beta * (float) c[i + j * ldc];
                    expected.set(
                            i + j * m,
                            alpha * product[i + j * m] + old,
                            (k + 4) * (Math.abs(alpha) * size[i + j * m] + Math.abs(old)));
                }
            }
            String what = (transA ? "A'" : "A") + (transB ? " B'" : " B") + ", " + alpha + ", " + beta + ", pad " + pad;
            F32 c32 = arena.inOut(floats(c));
            device.blas().gemm(
                    transA, transB, m, n, k, (float) alpha, arena.in(a), lda, arena.in(b), ldb, (float) beta, c32, ldc);
            float[] after32 = c32.toArray();
            expected.matches("single " + what, floats(part(m, n, ldc, widen(after32))));
            assertPadding(m, n, ldc, widen(floats(c)), widen(after32));
            F64 c64 = arena.inOut(widen(floats(c)));
            device.blas().gemm(
                    transA, transB, m, n, k, alpha, arena.in(widen(a)), lda, arena.in(widen(b)), ldb, beta, c64, ldc);
            double[] after64 = c64.toArray();
            expected.matches("double " + what, part(m, n, ldc, after64));
            assertPadding(m, n, ldc, widen(floats(c)), after64);
            renewArena();
        }
    }

    @ParameterizedTest
    @CsvSource({
        "0, 3, 2, 5", "3, 0, 2, 5", "3, 2, 0, 5", "3, 2, 4, 0", "3, 2, 4, 1", "1, 1, 1, 300", "31, 33, 32, 3",
        "33, 31, 5, 7", "1, 33, 257, 2", "255, 5, 17, 4", "40, 200, 200, 3"
    })
    void gemmStridedBatchedIsTheProductOfEachForAllStrides(int m, int n, int k, int batch) {
        for (int variant = 0; variant < 16; variant++) {
            boolean transA = variant % 2 == 1;
            boolean transB = variant / 2 % 2 == 1;
            stridedBatched(transA, transB, m, n, k, batch, variant / 4 % 2 == 1, variant / 8 == 1);
        }
    }

    /** Each product of the batch is what a product of its own is; what is between the results stays. */
    private void stridedBatched(
            boolean transA, boolean transB, int m, int n, int k, int batch, boolean oneA, boolean oneB) {
        int lda = Math.max(1, transA ? k : m) + 1;
        int ldb = Math.max(1, transB ? n : k);
        int ldc = Math.max(1, m) + 2;
        int sizeA = lda * (transA ? m : k);
        int sizeB = ldb * (transB ? k : n);
        int strideA = oneA ? 0 : sizeA + 3;
        int strideB = oneB ? 0 : sizeB;
        int strideC = ldc * n + 5;
        float[] a = draw.floats(strideA * Math.max(0, batch - 1) + sizeA);
        float[] b = draw.floats(strideB * Math.max(0, batch - 1) + sizeB);
        float[] c = floats(draw.doubles(strideC * batch));
        Expected expected = new Expected(c.length);
        for (int i = 0; i < c.length; i++) {
            expected.set(i, c[i], 0);
        }
        for (int p = 0; p < batch; p++) {
            for (int j = 0; j < n; j++) {
                for (int i = 0; i < m; i++) {
                    int at = p * strideC + j * ldc + i;
                    double sum = 0;
                    double magnitude = 0;
                    for (int l = 0; l < k; l++) {
                        double term = (double) a[p * strideA + (transA ? i * lda + l : l * lda + i)]
                                * b[p * strideB + (transB ? l * ldb + j : j * ldb + l)];
                        sum += term;
                        magnitude += Math.abs(term);
                    }
                    double old = 2.0 * c[at];
                    expected.set(at, -0.5 * sum + old, (k + 4) * (0.5 * magnitude + Math.abs(old)));
                }
            }
        }
        String what = (transA ? "A'" : "A") + (transB ? " B'" : " B") + " strides " + strideA + ", " + strideB;
        F32 c32 = arena.inOut(c);
        device.blas().gemmStridedBatched(
                transA, transB, m, n, k, -0.5f, arena.in(a), lda, strideA, arena.in(b), ldb, strideB, 2f, c32, ldc,
                strideC, batch);
        expected.matches("single " + what, c32.toArray());
        F64 c64 = arena.inOut(widen(c));
        device.blas().gemmStridedBatched(
                transA, transB, m, n, k, -0.5, arena.in(widen(a)), lda, strideA, arena.in(widen(b)), ldb, strideB, 2,
                c64, ldc, strideC, batch);
        expected.matches("double " + what, c64.toArray());
        renewArena();
    }

    @Test
    void resultsOfABatchMayNotOverlap() {
        F64 a = arena.in(draw.doubles(12));
        F64 c = arena.in(draw.doubles(20));
        assertThatThrownBy(() -> device.blas()
                        .gemmStridedBatched(false, false, 2, 3, 2, 1, a, 2, 0, a, 2, 0, 0, c, 3, 7, 2))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("stride of c: expected 8 or more, got 7");
        assertThatThrownBy(() -> device.blas()
                        .gemmStridedBatched(false, false, 2, 3, 2, 1, a, 2, 9, a, 2, 0, 0, c, 3, 8, 2))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("a: expected [13] or more, got [12]");
        assertThatThrownBy(() -> device.blas()
                        .gemmStridedBatched(false, false, 2, 3, 2, 1, a, 2, 0, a, 2, 7, 0, c, 3, 8, 2))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("b: expected [13] or more, got [12]");
        assertThatThrownBy(() -> device.blas()
                        .gemmStridedBatched(false, false, 2, 3, 2, 1, a, 2, 0, a, 2, 0, 0, c, 3, 13, 2))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("c: expected [21] or more, got [20]");
    }

    /** The (m, n) part of a matrix of leading dimension {@code ld}. */
    private static double[] part(int m, int n, int ld, double[] c) {
        double[] part = new double[m * n];
        for (int j = 0; j < n; j++) {
            System.arraycopy(c, j * ld, part, j * m, m);
        }
        return part;
    }

    private static void assertPadding(int m, int n, int ld, double[] before, double[] after) {
        for (int j = 0; j < n; j++) {
            for (int i = m; i < ld; i++) {
                if (Double.compare(after[i + j * ld], before[i + j * ld]) != 0) {
                    assertThat(after[i + j * ld]).as("below column %d", j).isEqualTo(before[i + j * ld]);
                }
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"0, 3", "3, 0", "1, 1", "33, 5", "64, 31", "65, 257", "255, 1", "300, 129"})
    void gramIsTheProductWithTheTranspose(int n, int k) {
        double[] a = draw.doubles(k * n);
        F64 c = arena.inOut(nans(n * n));
        device.blas().gram(n, k, arena.in(a), c);
        Expected expected = new Expected(n * n);
        for (int j = 0; j < n; j++) {
            for (int i = 0; i < n; i++) {
                Sum sum = new Sum();
                for (int l = 0; l < k; l++) {
                    sum.add(a[i * k + l] * a[j * k + l]);
                }
                expected.set(i + j * n, sum.value, sum.error());
            }
        }
        expected.matches("A'A", c.toArray());
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 31, 32, 33, 255, 257, 1000, 100_003, 526_339})
    void dotIsTheSumOfProducts(int n) {
        double[] x = draw.doubles(n);
        double[] y = draw.doubles(n);
        Sum sum = new Sum();
        for (int i = 0; i < n; i++) {
            sum.add(x[i] * y[i]);
        }
        F64 out = arena.inOut(new double[] {Double.NaN, 2, 3});
        device.blas().dot(arena.in(x), arena.in(y), out);
        Expected expected = new Expected(1);
        expected.set(0, sum);
        double[] result = out.toArray();
        expected.matches("x'y", new double[] {result[0]});
        assertThat(result).endsWith(2, 3);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 31, 32, 33, 255, 257, 1000, 100_003})
    void axpyAddsAMultiple(int n) {
        double[] x = draw.doubles(n);
        double[] y = draw.doubles(n);
        Expected expected = new Expected(n);
        for (int i = 0; i < n; i++) {
            expected.set(i, -1.7 * x[i] + y[i], 2 * (1.7 * Math.abs(x[i]) + Math.abs(y[i])));
        }
        F64 target = arena.inOut(y);
        device.blas().axpy(-1.7, arena.in(x), target);
        expected.matches("y", target.toArray());
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 31, 32, 33, 255, 257, 1000, 100_003})
    void copyIsExact(int n) {
        double[] x = draw.doubles(n);
        F64 y = arena.out64(n);
        device.blas().copy(arena.in(x), y);
        assertThat(y.toArray()).isEqualTo(x);
        F32 narrow = arena.out32(n);
        device.blas().copy(arena.in(floats(x)), narrow);
        assertThat(narrow.toArray()).isEqualTo(floats(x));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 4, 5, 31, 32, 33, 255, 257, 1000, 100_003})
    void narrowIsTheNearestInSinglePrecision(int n) {
        double[] x = draw.doubles(n);
        F32 y = arena.out32(n);
        device.blas().narrow(arena.in(x), y);
        assertThat(y.toArray()).isEqualTo(floats(x));
    }

    @Test
    void narrowRoundsTiesToEvenAndKeepsWhatIsNoNumber() {
        double ulp = Math.ulp(1f);
        F32 y = arena.out32(9);
        device.blas().narrow(
                arena.in(new double[] {
                    1 + 0.5 * ulp, 1 + 1.5 * ulp, 1e300, -1e300, 1e-300, -0.0, Double.NaN, Double.NEGATIVE_INFINITY,
                    1e-40
                }),
                y);
        assertThat(y.toArray()).containsExactly(
                1f, 1 + 2 * Math.ulp(1f), Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, 0f, -0f, Float.NaN,
                Float.NEGATIVE_INFINITY, 1e-40f);
    }

    @Test
    void vectorOperationsPropagateNotANumber() {
        double[] x = draw.doubles(257);
        x[200] = Double.NaN;
        F64 out = arena.out64(1);
        device.blas().dot(arena.in(x), arena.in(new double[257]), out);
        assertThat(out.toArray()[0]).isNaN();
        F64 y = arena.inOut(new double[257]);
        device.blas().axpy(1, arena.in(x), y);
        assertThat(y.toArray()).isEqualTo(x);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 31, 32, 33, 255})
    void addDiagonalLeavesTheRestAlone(int n) {
        double[] a = draw.doubles(n * n);
        double[] v = draw.doubles(n);
        F64 target = arena.inOut(a);
        device.blas().addDiagonal(n, target, arena.in(v));
        for (int j = 0; j < n; j++) {
            a[j + j * n] += v[j];
        }
        assertThat(target.toArray()).isEqualTo(a);
    }

    @Test
    void leadingDimensionsAreAtLeastTheRows() {
        F32 a = arena.in(draw.floats(40));
        F32 c = arena.in(draw.floats(40));
        assertThatThrownBy(() -> device.blas().gemm(false, false, 4, 3, 2, 1f, a, 3, a, 2, 0f, c, 4))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("ld of a: expected 4 or more, got 3");
        assertThatThrownBy(() -> device.blas().gemm(false, true, 4, 3, 2, 1f, a, 4, a, 2, 0f, c, 4))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("ld of b: expected 3 or more, got 2");
        assertThatThrownBy(() -> device.blas().gemm(false, false, 4, 3, 2, 1f, a, 4, a, 2, 0f, c, 0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("ld of c: expected 4 or more, got 0");
    }

    private static double[] nans(int n) {
        double[] values = new double[n];
        Arrays.fill(values, Double.NaN);
        return values;
    }

    private static double[] widen(float[] x) {
        double[] wide = new double[x.length];
        Arrays.setAll(wide, i -> x[i]);
        return wide;
    }

    private static float[] floats(double[] x) {
        float[] narrow = new float[x.length];
        for (int i = 0; i < x.length; i++) {
            narrow[i] = (float) x[i];
        }
        return narrow;
    }
}
