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

/** The operations of {@link lnr.kernels.Correlation}, over as many samples as MNIST has, in the product's batches. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(1)
@Warmup(iterations = 2, time = 1)
@Measurement(iterations = 5, time = 1)
public class CorrelationBenchmark {
    /** Samples and their targets. */
    @State(org.openjdk.jmh.annotations.Scope.Benchmark)
    public static class Samples extends OnDevice {
        /** n x d: samples and their features, those of fc2 and of fc1. */
        @Param({"60000x500", "60000x800"})
        public String shape;

        /** Samples of a batch. */
        @Param("1000")
        public int batch;

        /** Features of a target. */
        @Param("10")
        public int h;

        private int n;
        private int d;
        private F32 x; // (n, d), a sample's features contiguous
        private F32 y; // (n, h), a sample's targets contiguous
        private F64 gram; // (d, d)
        private F64 cross; // (h, d), column-major
        private F64 squares; // (1)

        @Override
        void prepare(Scope scope) {
            int[] sizes = sizes(shape, 2);
            n = sizes[0];
            d = sizes[1];
            x = normal32((long) n * d);
            y = normal32((long) n * h);
            gram = scope.f64((long) d * d);
            cross = scope.f64((long) h * d);
            squares = scope.f64(1);
        }
    }

    /** Feature maps. */
    @State(org.openjdk.jmh.annotations.Scope.Benchmark)
    public static class Maps extends OnDevice {
        /** n x channels x height x width x kernel: what conv1 and conv2 of LeNet-5 see. */
        @Param({"60000x1x28x28x5", "60000x20x12x12x5"})
        public String shape;

        /** Samples of a batch. */
        @Param("1000")
        public int batch;

        private int[] sizes;
        private int patch; // channels kernel^2
        private F32 x; // (n, channels, height, width)
        private F64 gram; // (patch, patch)

        @Override
        void prepare(Scope scope) {
            sizes = sizes(shape, 5);
            patch = sizes[1] * sizes[4] * sizes[4];
            x = normal32((long) sizes[0] * sizes[1] * sizes[2] * sizes[3]);
            gram = scope.f64((long) patch * patch);
        }
    }

    /** S = S + X' X over all batches. */
    @Benchmark
    public void addGram(Samples s, Work work) {
        for (int from = 0; from < s.n; from += s.batch) {
            int count = Math.min(s.batch, s.n - from);
            F32 x = s.x.slice((long) from * s.d, (long) count * s.d);
            s.on().correlation().addGram(count, s.d, false, x, s.gram);
        }
        s.on().synchronize();
        work.flops((double) s.n * s.d * s.d);
        work.bytes(4.0 * s.n * s.d);
    }

    /** S = S + Y' X over all batches. */
    @Benchmark
    public void addCross(Samples s, Work work) {
        for (int from = 0; from < s.n; from += s.batch) {
            int count = Math.min(s.batch, s.n - from);
            F32 x = s.x.slice((long) from * s.d, (long) count * s.d);
            F32 y = s.y.slice((long) from * s.h, (long) count * s.h);
            s.on().correlation().addCross(count, s.h, s.d, false, y, x, s.cross);
        }
        s.on().synchronize();
        work.flops(2.0 * s.n * s.h * s.d);
        work.bytes(4.0 * s.n * (s.d + s.h));
    }

    /** s = s + sum_i ||x_i||^2 over all batches. */
    @Benchmark
    public void addSquares(Samples s, Work work) {
        for (int from = 0; from < s.n; from += s.batch) {
            int count = Math.min(s.batch, s.n - from);
            F32 x = s.x.slice((long) from * s.d, (long) count * s.d);
            s.on().correlation().addSquares(count, s.d, x, s.squares);
        }
        s.on().synchronize();
        work.flops(2.0 * s.n * s.d);
        work.bytes(4.0 * s.n * s.d);
    }

    /** S = S + the sum of x x' over all patches of all maps. */
    @Benchmark
    public void addPatchGram(Maps s, Work work) {
        int[] of = s.sizes;
        int inputs = of[1] * of[2] * of[3];
        for (int from = 0; from < of[0]; from += s.batch) {
            int count = Math.min(s.batch, of[0] - from);
            F32 x = s.x.slice((long) from * inputs, (long) count * inputs);
            s.on().correlation().addPatchGram(count, of[1], of[2], of[3], of[4], false, x, s.gram);
        }
        s.on().synchronize();
        work.flops((double) of[0] * (of[2] - of[4] + 1) * (of[3] - of[4] + 1) * s.patch * s.patch);
        work.bytes(4.0 * of[0] * inputs);
    }
}
