package lnr.engine.solvers;

import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import lnr.engine.Problem;
import lnr.kernels.Blas;
import lnr.kernels.F64;
import lnr.kernels.Scope;

/**
 * A problem of many outputs as one of few: of Q'y for y, Q (h, rows) being an orthonormal basis of random combinations
 * of C's columns (Halko, Martinsson and Tropp, 2011, algorithm 4.1). P of Q M' is the coarse problem's P of M', and
 * where few directions carry nearly all of C, the groups that its answer needs, and about how much of each, are those
 * of the whole problem. 4 rows h d flops.
 */
final class CoarseTargets {
    /** Outputs of the coarse problem. */
    static final int ROWS = 96;

    /** The part of ||C||^2 that it may miss. */
    private static final double MISSED = 0.01;

    private static final long SEED = 1;

    private CoarseTargets() {}

    /**
     * The coarse problem, or null where it would miss too much or save too little.
     *
     * @param fine without a bias
     * @param scope owner of its memory
     */
    static Problem of(Problem fine, Scope scope) {
        int h = fine.h();
        int d = fine.d();
        if (Math.min(h, d) < 2 * ROWS) {
            return null;
        }
        Blas blas = fine.device().blas();
        F64 c = fine.fit().c();
        try (Scope work = fine.device().scope()) {
            F64 y = work.f64((long) h * ROWS);
            blas.gemm(false, false, h, ROWS, d, 1, c, h, work.f64(signs(d * ROWS)), d, 0, y, h);
            F64 gram = work.f64((long) ROWS * ROWS);
            blas.gram(ROWS, h, y, gram);
            double[] ridge = new double[ROWS];
            double[] host = gram.toArray();
            double trace = IntStream.range(0, ROWS).mapToDouble(i -> host[i * ROWS + i]).sum();
            Arrays.fill(ridge, ROWS * Math.ulp(trace));
            blas.addDiagonal(ROWS, gram, work.f64(ridge));
            if (!blas.cholesky(ROWS, gram)) {
                return null;
            }
            F64 seen = work.f64((long) ROWS * d);
            blas.gemm(true, false, ROWS, d, h, 1, y, h, c, h, 0, seen, ROWS);
            F64 coarse = work.f64((long) ROWS * d);
            F64 inverse = work.f64(inverse(gram.toArray()));
            blas.gemm(false, false, ROWS, d, ROWS, 1, inverse, ROWS, seen, ROWS, 0, coarse, ROWS);
            F64 squares = work.f64(2);
            blas.dot(coarse, coarse, squares.slice(0, 1));
            blas.dot(c, c, squares.slice(1, 1));
            double[] sums = squares.toArray();
            return sums[0] >= (1 - MISSED) * sums[1] ? fine.withTargets(scope, ROWS, coarse.toArray()) : null;
        }
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
