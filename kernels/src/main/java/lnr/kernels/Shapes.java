package lnr.kernels;

/** Checks of operations' arguments, before anything runs. */
public final class Shapes {
    private Shapes() {}

    /** @throws IllegalArgumentException unless {@code buffer} has exactly {@code length} elements */
    public static void exactly(String name, Buffer buffer, long length) {
        if (buffer.length() != length) {
            throw new IllegalArgumentException(name + ": expected [" + length + "], got [" + buffer.length() + "]");
        }
    }

    /** @throws IllegalArgumentException unless {@code buffer} has {@code length} elements or more */
    public static void atLeast(String name, Buffer buffer, long length) {
        if (buffer.length() < length) {
            throw new IllegalArgumentException(
                    name + ": expected [" + length + "] or more, got [" + buffer.length() + "]");
        }
    }

    /** @throws IllegalArgumentException unless {@code value} is {@code least} or more */
    public static void atLeast(String name, long value, long least) {
        if (value < least) {
            throw new IllegalArgumentException(name + ": expected " + least + " or more, got " + value);
        }
    }

    /**
     * @param rows rows as stored
     * @param columns columns as stored
     * @throws IllegalArgumentException unless a column-major matrix of this shape and leading dimension fits in
     *     {@code buffer}
     */
    public static void matrix(String name, Buffer buffer, int rows, int columns, int ld) {
        matrices(name, buffer, rows, columns, ld, 0, 1);
    }

    /**
     * @param rows rows as stored
     * @param columns columns as stored
     * @param stride elements from one matrix's first to the next one's, 0 or more
     * @throws IllegalArgumentException unless {@code count} such column-major matrices fit in {@code buffer}
     */
    public static void matrices(String name, Buffer buffer, int rows, int columns, int ld, long stride, int count) {
        atLeast("rows of " + name, rows, 0);
        atLeast("columns of " + name, columns, 0);
        atLeast("ld of " + name, ld, Math.max(1, rows));
        atLeast("stride of " + name, stride, 0);
        boolean empty = columns == 0 || rows == 0 || count == 0;
        long last = empty ? 0 : Math.multiplyExact(stride, count - 1L);
        atLeast(name, buffer, empty ? 0 : Math.addExact(last, extent(rows, columns, ld)));
    }

    /**
     * @throws IllegalArgumentException unless as many matrices fit in {@code buffer}, each of them before the next one
     *     begins
     */
    public static void separateMatrices(
            String name, Buffer buffer, int rows, int columns, int ld, long stride, int count) {
        matrices(name, buffer, rows, columns, ld, stride, count);
        if (count > 1 && rows > 0 && columns > 0) {
            atLeast("stride of " + name, stride, extent(rows, columns, ld));
        }
    }

    /** Elements from a matrix's first to its last. */
    private static long extent(int rows, int columns, int ld) {
        return (long) ld * (columns - 1) + rows;
    }

    /** @throws IllegalArgumentException unless 0 &lt;= part &lt;= whole */
    public static void within(String name, int part, int whole) {
        if (part < 0 || part > whole) {
            throw new IllegalArgumentException(name + ": expected 0 to " + whole + ", got " + part);
        }
    }

    /** @throws IllegalArgumentException unless {@code value} is finite and more than 0 */
    public static void positive(String name, double value) {
        if (!(value > 0) || Double.isInfinite(value)) {
            throw new IllegalArgumentException(name + ": expected a finite number, more than 0, got " + value);
        }
    }

    /** @throws IllegalArgumentException unless {@code value} is from 0 to 1 */
    public static void share(String name, double value) {
        if (!(value >= 0 && value <= 1)) {
            throw new IllegalArgumentException(name + ": expected 0 to 1, got " + value);
        }
    }
}
