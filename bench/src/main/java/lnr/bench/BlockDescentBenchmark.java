package lnr.bench;

import java.util.concurrent.TimeUnit;
import lnr.kernels.BlockDescent;
import lnr.kernels.F64;
import lnr.kernels.Groups;
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

/** {@link lnr.kernels.BlockDescent}: one group after the other, so bound by latency where a device is wide. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class BlockDescentBenchmark {
    /** A problem, and a start that is the same for each pass. */
    @State(org.openjdk.jmh.annotations.Scope.Benchmark)
    public static class Problem extends OnDevice {
        /** h x d: M is (h, d). The first is the text's checkpoint problem. */
        @Param({"200x500", "500x800"})
        public String shape;

        /** Columns of a group, a divisor of d. */
        @Param({"1", "20"})
        public int size;

        private int h;
        private int d;
        private Groups groups;
        private F64 r; // (d, d)
        private F64 c; // (h, d), column-major
        private F64 start; // (h, d)
        private F64 gradient; // (h, d), G there
        private F64 m; // (h, d)
        private F64 g; // (h, d)
        private double lambda;
        private BlockDescent.Passes passes;

        @Override
        void prepare(Scope scope) {
            int[] sizes = sizes(shape, 2);
            h = sizes[0];
            d = sizes[1];
            F64 samples = normal64((long) d * (2 * d + 1)); // (d, 2 d + 1)
            r = scope.f64((long) d * d);
            on().blas().gemm(false, true, d, d, 2 * d + 1, 0.5 / d, samples, d, samples, d, 0, r, d);
            start = normal64((long) h * d);
            c = normal64((long) h * d);
            gradient = scope.f64((long) h * d);
            on().blas().copy(c, gradient);
            on().blas().gemm(false, false, h, d, d, -1, start, h, r, d, 1, gradient, h);
            m = scope.f64((long) h * d);
            g = scope.f64((long) h * d);
            lambda = Math.sqrt((double) h * size);
            groups = Groups.ofSize(scope, d / size, size);
            passes = on().blockDescent().prepare(scope, h, groups, r, c);
        }
    }

    /** What passes over a problem need, among it the eigenvectors of each R_kk; these blocks are read and written. */
    @Benchmark
    public void prepare(Problem s, Work work) {
        try (Scope scope = s.on().scope()) {
            s.on().blockDescent().prepare(scope, s.h, s.groups, s.r, s.c);
            s.on().synchronize();
        }
        work.bytes(16.0 * s.d * s.size);
    }

    /** A pass, and two copies for its start: R is read once, M and G are read and written; 2 h d^2 flops. */
    @Benchmark
    public void pass(Problem s, Work work) {
        s.on().blas().copy(s.start, s.m);
        s.on().blas().copy(s.gradient, s.g);
        s.passes.run(s.lambda, s.m, s.g);
        s.on().synchronize();
        work.flops(2.0 * s.h * s.d * s.d);
        work.bytes(8.0 * s.d * s.d + 32.0 * s.h * s.d);
    }
}
