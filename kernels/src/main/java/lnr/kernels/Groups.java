package lnr.kernels;

import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * A partition of M's first columns into groups that are kept or removed together: group k is columns
 * [starts_k, starts_(k+1)), which are contiguous in memory. Columns from starts_count on belong to no group and are not
 * penalised. A group's norm counts times its weight.
 */
public final class Groups {
    private final int[] starts;
    private final double[] weight;
    private final int largest;
    private final I32 onDevice; // (count + 1)
    private final F64 weights; // (count)

    private Groups(int[] starts, double[] weights, I32 onDevice, F64 onDeviceWeights) {
        this.starts = starts;
        this.weight = weights;
        int most = 0;
        for (int k = 0; k + 1 < starts.length; k++) {
            most = Math.max(most, starts[k + 1] - starts[k]);
        }
        this.largest = most;
        this.onDevice = onDevice;
        this.weights = onDeviceWeights;
    }

    /** Each of the first {@code p} columns a group of its own, of weight 1. */
    public static Groups columns(Scope scope, int p) {
        return ofSize(scope, p, 1);
    }

    /** {@code count} groups of {@code size} columns each, of weight 1. */
    public static Groups ofSize(Scope scope, int count, int size) {
        Shapes.atLeast("groups", count, 0);
        Shapes.atLeast("size of a group", size, 1);
        int[] starts = new int[count + 1];
        Arrays.setAll(starts, k -> Math.multiplyExact(k, size));
        double[] weights = new double[count];
        Arrays.fill(weights, 1);
        return new Groups(starts, weights, scope.i32(starts), scope.f64(weights));
    }

    /**
     * Groups of any sizes.
     *
     * @param scope owner of the device's copies
     * @param starts (count + 1), ascending from 0: each group's first column, then the end of the last
     * @param weights (count), positive and finite
     * @throws IllegalArgumentException when a group is empty or a weight is not positive; the message names the group
     */
    public static Groups of(Scope scope, int[] starts, double[] weights) {
        require(starts, weights);
        return new Groups(starts.clone(), weights.clone(), scope.i32(starts), scope.f64(weights));
    }

    /**
     * The same in memory that the caller has: windows of as many elements of the two buffers, which are written.
     *
     * @param startsHere count + 1 elements or more. Modified.
     * @param weightsHere count elements or more. Modified.
     * @throws IllegalArgumentException as {@link #of}
     */
    public static Groups in(I32 startsHere, F64 weightsHere, int[] starts, double[] weights) {
        require(starts, weights);
        I32 onDevice = startsHere.slice(0, starts.length);
        onDevice.write(starts);
        F64 weightsThere = weightsHere.slice(0, weights.length);
        weightsThere.write(weights);
        return new Groups(starts.clone(), weights.clone(), onDevice, weightsThere);
    }

    private static void require(int[] starts, double[] weights) {
        if (starts.length == 0 || starts[0] != 0) {
            throw new IllegalArgumentException("starts: expected 0 first");
        }
        if (weights.length != starts.length - 1) {
            throw new IllegalArgumentException(
                    "weights: expected [" + (starts.length - 1) + "], got [" + weights.length + "]");
        }
        for (int k = 0; k < weights.length; k++) {
            if (starts[k + 1] <= starts[k]) {
                throw new IllegalArgumentException("group " + k + ": expected one column or more, got ["
                        + starts[k] + ", " + starts[k + 1] + ")");
            }
            if (!(weights[k] > 0) || Double.isInfinite(weights[k])) {
                throw new IllegalArgumentException("weight of group " + k + ": expected a positive number, got "
                        + weights[k]);
            }
        }
    }

    /** Number of groups. */
    public int count() {
        return starts.length - 1;
    }

    /** Columns that belong to a group. */
    public int columns() {
        return starts[count()];
    }

    /** First column of group {@code k}; for k = count, the end of the last. */
    public int start(int k) {
        return starts[k];
    }

    /** The columns of some groups, in their order. */
    public int[] columnsOf(int[] some) {
        return Arrays.stream(some)
                .flatMap(k -> IntStream.range(starts[k], starts[k + 1]))
                .toArray();
    }

    /** Weight of group {@code k}. */
    public double weight(int k) {
        return weight[k];
    }

    /** Columns of the largest group, 0 when there is none. */
    public int largest() {
        return largest;
    }

    /** Whether another partition has the same groups, with the same weights. */
    public boolean matches(Groups other) {
        return Arrays.equals(starts, other.starts) && Arrays.equals(weight, other.weight);
    }

    /** (count + 1), each group's first column and the end of the last, on the device. Not to be modified. */
    public I32 starts() {
        return onDevice;
    }

    /** (count), each group's weight, on the device. Not to be modified. */
    public F64 weights() {
        return weights;
    }
}
