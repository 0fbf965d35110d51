package lnr.bench;

import java.util.List;
import java.util.concurrent.TimeUnit;
import lnr.engine.Problem;
import lnr.engine.Solution;
import lnr.engine.solvers.Batch;
import lnr.engine.solvers.Monitor;
import lnr.engine.solvers.Path;
import lnr.engine.solvers.Precision;
import lnr.engine.solvers.RestartedFista;
import lnr.engine.solvers.Solver;
import lnr.kernels.Scope;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** Every solver, by name, on the text's random problems from M = 0 to its own stopping rule. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class SolverBenchmark {
    /** A problem and who is to solve it. */
    @State(org.openjdk.jmh.annotations.Scope.Benchmark)
    public static class Case extends OnDevice {
        /** A problem of {@link TextProblem}. */
        @Param({"toy", "checkpoint"})
        public String problem;

        /** A solver of {@link Solver#named}. */
        @Param({"proximal-gradient", "fista", "alternating-minimization", "restarted-fista"})
        public String method;

        /** Of the solver's products; {@code fp32} for those that know it. */
        @Param("fp64")
        public String precision;

        private TextProblem text;

        @Override
        void prepare(Scope scope) {
            text = TextProblem.draw(on(), problem);
        }
    }

    /** A problem at many lambdas. */
    @State(org.openjdk.jmh.annotations.Scope.Benchmark)
    public static class Lambdas extends OnDevice {
        /** A problem of {@link TextProblem}. */
        @Param({"toy", "checkpoint"})
        public String problem;

        /** Of the products. */
        @Param("fp64")
        public String precision;

        /** Lambdas, from lambda_max down to a tenth of it. */
        @Param("32")
        public int count;

        private TextProblem text;

        @Override
        void prepare(Scope scope) {
            text = TextProblem.draw(on(), problem);
        }
    }

    /**
     * One solve of a new problem: the step length, lambda_max and the certificate at the end are computed each time.
     * Its work is counted as one product M R for each iteration, 2 h d^2 flops.
     */
    @Benchmark
    public Solution solve(Case s, Work work) {
        try (Scope scope = s.on().scope()) {
            Problem problem = s.text.on(scope);
            Solution solution = Solver.named(s.method)
                    .withPrecision(Precision.named(s.precision))
                    .solve(problem);
            work.flops(2.0 * solution.iterations() * s.text.h() * s.text.d() * s.text.d());
            return solution;
        }
    }

    /** One new problem at all lambdas, by {@code restarted-fista}; its work is counted as for {@link #solve}. */
    @Benchmark
    public List<Solution> batch(Lambdas s, Work work) {
        try (Scope scope = s.on().scope()) {
            Problem problem = s.text.on(scope);
            double[] lambdas = Path.lambdas(problem.lambdaMax(), s.count, 0.1);
            Solver solver = new RestartedFista(Precision.named(s.precision));
            List<Solution> solutions = Batch.solve(solver, problem, lambdas, Monitor.NONE);
            double steps = solutions.stream().mapToInt(Solution::iterations).sum();
            work.flops(2.0 * steps * s.text.h() * s.text.d() * s.text.d());
            return solutions;
        }
    }
}
