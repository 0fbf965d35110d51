package lnr.bench;

import java.util.concurrent.TimeUnit;
import lnr.kernels.F32;
import lnr.kernels.F64;
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

/** The operations of {@link lnr.kernels.Blas}: products, factors, and what is done to vectors between them. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(value = 1, jvmArgsAppend = "-Xmx3g")
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class BlasBenchmark {
    /** C = A B. */
    @State(org.openjdk.jmh.annotations.Scope.Benchmark)
    public static class Product extends OnDevice {
        /** m x n x k: C is (m, n), A is (m, k). The second is a solver's step on the text's checkpoint problem. */
        @Param({"2000x2000x2000", "200x500x500"})
        public String shape;

        private int m;
        private int n;
        private int k;
        private F32 a32; // (m, k), column-major
        private F32 b32; // (k, n), column-major
        private F32 c32; // (m, n), column-major
        private F64 a64;
        private F64 b64;
        private F64 c64;

        @Override
        void prepare(Scope scope) {
            int[] sizes = sizes(shape, 3);
            m = sizes[0];
            n = sizes[1];
            k = sizes[2];
            a32 = normal32((long) m * k);
            b32 = normal32((long) k * n);
            c32 = scope.f32((long) m * n);
            a64 = normal64((long) m * k);
            b64 = normal64((long) k * n);
            c64 = scope.f64((long) m * n);
        }
    }

    /** C_b = A_b B for a batch of A: steps of a solver on many lambdas of one problem. */
    @State(org.openjdk.jmh.annotations.Scope.Benchmark)
    public static class Batch extends OnDevice {
        /** batch x m x n x k: each C_b is (m, n), A_b (m, k). */
        @Param({"32x200x500x500", "32x20x100x100"})
        public String shape;

        private int batch;
        private int m;
        private int n;
        private int k;
        private F32 a32; // (m, k) each, column-major
        private F32 b32; // (k, n), column-major
        private F32 c32; // (m, n) each, column-major
        private F64 a64;
        private F64 b64;
        private F64 c64;

        @Override
        void prepare(Scope scope) {
            int[] sizes = sizes(shape, 4);
            batch = sizes[0];
            m = sizes[1];
            n = sizes[2];
            k = sizes[3];
            a32 = normal32((long) batch * m * k);
            b32 = normal32((long) k * n);
            c32 = scope.f32((long) batch * m * n);
            a64 = normal64((long) batch * m * k);
            b64 = normal64((long) k * n);
            c64 = scope.f64((long) batch * m * n);
        }

        private double flops() {
            return 2.0 * batch * m * n * k;
        }
    }

    /** A symmetric, positive definite matrix, its Cholesky factor, and right-hand sides. */
    @State(org.openjdk.jmh.annotations.Scope.Benchmark)
    public static class Definite extends OnDevice {
        /** h x n: the matrix is (n, n), with h right-hand sides. */
        @Param("200x500")
        public String shape;

        private int h;
        private int n;
        private F64 matrix; // (n, n)
        private F64 factor; // (n, n), lower triangle
        private F64 spoilt; // (n, n)
        private F64 sides; // (h, n), column-major
        private F64 answers; // (h, n), column-major
        private F64 gram; // (n, n)
        private F64 inverse; // (n, n)
        private F64 room; // (n, n + 1)
        private F64 eigenvalues; // (n)

        @Override
        void prepare(Scope scope) {
            int[] sizes = sizes(shape, 2);
            h = sizes[0];
            n = sizes[1];
            F64 samples = normal64((long) n * (2 * n + 1)); // (n, 2 n + 1)
            matrix = scope.f64((long) n * n);
            on().blas().gemm(false, true, n, n, 2 * n + 1, 1.0 / n, samples, n, samples, n, 0, matrix, n);
            factor = scope.f64((long) n * n);
            on().blas().copy(matrix, factor);
            if (!on().blas().cholesky(n, factor)) {
                throw new IllegalStateException("a Gram matrix of more samples than features was not definite");
            }
            spoilt = scope.f64((long) n * n);
            sides = normal64((long) h * n);
            answers = scope.f64((long) h * n);
            gram = scope.f64((long) n * n);
            inverse = scope.f64((long) n * n);
            room = scope.f64(n * (n + 1L));
            eigenvalues = scope.f64(n);
        }
    }

    /** Two vectors of a matrix's size, and the matrix. */
    @State(org.openjdk.jmh.annotations.Scope.Benchmark)
    public static class Vectors extends OnDevice {
        /** Numbers of a vector, a square: what caches do not hold, and an iterate of the text's checkpoint problem. */
        @Param({"67108864", "99856"})
        public int length;

        private int n;
        private F64 x; // (length)
        private F64 y; // (length); also (n, n)
        private F32 narrow; // (length)
        private F64 diagonal; // (n)
        private F64 sum; // (1)

        @Override
        void prepare(Scope scope) {
            n = (int) Math.sqrt(length);
            x = normal64(length);
            y = normal64(length);
            narrow = scope.f32(length);
            diagonal = scope.f64(n);
            sum = scope.f64(1);
        }
    }

    /** C = A B in single precision. */
    @Benchmark
    public void gemmF32(Product p, Work work) {
        p.on().blas().gemm(false, false, p.m, p.n, p.k, 1f, p.a32, p.m, p.b32, p.k, 0f, p.c32, p.m);
        p.on().synchronize();
        work.flops(2.0 * p.m * p.n * p.k);
    }

    /** C = A B in double precision. */
    @Benchmark
    public void gemmF64(Product p, Work work) {
        p.on().blas().gemm(false, false, p.m, p.n, p.k, 1.0, p.a64, p.m, p.b64, p.k, 0.0, p.c64, p.m);
        p.on().synchronize();
        work.flops(2.0 * p.m * p.n * p.k);
    }

    /** C_b = A_b B in single precision. */
    @Benchmark
    public void gemmStridedBatchedF32(Batch p, Work work) {
        p.on().blas().gemmStridedBatched(
                false, false, p.m, p.n, p.k, 1f, p.a32, p.m, (long) p.m * p.k, p.b32, p.k, 0, 0f, p.c32, p.m,
                (long) p.m * p.n, p.batch);
        p.on().synchronize();
        work.flops(p.flops());
    }

    /** C_b = A_b B in double precision. */
    @Benchmark
    public void gemmStridedBatchedF64(Batch p, Work work) {
        p.on().blas().gemmStridedBatched(
                false, false, p.m, p.n, p.k, 1.0, p.a64, p.m, (long) p.m * p.k, p.b64, p.k, 0, 0.0, p.c64, p.m,
                (long) p.m * p.n, p.batch);
        p.on().synchronize();
        work.flops(p.flops());
    }

    /** C = A'A: half of a product. */
    @Benchmark
    public void gram(Definite s, Work work) {
        s.on().blas().gram(s.n, s.h, s.sides, s.gram);
        s.on().synchronize();
        work.flops((double) s.h * s.n * s.n);
    }

    /** A = L L', and the copy of A that it overwrites. */
    @Benchmark
    public boolean cholesky(Definite s, Work work) {
        s.on().blas().copy(s.matrix, s.spoilt);
        boolean definite = s.on().blas().cholesky(s.n, s.spoilt);
        work.flops(1.0 / 3 * s.n * s.n * s.n);
        return definite;
    }

    /** B = B (L L')^-1, and the copy of B that it overwrites: without it B would grow from call to call. */
    @Benchmark
    public void choleskySolve(Definite s, Work work) {
        s.on().blas().copy(s.sides, s.answers);
        s.on().blas().choleskySolve(s.h, s.n, s.factor, s.answers);
        s.on().synchronize();
        work.flops(2.0 * s.h * s.n * s.n);
    }

    /** (L L')^-1, both triangles. */
    @Benchmark
    public void choleskyInverse(Definite s, Work work) {
        s.on().blas().choleskyInverse(s.n, s.factor, s.inverse, s.room);
        s.on().synchronize();
        work.flops(2.0 / 3 * s.n * s.n * s.n);
    }

    /** A = V diag(w) V', and the copy of A that it overwrites; its work is counted as 4/3 n^3, the reduction's. */
    @Benchmark
    public void eigen(Definite s, Work work) {
        s.on().blas().copy(s.matrix, s.spoilt);
        s.on().blas().eigen(s.n, s.spoilt, s.eigenvalues);
        work.flops(4.0 / 3 * s.n * s.n * s.n);
    }

    /** The step length of a solver; its work is counted as the reduction to tridiagonal form, 4/3 n^3. */
    @Benchmark
    public double largestEigenvalue(Definite s, Work work) {
        work.flops(4.0 / 3 * s.n * s.n * s.n);
        return s.on().blas().largestEigenvalue(s.n, s.matrix);
    }

    /** sum_i x_i y_i: two reads. */
    @Benchmark
    public void dot(Vectors s, Work work) {
        s.on().blas().dot(s.x, s.y, s.sum);
        s.on().synchronize();
        work.flops(2.0 * s.length);
        work.bytes(16.0 * s.length);
    }

    /** y = x: a read and a write, the yardstick of everything that memory bounds. */
    @Benchmark
    public void copy(Vectors s, Work work) {
        s.on().blas().copy(s.x, s.y);
        s.on().synchronize();
        work.bytes(16.0 * s.length);
    }

    /** y = x, rounded to single precision: a read and half a write. */
    @Benchmark
    public void narrow(Vectors s, Work work) {
        s.on().blas().narrow(s.x, s.narrow);
        s.on().synchronize();
        work.bytes(12.0 * s.length);
    }

    /** y = alpha x + y: two reads and a write. */
    @Benchmark
    public void axpy(Vectors s, Work work) {
        s.on().blas().axpy(1e-9, s.x, s.y);
        s.on().synchronize();
        work.flops(2.0 * s.length);
        work.bytes(24.0 * s.length);
    }

    /** A_jj = A_jj + v_j: two reads and a write of n numbers, n of them far apart. */
    @Benchmark
    public void addDiagonal(Vectors s, Work work) {
        s.on().blas().addDiagonal(s.n, s.y.slice(0, (long) s.n * s.n), s.diagonal);
        s.on().synchronize();
        work.flops(s.n);
        work.bytes(24.0 * s.n);
    }
}
