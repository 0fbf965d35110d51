package lnr.kernels.cpu;

import static lnr.kernels.Shapes.atLeast;
import static lnr.kernels.Shapes.exactly;
import static lnr.kernels.Shapes.positive;
import static lnr.kernels.Shapes.share;

import java.util.function.IntConsumer;
import lnr.kernels.Blas;
import lnr.kernels.F32;
import lnr.kernels.F64;
import lnr.kernels.I32;
import lnr.kernels.Layers;
import lnr.kernels.U8;

/** The network's layers: products by OpenBLAS, the rest in loops over rows that threads share. */
final class CpuLayers extends CpuOperations implements Layers {
    /** Numbers in a piece of an elementwise operation. */
    private static final double BLOCK = 1 << 14;

    private final Blas blas;
    private final CpuConvolution convolution;

    CpuLayers(CpuDevice device, Blas blas) {
        super(device);
        this.blas = blas;
        this.convolution = new CpuConvolution(device);
    }

    @Override
    public void gatherImages(int n, int size, U8 images, I32 order, float mean, float deviation, F32 x) {
        exactly("order", order, n);
        exactly("x", x, (long) n * size);
        byte[] bytes = array(images);
        int[] indices = array(order);
        float[] xa = array(x);
        requireIndices(n, indices, at(order), images.length() / Math.max(1, size));
        float[] value = normalised(mean, deviation);
        rows(n, size, i -> {
            int from = at(images) + indices[at(order) + i] * size;
            int to = at(x) + i * size;
            for (int k = 0; k < size; k++) {
                xa[to + k] = value[bytes[from + k] & 0xff];
            }
        });
    }

    @Override
    public void gatherShifted(
            int n,
            int height,
            int width,
            U8 images,
            I32 order,
            I32 shifts,
            float mean,
            float deviation,
            F32 x) {
        atLeast("height", height, 0);
        atLeast("width", width, 0);
        int size = Math.multiplyExact(height, width);
        long count = images.length() / Math.max(1, size);
        exactly("order", order, n);
        exactly("shifts", shifts, 2 * count);
        exactly("x", x, (long) n * size);
        byte[] bytes = array(images);
        int[] indices = array(order);
        int[] ways = array(shifts);
        float[] xa = array(x);
        requireIndices(n, indices, at(order), count);
        float[] value = normalised(mean, deviation);
        rows(n, size, i -> {
            int image = indices[at(order) + i];
            int down = ways[at(shifts) + 2 * image];
            int right = ways[at(shifts) + 2 * image + 1];
            int to = at(x) + i * size;
            for (int row = 0; row < height; row++) {
                int above = row - down; // these wrap around far outside of the image
                int from = at(images) + image * size + above * width;
                for (int column = 0; column < width; column++) {
                    int left = column - right;
                    boolean inside = above >= 0 && above < height && left >= 0 && left < width;
                    xa[to + row * width + column] = value[inside ? bytes[from + left] & 0xff : 0];
                }
            }
        });
    }

    /** What each byte becomes. */
    private static float[] normalised(float mean, float deviation) {
        float[] value = new float[256];
        for (int i = 0; i < 256; i++) {
            value[i] = (i / 255f - mean) / deviation;
        }
        return value;
    }

    @Override
    public void gatherLabels(int n, U8 labels, I32 order, U8 y) {
        exactly("order", order, n);
        exactly("y", y, n);
        byte[] la = array(labels);
        int[] indices = array(order);
        byte[] ya = array(y);
        requireIndices(n, indices, at(order), labels.length());
        for (int i = 0; i < n; i++) {
            ya[at(y) + i] = la[at(labels) + indices[at(order) + i]];
        }
    }

    @Override
    public void gatherRows(int n, int size, F32 rows, I32 order, F32 x) {
        exactly("order", order, n);
        exactly("x", x, (long) n * size);
        float[] from = array(rows);
        int[] indices = array(order);
        float[] xa = array(x);
        requireIndices(n, indices, at(order), rows.length() / Math.max(1, size));
        for (int i = 0; i < n; i++) {
            System.arraycopy(from, at(rows) + indices[at(order) + i] * size, xa, at(x) + i * size, size);
        }
    }

    @Override
    public void convolve(ConvShape shape, int n, F32 x, F32 w, F32 b, F32 y, U8 winner) {
        exactly("x", x, (long) n * shape.inputs());
        exactly("w", w, (long) shape.filters() * shape.patch());
        exactly("b", b, shape.filters());
        exactly("y", y, (long) n * shape.outputs());
        if (winner != null) {
            exactly("winner", winner, (long) n * shape.outputs());
        }
        convolution.forward(shape, n, x, w, b, y, winner);
    }

    @Override
    public void convolveBackward(ConvShape shape, int n, F32 x, F32 w, U8 winner, F32 dy, F32 dx, F32 dw, F32 db) {
        exactly("x", x, (long) n * shape.inputs());
        exactly("w", w, (long) shape.filters() * shape.patch());
        exactly("winner", winner, (long) n * shape.outputs());
        exactly("dy", dy, (long) n * shape.outputs());
        exactly("dw", dw, (long) shape.filters() * shape.patch());
        exactly("db", db, shape.filters());
        if (dx != null) {
            exactly("dx", dx, (long) n * shape.inputs());
        }
        convolution.backward(shape, n, x, w, winner, dy, dx, dw, db);
    }

    @Override
    public void dense(int n, int inputs, int outputs, boolean relu, F32 x, F32 w, F32 b, F32 y) {
        exactly("x", x, (long) n * inputs);
        exactly("w", w, (long) outputs * inputs);
        exactly("b", b, outputs);
        exactly("y", y, (long) n * outputs);
        // Rows of X, W and Y are contiguous: column-major, they are X', W' and Y' = W X'. Y starts as the bias.
        requireOpen(x, w);
        float[] ba = array(b);
        float[] ya = array(y);
        rows(n, outputs, i -> System.arraycopy(ba, at(b), ya, at(y) + i * outputs, outputs));
        blas.gemm(
                true, false, outputs, n, inputs, 1f, w, Math.max(1, inputs), x, Math.max(1, inputs), 1f, y,
                Math.max(1, outputs));
        if (relu) {
            rows(n, outputs, i -> {
                int end = at(y) + (i + 1) * outputs;
                for (int k = at(y) + i * outputs; k < end; k++) {
                    ya[k] = Math.max(ya[k], 0);
                }
            });
        }
    }

    @Override
    public void denseBackward(
            int n, int inputs, int outputs, boolean relu, F32 x, F32 w, F32 y, F32 dy, F32 dx, F32 dw, F32 db) {
        exactly("x", x, (long) n * inputs);
        exactly("w", w, (long) outputs * inputs);
        exactly("dy", dy, (long) n * outputs);
        exactly("dx", dx, (long) n * inputs);
        exactly("dw", dw, (long) outputs * inputs);
        exactly("db", db, outputs);
        requireOpen(x, w, dx, dw, db);
        float[] ga = array(dy);
        if (relu) {
            exactly("y", y, (long) n * outputs);
            float[] ya = array(y);
            rows(n, outputs, i -> {
                int yo = at(y) + i * outputs;
                int go = at(dy) + i * outputs;
                for (int k = 0; k < outputs; k++) {
                    ga[go + k] = ya[yo + k] > 0 ? ga[go + k] : 0;
                }
            });
        }
        db.clear();
        float[] ba = array(db);
        for (int i = 0; i < n; i++) {
            int go = at(dy) + i * outputs;
            int bo = at(db);
            for (int k = 0; k < outputs; k++) {
                ba[bo + k] += ga[go + k];
            }
        }
        int ldIn = Math.max(1, inputs);
        int ldOut = Math.max(1, outputs);
        blas.gemm(false, true, inputs, outputs, n, 1f, x, ldIn, dy, ldOut, 0f, dw, ldIn);
        blas.gemm(false, false, inputs, n, outputs, 1f, w, ldIn, dy, ldOut, 0f, dx, ldIn);
    }

    @Override
    public void crossEntropy(int n, int classes, F32 z, U8 labels, F32 dz, F64 sums) {
        exactly("z", z, (long) n * classes);
        exactly("labels", labels, n);
        atLeast("sums", sums, 2);
        if (dz != null) {
            exactly("dz", dz, (long) n * classes);
        }
        float[] za = array(z);
        byte[] la = array(labels);
        float[] ga = dz == null ? null : array(dz);
        double[] out = array(sums);
        for (int i = 0; i < n; i++) {
            int label = la[at(labels) + i] & 0xff;
            if (label >= classes) {
                throw new IllegalArgumentException("labels: expected below " + classes + ", got " + label);
            }
        }
        int pieces = Pieces.of((double) n * classes, 1 << 10);
        double[] loss = new double[pieces];
        int[] correct = new int[pieces];
        workers.run(pieces, piece -> {
            int end = Pieces.start(piece + 1, pieces, n, 1);
            double[] weight = new double[classes];
            for (int i = Pieces.start(piece, pieces, n, 1); i < end; i++) {
                int zo = at(z) + i * classes;
                int label = la[at(labels) + i] & 0xff;
                int best = 0;
                for (int k = 1; k < classes; k++) {
                    best = za[zo + k] > za[zo + best] ? k : best;
                }
                double top = za[zo + best];
                double total = 0;
                for (int k = 0; k < classes; k++) {
                    weight[k] = Math.exp(za[zo + k] - top);
                    total += weight[k];
                }
                loss[piece] += Math.log(total) + top - za[zo + label];
                correct[piece] += best == label ? 1 : 0;
                if (ga != null) {
                    int go = at(dz) + i * classes;
                    for (int k = 0; k < classes; k++) {
                        ga[go + k] = (float) ((weight[k] / total - (k == label ? 1 : 0)) / n);
                    }
                }
            }
        });
        for (int piece = 0; piece < pieces; piece++) {
            out[at(sums)] += loss[piece];
            out[at(sums) + 1] += correct[piece];
        }
    }

    @Override
    public void distillation(
            int n, int classes, double temperature, double share, F32 z, F32 t, U8 labels, F32 dz, F64 sums) {
        exactly("z", z, (long) n * classes);
        exactly("t", t, (long) n * classes);
        exactly("labels", labels, n);
        exactly("dz", dz, (long) n * classes);
        atLeast("sums", sums, 2);
        positive("temperature", temperature);
        share("share", share);
        float[] za = array(z);
        float[] ta = array(t);
        byte[] la = array(labels);
        float[] ga = array(dz);
        double[] out = array(sums);
        for (int i = 0; i < n; i++) {
            int label = la[at(labels) + i] & 0xff;
            if (label >= classes) {
                throw new IllegalArgumentException("labels: expected below " + classes + ", got " + label);
            }
        }
        int pieces = Pieces.of((double) n * classes, 1 << 10);
        double[] loss = new double[pieces];
        int[] correct = new int[pieces];
        workers.run(pieces, piece -> {
            int end = Pieces.start(piece + 1, pieces, n, 1);
            double[] hard = new double[classes];
            double[] soft = new double[classes];
            double[] wanted = new double[classes];
            for (int i = Pieces.start(piece, pieces, n, 1); i < end; i++) {
                int zo = at(z) + i * classes;
                int label = la[at(labels) + i] & 0xff;
                int best = logSoftmax(za, zo, classes, 1, hard);
                logSoftmax(za, zo, classes, temperature, soft);
                logSoftmax(ta, at(t) + i * classes, classes, temperature, wanted);
                double divergence = 0;
                for (int k = 0; k < classes; k++) {
                    double q = Math.exp(wanted[k]);
                    divergence += q * (wanted[k] - soft[k]);
                    double slope = (1 - share) * (Math.exp(hard[k]) - (k == label ? 1 : 0))
                            + share * temperature * (Math.exp(soft[k]) - q);
                    ga[at(dz) + i * classes + k] = (float) (slope / n);
                }
                loss[piece] += share * temperature * temperature * divergence - (1 - share) * hard[label];
                correct[piece] += best == label ? 1 : 0;
            }
        });
        for (int piece = 0; piece < pieces; piece++) {
            out[at(sums)] += loss[piece];
            out[at(sums) + 1] += correct[piece];
        }
    }

    /** log softmax(z / T) into {@code out}; returns the place of the first largest z. */
    private static int logSoftmax(float[] z, int from, int classes, double temperature, double[] out) {
        int best = 0;
        for (int k = 1; k < classes; k++) {
            best = z[from + k] > z[from + best] ? k : best;
        }
        double total = 0;
        for (int k = 0; k < classes; k++) {
            out[k] = ((double) z[from + k] - z[from + best]) / temperature;
            total += Math.exp(out[k]);
        }
        double log = Math.log(total);
        for (int k = 0; k < classes; k++) {
            out[k] -= log;
        }
        return best;
    }

    @Override
    public void adam(I32 steps, double rate, double beta1, double beta2, double epsilon, F32 g, F32 m, F32 v, F32 w) {
        atLeast("steps", steps, 1);
        exactly("m", m, g.length());
        exactly("v", v, g.length());
        exactly("w", w, g.length());
        float[] ga = array(g);
        float[] ma = array(m);
        float[] va = array(v);
        float[] wa = array(w);
        int t = ++array(steps)[at(steps)];
        float stride = (float) (rate / (1 - Math.pow(beta1, t)));
        float correction = (float) (1 / Math.sqrt(1 - Math.pow(beta2, t)));
        float b1 = (float) (1 - beta1);
        float b2 = (float) beta2;
        float c2 = (float) (1 - beta2);
        float eps = (float) epsilon;
        int n = (int) g.length();
        int pieces = Pieces.of(n, BLOCK);
        workers.run(pieces, piece -> {
            int end = Pieces.start(piece + 1, pieces, n, 16);
            int go = at(g);
            int mo = at(m);
            int vo = at(v);
            int wo = at(w);
            for (int i = Pieces.start(piece, pieces, n, 16); i < end; i++) {
                float slope = ga[go + i];
                float first = ma[mo + i] + b1 * (slope - ma[mo + i]);
                float second = b2 * va[vo + i] + c2 * slope * slope;
                ma[mo + i] = first;
                va[vo + i] = second;
                wa[wo + i] -= stride * first / ((float) Math.sqrt(second) * correction + eps);
            }
        });
    }

    /** Runs {@code body} for each of {@code n} rows of {@code width} numbers. */
    private void rows(int n, int width, IntConsumer body) {
        int pieces = Pieces.of((double) n * width, BLOCK);
        workers.run(pieces, piece -> {
            int end = Pieces.start(piece + 1, pieces, n, 1);
            for (int i = Pieces.start(piece, pieces, n, 1); i < end; i++) {
                body.accept(i);
            }
        });
    }

    private static void requireIndices(int n, int[] indices, int from, long count) {
        for (int i = 0; i < n; i++) {
            if (indices[from + i] < 0 || indices[from + i] >= count) {
                throw new IllegalArgumentException(
                        "order: expected indices in [0, " + count + "), got " + indices[from + i]);
            }
        }
    }
}
