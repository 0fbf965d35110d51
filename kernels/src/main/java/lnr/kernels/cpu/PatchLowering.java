package lnr.kernels.cpu;

import java.util.Arrays;
import lnr.kernels.Layers.ConvShape;

/**
 * For many channels: samples are turned channels-last, so that a row of a patch, k channels numbers, is one copy.
 * Columns are (place in the pooling window, sample, pooled position, k k channels); planes are (sample, position,
 * filter).
 *
 * <p>Backward, pooling leaves at most one gradient in four, and ReLU about half of these, so no product of full
 * matrices: a gradient g of filter f at patch x adds g x to the weights' gradient and g w_f to the patch's, four terms
 * a loop.
 */
final class PatchLowering implements DifferentiableLowering {
    private final ConvShape shape;
    private final int patch;
    private final int positions;
    private final int filters;
    private final float[] packed; // (filter, k, k, channel)
    private final float[][] rows; // the same, an array a filter

    PatchLowering(ConvShape shape, float[] w, int wo) {
        this.shape = shape;
        this.patch = shape.patch();
        this.positions = shape.pooledHeight() * shape.pooledWidth();
        this.filters = shape.filters();
        this.packed = new float[filters * patch];
        this.rows = new float[filters][patch];
        int channels = shape.channels();
        int area = shape.kernel() * shape.kernel();
        for (int f = 0; f < filters; f++) {
            for (int c = 0; c < channels; c++) {
                for (int a = 0; a < area; a++) {
                    rows[f][a * channels + c] = w[wo + (f * channels + c) * area + a];
                }
            }
            System.arraycopy(rows[f], 0, packed, f * patch, patch);
        }
    }

    @Override
    public int tile() {
        return 8;
    }

    @Override
    public int columns() {
        return 4 * positions * patch;
    }

    @Override
    public void multiply(int tile, float[] x, int xo, TileSpace space) {
        int row = shape.kernel() * shape.channels();
        int pitch = shape.width() * shape.channels();
        for (int t = 0; t < tile; t++) {
            channelsLast(x, xo + t * shape.inputs(), space.sample);
            for (int place = 0; place < 4; place++) {
                int to = (place * tile + t) * positions * patch;
                for (int p = 0; p < positions; p++) {
                    int from = corner(place, p);
                    for (int ky = 0; ky < shape.kernel(); ky++) {
                        System.arraycopy(space.sample, from + ky * pitch, space.columns, to, row);
                        to += row;
                    }
                }
            }
        }
        OpenBlas.BLAS.sgemm(
                "T", "N", filters, 4 * tile * positions, patch, 1, packed, 0, patch, space.columns, 0, patch, 0,
                space.planes, 0, Math.max(1, filters));
        space.split(tile * shape.outputs());
    }

    @Override
    public int sampleStride(int tile) {
        return positions * filters;
    }

    @Override
    public int positionAt(int position, int tile) {
        return position * filters;
    }

    @Override
    public int filterStride(int tile) {
        return 1;
    }

    @Override
    public float[][] gradient() {
        return new float[filters][patch];
    }

    @Override
    public void backward(
            int tile, float[] x, int xo, byte[] winner, float[] dy, int yo, TileSpace space, float[][] gradient,
            float[] dx, int dxo) {
        int count = tile * 4 * positions;
        space.fitPatches(count, patch, tile * shape.outputs(), Math.max(count, filters) + 1);
        for (int t = 0; t < tile; t++) {
            channelsLast(x, xo + t * shape.inputs(), space.sample);
            int row = shape.kernel() * shape.channels();
            int pitch = shape.width() * shape.channels();
            for (int q = 0; q < 4 * positions; q++) {
                float[] to = space.patches[t * 4 * positions + q];
                int from = corner(q % 4, q / 4);
                for (int ky = 0; ky < shape.kernel(); ky++) {
                    System.arraycopy(space.sample, from + ky * pitch, to, ky * row, row);
                }
            }
        }
        listByFilter(tile, winner, dy, yo, space);
        for (int f = 0; f < filters; f++) {
            addTerms(space, space.start[f], space.start[f + 1], space.patches, gradient[f]);
        }
        if (dx == null) {
            return;
        }
        listByPatch(tile, winner, dy, yo, space);
        for (int t = 0; t < tile; t++) {
            Arrays.fill(space.sample, 0, shape.inputs(), 0);
            for (int q = 0; q < 4 * positions; q++) {
                int list = t * 4 * positions + q;
                if (space.start[list] < space.start[list + 1]) {
                    Arrays.fill(space.patch, 0);
                    addTerms(space, space.start[list], space.start[list + 1], rows, space.patch);
                    addPatch(space.patch, space.sample, corner(q % 4, q / 4));
                }
            }
            channelsFirst(space.sample, dx, dxo + t * shape.inputs());
        }
    }

    @Override
    public void unpack(float[][] gradient, float[] dw, int dwo) {
        int channels = shape.channels();
        int area = shape.kernel() * shape.kernel();
        for (int f = 0; f < filters; f++) {
            for (int c = 0; c < channels; c++) {
                for (int a = 0; a < area; a++) {
                    dw[dwo + (f * channels + c) * area + a] = gradient[f][a * channels + c];
                }
            }
        }
    }

    /** Lists, filter by filter, the patches with a gradient: entries start_f to start_(f + 1). */
    private void listByFilter(int tile, byte[] winner, float[] dy, int yo, TileSpace space) {
        int entry = 0;
        for (int f = 0; f < filters; f++) {
            space.start[f] = entry;
            for (int t = 0; t < tile; t++) {
                int from = yo + (t * filters + f) * positions;
                for (int p = 0; p < positions; p++) {
                    int place = winner[from + p];
                    // Written whether or not it counts, then kept or overwritten: nothing to mispredict.
                    space.index[entry] = (t * positions + p) * 4 + place;
                    space.value[entry] = dy[from + p];
                    entry += place >> 2 ^ 1;
                }
            }
        }
        space.start[filters] = entry;
    }

    /** Lists, patch by patch, the filters with a gradient, in their order: a counting sort. */
    private void listByPatch(int tile, byte[] winner, float[] dy, int yo, TileSpace space) {
        int[] start = space.start;
        int count = tile * 4 * positions;
        Arrays.fill(start, 0, count + 1, 0);
        for (int t = 0; t < tile; t++) {
            for (int f = 0; f < filters; f++) {
                int from = yo + (t * filters + f) * positions;
                for (int p = 0; p < positions; p++) {
                    if (winner[from + p] < 4) {
                        start[(t * positions + p) * 4 + winner[from + p]]++;
                    }
                }
            }
        }
        int entries = 0;
        for (int list = 0; list <= count; list++) {
            int length = start[list];
            start[list] = entries;
            entries += length;
        }
        for (int t = 0; t < tile; t++) {
            for (int f = 0; f < filters; f++) {
                int from = yo + (t * filters + f) * positions;
                for (int p = 0; p < positions; p++) {
                    if (winner[from + p] < 4) {
                        int entry = start[(t * positions + p) * 4 + winner[from + p]]++;
                        space.index[entry] = f;
                        space.value[entry] = dy[from + p];
                    }
                }
            }
        }
        // Each start has moved to its list's end, the next list's start.
        System.arraycopy(start, 0, start, 1, count);
        start[0] = 0;
    }

    /** y = y + sum over entries of value times the array of that index. */
    private static void addTerms(TileSpace space, int from, int to, float[][] arrays, float[] y) {
        int[] index = space.index;
        float[] value = space.value;
        int e = from;
        for (; e < to - 3; e += 4) {
            add4(
                    y.length, value[e], arrays[index[e]], value[e + 1], arrays[index[e + 1]], value[e + 2],
                    arrays[index[e + 2]], value[e + 3], arrays[index[e + 3]], y);
        }
        for (; e < to; e++) {
            add1(y.length, value[e], arrays[index[e]], y);
        }
    }

    // One index for all arrays: with offsets of their own, C2 before JDK 25 cannot rule out that they overlap, and
    // compiles a scalar loop.
    private static void add4(
            int n, float a, float[] u, float b, float[] v, float c, float[] w, float d, float[] x, float[] y) {
        for (int i = 0; i < n; i++) {
            y[i] += (a * u[i] + b * v[i]) + (c * w[i] + d * x[i]);
        }
    }

    private static void add1(int n, float a, float[] x, float[] y) {
        for (int i = 0; i < n; i++) {
            y[i] += a * x[i];
        }
    }

    /** Adds a patch's gradient to a channels-last sample, at a corner. */
    private void addPatch(float[] gradient, float[] sample, int corner) {
        int row = shape.kernel() * shape.channels();
        int pitch = shape.width() * shape.channels();
        for (int ky = 0; ky < shape.kernel(); ky++) {
            int from = ky * row;
            int to = corner + ky * pitch;
            for (int i = 0; i < row; i++) {
                sample[to + i] += gradient[from + i];
            }
        }
    }

    /** Index of a patch's first number in a channels-last sample. */
    private int corner(int place, int position) {
        int y = 2 * (position / shape.pooledWidth()) + place / 2;
        int x = 2 * (position % shape.pooledWidth()) + place % 2;
        return (y * shape.width() + x) * shape.channels();
    }

    private void channelsLast(float[] x, int xo, float[] last) {
        int channels = shape.channels();
        int area = shape.height() * shape.width();
        for (int c = 0; c < channels; c++) {
            for (int i = 0, to = c; i < area; i++, to += channels) {
                last[to] = x[xo + c * area + i];
            }
        }
    }

    private void channelsFirst(float[] last, float[] x, int xo) {
        int channels = shape.channels();
        int area = shape.height() * shape.width();
        for (int c = 0; c < channels; c++) {
            for (int i = 0, from = c; i < area; i++, from += channels) {
                x[xo + c * area + i] = last[from];
            }
        }
    }
}
