package lnr.bench;

import java.util.Random;
import java.util.concurrent.TimeUnit;
import lnr.kernels.F32;
import lnr.kernels.F64;
import lnr.kernels.I32;
import lnr.kernels.Layers.ConvShape;
import lnr.kernels.Scope;
import lnr.kernels.U8;
import lnr.lenet.network.Architecture;
import lnr.lenet.network.Architecture.Layer;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** The operations of {@link lnr.kernels.Layers} at the shapes of LeNet-5, in a training batch. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class LayersBenchmark {
    private static final int PIXELS = Architecture.SIDE * Architecture.SIDE;

    /** A convolution with its pooling and ReLU, forward and backward. */
    @State(org.openjdk.jmh.annotations.Scope.Benchmark)
    public static class Convolution extends OnDevice {
        /** The layer: {@code conv1} or {@code conv2}. */
        @Param({"conv1", "conv2"})
        public String layer;

        /** Samples of the batch. */
        @Param("256")
        public int batch;

        private ConvShape shape;
        private F32 x; // (batch, channels, height, width)
        private F32 w; // (filters, channels, k, k)
        private F32 b; // (filters)
        private F32 y; // (batch, filters, pooledHeight, pooledWidth)
        private U8 winner; // as y
        private F32 dy; // as y
        private F32 dx; // as x; null for conv1, whose input has no gradient
        private F32 dw; // as w
        private F32 db; // as b

        @Override
        void prepare(Scope scope) {
            shape = switch (layer) {
                case "conv1" -> Architecture.LENET5.first();
                case "conv2" -> Architecture.LENET5.second();
                default -> throw new IllegalArgumentException("layer: expected conv1 or conv2, got '" + layer + "'");
            };
            x = normal32((long) batch * shape.inputs());
            w = normal32((long) shape.filters() * shape.patch());
            b = normal32(shape.filters());
            y = scope.f32((long) batch * shape.outputs());
            winner = scope.u8((long) batch * shape.outputs());
            dy = normal32((long) batch * shape.outputs());
            dx = shape.channels() == 1 ? null : scope.f32((long) batch * shape.inputs());
            dw = scope.f32((long) shape.filters() * shape.patch());
            db = scope.f32(shape.filters());
            on().layers().convolve(shape, batch, x, w, b, y, winner);
        }

        /** Flops of the products of one direction, every position counted. */
        private double flops() {
            return 2.0 * batch * 4 * shape.outputs() * shape.patch();
        }
    }

    /** A dense layer, forward and backward. */
    @State(org.openjdk.jmh.annotations.Scope.Benchmark)
    public static class Dense extends OnDevice {
        /** The layer: {@code fc1}, which has a ReLU, or {@code fc2}. */
        @Param({"fc1", "fc2"})
        public String layer;

        /** Samples of the batch. */
        @Param("256")
        public int batch;

        private int inputs;
        private int outputs;
        private boolean relu;
        private F32 x; // (batch, inputs)
        private F32 w; // (outputs, inputs)
        private F32 b; // (outputs)
        private F32 y; // (batch, outputs)
        private F32 dy; // (batch, outputs)
        private F32 dx; // as x
        private F32 dw; // as w
        private F32 db; // as b

        @Override
        void prepare(Scope scope) {
            Layer shape = Architecture.LENET5.layers().stream()
                    .filter(l -> l.name().equals(layer) && l.shape().size() == 2)
                    .findFirst()
                    .orElseThrow(() ->
                            new IllegalArgumentException("layer: expected fc1 or fc2, got '" + layer + "'"));
            inputs = shape.inputs();
            outputs = shape.outputs();
            relu = layer.equals("fc1");
            x = normal32((long) batch * inputs);
            w = normal32((long) outputs * inputs);
            b = normal32(outputs);
            y = scope.f32((long) batch * outputs);
            dy = normal32((long) batch * outputs);
            dx = scope.f32((long) batch * inputs);
            dw = scope.f32((long) outputs * inputs);
            db = scope.f32(outputs);
            on().layers().dense(batch, inputs, outputs, relu, x, w, b, y);
        }
    }

    /** Logits with their labels. */
    @State(org.openjdk.jmh.annotations.Scope.Benchmark)
    public static class Logits extends OnDevice {
        /** Samples of the batch. */
        @Param("256")
        public int batch;

        private F32 z; // (batch, 10)
        private F32 t; // (batch, 10)
        private U8 labels; // (batch)
        private F32 dz; // (batch, 10)
        private F64 sums; // loss, correct

        @Override
        void prepare(Scope scope) {
            z = normal32(10L * batch);
            t = normal32(10L * batch);
            byte[] classes = new byte[batch];
            for (int i = 0; i < batch; i++) {
                classes[i] = (byte) (i % 10);
            }
            labels = scope.u8(classes);
            dz = scope.f32(10L * batch);
            sums = scope.f64(2);
        }
    }

    /** Parameters with what Adam keeps of them. */
    @State(org.openjdk.jmh.annotations.Scope.Benchmark)
    public static class Parameters extends OnDevice {
        private I32 steps; // (1)
        private F32 slope;
        private F32 first;
        private F32 second;
        private F32 values;

        @Override
        void prepare(Scope scope) {
            int count = Architecture.LENET5.parameters();
            steps = scope.i32(1);
            slope = normal32(count);
            first = scope.f32(count);
            second = scope.f32(count);
            values = normal32(count);
        }
    }

    /** MNIST's number of images, of random bytes, in a random order. */
    @State(org.openjdk.jmh.annotations.Scope.Benchmark)
    public static class Images extends OnDevice {
        /** Images to choose from. */
        @Param("60000")
        public int count;

        /** Samples of the batch. */
        @Param("256")
        public int batch;

        private int from;
        private U8 images; // (count, 784)
        private U8 labels; // (count)
        private I32 order; // (count)
        private I32 shifts; // (count, 2)
        private F32 x; // (batch, 784)
        private U8 y; // (batch)
        private F32 logits; // (count, 10)
        private F32 z; // (batch, 10)

        @Override
        void prepare(Scope scope) {
            Random random = new Random(2);
            byte[] bytes = new byte[count * PIXELS];
            random.nextBytes(bytes);
            images = scope.u8(bytes);
            labels = scope.u8(count);
            order = scope.i32(random.ints(count, 0, count).toArray());
            shifts = scope.i32(random.ints(2L * count, -1, 2).toArray());
            x = scope.f32((long) batch * PIXELS);
            y = scope.u8(batch);
            logits = scope.f32(10L * count);
            z = scope.f32(10L * batch);
        }

        /** The next batch's part of the order, so that images come from memory, not from a cache. */
        private I32 next() {
            from = from + 2 * batch > count ? 0 : from + batch;
            return order.slice(from, batch);
        }
    }

    /** Y = relu(maxpool(conv(X, W) + b)), with the winners. */
    @Benchmark
    public void convolve(Convolution s, Work work) {
        s.on().layers().convolve(s.shape, s.batch, s.x, s.w, s.b, s.y, s.winner);
        s.on().synchronize();
        work.flops(s.flops());
    }

    /** {@link #convolve} without winners, as no backward pass follows. */
    @Benchmark
    public void convolveOnly(Convolution s, Work work) {
        s.on().layers().convolve(s.shape, s.batch, s.x, s.w, s.b, s.y, null);
        s.on().synchronize();
        work.flops(s.flops());
    }

    /** The gradients of {@link #convolve}: two products for conv2, one for conv1, whose input needs none. */
    @Benchmark
    public void convolveBackward(Convolution s, Work work) {
        s.on().layers().convolveBackward(s.shape, s.batch, s.x, s.w, s.winner, s.dy, s.dx, s.dw, s.db);
        s.on().synchronize();
        work.flops((s.dx == null ? 1 : 2) * s.flops());
    }

    /** Y = X W' + b, and ReLU. */
    @Benchmark
    public void dense(Dense s, Work work) {
        s.on().layers().dense(s.batch, s.inputs, s.outputs, s.relu, s.x, s.w, s.b, s.y);
        s.on().synchronize();
        work.flops(2.0 * s.batch * s.inputs * s.outputs);
    }

    /** The gradients of {@link #dense}: two products. */
    @Benchmark
    public void denseBackward(Dense s, Work work) {
        s.on().layers()
                .denseBackward(s.batch, s.inputs, s.outputs, s.relu, s.x, s.w, s.y, s.dy, s.dx, s.dw, s.db);
        s.on().synchronize();
        work.flops(4.0 * s.batch * s.inputs * s.outputs);
    }

    /** The loss, its gradient, and the correct predictions. */
    @Benchmark
    public void crossEntropy(Logits s, Work work) {
        s.on().layers().crossEntropy(s.batch, 10, s.z, s.labels, s.dz, s.sums);
        s.on().synchronize();
        work.bytes(81.0 * s.batch);
    }

    /** The loss against labels and a teacher, and its gradient. */
    @Benchmark
    public void distillation(Logits s, Work work) {
        s.on().layers().distillation(s.batch, 10, 2, 0.7, s.z, s.t, s.labels, s.dz, s.sums);
        s.on().synchronize();
        work.bytes(121.0 * s.batch);
    }

    /** One step on all parameters of LeNet-5: four reads and three writes of each. */
    @Benchmark
    public void adam(Parameters s, Work work) {
        s.on().layers().adam(s.steps, 1e-3, 0.9, 0.999, 1e-8, s.slope, s.first, s.second, s.values);
        s.on().synchronize();
        work.bytes(28.0 * s.values.length());
    }

    /** Bytes to normalised numbers, in a random order. */
    @Benchmark
    public void gatherImages(Images s, Work work) {
        s.on().layers().gatherImages(s.batch, PIXELS, s.images, s.next(), 0.1307f, 0.3081f, s.x);
        s.on().synchronize();
        work.bytes(5.0 * s.batch * PIXELS);
    }

    /** The same of images moved by a pixel at most. */
    @Benchmark
    public void gatherShifted(Images s, Work work) {
        int side = Architecture.SIDE;
        s.on().layers().gatherShifted(s.batch, side, side, s.images, s.next(), s.shifts, 0.1307f, 0.3081f, s.x);
        s.on().synchronize();
        work.bytes(5.0 * s.batch * PIXELS);
    }

    /** Labels in a random order: an index, a byte and a byte each. */
    @Benchmark
    public void gatherLabels(Images s, Work work) {
        s.on().layers().gatherLabels(s.batch, s.labels, s.next(), s.y);
        s.on().synchronize();
        work.bytes(6.0 * s.batch);
    }

    /** Ten numbers an image in a random order: a read and a write each, and an index. */
    @Benchmark
    public void gatherRows(Images s, Work work) {
        s.on().layers().gatherRows(s.batch, 10, s.logits, s.next(), s.z);
        s.on().synchronize();
        work.bytes(84.0 * s.batch);
    }
}
