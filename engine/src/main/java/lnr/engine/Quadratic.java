package lnr.engine;

import java.util.Arrays;
import lnr.kernels.Blas;
import lnr.kernels.Device;
import lnr.kernels.F64;
import lnr.kernels.Groups;
import lnr.kernels.I32;
import lnr.kernels.Scope;

/**
 * The data fit f(M) = 1/2 &lt;M R, M&gt; - &lt;C, M&gt;, which is 1/2 E||y - M x||^2 less the constant tau/2: all that
 * an objective has to know of the samples is R = E[x x'], C = E[y x'] and tau = E||y||^2.
 *
 * <p>R is (d, d), C is (h, d), both column-major. The scope given to a factory owns them; nothing modifies them. The
 * norms, the largest eigenvalue of R, and tau where it was not given, are computed when first asked for and kept, tau
 * with least squares (h, d) if that is how it came about. Threads may share an instance.
 */
public final class Quadratic {
    /** What of tau may be in doubt before its eigenvalues are looked at. */
    private static final double NEGLIGIBLE = 1e-9;

    private final Scope scope;
    private final int h;
    private final int d;
    private final F64 r;
    private final F64 c;
    private final double tolerance;
    private final double rounding; // that eigenvalues of R have from elsewhere than its own size
    private final double crossRounding; // the same of C's norm
    private final boolean tauGiven;
    private double tau = Double.NaN;
    private double tauSlack;
    private F64 leastSquares; // (h, d), C (R + e I)^-1; null unless tau was computed by it
    private double lipschitz = Double.NaN;
    private double rNorm = Double.NaN;
    private double cNorm = Double.NaN;

    private Quadratic(Scope scope, int h, int d, double[] r, double[] c, double tau, double tolerance) {
        this(scope, h, d, scope.f64(r), scope.f64(c), tau, tolerance);
    }

    private Quadratic(Scope scope, int h, int d, F64 r, F64 c, double tau, double tolerance) {
        this(scope, h, d, r, c, tau, tolerance, 0, 0);
    }

    private Quadratic(
            Scope scope, int h, int d, F64 r, F64 c, double tau, double tolerance, double rounding,
            double crossRounding) {
        this.rounding = rounding;
        this.crossRounding = crossRounding;
        this.scope = scope;
        this.h = h;
        this.d = d;
        this.r = r;
        this.c = c;
        this.tauGiven = !Double.isNaN(tau);
        this.tau = tau;
        this.tolerance = tolerance;
    }

    /**
     * Correlations of double precision, tau unknown; the other factories tell more.
     *
     * @see #of(Scope, int, int, double[], double[], double)
     */
    public static Quadratic of(Scope scope, int h, int d, double[] r, double[] c) {
        return of(scope, h, d, r, c, Moments.DOUBLE);
    }

    /**
     * Correlations that were computed in single precision: every check allows for a relative error of 1e-5.
     *
     * @see #of(Scope, int, int, double[], double[], double)
     */
    public static Quadratic of(Scope scope, int h, int d, float[] r, float[] c) {
        return of(scope, h, d, Moments.widen(r), Moments.widen(c), Moments.SINGLE);
    }

    /**
     * Correlations whose error is known, tau unknown: {@link #tau()} then computes its least value Tr(C R^+ C').
     *
     * @param scope owner of the device's copies
     * @param h rows of C, 1 or more
     * @param d rows and columns of R, 1 or more
     * @param r (d, d), symmetric positive semidefinite within {@code tolerance} max|R|; (R + R')/2 is used. Not kept.
     * @param c (h, d), column-major. Not kept.
     * @param tolerance relative error of the entries of R, in [0, 1)
     * @throws MatrixException when no data can have these moments; the message names the entry
     */
    public static Quadratic of(Scope scope, int h, int d, double[] r, double[] c, double tolerance) {
        return new Quadratic(scope, h, d, Moments.symmetric(h, d, r, c, tolerance), c, Double.NaN, tolerance);
    }

    /**
     * Correlations of double precision with tau = E||y||^2 known. Any larger value is allowed, and makes certificates
     * looser.
     *
     * @throws MatrixException as the other factories
     * @throws IllegalArgumentException unless tau is finite and 0 or more
     */
    public static Quadratic withTau(Scope scope, int h, int d, double[] r, double[] c, double tau) {
        double[] symmetric = Moments.symmetric(h, d, r, c, Moments.DOUBLE);
        Arguments.nonNegative("tau", tau);
        return new Quadratic(scope, h, d, symmetric, c, tau, Moments.DOUBLE);
    }

    /**
     * Moments that were summed on the device, R symmetric; not copied. What is in doubt of them is only whether they
     * are finite, and of a size whose square is a number.
     *
     * @throws MatrixException as the other factories
     */
    static Quadratic ofSums(Scope scope, int h, int d, F64 r, F64 c, double tau) {
        try (Scope work = scope.device().scope()) {
            F64 squares = work.f64(2);
            scope.device().blas().dot(r, r, squares.slice(0, 1));
            scope.device().blas().dot(c, c, squares.slice(1, 1));
            for (double square : squares.toArray()) {
                if (!Moments.moderate(square, (double) d * Math.max(h, d))) {
                    Moments.symmetric(h, d, r.toArray(), c.toArray(), Moments.DOUBLE); // names what is wrong
                }
            }
        }
        Arguments.nonNegative("tau", tau);
        return new Quadratic(scope, h, d, r, c, tau, Moments.DOUBLE);
    }

    /** Owner of the device's copies. */
    Scope scope() {
        return scope;
    }

    /**
     * What is left of R and C when some of both was subtracted, (p, p) and (h, p), and with less to explain by
     * {@code explained}. Their rounding is that of the whole.
     */
    Quadratic reduced(Scope owner, int p, F64 r, F64 c, double explained) {
        double rest = tauGiven ? Math.max(0, tau - explained) : Double.NaN;
        double relative = Math.max(d * Math.ulp(1.0), tolerance);
        return new Quadratic(owner, h, p, r, c, rest, tolerance, relative * rNorm(), relative * cNorm());
    }

    /** ||R||, the root of the sum of squares. Waits for the device when first asked for. */
    synchronized double rNorm() {
        rNorm = Double.isNaN(rNorm) ? norm(r) : rNorm;
        return rNorm;
    }

    /** ||C||, as that of R. */
    synchronized double cNorm() {
        cNorm = Double.isNaN(cNorm) ? norm(c) : cNorm;
        return cNorm;
    }

    private double norm(F64 x) {
        try (Scope work = device().scope()) {
            F64 square = work.f64(1);
            device().blas().dot(x, x, square);
            return Math.sqrt(square.toArray()[0]);
        }
    }

    /** Of some columns alone, (n), with the same tau: the columns left out explain nothing. */
    Quadratic restricted(Scope owner, I32 columns) {
        int n = (int) columns.length();
        F64 rs = owner.unset((long) n * n);
        F64 cs = owner.unset((long) h * n);
        device().support().submatrix(d, columns, r, rs);
        device().support().gather(h, columns, c, cs);
        Quadratic part = new Quadratic(owner, h, n, rs, cs, tau(), tolerance);
        part.tauSlack = tauSlack;
        return part;
    }

    /** The same inputs with targets of which tau is a bound too: {@code other} is (rows, d), not copied. */
    Quadratic withTargets(int rows, F64 other) {
        Quadratic changed = new Quadratic(scope, rows, d, r, other, tau(), tolerance);
        changed.rNorm = rNorm();
        changed.tauSlack = tauSlack;
        return changed;
    }

    /** Of the same columns in another order: column i is {@code order[i]} of this one. The order has each once. */
    Quadratic permuted(Scope owner, int[] order) {
        double[] from = r.toArray();
        double[] rp = new double[from.length];
        for (int j = 0; j < d; j++) {
            for (int i = 0; i < d; i++) {
                rp[j * d + i] = from[order[j] * d + order[i]];
            }
        }
        from = c.toArray();
        double[] cp = new double[from.length];
        for (int j = 0; j < d; j++) {
            System.arraycopy(from, order[j] * h, cp, j * h, h);
        }
        return new Quadratic(owner, h, d, rp, cp, tauGiven ? tau : Double.NaN, tolerance);
    }

    /**
     * Least squares as a by-product: C (R + e I)^-1 for an e of rounding's size, if {@link #tau()} went by it.
     *
     * @param out (h, d). Modified if true is returned: M R is then C, up to e M.
     * @return whether it is at hand
     */
    public synchronized boolean leastSquares(F64 out) {
        if (leastSquares != null) {
            device().blas().copy(leastSquares, out);
        }
        return leastSquares != null;
    }

    /** Learns tau, if it is unknown, from what it is without the bias, and what the bias explains. */
    synchronized void complete(Quadratic reduced, double explained) {
        if (Double.isNaN(tau)) {
            tau = reduced.tau() + explained;
            tauSlack = reduced.tauSlack;
        }
    }

    /** The device that holds R and C. */
    public Device device() {
        return scope.device();
    }

    /** Rows of M and C. */
    public int h() {
        return h;
    }

    /** Columns of M, C and R. */
    public int d() {
        return d;
    }

    /** R = E[x x'], (d, d), symmetric. Not to be modified. */
    public F64 r() {
        return r;
    }

    /** C = E[y x'], (h, d), column-major. Not to be modified. */
    public F64 c() {
        return c;
    }

    /** Relative error of the entries of R, as given or as their precision implies. */
    public double tolerance() {
        return tolerance;
    }

    /** out = M R: 2 h d^2 flops. {@code m} and {@code out} are (h, d), not the same; {@code out} is modified. */
    public void product(F64 m, F64 out) {
        device().blas().gemm(false, false, h, d, d, 1, m, h, r, d, 0, out, h);
    }

    /**
     * out = M R - C, the gradient of f at M: 2 h d^2 flops. {@code m} and {@code out} are (h, d), not the same;
     * {@code out} is modified.
     */
    public void gradient(F64 m, F64 out) {
        Blas blas = device().blas();
        blas.copy(c, out);
        blas.gemm(false, false, h, d, d, 1, m, h, r, d, -1, out, h);
    }

    /**
     * f(M), without the constant tau/2.
     *
     * @param m (h, d)
     * @param work (h, d), modified: becomes the gradient at M
     */
    public double value(F64 m, F64 work) {
        gradient(m, work);
        try (Scope scalars = device().scope()) {
            F64 sums = scalars.f64(2);
            device().blas().dot(work, m, sums.slice(0, 1));
            device().blas().dot(c, m, sums.slice(1, 1));
            double[] host = sums.toArray();
            return 0.5 * (host[0] - host[1]);
        }
    }

    /**
     * The gradient's Lipschitz constant, R's largest eigenvalue. O(d^3) when first asked for.
     *
     * @throws MatrixException when R has to be decomposed for tau, and is indefinite
     */
    public synchronized double lipschitz() {
        if (Double.isNaN(lipschitz)) {
            lipschitz = Math.max(0, device().blas().largestEigenvalue(d, r));
        }
        return lipschitz;
    }

    /**
     * E||y||^2 as given, or else Tr(C R^+ C'), the least that goes with R and C. The pseudo-inverse leaves out only
     * eigenvalues of R that are rounding, up to d eps times the largest; where C has a part there, it is tried with the
     * inputs scaled to one size. O(d^3) when first asked for.
     *
     * @throws MatrixException when R is indefinite, or C has a part that R has not, by more than the tolerance
     */
    public synchronized double tau() {
        if (Double.isNaN(tau) && !factor()) {
            decompose();
        }
        return tau;
    }

    /**
     * The trace without eigenvalues, where R leaves no doubt: with X = C (R + e I)^-1, and C in the span of
     * eigenvectors of eigenvalue e or more, Tr(C R^+ C') is from &lt;C, X&gt; + e ||X||^2 to
     * &lt;C, X&gt; + 2 e ||X||^2.
     *
     * @return whether these are one number to all purposes; if not, nothing was set
     */
    private boolean factor() {
        Blas blas = device().blas();
        try (Scope work = device().scope()) {
            F64 numbers = work.f64(2);
            double e = Math.max(d * Math.ulp(1.0) * rNorm(), rounding);
            double[] ridge = new double[d];
            Arrays.fill(ridge, e);
            F64 l = work.f64((long) d * d);
            blas.copy(r, l);
            blas.addDiagonal(d, l, work.f64(ridge));
            if (!blas.cholesky(d, l)) {
                return false;
            }
            F64 x = scope.f64((long) h * d);
            blas.copy(c, x);
            blas.choleskySolve(h, d, l, x);
            blas.dot(c, x, numbers.slice(0, 1));
            blas.dot(x, x, numbers.slice(1, 1));
            double[] host = numbers.toArray();
            double slack = e * host[1];
            if (!(slack <= NEGLIGIBLE * host[0])) {
                return false;
            }
            tau = host[0] + slack;
            tauSlack = slack;
            leastSquares = x;
            return true;
        }
    }

    /**
     * What to add to {@link #tau()} for an upper bound on Tr(C R^+ C'), whatever eigenvalues within d eps of those
     * computed R has, but none less than d eps (times the largest); 0 when tau was given.
     *
     * @throws MatrixException as {@link #tau()}
     */
    double tauSlack() {
        tau();
        return tauSlack;
    }

    /** The eigenvalues of R, and the trace from them or else from those of inputs scaled to one size. */
    private void decompose() {
        try (Scope work = device().scope()) {
            F64 v = work.f64((long) d * d);
            device().blas().copy(r, v);
            Spectrum plain = spectrum(v, c, work);
            double largest = Math.max(0, plain.values[d - 1]);
            double least = Math.max(Math.max(d * Math.ulp(1.0), tolerance) * largest, rounding);
            if (plain.values[0] < -least) {
                throw new MatrixException("R", ": expected a positive semidefinite matrix, got eigenvalues from "
                        + plain.values[0] + " to " + plain.values[d - 1]);
            }
            if (!trace(plain, rounding, crossRounding) && !trace(equilibrated(work), 0, 0)) {
                throw new MatrixException("C", ": not in the range of R: correlated with a combination of inputs"
                        + " that is always zero up to rounding; no data can have these moments");
            }
            lipschitz = largest;
        }
    }

    /** Eigenvalues w of a matrix, and ||C v_i|| for its eigenvectors. */
    private record Spectrum(double[] values, double[] lengths) {}

    /** {@code a} is (d, d), {@code b} is (h, d); {@code a} becomes the eigenvectors. */
    private Spectrum spectrum(F64 a, F64 b, Scope work) {
        F64 w = work.f64(d);
        F64 bv = work.f64((long) h * d);
        F64 norms = work.f64(d);
        device().blas().eigen(d, a, w);
        device().blas().gemm(false, false, h, d, d, 1, b, h, a, d, 0, bv, h);
        device().groupNorm().norms(h, Groups.columns(work, d), bv, norms);
        return new Spectrum(w.toArray(), norms.toArray());
    }

    /**
     * The spectrum of S R S with C S, for S = diag(R)^(-1/2), whose trace is the same: an input of little power is then
     * no longer lost among the rounding of the others.
     */
    private Spectrum equilibrated(Scope work) {
        double[] a = r.toArray();
        double[] b = c.toArray();
        double[] s = new double[d];
        for (int j = 0; j < d; j++) {
            s[j] = a[j * d + j] > 0 ? 1 / Math.sqrt(a[j * d + j]) : 0;
        }
        for (int j = 0; j < d; j++) {
            for (int i = 0; i < d; i++) {
                a[j * d + i] *= s[i] * s[j];
            }
            for (int i = 0; i < h; i++) {
                b[j * h + i] *= s[j];
            }
        }
        return spectrum(work.f64(a), work.f64(b), work);
    }

    /**
     * Tr(C R^+ C') = sum_i ||C v_i||^2 / w_i with a bound on it. The eigensolver answers for R + E with ||E|| at most
     * e = d eps max w, so that sum_i ||C v_i||^2 / (w_i - e) is not less than the trace. An eigenvalue near e or below
     * is not known at all: there C must vanish as far as its own error lets it, and what is left of it is divided by e.
     *
     * @param floor the least that e is
     * @param cross the least that C's own error is
     * @return whether C does vanish there; if not, nothing was set
     */
    private boolean trace(Spectrum spectrum, double floor, double cross) {
        double[] values = spectrum.values;
        double[] lengths = spectrum.lengths;
        double rounding = Math.max(d * Math.ulp(1.0) * Math.max(0, values[d - 1]), floor);
        double negligible = Math.max(Math.max(d * Math.ulp(1.0), tolerance) * Math.sqrt(squares(lengths)), cross);
        double least = 0;
        double most = 0;
        for (int i = 0; i < d; i++) {
            if (lengths[i] > 0) {
                double square = lengths[i] * lengths[i];
                if (values[i] > rounding) {
                    least += square / values[i];
                } else if (lengths[i] > negligible) {
                    return false;
                }
                most += square / Math.max(values[i] - rounding, rounding);
            }
        }
        tau = least;
        tauSlack = Math.max(0, most - least);
        return true;
    }

    private static double squares(double[] values) {
        double sum = 0;
        for (double value : values) {
            sum += value * value;
        }
        return sum;
    }
}
