package lnr.bench;

import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import lnr.kernels.F64;
import lnr.kernels.Groups;
import lnr.kernels.I32;
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

/** The operations of {@link lnr.kernels.Support}, on every second column: bound by memory. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(value = 1, jvmArgsAppend = "-Xmx3g")
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class SupportBenchmark {
    /** Matrices of packed columns, and those they come from. */
    @State(org.openjdk.jmh.annotations.Scope.Benchmark)
    public static class Packed extends OnDevice {
        /** h x n: packed matrices are (h, n), from (h, 2 n). */
        @Param({"1000x2000", "200x250"})
        public String shape;

        private int h;
        private int n;
        private int d;
        private I32 columns; // (n)
        private Groups groups; // each packed column one
        private F64 m; // (h, d), column-major
        private F64 r; // (d, d)
        private F64 a; // (h, n), column-major
        private F64 b; // (h, n)
        private F64 c; // (n)
        private F64 out; // (h, n)
        private F64 other; // (h, n)
        private F64 square; // (n, n)
        private F64 second; // (n, n)
        private F64 squareOut; // (n, n)

        @Override
        void prepare(Scope scope) {
            int[] sizes = sizes(shape, 2);
            h = sizes[0];
            n = sizes[1];
            d = 2 * n;
            int[] list = new int[n];
            Arrays.setAll(list, i -> 2 * i);
            columns = scope.i32(list);
            groups = Groups.columns(scope, n);
            m = normal64((long) h * d);
            r = normal64((long) d * d);
            a = normal64((long) h * n);
            b = normal64((long) h * n);
            c = normal64(n);
            out = scope.f64((long) h * n);
            other = scope.f64((long) h * n);
            square = normal64((long) n * n);
            second = normal64((long) n * n);
            squareOut = scope.f64((long) n * n);
        }

        /** What an operation did to every number of a packed matrix. */
        private void did(Work work, double bytes, double flops) {
            on().synchronize();
            work.bytes(bytes * h * n);
            work.flops(flops * h * n);
        }
    }

    /** The columns S of M: one read and one write of (h, n). */
    @Benchmark
    public void gather(Packed s, Work work) {
        s.on().support().gather(s.h, s.columns, s.m, s.out);
        s.did(work, 16, 0);
    }

    /** The columns S back into M, the others cleared: one read of (h, n), one write of (h, 2 n). */
    @Benchmark
    public void scatter(Packed s, Work work) {
        s.on().support().scatter(s.h, s.columns, s.a, s.m);
        s.did(work, 24, 0);
    }

    /** R_SS: one read and one write of (n, n). */
    @Benchmark
    public void submatrix(Packed s, Work work) {
        s.on().support().submatrix(s.d, s.columns, s.r, s.squareOut);
        s.on().synchronize();
        work.bytes(16.0 * s.n * s.n);
    }

    /** The penalty's slope and curvature: two reads and two writes of (h, n), 5 h n flops. */
    @Benchmark
    public void slope(Packed s, Work work) {
        s.on().support().slope(s.h, s.groups, 0.1, 0, s.a, s.b, s.out, s.other, s.c);
        s.did(work, 32, 5);
    }

    /** The Hessian's complement: two reads and one write of (n, n), 2 n^2 flops. */
    @Benchmark
    public void complement(Packed s, Work work) {
        s.on().support().complement(s.groups, s.c, s.square, s.second, s.squareOut);
        s.on().synchronize();
        work.bytes(24.0 * s.n * s.n);
        work.flops(2.0 * s.n * s.n);
    }

    /** One number a group: two reads of (h, n), 2 h n flops. */
    @Benchmark
    public void inner(Packed s, Work work) {
        s.on().support().inner(s.h, s.groups, s.a, s.b, s.c);
        s.did(work, 16, 2);
    }

    /** Each group by its own factor, added: two reads and one write of (h, n), 2 h n flops. */
    @Benchmark
    public void addScaled(Packed s, Work work) {
        s.on().support().addScaled(s.h, s.groups, s.c, s.a, s.out);
        s.did(work, 24, 2);
    }

    /** A step that zeroes what it turns: two reads and one write of (h, n), 6 h n flops. */
    @Benchmark
    public void retreat(Packed s, Work work) {
        s.on().support().retreat(s.h, s.groups, 0.5, s.a, s.b, s.out);
        s.did(work, 24, 6);
    }
}
