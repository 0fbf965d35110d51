package lnr.engine.solvers;

import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.function.DoublePredicate;
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

    private final Problem problem;
    private final F64 basis; // Q, (h, rows)
    private final int h; // of the whole
    private final Blas blas;

    private CoarseTargets(Problem problem, int h, F64 basis) {
        this.problem = problem;
        this.h = h;
        this.basis = basis;
        this.blas = problem.device().blas();
    }

    /**
     * The coarse problem, or null where it would miss too much or save too little.
     *
     * @param fine without a bias
     * @param scope owner of its memory
     */
    static CoarseTargets of(Problem fine, Scope scope) {
        int h = fine.h();
        int d = fine.d();
        if (Math.min(h, d) < 2 * ROWS) {
            return null;
        }
        Blas blas = fine.device().blas();
        F64 c = fine.fit().c();
        try (Scope work = fine.device().scope()) {
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
            return new CoarseTargets(fine.withTargets(ROWS, targets), h, kept);
        }
    }

    /** The problem of few outputs. */
    Problem problem() {
        return problem;
    }

    /**
     * The norms of the set's groups, from where its rounds are: at the best M for about these norms. 4 rows h n flops
     * for a set of n columns, and a few rounds of few outputs.
     *
     * @param cap rounds at most
     * @param listener is told P of each, which is that of an M of the whole problem, and may end them
     */
    double[] norms(double lambda, WorkingSet set, int cap, DoublePredicate listener) {
        Problem part = set.part();
        Groups groups = part.groups();
        int n = part.d();
        try (Scope work = part.device().scope()) {
            F64 seen = work.unset((long) ROWS * n);
            double[] some = seen(n, groups, set.rounds().m(), seen);
            double[] share = shares(some, Norms.of(h, groups, set.rounds().m()));
            F64 residual = set.rounds().residual();
            double[] entering = shares(seen(n, groups, residual, seen), Norms.of(h, groups, residual));
            Arrays.setAll(share, k -> some[k] > 0 ? share[k] : entering[k]);
            Problem few = part.withTargets(ROWS, set.columns(ROWS, problem.fit().c(), work)).weighted(work, share);
            NewtonRounds coarse = new NewtonRounds(few, work);
            coarse.begin(lambda, some);
            coarse.run(lambda, CLOSE * 0.5 * part.fit().tau(), Math.min(cap, ROUNDS), gap ->
                    listener.test(gap.objective() + lambda * lightened(groups, share, coarse.norms())));
            double[] norms = coarse.norms();
            Arrays.setAll(norms, k -> norms[k] / share[k]);
            return norms;
        }
    }

    /** What the penalty lacks by its weights' shares. */
    private static double lightened(Groups groups, double[] share, double[] norms) {
        return IntStream.range(0, norms.length)
                .mapToDouble(k -> (1 - share[k]) * groups.weight(k) * norms[k])
                .sum();
    }

    /** The norms of the groups of Q'M. */
    private double[] seen(int n, Groups groups, F64 m, F64 product) {
        blas.gemm(true, false, ROWS, n, h, 1, basis, h, m, h, 0, product, ROWS);
        return Norms.of(ROWS, groups, product);
    }

    private static double[] shares(double[] seen, double[] all) {
        return IntStream.range(0, all.length)
                .mapToDouble(k -> all[k] > 0 ? Math.max(LEAST, seen[k] / all[k]) : 1)
                .toArray();
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
