package lnr.engine.solvers;

import java.util.Arrays;
import java.util.stream.IntStream;
import lnr.engine.Arguments;
import lnr.engine.Certificate;
import lnr.engine.Problem;
import lnr.engine.Solution;
import lnr.engine.Status;
import lnr.engine.WithoutBias;
import lnr.kernels.Blas;
import lnr.kernels.Device;
import lnr.kernels.F64;
import lnr.kernels.Groups;
import lnr.kernels.Scope;

/**
 * Answers to one problem at one lambda after another, by {@link SupportNewton}, each from the one before: moved along
 * the path to first order, and over the groups that the strong rule lets through alone. Near lambdas cost a round or
 * two on matrices of about the support's size.
 *
 * <p>The strong rule leaves out group k at lambda when ||G_k|| &lt; w_k (2 lambda - lambda_before), G being minus the
 * gradient at the answer before (Tibshirani et al., 2012). It may err, so each answer's certificate is taken over all
 * groups, and those that it finds wanting are let in. Groups let in stay in for a while, so that not every lambda makes
 * matrices of its own. Gap-safe rules, which may not err, leave out little before the last rounds, and a solve has but
 * few: rebuilding the matrices cost more than they saved (measured on d = 500 to 2000).
 *
 * <p>Where the answer before is far, or there is none, rounds begin at least squares if tau brought that along and
 * lambda is small, or else at the best M for the norms that a problem of few outputs finds, corrected by what that
 * problem does not see ({@link CoarseTargets}).
 */
final class NewtonPath implements Path {
    /** The relative gap that least squares may have to be a better start than M = 0. */
    private static final double DENSE = 0.5;

    /** The part of a lambda to which its answer can be moved to first order; further on a coarse problem is better. */
    private static final double STRIDE = 0.6;

    /** The relative gap to which the coarse problem is solved. */
    private static final double COARSE = 5e-3;

    /** The coarse problem is led to a far lambda over others, each so many parts of the one before. */
    private static final double STAGE = 0.2;

    /** The relative gap that is enough on that way. */
    private static final double ROUGH = 0.1;

    /** Rounds of the coarse problem at one lambda, at most. */
    private static final int COARSE_ROUNDS = 12;

    /** Of the gap asked for, the part that rounds aim at: the rest is for the rounding of what follows them. */
    private static final double AIM = 0.9;

    /** The relative gap below which fewer outputs than there are may not lead. */
    private static final double THIN = 1e-11;

    /** Strides, in lambda's logarithm, that groups are let in ahead. */
    private static final int AHEAD = 3;

    private final Problem whole;
    private final Stopping stopping;
    private final Scope scope;
    private final WithoutBias bias;
    private final Problem reduced; // without a bias
    private final ThinTargets targets; // null where there are no more outputs than inputs, or no inputs
    private final Problem problem; // with as many outputs as inputs at most
    private final int h;
    private final int d;
    private final int count;
    private final Blas blas;
    private final Certificate certificate; // of the problem
    private final Certificate proof; // of the whole
    private final F64 m; // (h, d)
    private final F64 answer; // (h, d) of the whole; M itself where that is the same
    private Certificate.Gap proved; // of the answer; null while that may not be M's
    private double provedAt; // lambda of that gap
    private double[] slopes; // ||G_k|| of each group at the answer before
    private double[] norms; // ||M_k|| there
    private double before; // lambda of that answer

    private final WorkingSet set;
    private boolean converged; // the set's rounds solved the last lambda
    private boolean sketched; // whether a coarse problem was looked for
    private CoarseTargets sketch; // null where there is none
    private NewtonPath coarse; // of few outputs; null where there is none
    private long setup; // nanoseconds, which count as part of the first answer

    /**
     * From M = 0.
     *
     * @param problem its lambda is not used
     * @param stopping on the gap, and the most rounds at one lambda
     */
    public NewtonPath(Problem problem, Stopping stopping) {
        long began = System.nanoTime();
        this.whole = problem;
        this.stopping = stopping;
        Device device = problem.device();
        this.scope = device.scope();
        boolean complete = false;
        try {
            this.bias = new WithoutBias(problem, scope);
            this.reduced = bias.reduced();
            this.blas = device.blas();
            reduced.fit().tau();
            bias.shareTau();
            bias.shareLambdaMax();
            boolean many = reduced.h() > reduced.d() && reduced.d() > 0;
            this.targets = many ? new ThinTargets(reduced, scope) : null;
            this.problem = targets == null ? reduced : targets.thin();
            this.h = this.problem.h();
            this.d = this.problem.d();
            this.count = this.problem.groups().count();
            this.certificate = new Certificate(this.problem, scope);
            this.proof = problem.hasBias() || targets != null ? new Certificate(problem, scope) : certificate;
            this.m = scope.f64((long) h * d);
            boolean same = this.problem == problem;
            this.answer = same ? m : scope.unset((long) problem.h() * problem.d());
            this.set = new WorkingSet(this.problem);
            vanish();
            setup = System.nanoTime() - began;
            complete = true;
        } finally {
            if (!complete) {
                scope.close();
            }
        }
    }

    @Override
    public void begin(double[] start) {
        Descent.requireFinite(whole, start);
        int p = problem.groups().columns();
        if (targets != null || IntStream.range(0, whole.h() * p).allMatch(i -> start[i] == 0)) {
            if (anything()) {
                vanish(); // what the start is among fewer outputs is not known
            }
            release();
            return;
        }
        m.write(Arrays.copyOf(start, h * d));
        release();
        look(0, Double.POSITIVE_INFINITY);
    }

    @Override
    public Solution at(double lambda, Monitor monitor) {
        Arguments.nonNegative("lambda", lambda);
        return whole.device().range("solve", () -> solve(lambda, stopping.gap(), monitor));
    }

    /** {@code enough} is the relative gap to reach. */
    private Solution solve(double lambda, double enough, Monitor monitor) {
        long began = System.nanoTime() - setup;
        setup = 0;
        Problem asked = whole.withLambda(lambda);
        double target = AIM * enough * 0.5 * whole.fit().tau();
        if (target == Double.POSITIVE_INFINITY) {
            throw new ArithmeticException("tau: expected a finite number, got " + whole.fit().tau()
                    + ": the moments are out of double precision's range");
        }
        Run run = new Run(monitor);
        if (lambda >= whole.lambdaMax()) {
            vanish();
        } else if (lambda == 0) {
            letIn(everything());
            set.rounds().leastSquares();
            fetch();
            Certificate.Gap gap = look(0, 0);
            run.proceed(gap.objective() - (targets == null ? bias.offset() : 0), gap.gap());
        } else {
            solve(lambda, target, run);
        }
        if (targets != null) {
            widen(lambda, target, run);
        }
        double seconds = (System.nanoTime() - began) * 1e-9;
        Certificate.Gap gap = proved != null && provedAt == lambda ? proved : prove(lambda);
        if (!Double.isFinite(gap.objective()) || !Double.isFinite(gap.gap())) {
            throw new ArithmeticException("newton: expected a finite objective and gap, got " + gap.objective() + " and "
                    + gap.gap() + ": the start, lambda or the moments are out of double precision's range");
        }
        return Solution.of(
                asked, SupportNewton.NAME, answer.toArray(), gap, run.count, status(lambda, enough, gap, run), seconds,
                Arrays.copyOf(run.history, run.count));
    }

    /** As the gap that the answer comes with says, and at lambda_max and beyond, where the answer is known. */
    private Status status(double lambda, double enough, Certificate.Gap gap, Run run) {
        if (gap.relativeGap() <= enough || lambda >= whole.lambdaMax()) {
            return Status.CONVERGED;
        }
        return run.stopped ? Status.STOPPED : Status.MAX_ITERATIONS;
    }

    /** Makes the answer one for all outputs; where that cost accuracy, rounds over all of them make it good. */
    private void widen(double lambda, double target, Run run) {
        try (Scope work = scope.device().scope()) {
            F64 wide = work.unset((long) reduced.h() * d);
            targets.widen(lambda, m, wide);
            if (lambda > 0 && lambda < whole.lambdaMax() && !run.stopped) {
                Certificate.Gap gap = new Certificate(reduced, work).at(lambda, wide);
                if (gap.gap() > target && certificate.at(lambda, m).gap() <= aim(target)) {
                    NewtonRounds all = new NewtonRounds(reduced, work);
                    all.begin(wide);
                    do {
                        all.run(lambda, target, stopping.cap() - run.count, run);
                    } while (all.refresh() && !run.stopped);
                    blas.copy(all.m(), wide);
                }
            }
            bias.restore(wide, answer);
        }
    }

    /** What rounds over the problem aim at, for the answer to all outputs to have a gap of {@code target}. */
    private double aim(double target) {
        return targets == null ? target : Math.max(target, THIN * 0.5 * problem.fit().tau());
    }

    private void solve(double lambda, double target, Run run) {
        boolean near = converged && before > 0 && lambda >= STRIDE * before && lambda <= before / STRIDE;
        if (near || !startDense(lambda) && !startCoarse(lambda, target, run)) {
            if (converged && before > 0) {
                set.rounds().predict(before, lambda);
            }
            if (!set.covers(strong(lambda))) {
                if (converged) {
                    fetch();
                }
                letIn(strong(ahead(lambda)));
            }
        }
        while (!run.stopped) {
            converged = set.rounds().run(lambda, aim(target), stopping.cap() - run.count, run);
            fetch();
            boolean enough = look(lambda, lambda).gap() <= aim(target);
            boolean[] wanting = wanting(lambda);
            boolean complete = set.covers(wanting);
            if (enough || !converged || complete && !set.rounds().refresh()) {
                return;
            }
            if (!complete) {
                for (int k = 0; k < count; k++) {
                    wanting[k] |= set.has(k);
                }
                letIn(wanting);
            }
        }
    }

    /** Begins at least squares, if that is at hand and closer than M = 0. */
    private boolean startDense(double lambda) {
        if (anything() || !problem.fit().leastSquares(m)) {
            return false;
        }
        if (certificate.at(lambda, m, problem.fit().c()).relativeGap() <= DENSE) {
            release();
            set.choose(everything());
            set.rounds().beginDense(m);
            return true;
        }
        m.clear();
        return false;
    }

    /** Begins where the problem of few outputs leads, if there is one. */
    private boolean startCoarse(double lambda, double target, Run run) {
        if (anything() && !converged) {
            return false; // M was given, and may be all that is needed
        }
        if (!sketched) {
            sketched = true;
            sketch = CoarseTargets.of(problem, scope);
            Stopping rounds = Stopping.onChange(Math.min(COARSE_ROUNDS, stopping.cap())).withGap(COARSE);
            coarse = sketch == null ? null : new NewtonPath(sketch.problem(), rounds);
        }
        if (coarse == null) {
            return false;
        }
        double last = coarse.anything() ? coarse.before : coarse.whole.lambdaMax();
        for (double at = STAGE * last; at > lambda / STRIDE && run.may(); at *= STAGE) {
            double more = at - lambda;
            coarse.solve(at, ROUGH, (k, objective, gap) ->
                    run.coarse(objective - more * coarse.set.rounds().penalty()) && run.may());
        }
        if (run.may()) {
            coarse.solve(lambda, COARSE, (k, objective, gap) -> run.coarse(objective) && run.may());
        }
        if (coarse.anything()) {
            boolean[] near = new boolean[count];
            for (int k = 0; k < count; k++) {
                near[k] = coarse.norms[k] > 0
                        || coarse.slopes[k] > NewtonRounds.NEARLY * lambda * problem.groups().weight(k);
            }
            CoarseTargets.Expected expected = new CoarseTargets.Expected(near, coarse.norms);
            if (run.may()) {
                expected = sketch.corrected(expected, lambda, coarse.set, stopping.cap() - run.count, run::coarse);
            }
            release();
            set.choose(expected.near());
            set.begin(lambda, expected.norms());
            if (run.stopped) {
                fetch();
                look(lambda, lambda);
            }
        }
        return coarse.anything();
    }

    /** Groups that are not zero, or that the strong rule expects not to be, at {@code lambda}. */
    private boolean[] strong(double lambda) {
        boolean[] groups = new boolean[count];
        for (int k = 0; k < count; k++) {
            groups[k] = norms[k] > 0 || !(slopes[k] < problem.groups().weight(k) * (2 * lambda - before));
        }
        return groups;
    }

    /** Where the path will be some strides on. */
    private double ahead(double lambda) {
        return lambda < before ? lambda * Math.pow(lambda / before, AHEAD - 1) : lambda;
    }

    /** Groups that are zero and would not be. */
    private boolean[] wanting(double lambda) {
        boolean[] groups = new boolean[count];
        for (int k = 0; k < count; k++) {
            groups[k] = slopes[k] > lambda * problem.groups().weight(k);
        }
        return groups;
    }

    private boolean[] everything() {
        boolean[] all = new boolean[count];
        Arrays.fill(all, true);
        return all;
    }

    /** Goes on over these groups, from M. */
    private void letIn(boolean[] groups) {
        release();
        set.choose(groups);
        if (anything()) {
            set.begin(m);
        }
    }

    /** Whether M is not 0. */
    private boolean anything() {
        return Arrays.stream(norms).anyMatch(norm -> norm > 0);
    }

    /** M from the rounds. */
    private void fetch() {
        set.fetch(m);
        proved = null;
    }

    /** The gap at M, and what the strong rule has to know of it: of the whole, where M is all that its answer needs. */
    private Certificate.Gap look(double lambda, double since) {
        Certificate looked;
        Certificate.Gap gap;
        if (targets == null) {
            gap = prove(lambda);
            looked = proof;
            proved = gap;
            provedAt = lambda;
        } else {
            gap = certificate.at(lambda, m);
            looked = certificate;
        }
        norms = Norms.of(h, problem.groups(), m);
        slopes = IntStream.range(0, count).mapToDouble(looked::slope).toArray();
        before = since;
        return gap;
    }

    /** The whole problem's gap at the answer, which becomes M's, unless that was widened. */
    private Certificate.Gap prove(double lambda) {
        if (targets == null) {
            bias.restore(m, answer);
        }
        Groups groups = whole.groups();
        double[] size = Norms.of(whole.h(), groups, answer);
        try (Scope work = scope.device().scope()) {
            int[] active = groups.columnsOf(IntStream.range(0, size.length).filter(k -> size[k] > 0).toArray());
            IntStream unpenalised = IntStream.range(groups.columns(), whole.d());
            int[] kept = IntStream.concat(Arrays.stream(active), unpenalised).toArray();
            F64 product = work.unset(answer.length());
            if (!WorkingSet.product(whole, kept, answer, product)) {
                return proof.at(lambda, answer);
            }
            Certificate.Gap gap = proof.at(lambda, answer, product);
            proof.requireTau();
            return gap;
        }
    }

    /** M = 0, as at lambda_max. */
    private void vanish() {
        m.clear();
        release();
        proved = null;
        norms = new double[count];
        slopes = Norms.of(h, problem.groups(), problem.fit().c());
        before = whole.lambdaMax();
    }

    private void release() {
        set.close();
        converged = false;
    }

    @Override
    public void close() {
        release();
        if (coarse != null) {
            coarse.close();
        }
        scope.close();
    }

    /** The rounds at one lambda. */
    private final class Run implements NewtonRounds.Listener {
        private final Monitor monitor;
        private double[] history = new double[16];
        private int count;
        private boolean stopped;

        Run(Monitor monitor) {
            this.monitor = monitor;
        }

        /** Whether there may be another round. */
        boolean may() {
            return !stopped && count < stopping.cap();
        }

        /** A round of the coarse problem, whose P is that of an M of the whole one. */
        boolean coarse(double objective) {
            return proceed(objective, Double.NaN);
        }

        @Override
        public boolean proceed(Certificate.Gap gap) {
            return proceed(gap.objective(), gap.gap());
        }

        private boolean proceed(double reducedObjective, double gap) {
            double objective = reducedObjective + bias.offset();
            double relativeGap = gap / (0.5 * whole.fit().tau());
            if (count == history.length) {
                history = Arrays.copyOf(history, 2 * count);
            }
            history[count++] = objective;
            stopped = !monitor.proceed(count, objective, relativeGap);
            return !stopped;
        }
    }
}
