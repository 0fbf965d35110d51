package lnr.engine.solvers;

import java.util.Arrays;
import java.util.function.Consumer;
import lnr.engine.Certificate;
import lnr.engine.Problem;
import lnr.engine.Quadratic;
import lnr.engine.Solution;
import lnr.engine.Status;
import lnr.engine.WithoutBias;
import lnr.kernels.Blas;
import lnr.kernels.F32;
import lnr.kernels.F64;
import lnr.kernels.GroupNorm;
import lnr.kernels.Recording;
import lnr.kernels.Scope;

/**
 * One solve by {@link RestartedFista} under way. Steps run in blocks, recorded once and replayed: the device itself
 * decides where to start anew, and only a block's end brings its numbers to the host.
 */
final class Restarts implements AutoCloseable {
    private static final int BLOCK = 16; // steps at most
    private static final int STATS = 5;
    private static final double EPSILON = 1e-10; // in relative changes, as for the text's FISTA

    /** Step length of greedy FISTA, in units of 1/L; what it is shortened by where changes grow. */
    private static final double LONG = 1.3;

    private static final double SHORTEN = 0.96;

    private final Problem problem; // without a bias
    private final double offset; // of its objective
    private final Quadratic fit;
    private final Stopping stopping;
    private final Monitor monitor;
    private final Blas blas;
    private final F64 m; // (h, d)
    private final F64 mr; // (h, d) = M R, at a look
    private final F64 g; // (h, d) = C - M R, or at the iterate before
    private final F64 motion; // (3), as GroupNorm.restartedStep takes it
    private final F64 stats; // (BLOCK, 5), as it leaves them
    private final double[] read = new double[STATS * BLOCK];
    private final Consumer<F64> step;
    private final Certificate certificate;
    private Recording recording; // a block of `recorded` steps
    private int recorded;

    private double length; // of a step
    private double first; // ||S||^2 of the first step, NaN before
    private double value; // f(M)
    private double penalty; // g(M)
    private boolean fresh = true; // value and G are those of M, not of the iterate before
    private double delta = 1; // fading sum of relative changes
    private Certificate.Gap gap;
    private double[] history = new double[256];
    private int iterations;

    private Restarts(WithoutBias bias, Precision precision, Stopping stopping, Monitor monitor, Scope scope) {
        this.problem = bias.reduced();
        this.offset = bias.offset();
        this.fit = problem.fit();
        this.stopping = stopping;
        this.monitor = monitor;
        this.blas = problem.device().blas();
        long size = (long) problem.h() * problem.d();
        m = scope.f64(size);
        mr = scope.f64(size);
        g = scope.f64(size);
        motion = scope.f64(3);
        stats = scope.f64(STATS * BLOCK);
        step = precision == Precision.FP64 ? doubleSteps(scope) : singleSteps(scope);
        certificate = new Certificate(problem, scope);
    }

    private Consumer<F64> doubleSteps(Scope scope) {
        int h = problem.h();
        int d = problem.d();
        GroupNorm groupNorm = problem.device().groupNorm();
        F64 s = scope.f64((long) h * d);
        F64 sr = scope.f64((long) h * d);
        return sums -> {
            groupNorm.restartedStep(h, d, problem.groups(), motion, problem.lambda(), m, g, s, sr, sums);
            fit.product(s, sr);
        };
    }

    private Consumer<F64> singleSteps(Scope scope) {
        int h = problem.h();
        int d = problem.d();
        GroupNorm groupNorm = problem.device().groupNorm();
        double[] exact = fit.r().toArray();
        float[] rounded = new float[exact.length];
        for (int i = 0; i < rounded.length; i++) {
            rounded[i] = (float) exact[i];
        }
        F32 r = scope.f32(rounded);
        F32 s = scope.f32((long) h * d);
        F32 sr = scope.f32((long) h * d);
        return sums -> {
            groupNorm.restartedStep(h, d, problem.groups(), motion, problem.lambda(), m, g, s, sr, sums);
            blas.gemm(false, false, h, d, d, 1f, s, h, r, d, 0f, sr, h);
        };
    }

    static Solution solve(Problem problem, double[] start, Precision precision, Stopping stopping, Monitor monitor) {
        Descent.requireFinite(problem, start);
        return problem.device().range("solve", () -> run(problem, start, precision, stopping, monitor));
    }

    private static Solution run(
            Problem problem, double[] start, Precision precision, Stopping stopping, Monitor monitor) {
        try (Scope scope = problem.device().scope()) {
            long began = System.nanoTime();
            WithoutBias bias = new WithoutBias(problem, scope);
            double[] answer = new double[problem.h() * problem.penalised()];
            double[] history = {};
            Status status = Status.CONVERGED;
            if (problem.lambda() < problem.lambdaMax()) {
                try (Restarts run = new Restarts(bias, precision, stopping, monitor, scope)) {
                    run.m.write(Arrays.copyOf(start, answer.length));
                    status = run.descend();
                    run.m.read(answer);
                    history = Arrays.copyOf(run.history, run.iterations);
                }
            }
            double[] full = bias.restore(answer);
            double seconds = (System.nanoTime() - began) * 1e-9;
            bias.shareTau();
            Certificate.Gap gap = new Certificate(problem, scope).at(scope.f64(full));
            if (stopping.gap() > 0 && status == Status.CONVERGED && gap.relativeGap() > stopping.gap()) {
                status = Status.MAX_ITERATIONS; // the bias brought back what rounding had hidden
            }
            return Solution.of(
                    problem, RestartedFista.NAME, full, gap, history.length, status, seconds, history);
        }
    }

    /** Steps from the current iterate until the stopping rule fires. */
    private Status descend() {
        length = LONG / fit.lipschitz();
        first = Double.NaN;
        problem.device().groupNorm().penalty(problem.h(), problem.groups(), m, stats);
        stats.read(read);
        penalty = read[0];
        look();
        while (!done()) {
            if (iterations > 0 && !monitor.proceed(iterations, gap.objective() + offset, gap.relativeGap())) {
                return Status.STOPPED;
            }
            int due = Math.min(stopping.cap(), iterations + stopping.every());
            if (iterations == due) {
                return Status.MAX_ITERATIONS;
            }
            while (iterations < due) {
                block(Math.min(BLOCK, due - iterations));
            }
            look();
        }
        return Status.CONVERGED;
    }

    private boolean done() {
        return stopping.gap() > 0 ? gap.relativeGap() <= stopping.gap() : delta <= stopping.change();
    }

    /** The gap at M, with M R afresh: what steps have added to G by rounding ends here. */
    private void look() {
        fit.product(m, mr);
        gap = certificate.at(m, mr);
        requireNumber("objective", gap.objective());
        requireNumber("gap", gap.gap());
        value = gap.objective() - problem.lambda() * penalty;
        blas.copy(fit.c(), g);
        blas.axpy(-1, mr, g);
        motion.slice(1, 2).write(new double[] {0, length});
        fresh = true;
    }

    /** Takes as many steps, and their numbers. */
    private void block(int steps) {
        if (recording != null && steps == recorded) {
            recording.replay();
        } else {
            advance(steps);
            if (recording == null) {
                recorded = steps;
                recording = problem.device().record(() -> advance(steps));
            }
        }
        stats.read(read);
        for (int i = 0; i < steps; i++) {
            int at = STATS * i;
            value -= fresh ? 0 : read[at + 4];
            fresh = false;
            record(value + offset + problem.lambda() * penalty);
            penalty = read[at + 2];
            first = Double.isNaN(first) ? read[at] : first;
            delta = 0.5 * delta + Math.sqrt(read[at]) / (Math.sqrt(read[at + 1]) + EPSILON);
            requireNumber("change of the iterate", delta);
        }
        if (read[STATS * (steps - 1)] > first) {
            length = Math.max(SHORTEN * length, 1 / fit.lipschitz());
        }
    }

    private void advance(int steps) {
        for (int i = 0; i < steps; i++) {
            step.accept(stats.slice((long) STATS * i, STATS));
        }
    }

    private void record(double objective) {
        requireNumber("objective", objective);
        if (iterations == history.length) {
            history = Arrays.copyOf(history, 2 * iterations);
        }
        history[iterations++] = objective;
    }

    /** Nothing that is not a number may pass for an answer. */
    private void requireNumber(String what, double number) {
        if (!Double.isFinite(number)) {
            throw new ArithmeticException("step " + iterations + ": expected a finite " + what + ", got " + number
                    + ": the start, lambda or the moments are out of the precision's range");
        }
    }

    @Override
    public void close() {
        if (recording != null) {
            recording.close();
        }
    }
}
