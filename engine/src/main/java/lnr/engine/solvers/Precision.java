package lnr.engine.solvers;

import java.util.Arrays;
import java.util.Locale;

/**
 * The arithmetic of a solver's products. Certificates, sums and the iterate are in double precision whatever it is, and
 * so is what a solver can reach: a choice of speed alone.
 */
public enum Precision {
    /** Double precision throughout. */
    FP64,
    /**
     * Products in single precision, of changes that vanish, put right by one in double now and then. For moments within
     * single precision's range, and answers M that are larger than 1e-25 or so: changes of M too are in that range.
     */
    FP32;

    /** The precision of that name, {@code fp64} or {@code fp32}. */
    public static Precision named(String name) {
        return Arrays.stream(values())
                .filter(precision -> precision.toString().equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException(
                        "precision: expected " + FP64 + " or " + FP32 + ", got '" + name + "'"));
    }

    /** {@code fp64} or {@code fp32}. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
