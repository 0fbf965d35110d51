package lnr.engine;

import java.util.Arrays;
import java.util.stream.IntStream;
import lnr.kernels.F64;
import lnr.kernels.I32;
import lnr.kernels.Scope;
import lnr.kernels.Support;

/**
 * Least squares on the kept columns, M_S = C_S R_SS^-1: the penalty chose the columns, and need no longer shrink them.
 * A column that differs from the kept ones before it by no more than R's error has nothing of its own to fit, and
 * is damped. A bias is always kept. With nothing kept M is 0; with the bias alone it is the mean of y.
 *
 * @param m (h, d), column-major; zero outside the kept columns
 * @param kept the columns of S, ascending, the bias included
 * @param damping what was added to the diagonal of R_SS because it was singular, relative to that diagonal's mean
 *     ({@link NormalEquations}); 0 as a rule
 * @param fit f(M), without the constant tau/2
 */
public record Debiasing(double[] m, int[] kept, double damping, double fit) {
    /**
     * Refits on the columns of {@code support}. O(|S|^3 + h |S|^2).
     *
     * @param support penalised columns to keep, ascending, each once
     * @throws IllegalArgumentException when {@code support} is not that
     */
    public static Debiasing of(Problem problem, int[] support) {
        try (Scope scope = problem.device().scope()) {
            Refit refit = refit(problem, support, scope);
            return new Debiasing(refit.m.toArray(), refit.kept, refit.damping, refit.fit);
        }
    }

    /** The same refit's f(M) alone, for which M does not leave the device. */
    public static double fit(Problem problem, int[] support) {
        try (Scope scope = problem.device().scope()) {
            return refit(problem, support, scope).fit;
        }
    }

    /** A refit on the device: m is (h, d). */
    private record Refit(F64 m, int[] kept, double damping, double fit) {}

    private static Refit refit(Problem problem, int[] support, Scope scope) {
        int h = problem.h();
        int d = problem.d();
        int[] kept = kept(problem, support);
        int n = kept.length;
        F64 m = scope.f64((long) h * d);
        if (n == 0) {
            return new Refit(m, kept, 0, 0);
        }
        Quadratic fit = problem.fit();
        Support columns = problem.device().support();
        I32 list = scope.i32(kept);
        F64 rs = scope.f64((long) n * n);
        F64 ms = scope.f64((long) h * n);
        columns.submatrix(d, list, fit.r(), rs);
        columns.gather(h, list, fit.c(), ms);
        NormalEquations equations = new NormalEquations(scope, n);
        double delta = equations.factor(n, rs, scope.f64(n), Math.max(n * Math.ulp(1.0), fit.tolerance()));
        equations.solve(h, ms);
        columns.scatter(h, list, ms, m);
        return new Refit(m, kept, equations.relative(delta), fit.value(m, scope.f64((long) h * d)));
    }

    private static int[] kept(Problem problem, int[] support) {
        int last = -1;
        for (int j : support) {
            if (j <= last || j >= problem.penalised()) {
                throw new IllegalArgumentException("support: expected ascending columns in [0, " + problem.penalised()
                        + "), got " + Arrays.toString(support));
            }
            last = j;
        }
        return IntStream.concat(Arrays.stream(support), IntStream.range(problem.penalised(), problem.d()))
                .toArray();
    }
}
