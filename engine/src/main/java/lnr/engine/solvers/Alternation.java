package lnr.engine.solvers;

import lnr.engine.NormalEquations;
import lnr.engine.Problem;
import lnr.kernels.Blas;
import lnr.kernels.Device;
import lnr.kernels.F64;
import lnr.kernels.GroupNorm;
import lnr.kernels.Groups;
import lnr.kernels.Recording;
import lnr.kernels.Scope;

/**
 * Rounds of M = C (R + D)^-1, D = lambda diag(1 / u), for {@link AlternatingMinimization}. As M R = C - M D, the
 * objective needs no product:
 *
 * <pre>
 * P(M) = lambda g(M) - (&lt;C, M&gt; + sum_j D_j ||M_j||^2) / 2
 * </pre>
 *
 * <p>Blocks of rounds run without a wait. What comes before and after a factorisation is recorded once and replayed;
 * the factorisation is asked for by itself, since nothing says that cuSOLVER's can be captured. Where rounding makes
 * one fail, its block is taken back, and from there on each round waits for its own and damps it.
 */
final class Alternation implements AutoCloseable {
    /** Rounds of a block at most. */
    static final int BLOCK = 16;

    private static final int SUMS = 4;

    private final Problem problem;
    private final int h;
    private final int d;
    private final double epsilon;
    private final Scope scope;
    private final Blas blas;
    private final GroupNorm groupNorm;
    private final Groups columns; // of M, each a group
    private final F64 m; // (h, d)
    private final F64 saved; // (h, d), m when the block began
    private final F64 diagonal; // (d) = D
    private final F64 l; // (d, d): R + D, then its factor
    private final F64 squares; // (d), ||M_j||^2
    private final F64 sums; // <C, M>, sum_j D_j ||M_j||^2, g(M), and whether R + D was definite, or ||M||^2
    private final F64 read; // (BLOCK, SUMS)
    private final double[] host = new double[SUMS * BLOCK];
    private final double[] objectives = new double[BLOCK];
    private Recording before; // a factorisation
    private Recording after;
    private NormalEquations damped; // once they are needed

    /**
     * @param epsilon under the root of u
     * @param m (h, d), the iterate; rounds modify it
     */
    Alternation(Problem problem, double epsilon, F64 m) {
        Device device = problem.device();
        this.problem = problem;
        this.h = problem.h();
        this.d = problem.d();
        this.epsilon = epsilon;
        this.blas = device.blas();
        this.groupNorm = device.groupNorm();
        this.m = m;
        this.scope = device.scope();
        boolean complete = false;
        try {
            columns = Groups.columns(scope, d);
            saved = scope.f64((long) h * d);
            diagonal = scope.f64(d);
            l = scope.f64((long) d * d);
            squares = scope.f64(d);
            sums = scope.f64(SUMS);
            read = scope.f64(SUMS * BLOCK);
            complete = true;
        } finally {
            if (!complete) {
                scope.close();
            }
        }
    }

    /**
     * Takes rounds.
     *
     * @param rounds 1 to {@link #BLOCK}
     * @return the objective after each; overwritten by the next block
     * @throws lnr.engine.MatrixException when R is so far from positive semidefinite that no small damping helps
     */
    double[] run(int rounds) {
        if (damped == null && !undamped(rounds)) {
            damped = new NormalEquations(scope, d);
            blas.copy(saved, m);
        }
        for (int i = 0; damped != null && i < rounds; i++) {
            objectives[i] = dampedRound();
        }
        return objectives;
    }

    /** Whether all of these rounds' matrices proved definite. */
    private boolean undamped(int rounds) {
        blas.copy(m, saved);
        for (int i = 0; i < rounds; i++) {
            if (before == null) {
                assemble();
                blas.cholesky(d, l, sums.slice(3, 1));
                solve();
                before = problem.device().record(this::assemble);
                after = problem.device().record(this::solve);
            } else {
                before.replay();
                blas.cholesky(d, l, sums.slice(3, 1));
                after.replay();
            }
            blas.copy(sums, read.slice((long) SUMS * i, SUMS));
        }
        read.read(host);
        boolean definite = true;
        for (int i = 0; i < rounds; i++) {
            objectives[i] = objective(SUMS * i);
            definite &= host[SUMS * i + 3] == 1;
        }
        return definite;
    }

    /** L = R + D. */
    private void assemble() {
        groupNorm.variationalDiagonal(h, d, problem.groups(), problem.lambda(), epsilon, m, diagonal);
        blas.copy(problem.fit().r(), l);
        blas.addDiagonal(d, l, diagonal);
    }

    /** M = C (L L')^-1. */
    private void solve() {
        blas.copy(problem.fit().c(), m);
        blas.choleskySolve(h, d, l, m);
        sum();
    }

    private void sum() {
        blas.dot(problem.fit().c(), m, sums.slice(0, 1));
        problem.device().support().inner(h, columns, m, m, squares);
        blas.dot(diagonal, squares, sums.slice(1, 1));
        groupNorm.penalty(h, problem.groups(), m, sums.slice(2, 1));
    }

    private double objective(int at) {
        return problem.lambda() * host[at + 2] - 0.5 * (host[at] + host[at + 1]);
    }

    /** A round whose R + D is made definite: by delta on its diagonal, if need be, which is then part of D. */
    private double dampedRound() {
        groupNorm.variationalDiagonal(h, d, problem.groups(), problem.lambda(), epsilon, m, diagonal);
        double delta = damped.factor(d, problem.fit().r(), diagonal, 0);
        blas.copy(problem.fit().c(), m);
        damped.solve(h, m);
        sum();
        blas.dot(m, m, sums.slice(3, 1));
        blas.copy(sums, read.slice(0, SUMS));
        read.read(host);
        return objective(0) - 0.5 * delta * host[3];
    }

    @Override
    public void close() {
        if (before != null) {
            before.close();
        }
        if (after != null) {
            after.close();
        }
        scope.close();
    }
}
