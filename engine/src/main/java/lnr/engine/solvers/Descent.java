package lnr.engine.solvers;

import java.util.Arrays;
import java.util.function.Consumer;
import java.util.function.IntToDoubleFunction;
import lnr.engine.Certificate;
import lnr.engine.Problem;
import lnr.engine.Quadratic;
import lnr.engine.Solution;
import lnr.engine.Status;
import lnr.kernels.Blas;
import lnr.kernels.F64;
import lnr.kernels.GroupNorm;
import lnr.kernels.Recording;
import lnr.kernels.Scope;

/**
 * One solve under way: the iterate, its workspace and its history. A step takes no memory from its scope, where the
 * workspace is from the start, and on the host only room for one more number of history.
 *
 * <p>Steps run in blocks, recorded once and replayed: only a block's end waits for the device and brings the numbers
 * that decide when to stop, five a step. By the rule on change the next block is asked for before that, as long as the
 * end is not near, so that the device does not idle meanwhile. Where the numbers say that a step inside the block was
 * the last, the block is run again up to there, so that the answer and the history are those of one step at a time.
 *
 * <p>P = M R is kept beside M. The gradient at a look-ahead point follows from it by linearity and the objective at M
 * by inner products, so that a step is one product and one fused kernel.
 */
final class Descent implements AutoCloseable {
    private static final int BLOCK = 16; // steps at most; even, so that the iterate is back in its buffer
    private static final int STATS = 5;
    private static final double NEAR = 10; // changes of so many times what stops are near the end
    private static final double EPSILON = 1e-10; // of the text: in relative changes, and under the root of u

    private final Problem problem;
    private final Quadratic fit;
    private final int h;
    private final int d;
    private final int p;
    private final Stopping stopping;
    private final Monitor monitor;
    private final Scope scope;
    private final Blas blas;
    private final GroupNorm groupNorm;
    private final Certificate certificate;

    private F64 m; // (h, d)
    private F64 mPrev; // (h, d)
    private F64 mr; // (h, d) = M R
    private F64 mrPrev; // (h, d)
    private final F64 u; // (BLOCK), look-ahead of each step to come
    private final F64 stats; // (BLOCK, 5), as GroupNorm.step leaves them
    private Block judged; // the block whose numbers come next
    private Block spare;
    private Recording recording; // a block of steps, an even number, beginning with the iterate in recordedFrom
    private int recorded;
    private F64 recordedFrom;

    private double[] history = new double[256];
    private int iterations;
    private Status status = Status.MAX_ITERATIONS;

    /** Steps that were asked for together. */
    private static final class Block {
        private final F64 m; // (h, d), m and mPrev when the block began
        private final F64 mPrev;
        private final double[] ahead = new double[BLOCK];
        private final double[] stats = new double[STATS * BLOCK];
        private int steps;
        private Runnable arrival; // of stats

        private Block(F64 m, F64 mPrev) {
            this.m = m;
            this.mPrev = mPrev;
        }
    }

    private Descent(Problem problem, Stopping stopping, Monitor monitor, Scope scope) {
        this.problem = problem;
        this.fit = problem.fit();
        this.h = problem.h();
        this.d = problem.d();
        this.p = problem.penalised();
        this.stopping = stopping;
        this.monitor = monitor;
        this.scope = scope;
        this.blas = problem.device().blas();
        this.groupNorm = problem.device().groupNorm();
        long size = (long) h * d;
        m = scope.f64(size);
        mPrev = scope.f64(size);
        mr = scope.f64(size);
        mrPrev = scope.f64(size);
        judged = new Block(scope.f64(size), scope.f64(size));
        spare = new Block(scope.f64(size), scope.f64(size));
        u = scope.f64(BLOCK);
        stats = scope.f64(STATS * BLOCK);
        certificate = new Certificate(problem, scope);
    }

    /** Solves from {@code start} by {@code method}, and reports. */
    static Solution solve(
            String name,
            Problem problem,
            double[] start,
            Stopping stopping,
            Monitor monitor,
            Consumer<Descent> method) {
        requireFinite(problem, start);
        return problem.device().range("solve", () -> run(name, problem, start, stopping, monitor, method));
    }

    private static Solution run(
            String name,
            Problem problem,
            double[] start,
            Stopping stopping,
            Monitor monitor,
            Consumer<Descent> method) {
        try (Scope scope = problem.device().scope();
                Descent descent = new Descent(problem, stopping, monitor, scope)) {
            descent.m.write(start);
            long began = System.nanoTime();
            if (problem.lambda() >= problem.lambdaMax()) {
                descent.vanish();
            } else {
                method.accept(descent);
            }
            problem.device().synchronize();
            return descent.solution(name, (System.nanoTime() - began) * 1e-9);
        }
    }

    /**
     * Proximal gradient steps from the current iterate until the stopping rule fires.
     *
     * @param lookAhead u for step k = 1, 2, ..
     * @param memory how much of delta outlives a step, in delta = memory delta + relative change
     */
    void descend(IntToDoubleFunction lookAhead, double memory) {
        double step = 1 / fit.lipschitz();
        double threshold = problem.lambda() * step;
        blas.copy(m, mPrev);
        fit.product(m, mr);
        blas.copy(mr, mrPrev);
        groupNorm.penalty(h, problem.groups(), m, stats);
        stats.read(judged.stats);
        double penalty = judged.stats[0];
        double delta = 1;
        double gap = stopping.gap() > 0 ? certificate.at(m, mr).relativeGap() : Double.NaN;
        int k = 0;
        boolean asked = false;
        while (k < stopping.cap()) {
            if (gap <= stopping.gap()) {
                status = Status.CONVERGED;
                return;
            }
            if (!asked) {
                ask(judged, k, lookAhead, step, threshold);
            }
            int steps = judged.steps;
            asked = stopping.gap() == 0 && delta > NEAR * stopping.change() && k + steps < stopping.cap();
            if (asked) {
                ask(spare, k + steps, lookAhead, step, threshold);
            }
            judged.arrival.run();
            double objective = Double.NaN;
            for (int i = 0; i < steps; i++) {
                int at = STATS * i;
                double[] read = judged.stats;
                objective = 0.5 * read[at + 3] - read[at + 4] + problem.lambda() * penalty;
                penalty = read[at + 2];
                record(objective);
                delta = memory * delta + Math.sqrt(read[at]) / (Math.sqrt(read[at + 1]) + EPSILON);
                requireNumber("change of the iterate", delta);
                if (stopping.gap() == 0 && delta <= stopping.change()) {
                    if (asked || i + 1 < steps) {
                        restore(judged, steps + (asked ? spare.steps : 0));
                        advance(i + 1, step, threshold);
                    }
                    status = Status.CONVERGED;
                    return;
                }
            }
            k += steps;
            gap = Double.NaN;
            if (k % stopping.every() == 0) {
                gap = stopping.gap() > 0 ? certificate.at(m, mr).relativeGap() : gap;
                if (!proceed(objective, gap)) {
                    if (asked) {
                        restore(spare, spare.steps);
                    }
                    return;
                }
            }
            Block next = spare;
            spare = judged;
            judged = next;
        }
    }

    /** Asks for the steps behind step k, up to the next look at the gap, and for their numbers. */
    private void ask(Block block, int k, IntToDoubleFunction lookAhead, double step, double threshold) {
        block.steps = Math.min(Math.min(BLOCK, stopping.every() - k % stopping.every()), stopping.cap() - k);
        for (int i = 0; i < block.steps; i++) {
            block.ahead[i] = lookAhead.applyAsDouble(k + i + 1);
        }
        u.write(block.ahead);
        save(block);
        run(block.steps, step, threshold);
        block.arrival = stats.fetch(block.stats);
    }

    /** Takes as many steps: where it can, by replaying the recording made after the first block. */
    private void run(int steps, double step, double threshold) {
        if (recording != null && steps == recorded && m == recordedFrom) {
            recording.replay();
            return;
        }
        advance(steps, step, threshold);
        if (recording == null && steps % 2 == 0) {
            recorded = steps;
            recordedFrom = m;
            recording = problem.device().record(() -> advance(steps, step, threshold));
        }
    }

    /** Asks for steps, look-ahead and numbers of the i-th in row i of {@link #u} and {@link #stats}. */
    private void advance(int steps, double step, double threshold) {
        for (int i = 0; i < steps; i++) {
            groupNorm.step(
                    h, d, problem.groups(), u.slice(i, 1), step, threshold, m, mPrev, mr, mrPrev, fit.c(), mPrev,
                    stats.slice((long) STATS * i, STATS));
            rotate();
            fit.product(m, mr);
        }
    }

    /** Remembers where a block begins, if a step inside it, or the one before it, may prove the last. */
    private void save(Block block) {
        if (stopping.gap() == 0) {
            blas.copy(m, block.m);
            blas.copy(mPrev, block.mPrev);
        }
    }

    /** Goes back to where a block began, as many steps ago. */
    private void restore(Block block, int steps) {
        if (steps % 2 == 1) {
            rotate();
        }
        blas.copy(block.m, m);
        blas.copy(block.mPrev, mPrev);
        fit.product(m, mr);
        fit.product(mPrev, mrPrev);
        u.write(block.ahead);
    }

    /**
     * Rounds of alternating minimisation.
     *
     * @return false when the monitor asked to stop; M R is then up to date
     */
    boolean alternate(int rounds) {
        try (Alternation alternation = new Alternation(problem, EPSILON, m)) {
            int k = 0;
            while (k < rounds) {
                int block = Math.min(Math.min(Alternation.BLOCK, stopping.every() - k % stopping.every()), rounds - k);
                double[] objectives = alternation.run(block);
                for (int i = 0; i < block; i++) {
                    record(objectives[i]);
                }
                k += block;
                if (k % stopping.every() == 0 && !proceed(objectives[block - 1], Double.NaN)) {
                    fit.product(m, mr);
                    return false;
                }
            }
        }
        return true;
    }

    /** The answer at lambda &gt;= lambda_max: no penalised column, and the bias M_u = C_u / R_uu. */
    private void vanish() {
        double[] answer = new double[h * d];
        double variance = p < d ? fit.r().slice((long) d * d - 1, 1).toArray()[0] : 0;
        if (variance > 0) {
            double[] mean = fit.c().slice((long) h * p, h).toArray();
            for (int i = 0; i < h; i++) {
                answer[h * p + i] = mean[i] / variance;
            }
        }
        m.write(answer);
        fit.product(m, mr);
        status = Status.CONVERGED;
    }

    private void rotate() {
        F64 newest = mPrev;
        mPrev = m;
        m = newest;
        F64 spare = mrPrev;
        mrPrev = mr;
        mr = spare;
    }

    private void record(double objective) {
        requireNumber("objective", objective);
        if (iterations == history.length) {
            history = Arrays.copyOf(history, 2 * iterations);
        }
        history[iterations++] = objective;
    }

    private boolean proceed(double objective, double gap) {
        if (monitor.proceed(iterations, objective, gap)) {
            return true;
        }
        status = Status.STOPPED;
        return false;
    }

    private Solution solution(String name, double seconds) {
        Certificate.Gap gap = certificate.at(m, mr);
        requireNumber("objective", gap.objective());
        requireNumber("gap", gap.gap());
        if (status == Status.MAX_ITERATIONS && stopping.gap() > 0 && gap.relativeGap() <= stopping.gap()) {
            status = Status.CONVERGED;
        }
        double[] answer = m.toArray();
        return Solution.of(
                problem, name, answer, gap, iterations, status, seconds, Arrays.copyOf(history, iterations));
    }

    @Override
    public void close() {
        if (recording != null) {
            recording.close();
        }
    }

    /** Nothing that is not a number may pass for an answer. */
    private void requireNumber(String what, double value) {
        if (!Double.isFinite(value)) {
            fit.tau(); // refuses an R that is indefinite, by its eigenvalue
            throw new ArithmeticException("step " + iterations + ": expected a finite " + what + ", got " + value
                    + ": the start, lambda or the moments are out of double precision's range");
        }
    }

    static void requireFinite(Problem problem, double[] start) {
        if (start.length != (long) problem.h() * problem.d()) {
            throw new IllegalArgumentException("start: expected " + problem.h() + " x " + problem.d() + " = "
                    + (long) problem.h() * problem.d() + " numbers, got " + start.length);
        }
        for (double value : start) {
            if (!Double.isFinite(value)) {
                throw new IllegalArgumentException("start: expected finite numbers, got " + value);
            }
        }
    }
}
