package lnr.engine.solvers;

import lnr.kernels.F64;
import lnr.kernels.Scope;

/** Memory for matrices of changing size, taken when the first that large comes: supports are often a few columns. */
final class Room {
    private final Scope scope;
    private final long most;
    private F64 numbers;

    /** For {@code most} numbers or fewer; {@code scope} owns them. */
    Room(Scope scope, long most) {
        this.scope = scope;
        this.most = most;
    }

    /** {@code n} numbers: those of the last matrix, where that was as large or larger. */
    F64 of(long n) {
        if (numbers == null || numbers.length() < n) {
            numbers = scope.unset(Math.min(most, 2 * n));
        }
        return numbers.slice(0, n);
    }
}
