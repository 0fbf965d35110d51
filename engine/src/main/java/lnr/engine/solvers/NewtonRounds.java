package lnr.engine.solvers;

import java.util.Arrays;
import lnr.engine.Certificate;
import lnr.engine.Problem;
import lnr.engine.Solution;
import lnr.engine.Status;
import lnr.engine.WithoutBias;
import lnr.kernels.Blas;
import lnr.kernels.BlockDescent;
import lnr.kernels.Device;
import lnr.kernels.F64;
import lnr.kernels.Scope;

/** One solve by {@link SupportNewton} under way: passes and steps by turns. */
final class NewtonRounds {
    /** The part of the gap that a step leaves, at most, when it converges as Newton's method does. */
    private static final double FAST = 0.01;

    private final Problem problem; // without a bias
    private final int h;
    private final int d;
    private final Blas blas;
    private final F64 m; // (h, d)
    private final F64 g; // (h, d) = C - M R
    private final F64 mr; // (h, d) = M R
    private final F64 norms; // (groups)
    private final double[] size; // the same on the host
    private final Certificate certificate;
    private final BlockDescent.Passes passes;
    private final NewtonStep step;
    private double gap = Double.POSITIVE_INFINITY;
    private boolean settled; // the last step was quick, and calls for no other groups: no pass is needed

    private NewtonRounds(Problem problem, Scope scope) {
        this.problem = problem;
        this.h = problem.h();
        this.d = problem.d();
        Device device = problem.device();
        this.blas = device.blas();
        long numbers = (long) h * d;
        this.m = scope.f64(numbers);
        this.g = scope.f64(numbers);
        this.mr = scope.f64(numbers);
        int count = problem.groups().count();
        this.norms = scope.f64(count);
        this.size = new double[count];
        this.certificate = new Certificate(problem, scope);
        this.passes = device.blockDescent()
                .prepare(scope, h, problem.groups(), problem.fit().r(), problem.fit().c());
        this.step = new NewtonStep(problem, scope);
    }

    static Solution solve(Problem problem, double[] start, Stopping stopping, Monitor monitor) {
        Descent.requireFinite(problem, start);
        try (Scope scope = problem.device().scope()) {
            long began = System.nanoTime();
            WithoutBias bias = new WithoutBias(problem, scope);
            Problem reduced = bias.reduced();
            double[] history = new double[stopping.cap()];
            int rounds = 0;
            Status status = Status.MAX_ITERATIONS;
            double[] answer = new double[problem.h() * problem.penalised()];
            if (problem.lambda() >= problem.lambdaMax()) {
                status = Status.CONVERGED;
            } else {
                NewtonRounds run = new NewtonRounds(reduced, scope);
                double reference = stopping.gap() * 0.5 * reduced.fit().tau();
                run.begin(Arrays.copyOf(start, answer.length));
                while (rounds < stopping.cap()) {
                    Certificate.Gap gap = run.round();
                    double objective = gap.objective() + bias.offset();
                    history[rounds++] = objective;
                    if (gap.gap() <= reference) {
                        status = Status.CONVERGED;
                        break;
                    }
                    if (!monitor.proceed(rounds, objective, gap.relativeGap())) {
                        status = Status.STOPPED;
                        break;
                    }
                }
                run.m.read(answer);
            }
            double[] full = bias.restore(answer);
            double seconds = (System.nanoTime() - began) * 1e-9;
            bias.shareTau();
            Certificate.Gap gap = new Certificate(problem, scope).at(scope.f64(full));
            return Solution.of(
                    problem, SupportNewton.NAME, full, gap, rounds, status, seconds, Arrays.copyOf(history, rounds));
        }
    }

    private void begin(double[] start) {
        m.write(start);
        for (double value : start) {
            if (value != 0) {
                problem.fit().product(m, mr);
                return;
            }
        }
    }

    /** A pass, unless the support has settled, then a step; the gap where they lead. */
    private Certificate.Gap round() {
        blas.copy(problem.fit().c(), g);
        blas.axpy(-1, mr, g);
        if (!settled) {
            passes.run(problem.lambda(), m, g);
        }
        problem.device().groupNorm().norms(h, problem.groups(), m, norms);
        norms.read(size);
        double taken = step.take(size, m, g, mr);
        Certificate.Gap now = certificate.at(m, mr);
        settled = taken == 1 && now.gap() <= FAST * gap && !calls();
        gap = now.gap();
        return now;
    }

    /** Whether a group that was zero before the step would leave zero: ||G_k|| &gt; lambda w_k. */
    private boolean calls() {
        for (int k = 0; k < size.length; k++) {
            if (size[k] == 0 && certificate.slope(k) > problem.lambda() * problem.groups().weight(k)) {
                return true;
            }
        }
        return false;
    }
}
