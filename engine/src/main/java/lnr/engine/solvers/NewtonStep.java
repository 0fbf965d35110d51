package lnr.engine.solvers;

import java.util.Arrays;
import java.util.stream.IntStream;
import lnr.engine.NormalEquations;
import lnr.engine.Problem;
import lnr.kernels.Blas;
import lnr.kernels.Device;
import lnr.kernels.F64;
import lnr.kernels.Groups;
import lnr.kernels.Scope;
import lnr.kernels.Support;

/**
 * Newton's step on the columns S of the groups that are not zero, where P is smooth. Its Hessian is of order h |S|, but
 * is a Kronecker product less one direction a group, so that no matrix larger than (|S|, |S|) is formed. With
 * M^_k = M_k / ||M_k||:
 *
 * <pre>
 * g = M_S R_SS - C_S + lambda w M^                    the gradient
 * K = R_SS + diag(lambda w_k / ||M_k||)
 * T = diag(||M_k|| / (lambda w_k)) - K^-1 o (M^' M^)  summed over each block of two groups
 * Z = g K^-1,  z_k = &lt;M^_k, Z_k&gt;,  T c = z
 * D = (g + M^ diag(c)) K^-1                           M_S becomes M_S - D
 * </pre>
 *
 * c = 0 would be a round of alternating minimisation. A group that the step turns against itself becomes zero, and the
 * step is halved until P does not rise.
 *
 * <p>Where g = M^ diag(e), as after a round of alternating minimisation, z = (diag(||M_k|| / (lambda w_k)) - T) e, so
 * that c + e = T^-1 [e_k ||M_k|| / (lambda w_k)], and the product Z is saved.
 *
 * <p>After a whole step (M_S - D) R_SS = C_S - M^ diag(lambda w + c) + D diag(lambda w_k / ||M_k||), by what the step
 * solves. Where S is most of the columns, M R is taken from there and products are for the others alone. Its rounding
 * errors are then those of D, which grow with K's condition: who has to be sure of M R asks for {@link #refresh}.
 *
 * <p>With n = |S|, a step is about 5/3 n^3 + 5 h n^2 flops, 2 h n^2 less where Z is saved, and 2 h d times the lesser
 * of n and d - n. What it needs of R is gathered once for each S.
 */
final class NewtonStep {
    private static final int TRIALS = 24;
    private static final double SHIFT = 1e-12; // of T's diagonal, which is near singular at the edge of the support

    private final Problem problem;
    private final int h;
    private final int d;
    private final Blas blas;
    private final Support support;

    private final ActiveColumns active; // S
    private Groups groups; // of packed columns
    private double damping; // that K took
    private boolean followed; // M R is no product
    private F64 inverse; // K^-1 of the last direction; null where S is another since
    private boolean factored; // so is the factor of T
    private double[] curvature; // lambda w_k / ||M_k|| of each group of S there
    private double[] held; // M_k K_k = C_k - (M R)_k for each group of S; null where M is not known to be so

    private final Room[] wide = new Room[7]; // for (h, d) each
    private final Room inverseRoom; // for (d, d)
    private final Room gramRoom; // for (d, d)
    private final Room work; // for (d, d + 1)
    private final F64 shift; // (d)
    private final F64 inner; // (groups)
    private final F64 ridge; // (groups)
    private final Scope workspace;
    private NormalEquations equations; // for n columns at least
    private int room; // columns that it is for
    private final F64 numbers; // <C, M>, <M R, M> or <G, M>, penalty
    private final double[] host = new double[3];

    NewtonStep(Problem problem, Scope workspace) {
        this.problem = problem;
        this.h = problem.h();
        this.d = problem.d();
        Device device = problem.device();
        this.blas = device.blas();
        this.support = device.support();
        int count = problem.groups().count();
        this.active = new ActiveColumns(problem, workspace);
        this.workspace = workspace;
        long square = (long) d * d;
        for (int i = 0; i < wide.length; i++) {
            wide[i] = new Room(workspace, (long) h * d);
        }
        this.inverseRoom = new Room(workspace, square);
        this.gramRoom = new Room(workspace, square);
        this.work = new Room(workspace, square + d);
        this.shift = workspace.f64(d);
        this.inner = workspace.f64(count);
        this.ridge = workspace.f64(count);
        this.numbers = workspace.f64(3);
    }

    /**
     * Steps from M, and brings M R up to date.
     *
     * @param lambda more than 0
     * @param norms ||M_k|| of each group
     * @param exact whether M R is to be a product in any case
     * @param m (h, d). Modified if the step is taken.
     * @param g (h, d), C - M R
     * @param mr (h, d), M R. Modified: the same at the new M.
     * @return how much of the step was taken: 1, 1/2, .. or 0
     */
    double take(double lambda, double[] norms, boolean exact, F64 m, F64 g, F64 mr) {
        choose(norms);
        int count = groups.count();
        if (count == 0) {
            mr.clear();
            forget();
            return 0;
        }
        F64 ms = packed(0);
        F64 cs = packed(1);
        F64 step = packed(2);
        active.gather(m, ms);
        active.gather(problem.fit().c(), cs);
        double[] c = direction(lambda, 0, active.pulls(lambda, norms), ms, g, step);
        held = null;
        double before = objective(lambda, m, g);
        double tolerance = 8 * Math.ulp(Math.abs(before));
        F64 trial = packed(3);
        double[] turns = turns(norms, ms, step);
        double t = 1;
        if (!exact && active.most() && (turns.length == 0 || turns[0] > 1)) {
            support.retreat(h, groups, 1, ms, step, trial);
            F64 product = follow(lambda, c, cs);
            if (objective(lambda, trial, cs, product) <= before + tolerance) {
                active.scatter(trial, m);
                complete(product, m, mr);
                return 1;
            }
            t = shorter(t, turns);
        }
        for (int i = 0; i < TRIALS; i++) {
            support.retreat(h, groups, t, ms, step, trial);
            multiply(trial, mr);
            if (objective(lambda, trial, cs, mrs(mr)) <= before + tolerance) {
                active.scatter(trial, m);
                return t;
            }
            t = shorter(t, turns);
        }
        multiply(ms, mr);
        return 0;
    }

    /** (h, n), M_S R_SS at M - D: after {@link #direction}, whose c this is. */
    private F64 follow(double lambda, double[] c, F64 cs) {
        F64 product = packed(6);
        blas.copy(cs, product);
        F64 scale = inner.slice(0, groups.count());
        scale.write(IntStream.range(0, c.length)
                .mapToDouble(k -> -(lambda * groups.weight(k) + c[k]))
                .toArray());
        support.addScaled(h, groups, scale, packed(4), product);
        scale.write(Arrays.stream(curvature).map(pull -> pull + damping).toArray());
        support.addScaled(h, groups, scale, packed(2), product);
        return product;
    }

    /** M R of the columns S, packed. */
    private F64 mrs(F64 mr) {
        F64 product = packed(6);
        active.gather(mr, product);
        return product;
    }

    /** M R from its columns S, (h, n), which are lost. */
    private void complete(F64 product, F64 m, F64 mr) {
        long all = (long) h * d;
        active.complete(product, m, wide[5].of(all), wide[3].of(all), mr);
        followed = true;
    }

    /**
     * Makes M R a product, if it has become another: 2 h d n flops.
     *
     * @param m (h, d), where the last step led
     * @param mr (h, d). Modified.
     * @return whether it was none
     */
    boolean refresh(F64 m, F64 mr) {
        if (!followed) {
            return false;
        }
        F64 ms = packed(3);
        active.gather(m, ms);
        multiply(ms, mr);
        return true;
    }

    /**
     * A round of alternating minimisation: M_S = C_S K^-1, which is the best M where (||M_k||^2 / u_k + u_k) / 2 stands
     * for the norm of each group of S, u_k being the norm given. From an M of these norms P does not rise, and no group
     * becomes zero. A fifth of a Newton step's cost, and as good while M is far from the answer.
     *
     * @param lambda more than 0
     * @param norms ||M_k|| of each group, or a guess
     * @param m (h, d). Modified: it need not have those norms.
     * @param mr (h, d). Modified: M R at the new M.
     */
    void alternate(double lambda, double[] norms, F64 m, F64 mr) {
        choose(norms);
        int count = groups.count();
        if (count == 0) {
            m.clear();
            mr.clear();
            forget();
            return;
        }
        int n = groups.columns();
        double[] pulls = active.pulls(lambda, norms);
        double[] spread = new double[n];
        for (int i = 0; i < count; i++) {
            Arrays.fill(spread, groups.start(i), groups.start(i + 1), pulls[i]);
        }
        F64 diagonal = shift.slice(0, n);
        diagonal.write(spread);
        factored = false;
        held = null;
        damping = equations(n).factor(n, active.block(), diagonal, 0);
        F64 ms = packed(0);
        active.gather(problem.fit().c(), ms);
        equations.solve(h, ms);
        active.scatter(ms, m);
        held = Arrays.stream(pulls).map(pull -> pull + damping).toArray();
        if (damping > 0 || !active.most()) {
            multiply(ms, mr);
            return;
        }
        F64 taken = inner.slice(0, count);
        taken.write(Arrays.stream(pulls).map(pull -> -pull).toArray());
        F64 product = mrs(problem.fit().c());
        support.addScaled(h, groups, taken, ms, product); // M_S R_SS = C_S - M_S diag(pulls)
        complete(product, m, mr);
    }

    /**
     * The norms before the last step, with 0 for the groups that all of it would turn against themselves.
     *
     * @param norms ||M_k|| of each group, before it
     * @return null where there are none, or no others
     */
    double[] withoutTurned(double[] norms) {
        F64 products = inner.slice(0, groups.count());
        support.inner(h, groups, packed(2), packed(0), products);
        double[] host = products.toArray();
        double[] left = norms.clone();
        int turned = 0;
        for (int k = 0, i = 0; k < norms.length; k++) {
            if (active.has(k) && host[i++] >= norms[k] * norms[k]) {
                left[k] = 0;
                turned++;
            }
        }
        return turned == 0 || turned == groups.count() ? null : left;
    }

    /**
     * Goes back to where the last step began, less some groups. Nothing can be predicted from there.
     *
     * @param left their norms, 0 for groups to leave out
     * @param m (h, d). Modified.
     * @param mr (h, d). Modified: M R.
     */
    void returnWith(double[] left, F64 m, F64 mr) {
        active.scatter(packed(0), m);
        choose(left);
        F64 rest = packed(3);
        active.gather(m, rest);
        active.scatter(rest, m);
        multiply(rest, mr);
    }

    /** M is no longer where the last step led, and M R a product: nothing can be predicted from the step. */
    void forget() {
        factored = false;
        held = null;
        followed = false;
    }

    /** Where the step turns a group against itself, ascending: t with &lt;M_k - t D_k, M_k&gt; = 0. */
    private double[] turns(double[] norms, F64 ms, F64 step) {
        F64 products = inner.slice(0, groups.count());
        support.inner(h, groups, step, ms, products);
        double[] host = products.toArray();
        double[] sizes = active.active(norms);
        return IntStream.range(0, host.length)
                .filter(k -> host[k] > 0)
                .mapToDouble(k -> sizes[k] * sizes[k] / host[k])
                .sorted()
                .toArray();
    }

    /**
     * The next t to try. Where R_SS is singular a step may be very long: all that P gains is then had where it meets
     * the first few turns, whose middle one is tried; before the first, half of t.
     */
    private static double shorter(double t, double[] turns) {
        int below = (int) Arrays.stream(turns).filter(turn -> turn < t).count();
        return below == 0 ? 0.5 * t : turns[below / 2];
    }

    /** Makes S the groups that are not zero. */
    private void choose(double[] norms) {
        if (active.choose(norms)) {
            groups = active.groups();
            factored = false;
            inverse = null;
            held = null;
        }
    }

    /**
     * What a step was taken with.
     *
     * @param chosen the groups of S, ascending
     * @param groups of packed columns
     * @param inverse K^-1, (n, n). Not to be modified.
     */
    record Taken(int[] chosen, Groups groups, F64 inverse) {}

    /** What the last step was taken with; null where there was none, or S is another since. */
    Taken taken() {
        return inverse == null ? null : new Taken(active.list(true), groups, inverse);
    }

    /** With room for n columns. */
    private NormalEquations equations(int n) {
        if (room < n) {
            room = (int) Math.min(d, 2L * n);
            equations = new NormalEquations(workspace, room);
        }
        return equations;
    }

    /**
     * Newton's step on all groups for P with its norms smoothed, f(M) + lambda sum_k w_k sqrt(||M_k||^2 + epsilon^2).
     *
     * @param lambda more than 0
     * @param epsilon more than 0
     * @param m (h, d). Modified if the step is taken.
     * @param g (h, d), C - M R
     * @param mr (h, d). Modified: M R at the new M.
     * @return how much of the step was taken: 1, 1/2, .. or 0
     */
    double takeSmooth(double lambda, double epsilon, F64 m, F64 g, F64 mr) {
        int count = problem.groups().count();
        double[] all = new double[count];
        Arrays.fill(all, 1);
        choose(all);
        held = null;
        double[] norms = norms(m);
        double[] curvature = new double[count];
        Arrays.setAll(curvature, k -> lambda * groups.weight(k) / Math.hypot(norms[k], epsilon));
        F64 step = packed(2);
        F64 trial = packed(3);
        direction(lambda, epsilon, curvature, m, g, step);
        double before = -0.5 * (dot(problem.fit().c(), m) + dot(g, m)) + lambda * smooth(norms, epsilon);
        double tolerance = 8 * Math.ulp(Math.abs(before));
        double t = 1;
        for (int i = 0; i < TRIALS; i++, t *= 0.5) {
            blas.copy(m, trial);
            blas.axpy(-t, step, trial);
            multiply(trial, mr);
            double fit = 0.5 * dot(mr, trial) - dot(problem.fit().c(), trial);
            if (fit + lambda * smooth(norms(trial), epsilon) <= before + tolerance) {
                blas.copy(trial, m);
                return t;
            }
        }
        multiply(m, mr);
        return 0;
    }

    private double[] norms(F64 all) {
        F64 out = inner.slice(0, problem.groups().count());
        problem.device().groupNorm().norms(h, problem.groups(), all, out);
        return out.toArray();
    }

    private double smooth(double[] norms, double epsilon) {
        double sum = 0;
        for (int k = 0; k < norms.length; k++) {
            sum += problem.groups().weight(k) * Math.hypot(norms[k], epsilon);
        }
        return sum;
    }

    private double dot(F64 x, F64 y) {
        blas.dot(x, y, numbers.slice(0, 1));
        return numbers.slice(0, 1).toArray()[0];
    }

    /**
     * Moves M to where it is to be at another lambda, to first order: along dM_S / dlambda = -H^-1 [w_k M^_k], with the
     * Hessian H of the last step; not at all if that was none of Newton's. Cheap: two products.
     *
     * @param change of lambda
     * @param m (h, d), where the last step led. Modified.
     * @param mr (h, d). Modified: M R at the new M.
     */
    void predict(double change, F64 m, F64 mr) {
        if (!factored) {
            return;
        }
        int n = groups.columns();
        int count = groups.count();
        F64 ms = packed(0);
        F64 step = packed(2);
        F64 trial = packed(3);
        F64 hat = packed(4);
        F64 slope = packed(5);
        F64 c = inner.slice(0, count);
        along(IntStream.range(0, count).mapToDouble(groups::weight).toArray(), c);
        slope.clear();
        support.addScaled(h, groups, c, hat, slope);
        blas.gemm(false, false, h, n, n, 1, slope, h, inverse, n, 0, step, h);
        active.gather(m, ms);
        support.retreat(h, groups, change, ms, step, trial);
        active.scatter(trial, m);
        multiply(trial, mr);
    }

    /**
     * step = D.
     *
     * @param curvature lambda w_k / ||M_k|| of each group of S, or what smoothing makes of it
     * @return c
     */
    private double[] direction(double lambda, double epsilon, double[] curvature, F64 ms, F64 g, F64 step) {
        int n = groups.columns();
        F64 hat = packed(4);
        F64 slope = packed(5);
        F64 gs = packed(6);
        F64 diagonal = shift.slice(0, n);
        F64 gram = gramRoom.of((long) n * n);
        inverse = null; // until it is there, whatever happens
        factored = false;
        active.gather(g, gs);
        support.slope(h, groups, lambda, epsilon, ms, gs, hat, slope, diagonal);
        damping = equations(n).factor(n, active.block(), diagonal, 0);
        F64 inverted = inverseRoom.of((long) n * n);
        equations.inverse(inverted, work.of(n * (n + 1L)));
        inverse = inverted;
        blas.gram(n, h, hat, gram);
        int count = groups.count();
        F64 t = work.of((long) count * count);
        support.complement(groups, diagonal, inverse, gram, t);
        this.curvature = curvature;
        F64 least = ridge.slice(0, count);
        least.write(Arrays.stream(curvature).map(each -> SHIFT / each).toArray());
        factored = equations.factors(count, t, least);
        F64 c = inner.slice(0, count);
        if (!factored) {
            c.clear(); // rounding has left T no factor: this is a step downhill too
        } else if (held != null) {
            double[] e = new double[count];
            Arrays.setAll(e, k -> lambda * groups.weight(k) * (1 - held[k] / curvature[k]));
            along(e, c);
            least.write(e);
            blas.axpy(-1, least, c);
        } else {
            F64 z = packed(6);
            blas.gemm(false, false, h, n, n, 1, slope, h, inverse, n, 0, z, h);
            support.inner(h, groups, hat, z, c);
            equations.solve(1, c);
        }
        support.addScaled(h, groups, c, hat, slope);
        blas.gemm(false, false, h, n, n, 1, slope, h, inverse, n, 0, step, h);
        return c.toArray();
    }

    /** out = c + e where g = M^ diag(e), T being shifted: {@code factored}. */
    private void along(double[] e, F64 out) {
        out.write(IntStream.range(0, e.length)
                .mapToDouble(k -> (1 + SHIFT) * e[k] / curvature[k])
                .toArray());
        equations.solve(1, out);
    }

    /** mr = M R, of the packed columns. */
    private void multiply(F64 packed, F64 mr) {
        followed = false;
        active.product(packed, wide[5].of((long) h * d), mr);
    }

    /** P(M) = -(&lt;C, M&gt; + &lt;G, M&gt;) / 2 + lambda g(M), for G = C - M R at hand. */
    private double objective(double lambda, F64 m, F64 g) {
        blas.dot(problem.fit().c(), m, numbers.slice(0, 1));
        blas.dot(g, m, numbers.slice(1, 1));
        problem.device().groupNorm().penalty(h, problem.groups(), m, numbers.slice(2, 1));
        numbers.read(host);
        return lambda * host[2] - 0.5 * (host[0] + host[1]);
    }

    /** P of packed columns, for M_S R_SS at hand: all (h, n). */
    private double objective(double lambda, F64 ms, F64 cs, F64 product) {
        blas.dot(cs, ms, numbers.slice(0, 1));
        blas.dot(product, ms, numbers.slice(1, 1));
        problem.device().groupNorm().penalty(h, groups, ms, numbers.slice(2, 1));
        numbers.read(host);
        return lambda * host[2] + 0.5 * host[1] - host[0];
    }

    private F64 packed(int i) {
        return wide[i].of((long) h * groups.columns());
    }
}
