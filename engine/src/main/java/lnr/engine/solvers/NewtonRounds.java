package lnr.engine.solvers;

import java.util.Arrays;
import java.util.stream.IntStream;
import lnr.engine.Certificate;
import lnr.engine.NormalEquations;
import lnr.engine.Problem;
import lnr.kernels.Blas;
import lnr.kernels.BlockDescent;
import lnr.kernels.F64;
import lnr.kernels.Groups;
import lnr.kernels.Scope;

/**
 * The rounds of {@link SupportNewton} on one problem without a bias, at any lambda: passes and steps by turns, from
 * wherever M is.
 */
final class NewtonRounds {
    /** The part of the gap that a step leaves, at most, when it converges as Newton's method does. */
    private static final double FAST = 0.01;

    /** The part of the gap that a step leaves, at most, when rounding errors are not in its way. */
    private static final double SURE = 0.5;

    /** The change of a norm in a step, relative, from which its group's direction is in doubt too. */
    private static final double MOVED = 0.5;

    /** The part of its threshold at which a group that is zero may not be zero in a problem that is about the same. */
    static final double NEARLY = 0.9;

    /** Passes of one round at most: each costs about a fifth of a step, and may save one. */
    private static final int PASSES = 3;

    /** Rounds of alternating minimisation after least squares, whose norms know nothing of lambda. */
    private static final int SHRINKING = 2;

    /** Rounds that should make the gap so much smaller, or P by as much as the gap, or the norms are smoothed. */
    private static final int PATIENCE = 8;

    private static final double STALLED = 0.1;

    /** Where smoothing ends, in parts of where it began. */
    private static final double SMOOTHEST = 1e-5;

    private final Problem problem;
    private final Groups groups;
    private final int h;
    private final int d;
    private final Scope scope;
    private final Blas blas;
    private final F64 m; // (h, d)
    private final F64 mr; // (h, d) = M R
    private final F64 spare; // (h, d)
    private final F64 norms; // (groups)
    private final double[] size; // the same on the host, where M was when last looked at
    private final Certificate certificate;
    private final F64 g; // (h, d) = C - M R: the certificate's, between rounds
    private BlockDescent.Passes passes; // null before the first
    private final NewtonStep step;
    private boolean settled; // the support is as it should be, as far as is known: no pass is needed
    private boolean exact; // steps take products: rounding errors of what may stand for them could be in the way
    private int shrinking; // rounds of alternating minimisation to come

    /** At M = 0. {@code scope} owns the memory. */
    NewtonRounds(Problem problem, Scope scope) {
        this.problem = problem;
        this.groups = problem.groups();
        this.h = problem.h();
        this.d = problem.d();
        this.scope = scope;
        this.blas = problem.device().blas();
        long numbers = (long) h * d;
        this.m = scope.f64(numbers);
        this.mr = scope.f64(numbers);
        this.spare = scope.unset(numbers);
        this.norms = scope.f64(groups.count());
        this.size = new double[groups.count()];
        this.certificate = new Certificate(problem, scope);
        this.g = certificate.residual();
        this.step = new NewtonStep(problem, scope);
    }

    /** Told of every round. */
    interface Listener {
        /** Whether to go on; {@code gap} is what the round led to. */
        boolean proceed(Certificate.Gap gap);
    }

    /** M, (h, d). */
    F64 m() {
        return m;
    }

    /** ||M_k|| of each group, after {@link #gap} or {@link #run}. */
    double[] norms() {
        return size.clone();
    }

    /** Whether group k is not zero, or not by far: after {@link #gap} or {@link #run} at this lambda. */
    boolean near(double lambda, int k) {
        return size[k] > 0 || certificate.slope(k) > NEARLY * lambda * groups.weight(k);
    }

    /** What the last step was taken with; null before the first. */
    NewtonStep.Taken taken() {
        return step.taken();
    }

    /** g(M), after {@link #gap} or {@link #run}. */
    double penalty() {
        return IntStream.range(0, size.length).mapToDouble(k -> groups.weight(k) * size[k]).sum();
    }

    /** The gap where M is. */
    Certificate.Gap gap(double lambda) {
        sizes();
        return certificate.at(lambda, m, mr);
    }

    /** Begins at another M than 0, (h, d), not kept. */
    void begin(F64 start) {
        blas.copy(start, m);
        problem.fit().product(m, mr);
        step.forget();
        settled = false;
    }

    /**
     * Begins at least squares, where lambda is small and most groups are not zero.
     *
     * @param start (h, d), with M R = C. Not kept.
     */
    void beginDense(F64 start) {
        blas.copy(start, m);
        blas.copy(problem.fit().c(), mr);
        step.forget();
        shrinking = SHRINKING;
        settled = true;
    }

    /** Begins at the best M for groups of about these norms, 0 or more. */
    void begin(double lambda, double[] about) {
        step.alternate(lambda, about, m, mr);
        settled = true;
    }

    /** Moves M along the path from one lambda to another; after {@link #run} at the first. */
    void predict(double from, double to) {
        step.predict(to - from, m, mr);
        settled = true;
    }

    /**
     * Rounds at {@code lambda} until the gap is {@code target} or less, the listener says no, or there were
     * {@code cap}.
     *
     * @return whether the target was reached, by an M R that may be no product: see {@link #refresh}
     */
    boolean run(double lambda, double target, int cap, Listener listener) {
        Certificate.Gap before = gap(lambda);
        exact |= !settled;
        settled &= shrinking > 0 || !calls(lambda);
        Smoothing smoothing = new Smoothing();
        for (int round = 0; ; round++) {
            if (before.gap() <= target) {
                return true;
            }
            if (round >= cap) {
                return false;
            }
            smoothing.look(before);
            Certificate.Gap after = smoothing.epsilon > 0 ? smoothRound(lambda, smoothing) : round(lambda, before);
            if (!Double.isFinite(after.objective()) || !Double.isFinite(after.gap())) {
                throw new ArithmeticException("round " + (round + 1) + ": expected a finite objective and gap, got "
                        + after.objective() + " and " + after.gap()
                        + ": the start, lambda or the moments are out of double precision's range");
            }
            before = after;
            if (!listener.proceed(after)) {
                return after.gap() <= target;
            }
        }
    }

    /** Makes M R a product, and has the next step do so, if it has become another; whether it had. */
    boolean refresh() {
        boolean followed = step.refresh(m, mr);
        exact |= followed;
        return followed;
    }

    /** A step towards the optimum of the smoothed problem. */
    private Certificate.Gap smoothRound(double lambda, Smoothing smoothing) {
        smoothing.taken(step.takeSmooth(lambda, smoothing.epsilon, m, g, mr));
        settled = false;
        return gap(lambda);
    }

    /** Passes until the support stays, unless it has settled, then a step; the gap where they lead. */
    private Certificate.Gap round(double lambda, Certificate.Gap before) {
        if (shrinking > 0) {
            shrinking--;
            return alternate(lambda);
        }
        for (int pass = 0; !settled && pass < PASSES; pass++) {
            double[] was = size.clone();
            pass(lambda);
            if (sameSupport(was)) {
                break;
            }
        }
        double[] was = size.clone();
        double taken = step.take(lambda, size, exact, m, g, mr);
        Certificate.Gap after = gap(lambda);
        if (taken < 1) {
            after = withoutTurned(lambda, was, after);
        }
        exact = !(taken == 1 && after.gap() <= SURE * before.gap());
        if (exact && step.refresh(m, mr)) {
            after = gap(lambda);
        }
        boolean fast = !exact && after.gap() <= FAST * before.gap();
        settled = fast && !calls(lambda) && moved(was) <= MOVED;
        return after;
    }

    /**
     * The step once more from where it began, without the groups that all of it would turn against themselves: they
     * hold the others back. Kept if P is lower for it.
     *
     * @param was the norms there
     */
    private Certificate.Gap withoutTurned(double lambda, double[] was, Certificate.Gap held) {
        double[] left = step.withoutTurned(was);
        if (left == null) {
            return held;
        }
        blas.copy(m, spare);
        step.returnWith(left, m, mr);
        subtract();
        sizes();
        step.take(lambda, size, exact, m, g, mr);
        Certificate.Gap free = gap(lambda);
        if (free.objective() <= held.objective()) {
            return free;
        }
        blas.copy(spare, m);
        problem.fit().product(m, mr);
        step.forget();
        return gap(lambda);
    }

    /** Goes over all groups: M and G. */
    private void pass(double lambda) {
        if (passes == null) {
            passes = problem.device()
                    .blockDescent()
                    .prepare(scope, h, groups, problem.fit().r(), problem.fit().c());
        }
        passes.run(lambda, m, g);
        step.forget();
        sizes();
    }

    /** G = C - M R, where no certificate was asked for. */
    private void subtract() {
        blas.copy(problem.fit().c(), g);
        blas.axpy(-1, mr, g);
    }

    private boolean sameSupport(double[] was) {
        return IntStream.range(0, was.length).allMatch(k -> was[k] > 0 == size[k] > 0);
    }

    /** The largest relative change of a norm that is not zero. */
    private double moved(double[] was) {
        return IntStream.range(0, was.length)
                .filter(k -> size[k] > 0)
                .mapToDouble(k -> Math.abs(size[k] / was[k] - 1))
                .max()
                .orElse(0);
    }

    private Certificate.Gap alternate(double lambda) {
        step.alternate(lambda, size, m, mr);
        return gap(lambda);
    }

    private void sizes() {
        problem.device().groupNorm().norms(h, groups, m, norms);
        norms.read(size);
    }

    /** Whether a group that is zero would leave zero: ||G_k|| &gt; lambda w_k. */
    private boolean calls(double lambda) {
        for (int k = 0; k < size.length; k++) {
            if (size[k] == 0 && certificate.slope(k) > lambda * groups.weight(k)) {
                return true;
            }
        }
        return false;
    }

    /**
     * When to smooth, and how much. Where combinations of inputs are silent or nearly so, most of all at small lambda,
     * the same groups may enter with each pass and leave with each step. Rounds then give way to Newton steps on all
     * groups for norms sqrt(||M_k||^2 + epsilon^2), from epsilon as large as the largest norm to a hundred-thousandth of
     * it: as interior-point methods do, they lead to about which groups matter. Each time that is not enough, epsilon
     * falls more slowly.
     */
    private final class Smoothing {
        private final double[] gaps = new double[PATIENCE]; // of the last rounds
        private final double[] objectives = new double[PATIENCE]; // there
        private int round;
        private int phase;
        private double epsilon; // 0 when not smoothing
        private double least;

        Smoothing() {
            Arrays.fill(gaps, Double.POSITIVE_INFINITY);
        }

        /** Begins when as many rounds have not made the gap much smaller, nor P by as much as the gap still is. */
        void look(Certificate.Gap now) {
            int last = round++ % PATIENCE;
            if (epsilon == 0 && now.gap() > STALLED * gaps[last] && objectives[last] - now.objective() < now.gap()) {
                epsilon = Arrays.stream(size).max().orElse(0);
                least = SMOOTHEST * epsilon;
                phase++;
            }
            gaps[last] = now.gap();
            objectives[last] = now.objective();
        }

        void taken(double part) {
            double factor = part == 1 ? 0.3 : part >= 0.25 ? 0.5 : 0.8;
            epsilon *= Math.pow(factor, 1.0 / phase);
            if (epsilon < least) {
                epsilon = 0;
                Arrays.fill(gaps, Double.POSITIVE_INFINITY);
            }
        }
    }

    /** M = C R^-1, which is the answer at lambda = 0. */
    void leastSquares() {
        try (Scope work = scope.device().scope()) {
            NormalEquations equations = new NormalEquations(work, d);
            equations.factor(d, problem.fit().r(), work.f64(d), 0);
            blas.copy(problem.fit().c(), m);
            equations.solve(h, m);
        }
        problem.fit().product(m, mr);
        step.forget();
    }
}
