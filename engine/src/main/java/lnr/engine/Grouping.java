package lnr.engine;

import java.util.Arrays;
import java.util.stream.IntStream;
import lnr.kernels.Groups;
import lnr.kernels.Scope;

/**
 * A partition of M's first p columns into groups whose columns need not be neighbours. {@link Groups} are contiguous:
 * {@link #problem} puts the columns of a group beside each other, and {@link #restore} puts those of its answer back.
 *
 * <pre>{@code
 * Grouping channels = Grouping.of(4, new int[][] {{0, 2}, {1, 3}}).withWeights(1, 2);
 * Solution solution = channels.restore(solver.solve(channels.problem(scope, fit, lambda)));
 * }</pre>
 *
 * <p>Immutable; holds no memory of a device.
 */
public final class Grouping {
    private final int[] order; // (p): the column that stands at each place, group by group
    private final int[] starts; // (count + 1): the place where each group begins, and the end
    private final double[] weights; // (count)

    private Grouping(int[] order, int[] starts, double[] weights) {
        this.order = order;
        this.starts = starts;
        this.weights = weights;
    }

    /**
     * Groups of any columns, of weight 1.
     *
     * @param p columns to be grouped: the first ones of M
     * @param groups the columns of each, in any order; not kept
     * @throws IllegalArgumentException unless each of the p columns is in one group, and no group is empty; the message
     *     names the group and the column
     */
    public static Grouping of(int p, int[][] groups) {
        int[] owner = new int[p];
        Arrays.fill(owner, -1);
        int[] order = new int[p];
        int[] starts = new int[groups.length + 1];
        int place = 0;
        for (int k = 0; k < groups.length; k++) {
            if (groups[k].length == 0) {
                throw new IllegalArgumentException("group " + k + ": expected one column or more, got none");
            }
            for (int column : groups[k]) {
                if (column < 0 || column >= p) {
                    throw new IllegalArgumentException(
                            "group " + k + ": expected columns from 0 to " + (p - 1) + ", got " + column);
                }
                if (owner[column] >= 0) {
                    throw new IllegalArgumentException("group " + k + ": expected each column once, got " + column
                            + ", which is in group " + owner[column] + " already");
                }
                owner[column] = k;
                order[place++] = column;
            }
            starts[k + 1] = place;
            Arrays.sort(order, starts[k], place);
        }
        for (int column = 0; column < p; column++) {
            if (owner[column] < 0) {
                throw new IllegalArgumentException("groups: expected every column, got none with column " + column);
            }
        }
        return new Grouping(order, starts, ones(groups.length));
    }

    /**
     * Neighbouring columns, {@code size} of them a group, of weight 1.
     *
     * @param p columns to be grouped, a multiple of {@code size}
     * @throws IllegalArgumentException when it is none
     */
    public static Grouping ofSize(int p, int size) {
        Arguments.atLeastOne("size of a group", size);
        if (p % size != 0) {
            throw new IllegalArgumentException(
                    "size of a group: expected a divisor of " + p + " columns, got " + size);
        }
        int[] starts = IntStream.rangeClosed(0, p / size).map(k -> k * size).toArray();
        return new Grouping(IntStream.range(0, p).toArray(), starts, ones(p / size));
    }

    private static double[] ones(int count) {
        double[] ones = new double[count];
        Arrays.fill(ones, 1);
        return ones;
    }

    /**
     * The same groups with these weights.
     *
     * @param other positive and finite, one for each group; not kept
     * @throws IllegalArgumentException when they are not
     */
    public Grouping withWeights(double... other) {
        if (other.length != count()) {
            throw new IllegalArgumentException("weights: expected [" + count() + "], got [" + other.length + "]");
        }
        for (int k = 0; k < other.length; k++) {
            Arguments.positive("weight of group " + k, other[k]);
        }
        return new Grouping(order, starts, other.clone());
    }

    /** Number of groups. */
    public int count() {
        return weights.length;
    }

    /** p, the number of columns that are in groups. */
    public int columns() {
        return order.length;
    }

    /** The columns of group {@code k}, ascending. */
    public int[] group(int k) {
        return Arrays.copyOfRange(order, starts[k], starts[k + 1]);
    }

    /** Weight of group {@code k}. */
    public double weight(int k) {
        return weights[k];
    }

    /** Whether the groups' columns are neighbours already, in the order of the groups. */
    private boolean inOrder() {
        return IntStream.range(0, order.length).allMatch(i -> order[i] == i);
    }

    /**
     * The problem with these groups: its first p columns are in the groups' order, group k is its group k.
     *
     * @param owner owner of the groups, and of moments in that order
     * @param fit f, of p columns, or p + 1 with a bias as the last; not copied where its order is the groups' own
     * @param lambda weight of the penalty, 0 or more
     * @throws IllegalArgumentException when {@code fit} has another number of columns, or {@code lambda} is negative
     */
    public Problem problem(Scope owner, Quadratic fit, double lambda) {
        Problem asIs = new Problem(fit, Groups.of(owner, starts, weights), lambda);
        return inOrder() ? asIs : asIs.over(fit.permuted(owner, columns(fit.d())));
    }

    /** The order of all d columns: those of no group stay where they are. */
    private int[] columns(int d) {
        int[] columns = Arrays.copyOf(order, d);
        for (int j = order.length; j < d; j++) {
            columns[j] = j;
        }
        return columns;
    }

    /** The answer to {@link #problem} with its columns where they were before. {@code solution} is not modified. */
    public Solution restore(Solution solution) {
        if (inOrder()) {
            return solution;
        }
        int h = solution.h();
        int[] columns = columns(solution.d());
        double[] m = new double[solution.m().length];
        for (int i = 0; i < columns.length; i++) {
            System.arraycopy(solution.m(), i * h, m, columns[i] * h, h);
        }
        int[] kept = Arrays.stream(solution.columns()).map(i -> order[i]).sorted().toArray();
        return solution.withColumns(m, kept);
    }
}
