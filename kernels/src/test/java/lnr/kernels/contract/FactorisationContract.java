package lnr.kernels.contract;

import static lnr.kernels.contract.Expected.U64;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import lnr.kernels.DeviceException;
import lnr.kernels.F64;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Dense linear algebra: Cholesky's factors, solves, and eigenvalues. */
public abstract class FactorisationContract extends DeviceContract {
    // |A - L L'| <= gamma_(n + 1) |L| |L'|: Higham, Accuracy and Stability of Numerical Algorithms, theorem 10.3.
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 31, 32, 33, 255, 257, 384, 385, 513, 640})
    void choleskyReproducesTheMatrixAndLeavesTheUpperTriangle(int n) {
        double[] a = draw.positive(n);
        double[] given = a.clone();
        fillUpper(n, given, Double.NaN);
        F64 l = arena.inOut(given);
        assertThat(device.blas().cholesky(n, l)).isTrue();
        double[] factor = l.toArray();
        for (int j = 0; j < n; j++) {
            for (int i = 0; i < j; i++) {
                assertThat(factor[i + j * n]).as("upper triangle").isNaN();
            }
        }
        fillUpper(n, factor, 0);
        Expected expected = new Expected(n * n);
        double[] product = new double[n * n];
        for (int j = 0; j < n; j++) {
            assertThat(factor[j + j * n]).as("diagonal").isPositive();
            for (int i = j; i < n; i++) {
                Sum sum = new Sum();
                for (int k = 0; k <= j; k++) {
                    sum.add(factor[i + k * n] * factor[j + k * n]);
                }
                product[i + j * n] = sum.value;
                expected.set(i + j * n, a[i + j * n], (n + 1) * sum.magnitude);
            }
        }
        expected.matches("L L'", product);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 31, 64, 257, 385, 513})
    void choleskyRefusesWhatIsNotPositiveDefinite(int n) {
        double[] late = new double[n * n];
        for (int j = 0; j < n; j++) {
            late[j + j * n] = j == n - 1 ? -1 : 1;
        }
        double[] nan = draw.positive(n);
        nan[n - 1 + n * (n - 1)] = Double.NaN;
        double[] corner = draw.positive(n);
        corner[n - 1] = Double.NaN;
        double[][] refused = {late, new double[n * n], nan, corner};
        for (double[] a : refused) {
            assertThat(device.blas().cholesky(n, arena.inOut(a))).as("definite").isFalse();
        }
        // Without a wait one after the other, and read once.
        F64 positive = arena.inOut(new double[] {7, 7, 7, 7, 7});
        for (int i = 0; i < refused.length; i++) {
            device.blas().cholesky(n, arena.inOut(refused[i]), positive.slice(i, 1));
        }
        F64 waited = arena.inOut(draw.positive(n));
        F64 asked = arena.inOut(waited.toArray());
        assertThat(device.blas().cholesky(n, waited)).isTrue();
        device.blas().cholesky(n, asked, positive.slice(4, 1));
        assertThat(positive.toArray()).containsExactly(0, 0, 0, 0, 1);
        assertThat(asked.toArray()).isEqualTo(waited.toArray());
    }

    // |X L L' - B| <= gamma_(3 n + 1) |X| |L| |L'|: Higham, theorem 10.4.
    @ParameterizedTest
    @CsvSource({"0, 0", "0, 3", "3, 0", "1, 1", "1, 33", "7, 32", "8, 31", "9, 257", "33, 64", "200, 255"})
    void choleskySolveLeavesASmallResidual(int h, int n) {
        double[] l = draw.positive(n);
        for (int j = 0; j < n; j++) {
            l[j + j * n] += 1;
        }
        fillUpper(n, l, Double.NaN);
        double[] b = draw.doubles(h * n);
        F64 target = arena.inOut(b);
        device.blas().choleskySolve(h, n, arena.in(l), target);
        double[] x = target.toArray();
        fillUpper(n, l, 0);
        double[] xl = new double[h * n];
        double[] size = new double[h * n];
        for (int j = 0; j < n; j++) {
            for (int i = 0; i < h; i++) {
                Sum sum = new Sum();
                for (int k = j; k < n; k++) {
                    sum.add(x[i + k * h] * l[k + j * n]);
                }
                xl[i + j * h] = sum.value;
                size[i + j * h] = sum.magnitude;
            }
        }
        double[] product = new double[h * n];
        Expected expected = new Expected(h * n);
        for (int j = 0; j < n; j++) {
            for (int i = 0; i < h; i++) {
                double sum = 0;
                double magnitude = 0;
                for (int k = 0; k <= j; k++) {
                    sum += xl[i + k * h] * l[j + k * n];
                    magnitude += size[i + k * h] * Math.abs(l[j + k * n]);
                }
                product[i + j * h] = sum;
                expected.set(i + j * h, b[i + j * h], (3 * n + 1) * magnitude);
            }
        }
        expected.matches("X L L'", product);
    }

    // X' solves L' X' = I with |L' X' - I| <= gamma_n |L'| |X'| (Higham, theorem 8.5), and out = X'X with
    // |out - X'X| <= gamma_n |X'| |X|; or X' is solved for X'X L L' = I by two such solves. Both give, to first order,
    // |out L L' - I| <= 3 gamma_n (|X'| |X| |L| |L'| + (|X'| |L'|)^2).
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 31, 63, 64, 65, 129, 200})
    void choleskyInverseLeavesASmallResidual(int n) {
        double[] l = draw.positive(n);
        for (int j = 0; j < n; j++) {
            l[j + j * n] += 1;
        }
        fillUpper(n, l, Double.NaN);
        F64 out = arena.inOut(new double[n * n]);
        F64 given = arena.in(l);
        device.blas().choleskyInverse(n, given, out, arena.inOut(new double[n * (n + 1)]));
        fillUpper(n, l, 0);
        double[] upper = new double[n * n]; // L'
        double[] solved = new double[n * n]; // X', by substitution
        for (int j = 0; j < n; j++) {
            for (int i = n - 1; i >= 0; i--) {
                upper[i + j * n] = l[j + i * n];
                double sum = i == j ? 1 : 0;
                for (int k = i + 1; k < n; k++) {
                    sum -= l[k + i * n] * solved[k + j * n];
                }
                solved[i + j * n] = sum / l[i + i * n];
            }
        }
        double[] a = product(n, l, upper);
        double[] actual = product(n, out.toArray(), a);
        double[] xAbs = absolute(solved);
        double[] lAbs = absolute(l);
        double[] uAbs = absolute(upper);
        double[] xx = product(n, xAbs, transposed(n, xAbs));
        double[] first = product(n, xx, product(n, lAbs, uAbs));
        double[] xl = product(n, xAbs, uAbs);
        double[] second = product(n, xl, xl);
        Expected expected = new Expected(n * n);
        for (int i = 0; i < n * n; i++) {
            expected.set(i, i % (n + 1) == 0 ? 1 : 0, 3 * n * (first[i] + second[i]));
        }
        expected.matches("(L L')^-1 L L'", actual);
    }

    private static double[] product(int n, double[] a, double[] b) {
        double[] c = new double[n * n];
        for (int j = 0; j < n; j++) {
            for (int k = 0; k < n; k++) {
                for (int i = 0; i < n; i++) {
                    c[i + j * n] += a[i + k * n] * b[k + j * n];
                }
            }
        }
        return c;
    }

    private static double[] transposed(int n, double[] a) {
        double[] b = new double[n * n];
        for (int j = 0; j < n; j++) {
            for (int i = 0; i < n; i++) {
                b[j + i * n] = a[i + j * n];
            }
        }
        return b;
    }

    private static double[] absolute(double[] a) {
        return Arrays.stream(a).map(Math::abs).toArray();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 31, 32, 33, 100, 257})
    void eigenDecomposes(int n) {
        assertDecomposes(n, draw.symmetric(n));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 33, 100})
    void eigenDecomposesMatricesWithRepeatedEigenvalues(int n) {
        double[] identity = new double[n * n];
        double[] ones = new double[n * n];
        Arrays.fill(ones, 1);
        for (int j = 0; j < n; j++) {
            identity[j + j * n] = 1;
        }
        assertDecomposes(n, identity);
        assertDecomposes(n, ones);
        assertDecomposes(n, new double[n * n]);
    }

    // Backward stable: both are bounded by p(n) u ||A|| and p(n) u, p a modest polynomial (LAPACK Users' Guide, 4.7).
    private void assertDecomposes(int n, double[] a) {
        F64 vectors = arena.inOut(a);
        F64 values = arena.out64(n);
        device.blas().eigen(n, vectors, values);
        double[] v = vectors.toArray();
        double[] w = values.toArray();
        assertThat(w).isSorted();
        double worstResidual = 0;
        double worstProduct = 0;
        for (int j = 0; j < n; j++) {
            for (int i = 0; i < n; i++) {
                double residual = -v[i + j * n] * w[j];
                double product = i == j ? -1 : 0;
                for (int k = 0; k < n; k++) {
                    residual += a[i + k * n] * v[k + j * n];
                    product += v[k + i * n] * v[k + j * n];
                }
                worstResidual = Math.max(worstResidual, Math.abs(residual));
                worstProduct = Math.max(worstProduct, Math.abs(product));
            }
        }
        assertThat(worstResidual).as("A V - V diag(w)").isLessThanOrEqualTo(10 * n * U64 * norm(a));
        assertThat(worstProduct).as("V' V - I").isLessThanOrEqualTo(10 * n * U64);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 31, 32, 33, 100, 257})
    void largestEigenvalueIsTheLastOfAll(int n) {
        double[] indefinite = draw.symmetric(n);
        double[] negative = draw.positive(n);
        for (int i = 0; i < negative.length; i++) {
            negative[i] = -negative[i];
        }
        for (double[] a : new double[][] {indefinite, negative, draw.positive(n), new double[n * n]}) {
            F64 values = arena.out64(n);
            device.blas().eigen(n, arena.inOut(a), values);
            double largest = device.blas().largestEigenvalue(n, arena.in(a));
            assertThat(Math.abs(largest - values.toArray()[n - 1])).isLessThanOrEqualTo(10 * n * U64 * norm(a));
        }
    }

    // A = v v', more rows than a block of threads has.
    @Test
    void largestEigenvalueOfRankOneIsTheSquareOfItsVector() {
        int n = 515;
        double[] v = draw.doubles(n);
        double square = Arrays.stream(v).map(x -> x * x).sum();
        double[] a = new double[n * n];
        Arrays.setAll(a, i -> v[i % n] * v[i / n]);
        double largest = device.blas().largestEigenvalue(n, arena.in(a));
        assertThat(Math.abs(largest - square)).isLessThanOrEqualTo(10 * n * U64 * square);
    }

    @Test
    void eigenvaluesOfNotANumberAreNoNumbers() {
        double[] a = draw.symmetric(33);
        a[5 + 7 * 33] = Double.NaN;
        a[7 + 5 * 33] = Double.NaN;
        F64 w = arena.out64(33);
        try {
            device.blas().eigen(33, arena.inOut(a), w);
            assertThat(w.toArray()[32]).isNaN();
        } catch (DeviceException e) {
            assertThat(e).hasMessageContaining("did not converge");
        }
        try {
            assertThat(device.blas().largestEigenvalue(33, arena.in(a))).isNaN();
        } catch (DeviceException e) {
            assertThat(e).hasMessageContaining("did not converge");
        }
    }

    private static double norm(double[] a) {
        double sum = 0;
        for (double x : a) {
            sum += x * x;
        }
        return Math.sqrt(sum);
    }

    private static void fillUpper(int n, double[] a, double value) {
        for (int j = 0; j < n; j++) {
            for (int i = 0; i < j; i++) {
                a[i + j * n] = value;
            }
        }
    }
}
