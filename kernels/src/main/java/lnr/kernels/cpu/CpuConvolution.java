package lnr.kernels.cpu;

import java.util.Arrays;
import java.util.concurrent.ConcurrentLinkedQueue;
import lnr.kernels.F32;
import lnr.kernels.Layers.ConvShape;
import lnr.kernels.U8;

/**
 * Convolution, pooling and ReLU over tiles of samples that stay in a core's cache: lower, multiply, pool. The backward
 * pass lowers a tile again rather than keep it: reading it back from memory would take longer.
 */
final class CpuConvolution extends CpuOperations {
    /** Numbers of a tile's lowered input, where samples are small enough: 1 MB, for a core's second-level cache. */
    private static final int ROOM = 1 << 18;

    /** Parts of a batch whose weight gradients are summed apart, then together in order. */
    private static final int PARTS = 8;

    private final ConcurrentLinkedQueue<TileSpace> idle = new ConcurrentLinkedQueue<>();

    CpuConvolution(CpuDevice device) {
        super(device);
    }

    void forward(ConvShape shape, int n, F32 x, F32 w, F32 b, F32 y, U8 winner) {
        Lowering lowering = winner == null
                ? Lowering.of(shape, array(w), at(w))
                : DifferentiableLowering.of(shape, array(w), at(w));
        float[] xa = array(x);
        float[] ba = array(b);
        float[] ya = array(y);
        byte[] places = winner == null ? null : array(winner);
        int most = Math.max(1, Math.min(lowering.tile(), ROOM / Math.max(1, lowering.columns())));
        int tiles = (n + most - 1) / most;
        workers.run(tiles, index -> {
            int first = index * most;
            int tile = Math.min(most, n - first);
            int yo = first * shape.outputs();
            TileSpace space = borrow().fitForward(shape, lowering, most);
            lowering.multiply(tile, xa, at(x) + first * shape.inputs(), space);
            pool(lowering, shape, tile, space, ba, at(b));
            if (places != null) {
                record(lowering, shape, tile, space, places, at(winner) + yo);
            }
            copyOut(lowering, shape, tile, space.outputs, ya, at(y) + yo);
            idle.add(space);
        });
    }

    void backward(ConvShape shape, int n, F32 x, F32 w, U8 winner, F32 dy, F32 dx, F32 dw, F32 db) {
        DifferentiableLowering lowering = DifferentiableLowering.of(shape, array(w), at(w));
        float[] xa = array(x);
        byte[] places = aligned(winner, dy);
        float[] ga = array(dy);
        float[] dxa = dx == null ? null : array(dx);
        float[] dwa = array(dw);
        float[] dba = array(db);
        int most = Math.max(1, Math.min(lowering.tile(), ROOM / Math.max(1, lowering.columns())));
        int tiles = (n + most - 1) / most;
        int parts = Math.max(1, Math.min(PARTS, tiles));
        float[][][] gradient = new float[parts][][];
        float[][] bias = new float[parts][];
        workers.run(parts, part -> {
            TileSpace space = borrow().fitForward(shape, lowering, most);
            gradient[part] = lowering.gradient();
            bias[part] = new float[shape.filters()];
            int end = Pieces.start(part + 1, parts, tiles, 1);
            for (int index = Pieces.start(part, parts, tiles, 1); index < end; index++) {
                int first = index * most;
                int tile = Math.min(most, n - first);
                int yo = at(dy) + first * shape.outputs();
                int xo = first * shape.inputs();
                addBias(shape, tile, places, ga, yo, bias[part]);
                lowering.backward(
                        tile, xa, at(x) + xo, places, ga, yo, space, gradient[part], dxa,
                        dx == null ? 0 : at(dx) + xo);
            }
            idle.add(space);
        });
        for (int part = 1; part < parts; part++) {
            for (int row = 0; row < gradient[0].length; row++) {
                add(gradient[part][row], gradient[0][row]);
            }
            add(bias[part], bias[0]);
        }
        lowering.unpack(gradient[0], dwa, at(dw));
        System.arraycopy(bias[0], 0, dba, at(db), shape.filters());
    }

    /** maxima = max of the planes; outputs = relu(maxima + b). */
    private static void pool(Lowering lowering, ConvShape shape, int tile, TileSpace space, float[] b, int bo) {
        int size = tile * shape.outputs();
        spread(lowering, shape, tile, b, bo, space.biases);
        // One index for all arrays, so that C2 compiles vector loops on every JDK.
        largest(size, space.plane[0], space.plane[1], space.plane[2], space.plane[3], space.maxima);
        rectify(size, space.maxima, space.biases, space.outputs);
    }

    private static void largest(int n, float[] a, float[] b, float[] c, float[] d, float[] y) {
        for (int i = 0; i < n; i++) {
            y[i] = Math.max(Math.max(a[i], b[i]), Math.max(c[i], d[i]));
        }
    }

    private static void rectify(int n, float[] x, float[] b, float[] y) {
        for (int i = 0; i < n; i++) {
            y[i] = Math.max(x[i] + b[i], 0);
        }
    }

    /** Lays the biases out like a plane: runs of one bias, or runs of all of them. */
    private static void spread(Lowering lowering, ConvShape shape, int tile, float[] b, int bo, float[] biases) {
        int run = lowering.filterStride(tile);
        int filters = shape.filters();
        if (run == 1) {
            for (int at = 0; at < tile * shape.outputs(); at += filters) {
                System.arraycopy(b, bo, biases, at, filters);
            }
        } else {
            for (int f = 0; f < filters; f++) {
                Arrays.fill(biases, f * run, (f + 1) * run, b[bo + f]);
            }
        }
    }

    /** winner = the first place whose plane holds the maximum, or 4 where the output is 0. */
    private static void record(
            Lowering lowering, ConvShape shape, int tile, TileSpace space, byte[] winner, int wo) {
        float[] maxima = space.maxima;
        float[] p0 = space.plane[0];
        float[] p1 = space.plane[1];
        float[] p2 = space.plane[2];
        int positions = shape.pooledHeight() * shape.pooledWidth();
        int[] offset = offsets(lowering, positions, tile);
        int to = wo;
        for (int t = 0; t < tile; t++) {
            for (int f = 0; f < shape.filters(); f++) {
                int from = t * lowering.sampleStride(tile) + f * lowering.filterStride(tile);
                for (int p = 0; p < positions; p++, to++) {
                    int i = from + offset[p];
                    float maximum = maxima[i];
                    int place = p2[i] == maximum ? 2 : 3;
                    place = p1[i] == maximum ? 1 : place;
                    place = p0[i] == maximum ? 0 : place;
                    winner[to] = (byte) (space.outputs[i] == 0 ? 4 : place);
                }
            }
        }
    }

    private static void copyOut(Lowering lowering, ConvShape shape, int tile, float[] outputs, float[] y, int yo) {
        int positions = shape.pooledHeight() * shape.pooledWidth();
        int[] offset = offsets(lowering, positions, tile);
        int to = yo;
        for (int t = 0; t < tile; t++) {
            for (int f = 0; f < shape.filters(); f++) {
                int from = t * lowering.sampleStride(tile) + f * lowering.filterStride(tile);
                for (int p = 0; p < positions; p++) {
                    y[to + p] = outputs[from + offset[p]];
                }
                to += positions;
            }
        }
    }

    /** Where each position is in a plane, from its sample's and filter's first. */
    private static int[] offsets(Lowering lowering, int positions, int tile) {
        int[] offset = new int[positions];
        Arrays.setAll(offset, p -> lowering.positionAt(p, tile));
        return offset;
    }

    private static void addBias(ConvShape shape, int tile, byte[] winner, float[] dy, int yo, float[] bias) {
        int positions = shape.pooledHeight() * shape.pooledWidth();
        int at = yo;
        for (int t = 0; t < tile; t++) {
            for (int f = 0; f < shape.filters(); f++) {
                float sum = 0;
                for (int p = 0; p < positions; p++, at++) {
                    sum += winner[at] < 4 ? dy[at] : 0;
                }
                bias[f] += sum;
            }
        }
    }

    /** The winners, at the same indices as the gradients: a copy when the two buffers start at different offsets. */
    private byte[] aligned(U8 winner, F32 dy) {
        if (at(winner) == at(dy)) {
            return array(winner);
        }
        int n = (int) winner.length();
        byte[] copy = new byte[at(dy) + n];
        System.arraycopy(array(winner), at(winner), copy, at(dy), n);
        return copy;
    }

    private static void add(float[] x, float[] y) {
        for (int i = 0; i < x.length; i++) {
            y[i] += x[i];
        }
    }

    private TileSpace borrow() {
        TileSpace space = idle.poll();
        return space == null ? new TileSpace() : space;
    }
}
