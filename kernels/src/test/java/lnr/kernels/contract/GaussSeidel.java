package lnr.kernels.contract;

import static lnr.kernels.contract.Expected.U64;
import static org.assertj.core.api.Assertions.fail;

import java.util.Arrays;

/**
 * One pass of Gauss-Seidel over the groups, judged by the M and G that it found and left. Once groups up to k have
 * their new columns, with those after k as they were, M_k is the minimiser of P over its group if and only if
 *
 * <pre>
 *   G_k = lambda w_k M_k / ||M_k||,   or ||G_k|| is at most lambda w_k, where M_k is 0,
 * </pre>
 *
 * which takes G from the one that the pass found and M's changes, in twice a device's precision, and solves nothing.
 * The bound is on what the condition is off by, a backward error: it holds however ill-conditioned the minimiser is. If
 * no condition is off, each group's change X lowers P by 1/2 &lt;X R_kk, X&gt; or more.
 *
 * <p>To first order, in units of roundoff, for a group of s columns, w = lambda w_k, and each row i of its own, in the
 * norm of the row:
 *
 * <ul>
 *   <li>V = G_k + M_k R_kk from the G that the pass found: n terms, in any order, of at most three roundings, err by
 *       e_i = (n + 2) sum |term|. An error of V is one of the condition, as it is.
 *   <li>A column: ||V|| errs by h / 2 + 1 of itself, q = w / ||V|| by two more; 1 - q, divided by R_jj and multiplied
 *       by V, by 3 more of itself: M_j R_jj by (h / 2 + 3) q + 3 (1 - q) of |V_i|, and M_j / ||M_j|| by 2 of itself.
 *   <li>A group: Q D Q' is R_kk but for E, and Q'Q the identity but for F, ||E|| &lt;= p ||R_kk|| and ||F|| &lt;= p
 *       with p = 10 s (LAPACK Users' Guide, 4.7); and E once more, where a D_i below 0 counts as 0. Products with Q and
 *       Q' err by s |V_i| |Q| and s |M_i Q| |Q'|, so by s^1.5 ||V_i|| and s^1.5 ||M_i||; scales t / (D t + w), and a
 *       product with them, by 4. With X = R_kk + (w / t) I, for which (V Q) diag(t / (D t + w)) Q' X = V but for these
 *       errors, M_i X - V_i is at most
 *       (p + s^1.5 + 4) ||V_i|| + (3 p + s^1.5) ||R_kk|| ||M_i|| + (2 p + s^1.5) w ||M_i|| / t.
 *       The root has f(t) = sum_i v_i / (D_i t + w)^2 = 1 but for h of v_i, s + 8 of the sum, and as much and 4 again
 *       of t's last step; a step is the last when (sqrt f - 1) f / slope, slope t &lt;= f, is below 1e-15 t: 10. So
 *       |sqrt f - 1| &lt;= h / 2 + s + 20, and w / t and w / ||M_k|| are as far from each other, and p / 2 + s^1.5 + 4
 *       further. As w ||M_i|| / ||M_k|| &lt;= ||V_i||, all this is at most 3.5 p + 3 s^1.5 + s + h / 2 + 28 of
 *       ||V_i|| + ||R_kk|| ||M_i||.
 *   <li>0 is right where ||V|| is w, but for e and the same errors, of w, and those of a sum of h s squares.
 *   <li>The judge's own: 5 |V_i|.
 * </ul>
 */
final class GaussSeidel {
    private final int h;
    private final int d;
    private final int[] starts;
    private final double[] weights; // lambda w_k
    private final double[] r; // (d, d)

    GaussSeidel(int h, int[] starts, double[] weights, double lambda, double[] r) {
        this.h = h;
        this.d = starts[starts.length - 1];
        this.starts = starts;
        this.weights = Arrays.stream(weights).map(weight -> lambda * weight).toArray();
        this.r = r;
    }

    /**
     * A pass that is exact but for rounding.
     *
     * @param condition bound on the norm of what the conditions of all groups are off by
     * @param gradient bound on the norm of what G is off by
     * @param change norm of M's change
     */
    record Pass(double condition, double gradient, double change) {}

    /**
     * Fails unless the pass from {@code m} and {@code g} to {@code next} and {@code left} is exact but for rounding.
     *
     * @param m (h, d), as are the others
     */
    Pass judge(double[] m, double[] g, double[] next, double[] left) {
        TwofoldSum[] gradient = new TwofoldSum[h * d];
        Arrays.setAll(gradient, i -> new TwofoldSum().add(g[i]));
        double[] conditions = new double[weights.length];
        for (int k = 0; k < weights.length; k++) {
            double[] errors = errors(k, m, gradient);
            for (int b = starts[k]; b < starts[k + 1]; b++) {
                for (int c = 0; c < d; c++) {
                    for (int i = 0; i < h; i++) {
                        gradient[c * h + i].subtractChange(next[b * h + i], m[b * h + i], r[c * d + b]);
                    }
                }
            }
            conditions[k] = optimal(k, next, gradient, errors);
        }
        double[] bounds = new double[h * d];
        double[] change = new double[h * d];
        for (int i = 0; i < h * d; i++) {
            bounds[i] = U64 * gradient[i].error();
            change[i] = next[i] - m[i];
            if (!(Math.abs(left[i] - gradient[i].value()) <= bounds[i])) {
                fail("G, element %d: expected %s within %s, got %s", i, gradient[i].value(), bounds[i], left[i]);
            }
        }
        return new Pass(norm(conditions), norm(bounds), norm(change));
    }

    /** e of each row, from the gradients that the groups before k leave. */
    private double[] errors(int k, double[] m, TwofoldSum[] gradient) {
        double[] errors = new double[h];
        for (int i = 0; i < h; i++) {
            double square = 0;
            for (int c = starts[k]; c < starts[k + 1]; c++) {
                TwofoldSum product = new TwofoldSum();
                for (int b = starts[k]; b < starts[k + 1]; b++) {
                    product.addProduct(m[b * h + i], r[c * d + b]);
                }
                double error = U64 * gradient[c * h + i].errorWith(product);
                square += error * error;
            }
            errors[i] = Math.sqrt(square);
        }
        return errors;
    }

    /** Fails unless M_k is the minimiser where this is the gradient; the bound on what the condition is off by. */
    private double optimal(int k, double[] m, TwofoldSum[] gradient, double[] errors) {
        int size = starts[k + 1] - starts[k];
        double weight = weights[k];
        TwofoldSum square = new TwofoldSum();
        TwofoldSum slope = new TwofoldSum();
        for (int i = starts[k] * h; i < starts[k + 1] * h; i++) {
            square.addProduct(m[i], m[i]);
            slope.addProduct(gradient[i].value(), gradient[i].value());
        }
        double norm = Math.sqrt(square.value());
        double units = 5 + 0.5 * h + (size == 1 ? 5 : 28 + 36 * size + 3 * size * Math.sqrt(size));
        if (norm == 0) {
            double bound = norm(errors) + U64 * (units + 0.5 * h * size) * weight;
            double most = Math.sqrt(slope.value());
            if (!(most - weight <= bound)) {
                fail("group %d is 0: expected ||G|| at most %s within %s, got %s", k, weight, bound, most);
            }
            return bound;
        }
        double curvature = size == 1 ? 0 : curvature(k);
        double[] bounds = new double[h];
        for (int i = 0; i < h; i++) {
            double off = 0;
            double v = 0;
            double row = 0;
            for (int c = starts[k]; c < starts[k + 1]; c++) {
                double number = m[c * h + i];
                double part = gradient[c * h + i].value();
                double whole = part;
                for (int b = starts[k]; b < starts[k + 1]; b++) {
                    whole += m[b * h + i] * r[c * d + b];
                }
                double rest = part - weight * number / norm;
                off += rest * rest;
                v += whole * whole;
                row += number * number;
            }
            bounds[i] = errors[i] + U64 * units * (Math.sqrt(v) + curvature * Math.sqrt(row));
            if (!(Math.sqrt(off) <= bounds[i])) {
                fail("group %d, row %d: G - lambda w M / ||M|| is %s, above %s", k, i, Math.sqrt(off), bounds[i]);
            }
        }
        return norm(bounds);
    }

    /** R_kk's largest sum of a column's magnitudes, at least ||R_kk||. */
    private double curvature(int k) {
        double most = 0;
        for (int c = starts[k]; c < starts[k + 1]; c++) {
            double sum = 0;
            for (int b = starts[k]; b < starts[k + 1]; b++) {
                sum += Math.abs(r[c * d + b]);
            }
            most = Math.max(most, sum);
        }
        return most;
    }

    static double norm(double[] x) {
        double square = 0;
        for (double number : x) {
            square += number * number;
        }
        return Math.sqrt(square);
    }
}
