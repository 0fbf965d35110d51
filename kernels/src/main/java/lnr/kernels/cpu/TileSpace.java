package lnr.kernels.cpu;

import java.util.Arrays;
import lnr.kernels.Layers.ConvShape;

/** One thread's arrays for a tile of a convolution, kept from call to call and grown when a shape needs more. */
final class TileSpace {
    /** Lowered input of a tile. */
    float[] columns = {};
    /** Four planes, and a fifth for what ReLU switched off. */
    float[] planes = {};
    /** Four arrays of one plane each. */
    final float[][] plane = {{}, {}, {}, {}};
    /** Maximum of the planes. */
    float[] maxima = {};
    /** The biases, laid out like a plane. */
    float[] biases = {};
    /** Outputs, laid out like a plane. */
    float[] outputs = {};
    /** One sample, in another layout. */
    float[] sample = {};
    /** Patches of a tile, an array each. */
    float[][] patches = {};
    /** A sample, an array a column. */
    float[][] in = {};
    /** A piece of it transformed, an array a point. */
    float[][] out = {};
    /** Products, an array a point. */
    float[][] product = {};
    /** Outputs, an array a place in a piece. */
    float[][] line = {};
    /** Gradients that are not zero: which patch and filter, and how much; in order of one, then of the other. */
    int[] index = {};

    float[] value = {};
    int[] start = {};
    float[] patch = {};

    TileSpace fitForward(ConvShape shape, Lowering lowering, int tile) {
        int size = tile * shape.outputs();
        columns = fit(columns, tile * lowering.columns());
        planes = fit(planes, 5 * size);
        for (int i = 0; i < 4; i++) {
            plane[i] = fit(plane[i], size);
        }
        maxima = fit(maxima, size);
        biases = fit(biases, size);
        outputs = fit(outputs, size);
        sample = fit(sample, shape.inputs() + 2 * shape.height());
        return this;
    }

    void fitPatches(int count, int length, int entries, int lists) {
        if (patches.length < count || (count > 0 && patches[0].length != length)) {
            patches = new float[count][length];
        }
        patch = patch.length == length ? patch : new float[length];
        index = index.length >= entries ? index : new int[entries];
        value = fit(value, entries);
        start = start.length >= lists ? start : new int[lists];
        Arrays.fill(start, 0);
    }

    /** plane = planes, a run of {@code size} numbers each. */
    void split(int size) {
        for (int i = 0; i < 4; i++) {
            System.arraycopy(planes, i * size, plane[i], 0, size);
        }
    }

    /** Room for a sample of {@code inputs} columns, and for {@code points} columns transformed. */
    void fitPieces(int inputs, int points, int length) {
        if (in.length < inputs || out.length < points || in[0].length < length) {
            in = new float[inputs][length];
            out = new float[points][length];
        }
    }

    /** Room for {@code points} products of {@code length} numbers, and for what becomes of them. */
    void fitPoints(int points, int length) {
        if (product.length < points || product[0].length < length) {
            product = new float[points][length];
            line = new float[4][length];
        }
    }

    private static float[] fit(float[] room, int length) {
        return room.length >= length ? room : new float[length];
    }
}
