package lnr.engine.solvers;

import lnr.engine.Problem;
import lnr.engine.Solution;

/** A path by any solver: each solve starts where the one before ended. */
final class WarmStarts implements Path {
    private final Solver solver;
    private final Problem problem;
    private double[] m;

    WarmStarts(Solver solver, Problem problem) {
        this.solver = solver;
        this.problem = problem;
        this.m = new double[Math.multiplyExact(problem.h(), problem.d())];
    }

    @Override
    public void begin(double[] start) {
        Descent.requireFinite(problem, start);
        m = start.clone();
    }

    @Override
    public Solution at(double lambda, Monitor monitor) {
        Solution solution = solver.solve(problem.withLambda(lambda), m, monitor);
        m = solution.m();
        return solution;
    }

    @Override
    public void close() {}
}
