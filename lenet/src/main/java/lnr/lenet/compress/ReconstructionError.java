package lnr.lenet.compress;

import lnr.engine.Problem;

/** What a reconstruction misses, in parts of the variance of what it reconstructs. */
final class ReconstructionError {
    private ReconstructionError() {}

    /**
     * E||y - M x||^2 / E||y - E y||^2: 0 is exact, 1 no better than the bias alone.
     *
     * @param problem with a bias, whose input is not always 0
     * @param fit f(M)
     */
    static double of(Problem problem, double fit) {
        int h = problem.h();
        int d = problem.d();
        double[] cu = problem.fit().c().slice((long) h * (d - 1), h).toArray();
        double ruu = problem.fit().r().slice((long) d * d - 1, 1).toArray()[0];
        double mean = 0;
        for (double c : cu) {
            mean += c * c / ruu;
        }
        double tau = problem.fit().tau();
        return tau > mean ? Math.max(0, tau + 2 * fit) / (tau - mean) : 0;
    }
}
