package lnr.engine.solvers;

import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.function.DoublePredicate;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import lnr.engine.Problem;
import lnr.kernels.Blas;
import lnr.kernels.F64;
import lnr.kernels.Groups;
import lnr.kernels.Scope;

/**
 * A problem of many outputs as one of few: of Q'y for y, Q (h, rows) being an orthonormal basis of random combinations
 * of C's columns (Halko, Martinsson and Tropp, 2011, algorithm 4.1). P of Q M' is the coarse problem's P of M', and
 * where few directions carry nearly all of C, the groups that its answer needs, and about how much of each, are those
 * of the whole problem. 4 rows h d flops.
 *
 * <p>A group's norm is larger than the coarse problem sees, by the outputs that it leaves out: those are as good as
 * settled by the norms ({@link NewtonStep#alternate}), and hardly change their share of them. With
 * ||Q'M_k|| = s_k ||M_k||, the coarse problem of weights s_k w_k has the whole one's groups and, over s_k, its norms.
 * A group that enters does so along its part of C - M R, whose share is taken where M_k = 0.
 */
final class CoarseTargets {
    /** Outputs of the coarse problem: more make its rounds dearer, fewer the norms less sure; 32 to 48 cost as much. */
    static final int ROWS = 40;

    /** The part of ||C||^2 that it may miss. */
    private static final double MISSED = 0.01;

    /** The relative gap to which the coarse problem of other weights is solved. */
    private static final double CLOSE = 1e-5;

    /** Its rounds at most. */
    private static final int ROUNDS = 4;

    /** The share of a group's norm that is seen, at least: no weight may be 0. */
    private static final double LEAST = 0.1;

    private static final long SEED = 1;

    /**
     * What groups are expected to be.
     *
     * @param near whether each may not be zero
     * @param norms about ||M_k|| of each
     */
    record Expected(boolean[] near, double[] norms) {}

    private final Problem whole;
    private final Problem problem; // of few outputs
    private final F64 basis; // Q, (h, rows)
    private final int h; // of the whole
    private final Blas blas;

    private CoarseTargets(Problem whole, Problem problem, F64 basis) {
        this.whole = whole;
        this.problem = problem;
        this.h = whole.h();
        this.basis = basis;
        this.blas = problem.device().blas();
    }

    /**
     * The coarse problem, or null where it would miss too much or save too little.
     *
     * @param whole without a bias
     * @param scope owner of its memory
     */
    static CoarseTargets of(Problem whole, Scope scope) {
        int h = whole.h();
        int d = whole.d();
        if (Math.min(h, d) < 2 * ROWS) {
            return null;
        }
        Blas blas = whole.device().blas();
        F64 c = whole.fit().c();
        try (Scope work = whole.device().scope()) {
            F64 y = work.unset((long) h * ROWS);
            blas.gemm(false, false, h, ROWS, d, 1, c, h, work.f64(signs(d * ROWS)), d, 0, y, h);
            F64 gram = work.unset((long) ROWS * ROWS);
            blas.gram(ROWS, h, y, gram);
            double[] ridge = new double[ROWS];
            double[] host = gram.toArray();
            double trace = IntStream.range(0, ROWS).mapToDouble(i -> host[i * ROWS + i]).sum();
            Arrays.fill(ridge, ROWS * Math.ulp(trace));
            blas.addDiagonal(ROWS, gram, work.f64(ridge));
            if (!blas.cholesky(ROWS, gram)) {
                return null;
            }
            F64 basis = work.unset((long) h * ROWS);
            F64 coarse = work.unset((long) ROWS * d);
            F64 inverse = work.f64(inverse(gram.toArray()));
            blas.gemm(false, true, h, ROWS, ROWS, 1, y, h, inverse, ROWS, 0, basis, h);
            blas.gemm(true, false, ROWS, d, h, 1, basis, h, c, h, 0, coarse, ROWS);
            F64 squares = work.f64(2);
            blas.dot(coarse, coarse, squares.slice(0, 1));
            blas.dot(c, c, squares.slice(1, 1));
            double[] sums = squares.toArray();
            if (!(sums[0] >= (1 - MISSED) * sums[1])) {
                return null;
            }
            F64 kept = scope.unset(basis.length());
            F64 targets = scope.unset(coarse.length());
            blas.copy(basis, kept);
            blas.copy(coarse, targets);
            return new CoarseTargets(whole, whole.withTargets(ROWS, targets), kept);
        }
    }

    /** The problem of few outputs. */
    Problem problem() {
        return problem;
    }

    /**
     * Expectations of the coarse problem, corrected to those of the whole one: by the shares that are seen of the best
     * M for the norms where the coarse rounds' last step began, C_S K^-1. 2 h n^2 flops for n columns of S, 2 h d for
     * each that would enter, and a few rounds of few outputs.
     *
     * @param coarse groups that are not zero are near
     * @param set of the coarse problem, after rounds at this lambda
     * @param cap rounds at most
     * @param listener is told P of each, which is that of an M of the whole problem, and may end them
     * @return {@code coarse} where the rounds took no step
     */
    Expected corrected(Expected coarse, double lambda, WorkingSet set, int cap, DoublePredicate listener) {
        NewtonStep.Taken taken = set.rounds().taken();
        if (taken == null) {
            return coarse;
        }
        Groups groups = problem.groups();
        int count = groups.count();
        try (Scope work = whole.device().scope()) {
            double[] shares = shares(coarse.near, set.members(), taken, work);
            int[] chosen = list(k -> coarse.near[k], count);
            NewtonRounds rounds = new NewtonRounds(
                    problem.restricted(work, chosen).weighted(work, of(chosen, shares)), work);
            rounds.begin(lambda, of(chosen, coarse.norms));
            rounds.run(lambda, CLOSE * 0.5 * problem.fit().tau(), Math.min(cap, ROUNDS), gap -> {
                double[] sizes = rounds.norms();
                double lacking = IntStream.range(0, chosen.length)
                        .mapToDouble(i -> (1 - shares[chosen[i]]) * groups.weight(chosen[i]) * sizes[i])
                        .sum(); // by the weights' shares
                return listener.test(gap.objective() + lambda * lacking);
            });
            boolean[] near = new boolean[count];
            double[] norms = new double[count];
            double[] sizes = rounds.norms();
            for (int i = 0; i < chosen.length; i++) {
                near[chosen[i]] = rounds.near(lambda, i);
                norms[chosen[i]] = sizes[i] / shares[chosen[i]];
            }
            return new Expected(near, norms);
        }
    }

    /** What is seen of the groups of the last step, and of near groups that would enter; 0 for others. */
    private double[] shares(boolean[] near, int[] members, NewtonStep.Taken taken, Scope work) {
        double[] shares = new double[near.length];
        int[] stepped = Arrays.stream(taken.chosen()).map(i -> members[i]).toArray();
        F64 m = best(stepped, taken, work);
        share(stepped, taken.groups(), m, shares);
        int[] entering = list(k -> near[k] && shares[k] == 0, near.length);
        if (entering.length > 0) {
            Groups groups = problem.restricted(work, entering).groups();
            share(entering, groups, residual(entering, stepped, m, work), shares);
        }
        return shares;
    }

    /** The shares of these groups, by their columns, packed. */
    private void share(int[] chosen, Groups groups, F64 packed, double[] shares) {
        double[] all = Norms.of(h, groups, packed);
        double[] seen;
        try (Scope work = whole.device().scope()) {
            int n = groups.columns();
            F64 product = work.unset((long) ROWS * n);
            blas.gemm(true, false, ROWS, n, h, 1, basis, h, packed, h, 0, product, ROWS);
            seen = Norms.of(ROWS, groups, product);
        }
        for (int i = 0; i < chosen.length; i++) {
            shares[chosen[i]] = all[i] > 0 ? Math.max(LEAST, seen[i] / all[i]) : 1;
        }
    }

    /** C_S K^-1, (h, n), of all outputs. */
    private F64 best(int[] stepped, NewtonStep.Taken taken, Scope work) {
        int n = taken.groups().columns();
        F64 m = work.unset((long) h * n);
        F64 c = gathered(h, stepped, whole.fit().c(), work);
        blas.gemm(false, false, h, n, n, 1, c, h, taken.inverse(), n, 0, m, h);
        return m;
    }

    /** Columns of C - M R, (h, their number), for an M of other columns. */
    private F64 residual(int[] groups, int[] others, F64 m, Scope work) {
        int d = whole.d();
        F64 g = gathered(h, groups, whole.fit().c(), work);
        F64 r = gathered(d, groups, whole.fit().r(), work);
        F64 spread = work.unset((long) h * d);
        whole.device().support().scatter(h, work.i32(whole.groups().columnsOf(others)), m, spread);
        blas.gemm(false, false, h, (int) (g.length() / h), d, -1, spread, h, r, d, 1, g, h);
        return g;
    }

    private F64 gathered(int rows, int[] groups, F64 all, Scope work) {
        int[] columns = whole.groups().columnsOf(groups);
        F64 packed = work.unset((long) rows * columns.length);
        whole.device().support().gather(rows, work.i32(columns), all, packed);
        return packed;
    }

    private static double[] of(int[] chosen, double[] values) {
        return Arrays.stream(chosen).mapToDouble(k -> values[k]).toArray();
    }

    private static int[] list(IntPredicate which, int count) {
        return IntStream.range(0, count).filter(which).toArray();
    }

    /** L^-1 of the lower triangle, (rows, rows). */
    private static double[] inverse(double[] l) {
        double[] x = new double[l.length];
        for (int j = 0; j < ROWS; j++) {
            x[j * ROWS + j] = 1 / l[j * ROWS + j];
            for (int i = j + 1; i < ROWS; i++) {
                double sum = 0;
                for (int k = j; k < i; k++) {
                    sum += l[k * ROWS + i] * x[j * ROWS + k];
                }
                x[j * ROWS + i] = -sum / l[i * ROWS + i];
            }
        }
        return x;
    }

    private static double[] signs(int n) {
        SplittableRandom random = new SplittableRandom(SEED);
        double[] signs = new double[n];
        Arrays.setAll(signs, i -> random.nextInt(2) == 0 ? -1 : 1);
        return signs;
    }
}
