package lnr.engine;

import java.util.Arrays;
import java.util.stream.IntStream;
import lnr.kernels.F64;
import lnr.kernels.Scope;

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
        int h = problem.h();
        int d = problem.d();
        int[] kept = kept(problem, support);
        int n = kept.length;
        double[] full = new double[h * d];
        if (n == 0) {
            return new Debiasing(full, kept, 0, 0);
        }
        double[] r = problem.fit().r().toArray();
        double[] c = problem.fit().c().toArray();
        double[] rs = new double[n * n];
        double[] ms = new double[h * n];
        double trace = 0;
        for (int j = 0; j < n; j++) {
            for (int i = 0; i < n; i++) {
                rs[j * n + i] = r[kept[j] * d + kept[i]];
            }
            System.arraycopy(c, kept[j] * h, ms, j * h, h);
            trace += rs[j * n + j];
        }
        try (Scope scope = problem.device().scope()) {
            F64 b = scope.f64(ms);
            double independence = Math.max(n * Math.ulp(1.0), problem.fit().tolerance());
            NormalEquations equations = new NormalEquations(scope, n);
            double delta = equations.factor(n, scope.f64(rs), scope.f64(n), independence);
            equations.solve(h, b);
            b.read(ms);
            for (int j = 0; j < n; j++) {
                System.arraycopy(ms, j * h, full, kept[j] * h, h);
            }
            double fit = problem.fit().value(scope.f64(full), scope.f64((long) h * d));
            return new Debiasing(full, kept, delta == 0 || trace == 0 ? delta : delta / (trace / n), fit);
        }
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
