package lnr.kernels.contract;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lnr.kernels.BlockDescent;
import lnr.kernels.Buffer;
import lnr.kernels.Device;
import lnr.kernels.F32;
import lnr.kernels.F64;
import lnr.kernels.Groups;
import lnr.kernels.I32;
import lnr.kernels.Layers.ConvShape;
import lnr.kernels.Scope;
import lnr.kernels.U8;

/** One operation with arguments that suit it: the catalogue for what is asked of all operations alike. */
public final class Operation {
    /** How long a buffer has to be. */
    enum Length {
        EXACT,
        AT_LEAST,
        /** Judged by what another argument refers to. */
        ANY
    }

    /** @param values array of the element type */
    record Argument(String name, Object values, boolean modified, Length length) {}

    /** Calls the operation. */
    @FunctionalInterface
    interface Call {
        void on(Device device, Buffers buffers);
    }

    /** Makes what calls of the operation share, in memory that a scope owns. */
    @FunctionalInterface
    interface Preparation {
        Runnable on(Scope scope, Buffers buffers);
    }

    private final String name;
    private final List<Argument> arguments = new ArrayList<>();
    private int[] starts = {0};
    private double[] weights = {};
    private Preparation preparation;
    private boolean waits;

    private Operation(String name) {
        this.name = name;
    }

    /** Every operation of a device; {@code large} ones are cut into several pieces of work. */
    public static List<Operation> all(Draw draw, boolean large) {
        List<Operation> all = new ArrayList<>();
        addBlas(all, draw, large);
        addGroupNorm(all, draw, large);
        addSupport(all, draw, large);
        addBlockDescent(all, draw, large ? 200 : 3, large ? 101 : 7);
        if (large) {
            addBlockDescent(all, draw, 1000, 40); // more rows than threads, and than shared memory has room for
        }
        addCorrelation(all, draw, large);
        addLayers(all, draw, large);
        addConvolution(all, draw, new ConvShape(1, 12, 8, 6, 5), large ? 257 : 3);
        addConvolution(all, draw, new ConvShape(11, 6, 8, 7, 3), large ? 257 : 3);
        return all;
    }

    List<Argument> arguments() {
        return arguments;
    }

    /** Whether the call returns a result, and so cannot be recorded. */
    boolean waits() {
        return waits;
    }

    /** The arguments' buffers, by position. */
    List<Buffer> buffers(Arena arena) {
        return arguments.stream().map(a -> arena.any(a.values(), a.modified())).toList();
    }

    /** The operation, to be run on {@code buffers}; what else it needs is the arena's. */
    Runnable on(Arena arena, List<Buffer> buffers) {
        return preparation.on(arena.scope(), new Buffers(buffers, arena.groups(starts, weights)));
    }

    /** Runs on buffers of its own; what each of them holds afterwards. */
    public List<long[]> results(Device device) {
        try (Arena arena = new Arena(device)) {
            List<Buffer> buffers = buffers(arena);
            on(arena, buffers).run();
            arena.verify();
            return buffers.stream().map(Arena::bits).toList();
        }
    }

    /** The arguments' buffers, by position, and the groups. */
    record Buffers(List<Buffer> all, Groups groups) {
        F32 f32(int i) {
            return (F32) all.get(i);
        }

        F64 f64(int i) {
            return (F64) all.get(i);
        }

        I32 i32(int i) {
            return (I32) all.get(i);
        }

        U8 u8(int i) {
            return (U8) all.get(i);
        }
    }

    private Operation in(String argument, Object values) {
        arguments.add(new Argument(argument, values, false, Length.EXACT));
        return this;
    }

    private Operation in(String argument, Object values, Length length) {
        arguments.add(new Argument(argument, values, false, length));
        return this;
    }

    private Operation out(String argument, Object values) {
        arguments.add(new Argument(argument, values, true, Length.EXACT));
        return this;
    }

    private Operation out(String argument, Object values, Length length) {
        arguments.add(new Argument(argument, values, true, length));
        return this;
    }

    private Operation over(int[] groupStarts, double[] groupWeights) {
        starts = groupStarts;
        weights = groupWeights;
        return this;
    }

    private Operation runs(Call body) {
        return prepares((scope, buffers) -> () -> body.on(scope.device(), buffers));
    }

    private Operation prepares(Preparation body) {
        preparation = body;
        return this;
    }

    private Operation returns(Call body) {
        waits = true;
        return runs(body);
    }

    private static void addBlas(List<Operation> all, Draw draw, boolean large) {
        int m = large ? 300 : 5;
        int n = large ? 250 : 4;
        int k = large ? 257 : 3;
        int v = large ? 100_003 : 7;
        all.add(new Operation("gemm in single precision")
                .in("a", draw.floats(m * k), Length.AT_LEAST)
                .in("b", draw.floats(k * n), Length.AT_LEAST)
                .out("c", draw.floats(m * n), Length.AT_LEAST)
                .runs((d, b) ->
                        d.blas().gemm(false, true, m, n, k, 0.5f, b.f32(0), m, b.f32(1), n, 2f, b.f32(2), m)));
        all.add(new Operation("gemm in double precision")
                .in("a", draw.doubles(m * k), Length.AT_LEAST)
                .in("b", draw.doubles(k * n), Length.AT_LEAST)
                .out("c", draw.doubles(m * n), Length.AT_LEAST)
                .runs((d, b) ->
                        d.blas().gemm(true, false, m, n, k, 0.5, b.f64(0), k, b.f64(1), k, 2, b.f64(2), m)));
        int few = large ? 40 : 2;
        all.add(new Operation("gemmStridedBatched in single precision")
                .in("a", draw.floats(few * few), Length.AT_LEAST)
                .in("b", draw.floats(3 * few * n), Length.AT_LEAST)
                .out("c", draw.floats(3 * few * n), Length.AT_LEAST)
                .runs((d, b) -> d.blas().gemmStridedBatched(
                        false, true, few, n, few, 0.5f, b.f32(0), few, 0, b.f32(1), n, few * n, 2f, b.f32(2), few,
                        few * n, 3)));
        all.add(new Operation("gemmStridedBatched in double precision")
                .in("a", draw.doubles(3 * few * few), Length.AT_LEAST)
                .in("b", draw.doubles(few * n), Length.AT_LEAST)
                .out("c", draw.doubles(3 * few * n), Length.AT_LEAST)
                .runs((d, b) -> d.blas().gemmStridedBatched(
                        true, false, few, n, few, 0.5, b.f64(0), few, few * few, b.f64(1), few, 0, 2, b.f64(2), few,
                        few * n, 3)));
        all.add(new Operation("gram")
                .in("a", draw.doubles(k * n))
                .out("c", draw.doubles(n * n))
                .runs((d, b) -> d.blas().gram(n, k, b.f64(0), b.f64(1))));
        all.add(new Operation("dot")
                .in("x", draw.doubles(v), Length.ANY)
                .in("y", draw.doubles(v))
                .out("out", new double[1], Length.AT_LEAST)
                .runs((d, b) -> d.blas().dot(b.f64(0), b.f64(1), b.f64(2))));
        all.add(new Operation("copy")
                .in("x", draw.doubles(v), Length.ANY)
                .out("y", draw.doubles(v))
                .runs((d, b) -> d.blas().copy(b.f64(0), b.f64(1))));
        all.add(new Operation("copy in single precision")
                .in("x", draw.floats(v), Length.ANY)
                .out("y", draw.floats(v))
                .runs((d, b) -> d.blas().copy(b.f32(0), b.f32(1))));
        all.add(new Operation("narrow")
                .in("x", draw.doubles(v), Length.ANY)
                .out("y", draw.floats(v))
                .runs((d, b) -> d.blas().narrow(b.f64(0), b.f32(1))));
        all.add(new Operation("axpy")
                .in("x", draw.doubles(v), Length.ANY)
                .out("y", draw.doubles(v))
                .runs((d, b) -> d.blas().axpy(0.3, b.f64(0), b.f64(1))));
        all.add(new Operation("addDiagonal")
                .out("a", draw.doubles(n * n))
                .in("v", draw.doubles(n))
                .runs((d, b) -> d.blas().addDiagonal(n, b.f64(0), b.f64(1))));
        all.add(new Operation("cholesky")
                .out("a", draw.positive(n))
                .returns((d, b) -> d.blas().cholesky(n, b.f64(0))));
        all.add(new Operation("cholesky without a wait")
                .out("a", draw.positive(n))
                .out("positive", new double[1], Length.AT_LEAST)
                .returns((d, b) -> d.blas().cholesky(n, b.f64(0), b.f64(1))));
        all.add(new Operation("choleskySolve")
                .in("l", draw.positive(n))
                .out("b", draw.doubles(m * n))
                .runs((d, b) -> d.blas().choleskySolve(m, n, b.f64(0), b.f64(1))));
        all.add(new Operation("choleskyInverse")
                .in("l", draw.positive(n))
                .out("out", new double[n * n])
                .out("work", new double[n * (n + 1)])
                .runs((d, b) -> d.blas().choleskyInverse(n, b.f64(0), b.f64(1), b.f64(2))));
        all.add(new Operation("eigen")
                .out("a", draw.symmetric(n))
                .out("w", new double[n])
                .returns((d, b) -> d.blas().eigen(n, b.f64(0), b.f64(1))));
        all.add(new Operation("largestEigenvalue")
                .in("a", draw.symmetric(n))
                .returns((d, b) -> d.blas().largestEigenvalue(n, b.f64(0))));
    }

    private static void addGroupNorm(List<Operation> all, Draw draw, boolean large) {
        int h = large ? 200 : 3;
        int w = large ? 501 : 7;
        double t = Math.sqrt(h) / 2;
        int[] starts = draw.starts(w - 1, 4);
        int count = starts.length - 1;
        double[] weights = draw.weights(count);
        all.add(new Operation("norms")
                .in("m", draw.doubles(h * (w - 1)), Length.AT_LEAST)
                .out("out", new double[count])
                .over(starts, weights)
                .runs((d, b) -> d.groupNorm().norms(h, b.groups(), b.f64(0), b.f64(1))));
        all.add(new Operation("penalty")
                .in("m", draw.doubles(h * (w - 1)), Length.AT_LEAST)
                .out("out", new double[1], Length.AT_LEAST)
                .over(starts, weights)
                .runs((d, b) -> d.groupNorm().penalty(h, b.groups(), b.f64(0), b.f64(1))));
        all.add(new Operation("prox")
                .in("m", draw.doubles(h * w))
                .out("out", new double[h * w])
                .over(starts, weights)
                .runs((d, b) -> d.groupNorm().prox(h, w, b.groups(), t, b.f64(0), b.f64(1))));
        all.add(new Operation("step")
                .in("u", new double[] {0.7}, Length.AT_LEAST)
                .in("m", draw.doubles(h * w))
                .in("mPrev", draw.doubles(h * w))
                .in("mr", draw.doubles(h * w))
                .in("mrPrev", draw.doubles(h * w))
                .in("c", draw.doubles(h * w))
                .out("next", new double[h * w])
                .out("stats", new double[5], Length.AT_LEAST)
                .over(starts, weights)
                .runs((d, b) -> d.groupNorm().step(
                        h, w, b.groups(), b.f64(0), 0.3, t / 2, b.f64(1), b.f64(2), b.f64(3), b.f64(4), b.f64(5),
                        b.f64(6), b.f64(7))));
        double[] motion = {1, 0, 0, 1, 0.3, 0.2, t, 2 * t};
        all.add(new Operation("restartedStep in double precision")
                .out("motion", motion, Length.AT_LEAST)
                .out("m", draw.doubles(2 * h * w))
                .out("g", draw.doubles(2 * h * w))
                .out("s", draw.doubles(2 * h * w))
                .in("sr", draw.doubles(2 * h * w))
                .out("stats", new double[10], Length.AT_LEAST)
                .over(starts, weights)
                .runs((d, b) -> d.groupNorm().restartedStep(
                        2, h, w, b.groups(), b.f64(0), b.f64(1), b.f64(2), b.f64(3), b.f64(4), b.f64(5))));
        all.add(new Operation("restartedStep in single precision")
                .out("motion", motion, Length.AT_LEAST)
                .out("m", draw.doubles(2 * h * w))
                .out("g", draw.doubles(2 * h * w))
                .out("s", draw.floats(2 * h * w))
                .in("sr", draw.floats(2 * h * w))
                .out("stats", new double[10], Length.AT_LEAST)
                .over(starts, weights)
                .runs((d, b) -> d.groupNorm().restartedStep(
                        2, h, w, b.groups(), b.f64(0), b.f64(1), b.f64(2), b.f32(3), b.f32(4), b.f64(5))));
        all.add(new Operation("gapSums")
                .in("m", draw.doubles(2 * h * w))
                .in("mr", draw.doubles(2 * h * w))
                .in("c", draw.doubles(2 * h * w))
                .out("g", new double[2 * h * w])
                .out("sums", new double[12], Length.AT_LEAST)
                .over(starts, weights)
                .runs((d, b) -> d.groupNorm().gapSums(
                        2, h, w, b.groups(), b.f64(0), b.f64(1), b.f64(2), b.f64(3), b.f64(4))));
        all.add(new Operation("variationalDiagonal")
                .in("m", draw.doubles(h * w))
                .out("out", new double[w])
                .over(starts, weights)
                .runs((d, b) ->
                        d.groupNorm().variationalDiagonal(h, w, b.groups(), 0.1, 1e-6, b.f64(0), b.f64(1))));
    }

    private static void addSupport(List<Operation> all, Draw draw, boolean large) {
        int h = large ? 200 : 3;
        int d = large ? 301 : 9;
        int n = large ? 130 : 4;
        int[] columns = new int[n];
        Arrays.setAll(columns, i -> 2 * i + 1);
        all.add(new Operation("gather")
                .in("columns", columns, Length.ANY)
                .in("m", draw.doubles(h * d), Length.ANY)
                .out("out", new double[h * n])
                .runs((v, b) -> v.support().gather(h, b.i32(0), b.f64(1), b.f64(2))));
        all.add(new Operation("scatter")
                .in("columns", columns, Length.ANY)
                .in("in", draw.doubles(h * n))
                .out("m", draw.doubles(h * d), Length.ANY)
                .runs((v, b) -> v.support().scatter(h, b.i32(0), b.f64(1), b.f64(2))));
        all.add(new Operation("submatrix")
                .in("columns", columns, Length.ANY)
                .in("r", draw.symmetric(d))
                .out("out", new double[n * n])
                .runs((v, b) -> v.support().submatrix(d, b.i32(0), b.f64(1), b.f64(2))));
        int[] each = new int[n + 1];
        Arrays.setAll(each, k -> k);
        addSupport(all, draw, h, each);
        addSupport(all, draw, h, draw.starts(n, 9));
    }

    private static void addSupport(List<Operation> all, Draw draw, int h, int[] starts) {
        int count = starts.length - 1;
        int n = starts[count];
        double[] weights = draw.weights(count);
        String of = count == n ? " of columns" : " of groups";
        all.add(new Operation("slope" + of)
                .in("m", draw.doubles(h * n))
                .in("g", draw.doubles(h * n))
                .out("hat", new double[h * n])
                .out("slope", new double[h * n])
                .out("shift", new double[n])
                .over(starts, weights)
                .runs((d, b) -> d.support()
                        .slope(h, b.groups(), 0.3, 0.1, b.f64(0), b.f64(1), b.f64(2), b.f64(3), b.f64(4))));
        all.add(new Operation("complement" + of)
                .in("shift", draw.weights(n))
                .in("a", draw.symmetric(n))
                .in("b", draw.symmetric(n))
                .out("t", new double[count * count])
                .over(starts, weights)
                .runs((d, b) -> d.support().complement(b.groups(), b.f64(0), b.f64(1), b.f64(2), b.f64(3))));
        all.add(new Operation("inner" + of)
                .in("a", draw.doubles(h * n))
                .in("b", draw.doubles(h * n))
                .out("out", new double[count])
                .over(starts, weights)
                .runs((d, b) -> d.support().inner(h, b.groups(), b.f64(0), b.f64(1), b.f64(2))));
        all.add(new Operation("addScaled" + of)
                .in("c", draw.doubles(count))
                .in("x", draw.doubles(h * n))
                .out("y", draw.doubles(h * n))
                .over(starts, weights)
                .runs((d, b) -> d.support().addScaled(h, b.groups(), b.f64(0), b.f64(1), b.f64(2))));
        all.add(new Operation("retreat" + of)
                .in("m", draw.doubles(h * n))
                .in("d", draw.doubles(h * n))
                .out("out", new double[h * n])
                .over(starts, weights)
                .runs((d, b) -> d.support().retreat(h, b.groups(), 0.9, b.f64(0), b.f64(1), b.f64(2))));
    }

    private static void addBlockDescent(List<Operation> all, Draw draw, int h, int d) {
        int[] starts = draw.starts(d, 5);
        all.add(new Operation("a pass of block descent, " + h + " rows")
                .in("r", draw.positive(d))
                .in("c", draw.doubles(h * d))
                .out("m", draw.doubles(h * d))
                .out("g", draw.doubles(h * d))
                .over(starts, draw.weights(starts.length - 1))
                .prepares((scope, b) -> {
                    BlockDescent.Passes passes =
                            scope.device().blockDescent().prepare(scope, h, b.groups(), b.f64(0), b.f64(1));
                    return () -> passes.run(0.9 * Math.sqrt(h), b.f64(2), b.f64(3));
                }));
    }

    private static void addCorrelation(List<Operation> all, Draw draw, boolean large) {
        int n = large ? 300 : 5;
        int h = large ? 100 : 2;
        int w = large ? 200 : 3;
        all.add(new Operation("addGram")
                .in("x", draw.floats(n * w))
                .out("s", draw.symmetric(w + 1))
                .runs((d, b) -> d.correlation().addGram(n, w, true, b.f32(0), b.f64(1))));
        all.add(new Operation("addCross")
                .in("y", draw.floats(n * h))
                .in("x", draw.floats(n * w))
                .out("s", draw.doubles(h * (w + 1)))
                .runs((d, b) -> d.correlation().addCross(n, h, w, true, b.f32(0), b.f32(1), b.f64(2))));
        int k = large ? 5 : 2;
        int f = large ? 7 : 2; // channels of maps of 12 x 9, or 4 x 3
        int patch = f * k * k + 1;
        all.add(new Operation("addPatchGram")
                .in("x", draw.floats(n * f * (large ? 12 * 9 : 4 * 3)))
                .out("s", draw.symmetric(patch))
                .runs((d, b) -> d.correlation()
                        .addPatchGram(n, f, large ? 12 : 4, large ? 9 : 3, k, true, b.f32(0), b.f64(1))));
        all.add(new Operation("addSquares")
                .in("y", draw.floats(n * h))
                .out("s", draw.doubles(1), Length.AT_LEAST)
                .runs((d, b) -> d.correlation().addSquares(n, h, b.f32(0), b.f64(1))));
    }

    private static void addLayers(List<Operation> all, Draw draw, boolean large) {
        int n = large ? 257 : 3;
        // Odd, so that rows begin at any address that a number of theirs may have.
        int i = large ? 301 : 5;
        int o = large ? 200 : 2;
        int v = large ? 100_003 : 7;
        all.add(new Operation("gatherImages")
                .in("images", draw.bytes(9 * i, 256), Length.ANY)
                .in("order", draw.indices(n, 9))
                .out("x", new float[n * i])
                .runs((d, b) -> d.layers().gatherImages(n, i, b.u8(0), b.i32(1), 0.1f, 0.3f, b.f32(2))));
        all.add(new Operation("gatherShifted")
                .in("images", draw.bytes(9 * 3 * i, 256), Length.ANY)
                .in("order", draw.indices(n, 9))
                .in("shifts", draw.indices(2 * 9, 3))
                .out("x", new float[n * 3 * i])
                .runs((d, b) ->
                        d.layers().gatherShifted(n, 3, i, b.u8(0), b.i32(1), b.i32(2), 0.1f, 0.3f, b.f32(3))));
        all.add(new Operation("gatherLabels")
                .in("labels", draw.bytes(9, 256), Length.ANY)
                .in("order", draw.indices(n, 9))
                .out("y", new byte[n])
                .runs((d, b) -> d.layers().gatherLabels(n, b.u8(0), b.i32(1), b.u8(2))));
        all.add(new Operation("gatherRows")
                .in("rows", draw.floats(9 * i), Length.ANY)
                .in("order", draw.indices(n, 9))
                .out("x", new float[n * i])
                .runs((d, b) -> d.layers().gatherRows(n, i, b.f32(0), b.i32(1), b.f32(2))));
        all.add(new Operation("dense")
                .in("x", draw.floats(n * i))
                .in("w", draw.floats(o * i))
                .in("b", draw.floats(o))
                .out("y", new float[n * o])
                .runs((d, b) -> d.layers().dense(n, i, o, true, b.f32(0), b.f32(1), b.f32(2), b.f32(3))));
        all.add(new Operation("denseBackward")
                .in("x", draw.floats(n * i))
                .in("w", draw.floats(o * i))
                .in("y", draw.floats(n * o))
                .out("dy", draw.floats(n * o))
                .out("dx", new float[n * i])
                .out("dw", new float[o * i])
                .out("db", new float[o])
                .runs((d, b) -> d.layers().denseBackward(
                        n, i, o, true, b.f32(0), b.f32(1), b.f32(2), b.f32(3), b.f32(4), b.f32(5), b.f32(6))));
        all.add(new Operation("crossEntropy")
                .in("z", draw.floats(n * o))
                .in("labels", draw.bytes(n, o))
                .out("dz", new float[n * o])
                .out("sums", draw.doubles(2), Length.AT_LEAST)
                .runs((d, b) -> d.layers().crossEntropy(n, o, b.f32(0), b.u8(1), b.f32(2), b.f64(3))));
        all.add(new Operation("distillation")
                .in("z", draw.floats(n * o))
                .in("t", draw.floats(n * o))
                .in("labels", draw.bytes(n, o))
                .out("dz", new float[n * o])
                .out("sums", draw.doubles(2), Length.AT_LEAST)
                .runs((d, b) -> d.layers()
                        .distillation(n, o, 2, 0.7, b.f32(0), b.f32(1), b.u8(2), b.f32(3), b.f64(4))));
        all.add(new Operation("adam")
                .out("steps", new int[] {7}, Length.AT_LEAST)
                .in("g", draw.floats(v), Length.ANY)
                .out("m", new float[v])
                .out("v", new float[v])
                .out("w", draw.floats(v))
                .runs((d, b) ->
                        d.layers().adam(b.i32(0), 1e-3, 0.9, 0.999, 1e-8, b.f32(1), b.f32(2), b.f32(3), b.f32(4))));
    }

    private static void addConvolution(List<Operation> all, Draw draw, ConvShape shape, int n) {
        int size = n * shape.outputs();
        int weights = shape.filters() * shape.patch();
        all.add(new Operation("convolve " + shape)
                .in("x", draw.floats(n * shape.inputs()))
                .in("w", draw.floats(weights))
                .in("b", draw.floats(shape.filters()))
                .out("y", new float[size])
                .out("winner", new byte[size])
                .runs((d, b) ->
                        d.layers().convolve(shape, n, b.f32(0), b.f32(1), b.f32(2), b.f32(3), b.u8(4))));
        all.add(new Operation("convolveBackward " + shape)
                .in("x", draw.floats(n * shape.inputs()))
                .in("w", draw.floats(weights))
                .in("winner", draw.bytes(size, 5))
                .in("dy", draw.floats(size))
                .out("dx", new float[n * shape.inputs()])
                .out("dw", new float[weights])
                .out("db", new float[shape.filters()])
                .runs((d, b) -> d.layers().convolveBackward(
                        shape, n, b.f32(0), b.f32(1), b.u8(2), b.f32(3), b.f32(4), b.f32(5), b.f32(6))));
    }

    @Override
    public String toString() {
        return name;
    }
}
