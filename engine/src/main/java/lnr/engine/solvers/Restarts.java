package lnr.engine.solvers;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import lnr.engine.Certificate;
import lnr.engine.Problem;
import lnr.engine.Quadratic;
import lnr.engine.Solution;
import lnr.engine.Stack;
import lnr.engine.Status;
import lnr.engine.WithoutBias;
import lnr.kernels.Blas;
import lnr.kernels.F32;
import lnr.kernels.F64;
import lnr.kernels.GroupNorm;
import lnr.kernels.Recording;
import lnr.kernels.Scope;

/**
 * Solves by {@link RestartedFista} under way, one or many together. Steps run in blocks, recorded once and replayed:
 * the device itself decides where to start anew, and only a block's end brings its numbers to the host. A problem whose
 * solve has ended is stepped on in vain until half of all have ended; those left then move together.
 */
final class Restarts implements AutoCloseable {
    private static final int BLOCK = 16; // steps at most
    private static final int STATS = 5;
    private static final double EPSILON = 1e-10; // in relative changes, as for the text's FISTA

    /** Step length of greedy FISTA, in units of 1/L; what it is shortened by where changes grow. */
    private static final double LONG = 1.3;

    private static final double SHORTEN = 0.96;

    /** Bytes of matrices that are stacked at once, at most: more fill a GPU no better. */
    private static final long ROOM = 1L << 30;

    private final Stack stack;
    private final List<Solve> solves; // of the stack's problems
    private final List<Solve> failed = new ArrayList<>(); // in the order in which they did
    private final Stopping stopping;
    private final Monitor monitor;
    private final Blas blas;
    private final GroupNorm groupNorm;
    private final int h;
    private final int d;
    private final long began;
    private F64 m; // (h, d) for each problem of the stack
    private F64 mr; // the same, M R at a look
    private F64 g; // the same, C - M R, or at the iterate before
    private F64 motion; // (problems, 4), as GroupNorm.restartedStep takes it
    private F64 stats; // (5, problems) for each step of a block, as it leaves them
    private double[] read;
    private final Changes changes;
    private Recording recording; // a block of `recorded` steps
    private int recorded;
    private int iterations;

    private Restarts(
            List<Solve> solves, Precision precision, Stopping stopping, Monitor monitor, long began, Scope scope) {
        this.solves = new ArrayList<>(solves);
        this.stopping = stopping;
        this.monitor = monitor;
        this.began = began;
        stack = new Stack(solves.stream().map(solve -> solve.problem).toList(), scope);
        h = stack.problem(0).h();
        d = stack.problem(0).d();
        blas = scope.device().blas();
        groupNorm = scope.device().groupNorm();
        m = scope.f64(stack.numbers());
        mr = scope.f64(stack.numbers());
        g = scope.f64(stack.numbers());
        motion = scope.f64(4L * stack.size());
        read = new double[BLOCK * STATS * stack.size()];
        stats = scope.f64(read.length);
        changes = precision == Precision.FP64 ? new DoubleChanges(scope) : new SingleChanges(scope);
    }

    /** The last changes S of M and their products, in some precision. */
    private interface Changes {
        /** One step of every problem, and S R after it. {@code sums} is (5, problems), modified. */
        void step(F64 sums);

        /** Leaves out all problems but some, after the stack has. */
        void keep(int[] kept);
    }

    private final class DoubleChanges implements Changes {
        private F64 s; // (h, d) for each problem
        private F64 sr;

        DoubleChanges(Scope scope) {
            s = scope.f64(stack.numbers());
            sr = scope.f64(stack.numbers());
        }

        @Override
        public void step(F64 sums) {
            groupNorm.restartedStep(stack.size(), h, d, stack.groups(), motion, m, g, s, sr, sums);
            stack.product(s, sr);
        }

        @Override
        public void keep(int[] kept) {
            s = stack.front(kept, s);
            sr = stack.front(kept, sr);
        }
    }

    private final class SingleChanges implements Changes {
        private F32 s; // (h, d) for each problem
        private F32 sr;
        private F32 r; // (d, d) for each, or one for all

        SingleChanges(Scope scope) {
            s = scope.f32(stack.numbers());
            sr = scope.f32(stack.numbers());
            r = scope.f32(stack.r().length());
            blas.narrow(stack.r(), r);
        }

        @Override
        public void step(F64 sums) {
            groupNorm.restartedStep(stack.size(), h, d, stack.groups(), motion, m, g, s, sr, sums);
            long size = (long) h * d;
            blas.gemmStridedBatched(
                    false, false, h, d, d, 1f, s, h, size, r, d, stack.strideR(), 0f, sr, h, size, stack.size());
        }

        @Override
        public void keep(int[] kept) {
            s = front(kept, s);
            sr = front(kept, sr);
            r = r.slice(0, stack.r().length());
            blas.narrow(stack.r(), r);
        }

        private F32 front(int[] kept, F32 matrices) {
            long size = (long) h * d;
            for (int i = 0; i < kept.length; i++) {
                if (kept[i] > i) {
                    blas.copy(matrices.slice(kept[i] * size, size), matrices.slice(i * size, size));
                }
            }
            return matrices.slice(0, stack.numbers());
        }
    }

    /** One problem's solve. */
    private static final class Solve {
        private final Problem whole;
        private final WithoutBias bias;
        private final Problem problem; // without a bias
        private final double offset; // of its objective
        private double length; // of a step
        private double first = Double.NaN; // ||S||^2 of the first step, NaN before
        private double value; // f(M)
        private double penalty; // g(M)
        private boolean fresh; // value and G are those of M, not of the iterate before
        private double delta = 1; // fading sum of relative changes
        private Certificate.Gap gap;
        private double[] history = new double[256];
        private int iterations;
        private Status status; // null while it goes on, or when it has failed
        private ArithmeticException failure;
        private double[] answer; // (h, d) of the problem without a bias
        private double seconds;

        Solve(Problem whole, WithoutBias bias) {
            this.whole = whole;
            this.bias = bias;
            this.problem = bias.reduced().withLambda(whole.lambda());
            this.offset = bias.offset();
            this.answer = new double[whole.h() * whole.penalised()];
        }

        boolean goesOn() {
            return status == null && failure == null;
        }

        boolean done(Stopping stopping) {
            return stopping.gap() > 0 ? gap.relativeGap() <= stopping.gap() : delta <= stopping.change();
        }

        /** Takes what a look at the gap found. */
        void look(Certificate.Gap found, double penaltyThere) {
            gap = found;
            requireNumber("objective", gap.objective());
            requireNumber("gap", gap.gap());
            penalty = penaltyThere;
            value = gap.objective() - problem.lambda() * penalty;
            fresh = true;
        }

        /** Takes a step's five numbers, which begin at {@code at}. */
        void step(double[] numbers, int at) {
            value -= fresh ? 0 : numbers[at + 4];
            fresh = false;
            record(value + offset + problem.lambda() * penalty);
            penalty = numbers[at + 2];
            first = Double.isNaN(first) ? numbers[at] : first;
            delta = 0.5 * delta + Math.sqrt(numbers[at]) / (Math.sqrt(numbers[at + 1]) + EPSILON);
            requireNumber("change of the iterate", delta);
        }

        /** Shortens the steps where changes have grown. */
        void pace(double square) {
            if (square > first) {
                length = Math.max(SHORTEN * length, 1 / problem.fit().lipschitz());
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

        Solution solution(Stopping stopping) {
            bias.shareTau();
            double[] full;
            Certificate.Gap found;
            try (Scope scope = whole.device().scope()) {
                F64 all = scope.f64((long) whole.h() * whole.d());
                bias.restore(scope.f64(answer), all);
                found = new Certificate(whole, scope).at(all);
                full = all.toArray();
            }
            // The bias may bring back what rounding had hidden, and the other way round.
            if (stopping.gap() > 0 && status != Status.STOPPED) {
                status = found.relativeGap() <= stopping.gap() ? Status.CONVERGED : Status.MAX_ITERATIONS;
            }
            return Solution.of(
                    whole, RestartedFista.NAME, full, found, iterations, status, seconds,
                    Arrays.copyOf(history, iterations));
        }
    }

    /**
     * Solves problems of one number of rows and over equal groups.
     *
     * @param start M of each to start at, (h, p) first; zeros follow where it is shorter
     */
    static List<Solution> solve(
            List<Problem> problems, double[] start, Precision precision, Stopping stopping, Monitor monitor) {
        List<Solution> answers = new ArrayList<>();
        while (answers.size() < problems.size()) {
            int from = answers.size();
            List<Problem> part = problems.subList(from, Math.min(problems.size(), from + atOnce(problems)));
            answers.addAll(part.get(0).device().range("solve", () -> run(part, start, precision, stopping, monitor)));
        }
        return answers;
    }

    /** Problems that are solved together, at most. */
    static int atOnce(List<Problem> problems) {
        double h = problems.get(0).h();
        double d = problems.get(0).penalised();
        boolean one = problems.stream().allMatch(problem -> problem.fit() == problems.get(0).fit());
        double bytes = 8 * (8 * h * d + (one ? 0 : 3 * d * d)); // three: reduced, stacked and in single precision
        return (int) Math.max(1, Math.min(GroupNorm.MOST_PROBLEMS, ROOM / Math.max(1, bytes)));
    }

    private static List<Solution> run(
            List<Problem> problems, double[] start, Precision precision, Stopping stopping, Monitor monitor) {
        try (Scope scope = problems.get(0).device().scope()) {
            long began = System.nanoTime();
            Map<Quadratic, WithoutBias> known = new IdentityHashMap<>();
            List<Solve> solves = new ArrayList<>();
            for (Problem problem : problems) {
                solves.add(new Solve(
                        problem, known.computeIfAbsent(problem.fit(), fit -> new WithoutBias(problem, scope))));
            }
            List<Solve> positive = new ArrayList<>();
            for (Solve solve : solves) {
                if (solve.whole.lambda() < solve.whole.lambdaMax()) {
                    positive.add(solve);
                } else {
                    solve.status = Status.CONVERGED;
                    solve.seconds = (System.nanoTime() - began) * 1e-9;
                }
            }
            if (!positive.isEmpty()) {
                try (Restarts together = new Restarts(positive, precision, stopping, monitor, began, scope)) {
                    together.descend(start);
                }
            }
            return solves.stream().map(solve -> solve.solution(stopping)).toList();
        }
    }

    /** Steps until every solve has ended. */
    private void descend(double[] start) {
        double[] beginning = Arrays.copyOf(start, h * d);
        for (int i = 0; i < stack.size(); i++) {
            stack.of(i, m).write(beginning);
            solves.get(i).length = LONG / stack.problem(i).fit().lipschitz();
        }
        look();
        int left = settle();
        while (left > 0) {
            if (2 * left <= stack.size()) {
                keepThoseLeft();
            }
            pace();
            int due = Math.min(stopping.cap(), iterations + stopping.every());
            while (iterations < due) {
                block(Math.min(BLOCK, due - iterations));
            }
            look();
            left = settle();
        }
        if (!failed.isEmpty()) {
            throw failed.get(0).failure;
        }
    }

    /** What is done to a solve that goes on, by its place in the stack. */
    @FunctionalInterface
    private interface Body {
        void on(int i, Solve solve);
    }

    /** Does it to all that go on. What one of them throws of its numbers ends that one alone. */
    private void each(Body body) {
        for (int i = 0; i < solves.size(); i++) {
            Solve solve = solves.get(i);
            if (solve.goesOn()) {
                try {
                    body.on(i, solve);
                } catch (ArithmeticException e) {
                    solve.failure = e;
                    failed.add(solve);
                }
            }
        }
    }

    /** The gap at M, with M R afresh: what steps have added to G by rounding ends here. */
    private void look() {
        stack.product(m, mr);
        Certificate.Gap[] gaps = stack.gaps(m, mr, g);
        each((i, solve) -> solve.look(gaps[i], stack.penalty(i)));
    }

    /** Ends solves that have reached their end, and counts the others. */
    private int settle() {
        int[] left = {0};
        each((i, solve) -> {
            if (solve.done(stopping)) {
                solve.status = Status.CONVERGED;
            } else if (iterations > 0
                    && !monitor.proceed(iterations, solve.gap.objective() + solve.offset, solve.gap.relativeGap())) {
                solve.status = Status.STOPPED;
            } else if (iterations == stopping.cap()) {
                solve.status = Status.MAX_ITERATIONS;
            } else {
                left[0]++;
                return;
            }
            stack.of(i, m).read(solve.answer);
            solve.seconds = (System.nanoTime() - began) * 1e-9;
        });
        return left[0];
    }

    /** Leaves out the solves that have ended. */
    private void keepThoseLeft() {
        int[] kept = IntStream.range(0, solves.size()).filter(i -> solves.get(i).goesOn()).toArray();
        double[] ahead = motion.slice(0, stack.size()).toArray();
        stack.keep(kept);
        m = stack.front(kept, m);
        mr = mr.slice(0, stack.numbers());
        g = stack.front(kept, g);
        changes.keep(kept);
        motion = motion.slice(0, 4L * kept.length);
        motion.slice(0, kept.length).write(Arrays.stream(kept).mapToDouble(i -> ahead[i]).toArray());
        read = new double[BLOCK * STATS * kept.length];
        stats = stats.slice(0, read.length);
        solves.removeIf(solve -> !solve.goesOn());
        close();
    }

    /** Tells the device the step lengths, and that G lacks no change. */
    private void pace() {
        int n = stack.size();
        double[] pace = new double[3 * n];
        for (int i = 0; i < n; i++) {
            pace[n + i] = solves.get(i).length;
            pace[2 * n + i] = solves.get(i).problem.lambda();
        }
        motion.slice(n, 3L * n).write(pace);
    }

    /** Takes as many steps, and their numbers. */
    private void block(int steps) {
        if (recording != null && steps == recorded) {
            recording.replay();
        } else {
            advance(steps);
            if (recording == null) {
                recorded = steps;
                recording = m.device().record(() -> advance(steps));
            }
        }
        stats.read(read);
        each((i, solve) -> {
            for (int k = 0; k < steps; k++) {
                solve.step(read, STATS * (k * stack.size() + i));
            }
            solve.pace(read[STATS * ((steps - 1) * stack.size() + i)]);
        });
        iterations += steps;
    }

    private void advance(int steps) {
        long sums = (long) STATS * stack.size();
        for (int i = 0; i < steps; i++) {
            changes.step(stats.slice(sums * i, sums));
        }
    }

    @Override
    public void close() {
        if (recording != null) {
            recording.close();
            recording = null;
        }
    }
}
