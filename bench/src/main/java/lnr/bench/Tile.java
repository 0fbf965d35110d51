package lnr.bench;

import java.util.Arrays;
import java.util.Random;
import lnr.kernels.F32;
import lnr.kernels.F64;
import lnr.kernels.Scope;

/**
 * Random numbers that fill operands of any length by repeating: no time depends on it.
 *
 * @param numbers as many as repeat
 */
public record Tile(double[] numbers) {
    /** Odd, so that neighbouring rows and columns of a matrix mostly differ. */
    private static final int MOST = 65_535;

    /** Standard normal numbers for operands of up to {@code length}. */
    public static Tile normal(Random random, long length) {
        double[] numbers = new double[(int) Math.min(MOST, length)];
        Arrays.setAll(numbers, i -> random.nextGaussian());
        return new Tile(numbers);
    }

    /** {@code length} of the numbers in single precision. */
    public F32 f32(Scope scope, long length) {
        float[] single = new float[numbers.length];
        for (int i = 0; i < single.length; i++) {
            single[i] = (float) numbers[i];
        }
        F32 buffer = scope.f32(length);
        for (long from = 0; from < length; from += single.length) {
            int count = (int) Math.min(single.length, length - from);
            buffer.slice(from, count).write(count == single.length ? single : Arrays.copyOf(single, count));
        }
        return buffer;
    }

    /** {@code length} of the numbers. */
    public F64 f64(Scope scope, long length) {
        F64 buffer = scope.f64(length);
        for (long from = 0; from < length; from += numbers.length) {
            int count = (int) Math.min(numbers.length, length - from);
            buffer.slice(from, count).write(count == numbers.length ? numbers : Arrays.copyOf(numbers, count));
        }
        return buffer;
    }
}
