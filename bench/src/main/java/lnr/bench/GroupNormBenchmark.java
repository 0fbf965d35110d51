package lnr.bench;

import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import lnr.kernels.F32;
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

/** The operations of {@link lnr.kernels.GroupNorm}: bound by memory where M does not fit the caches. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(value = 1, jvmArgsAppend = "-Xmx3g")
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class GroupNormBenchmark {
    /** One matrix, and room for the answer. */
    @State(org.openjdk.jmh.annotations.Scope.Benchmark)
    public static class Columns extends OnDevice {
        /** h x d: M is (h, d). */
        @Param({"4096x16384", "200x500"})
        public String shape;

        private int h;
        private int d;
        private Groups groups; // each column one
        private F64 m; // (h, d), column-major
        private F64 norms; // (d)
        private F64 penalty; // (1)
        private F64 diagonal; // (d)

        @Override
        void prepare(Scope scope) {
            int[] sizes = sizes(shape, 2);
            h = sizes[0];
            d = sizes[1];
            groups = Groups.columns(scope, d);
            m = normal64((long) h * d);
            norms = scope.f64(d);
            penalty = scope.f64(1);
            diagonal = scope.f64(d);
        }
    }

    /** {@link Columns} with a second matrix, for the answer. */
    @State(org.openjdk.jmh.annotations.Scope.Benchmark)
    public static class Pair extends Columns {
        private F64 out; // (h, d), column-major

        @Override
        void prepare(Scope scope) {
            super.prepare(scope);
            out = scope.f64(super.m.length());
        }
    }

    /** The matrices of a solver's step. */
    @State(org.openjdk.jmh.annotations.Scope.Benchmark)
    public static class Iterates extends OnDevice {
        /** h x d: all are (h, d). */
        @Param({"1000x4000", "200x500"})
        public String shape;

        private int h;
        private int d;
        private Groups groups; // each column one
        private F64 u; // (1)
        private F64 m;
        private F64 mPrev;
        private F64 mr;
        private F64 mrPrev;
        private F64 c;
        private F64 next;
        private F64 stats;

        @Override
        void prepare(Scope scope) {
            int[] sizes = sizes(shape, 2);
            h = sizes[0];
            d = sizes[1];
            groups = Groups.columns(scope, d);
            u = scope.f64(new double[] {0.9});
            long size = (long) h * d;
            m = normal64(size);
            mPrev = normal64(size);
            mr = normal64(size);
            mrPrev = normal64(size);
            c = normal64(size);
            next = scope.f64(size);
            stats = scope.f64(5);
        }
    }

    /** The matrices of restarted steps of a batch of problems, of either precision, and of looks at their gaps. */
    @State(org.openjdk.jmh.annotations.Scope.Benchmark)
    public static class Changes extends OnDevice {
        /** h x d: all are (h, d), for each problem. */
        @Param({"1000x4000", "200x500"})
        public String shape;

        /** Problems. */
        @Param({"1", "8"})
        public int batch;

        private int h;
        private int d;
        private Groups groups; // each column one
        private F64 motion; // (batch, 4)
        private F64 m;
        private F64 g;
        private F64 s;
        private F64 sr;
        private F32 s32;
        private F32 sr32;
        private F64 stats; // 6 for each problem

        @Override
        void prepare(Scope scope) {
            int[] sizes = sizes(shape, 2);
            h = sizes[0];
            d = sizes[1];
            groups = Groups.columns(scope, d);
            motion = scope.f64(4L * batch);
            F64 lengths = motion.slice(2L * batch, 2L * batch); // and lambdas
            double[] tenths = new double[2 * batch];
            Arrays.fill(tenths, 0.1);
            lengths.write(tenths);
            m = normal64(numbers());
            g = scope.f64(numbers()); // zeros, so that M shrinks to nothing and stays there
            s = scope.f64(numbers());
            sr = scope.f64(numbers());
            s32 = scope.f32(numbers());
            sr32 = scope.f32(numbers());
            stats = scope.f64(6L * batch);
        }

        private long numbers() {
            return (long) batch * h * d;
        }
    }

    /** ||M_j||: one read of M, 2 h d flops. */
    @Benchmark
    public void norms(Columns s, Work work) {
        s.on().groupNorm().norms(s.h, s.groups, s.m, s.norms);
        s.on().synchronize();
        work.flops(2.0 * s.h * s.d);
        work.bytes(8.0 * s.h * s.d);
    }

    /** sum_j ||M_j||: one read of M, 2 h d flops. */
    @Benchmark
    public void penalty(Columns s, Work work) {
        s.on().groupNorm().penalty(s.h, s.groups, s.m, s.penalty);
        s.on().synchronize();
        work.flops(2.0 * s.h * s.d);
        work.bytes(8.0 * s.h * s.d);
    }

    /** lambda / sqrt(||M_j||^2 + epsilon): one read of M, 2 h d flops. */
    @Benchmark
    public void variationalDiagonal(Columns s, Work work) {
        s.on().groupNorm().variationalDiagonal(s.h, s.d, s.groups, 0.1, 1e-10, s.m, s.diagonal);
        s.on().synchronize();
        work.flops(2.0 * s.h * s.d);
        work.bytes(8.0 * s.h * s.d);
    }

    /** The proximal operator, at a threshold that leaves about half of the columns: one read and one write of M. */
    @Benchmark
    public void prox(Pair s, Work work) {
        Columns columns = s;
        s.on().groupNorm().prox(columns.h, columns.d, columns.groups, Math.sqrt(columns.h), columns.m, s.out);
        s.on().synchronize();
        work.flops(3.0 * columns.h * columns.d);
        work.bytes(16.0 * columns.h * columns.d);
    }

    /** One proximal gradient step with its sums: five reads and one write of M's size. */
    @Benchmark
    public void step(Iterates s, Work work) {
        s.on().groupNorm()
                .step(s.h, s.d, s.groups, s.u, 0.1, 0.1, s.m, s.mPrev, s.mr, s.mrPrev, s.c, s.next, s.stats);
        s.on().synchronize();
        work.flops(20.0 * s.h * s.d);
        work.bytes(48.0 * s.h * s.d);
    }

    /** One restarted step with its sums: four reads and three writes of M's size. */
    @Benchmark
    public void restartedStep(Changes s, Work work) {
        s.on().groupNorm().restartedStep(s.batch, s.h, s.d, s.groups, s.motion, s.m, s.g, s.s, s.sr, s.stats);
        s.on().synchronize();
        work.flops(20.0 * s.numbers());
        work.bytes(56.0 * s.numbers());
    }

    /** The same with changes in single precision. */
    @Benchmark
    public void restartedStepF32(Changes s, Work work) {
        s.on().groupNorm().restartedStep(s.batch, s.h, s.d, s.groups, s.motion, s.m, s.g, s.s32, s.sr32, s.stats);
        s.on().synchronize();
        work.flops(20.0 * s.numbers());
        work.bytes(44.0 * s.numbers());
    }

    /** What a gap is computed from: three reads and a write of M's size. */
    @Benchmark
    public void gapSums(Changes s, Work work) {
        s.on().groupNorm().gapSums(s.batch, s.h, s.d, s.groups, s.m, s.s, s.sr, s.g, s.stats);
        s.on().synchronize();
        work.flops(9.0 * s.numbers());
        work.bytes(32.0 * s.numbers());
    }
}
