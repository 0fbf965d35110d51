package lnr.engine;

/** Checks on second moments that came from outside: whether any data could have them. */
final class Moments {
    /** Relative error allowed in R when it was summed in double precision. */
    static final double DOUBLE = 1e-12;

    /** Relative error allowed in R when it was summed in single precision. */
    static final double SINGLE = 1e-5;

    /** Sums of squares of numbers from 1 / EXTREME to EXTREME neither overflow nor vanish. */
    private static final double EXTREME = 1e150;

    private Moments() {}

    /**
     * (R + R')/2, once R and C are found to be moments of some data: finite, of these shapes, R symmetric with
     * |R_ij| &lt;= sqrt(R_ii R_jj), nothing correlated with an input that is always zero, and the largest number of
     * each 0 or of a size whose square is a number. O(d^2 + h d).
     *
     * @throws MatrixException naming the first entry that is not
     * @throws IllegalArgumentException when a size or the tolerance is not allowed
     */
    static double[] symmetric(int h, int d, double[] r, double[] c, double tolerance) {
        Arguments.atLeastOne("h", h);
        Arguments.atLeastOne("d", d);
        if (!(tolerance >= 0 && tolerance < 1)) {
            throw new IllegalArgumentException("tolerance: expected 0 or more and less than 1, got " + tolerance);
        }
        matrix("R", d, d, r);
        matrix("C", h, d, c);
        moderate("R", r);
        moderate("C", c);
        double allowed = tolerance * largest(r);
        double[] mean = new double[r.length];
        for (int j = 0; j < d; j++) {
            double variance = r[j * d + j];
            if (variance < 0) {
                throw new MatrixException(
                        "R", "[" + j + "," + j + "]: expected 0 or more on the diagonal, got " + variance);
            }
            for (int i = 0; i <= j; i++) {
                double upper = r[j * d + i];
                double lower = r[i * d + j];
                if (Math.abs(upper - lower) > allowed) {
                    throw new MatrixException("R", ": expected a symmetric matrix, got R[" + i + "," + j + "] = "
                            + upper + " and R[" + j + "," + i + "] = " + lower);
                }
                double both = upper + 0.5 * (lower - upper);
                double bound = Math.sqrt(r[i * d + i]) * Math.sqrt(variance);
                if (Math.abs(both) > bound * (1 + tolerance) + allowed) {
                    throw new MatrixException("R", ": expected a positive semidefinite matrix, got R[" + i + ","
                            + j + "] = " + both + ", more than sqrt(R[" + i + "," + i + "] R[" + j + "," + j
                            + "]) = " + bound);
                }
                mean[j * d + i] = both;
                mean[i * d + j] = both;
            }
            for (int i = 0; i < h && variance == 0; i++) {
                if (c[j * h + i] != 0) {
                    throw new MatrixException("C", "[" + i + "," + j + "]: expected 0, as R[" + j + "," + j
                            + "] = 0 says input " + j + " is always zero, got " + c[j * h + i]);
                }
            }
        }
        return mean;
    }

    /** @throws MatrixException unless {@code values} is (rows, columns) and finite throughout */
    static void matrix(String name, int rows, int columns, double[] values) {
        if ((long) rows * columns != values.length) {
            throw new MatrixException(name, ": expected " + rows + " x " + columns + " = "
                    + (long) rows * columns + " numbers, got " + values.length);
        }
        for (int k = 0; k < values.length; k++) {
            if (!Double.isFinite(values[k])) {
                throw new MatrixException(name, "[" + k % rows + "," + k / rows
                        + "]: expected a finite number, got " + values[k]);
            }
        }
    }

    private static void moderate(String name, double[] values) {
        double largest = largest(values);
        if (largest > EXTREME || largest > 0 && largest < 1 / EXTREME) {
            throw new MatrixException(name, ": expected 0 or a size from " + 1 / EXTREME + " to " + EXTREME
                    + ", as squares are summed, got " + largest + " for the largest; scale R and C");
        }
    }

    /**
     * Whether the sum of squares of no more than {@code count} numbers shows that the largest is of a size whose square
     * is a number; where not, it may still be.
     */
    static boolean moderate(double squares, double count) {
        return squares <= EXTREME * EXTREME && squares >= count / EXTREME / EXTREME;
    }

    static double[] widen(float[] narrow) {
        double[] wide = new double[narrow.length];
        for (int i = 0; i < narrow.length; i++) {
            wide[i] = narrow[i];
        }
        return wide;
    }

    private static double largest(double[] values) {
        double largest = 0;
        for (double value : values) {
            largest = Math.max(largest, Math.abs(value));
        }
        return largest;
    }
}
