package lnr.kernels.contract;

import static org.assertj.core.api.Assertions.assertThat;

/** Results a reference computed, each with the rounding error that a device's own result may have. */
final class Expected {
    /** Unit roundoff of single precision. */
    static final double U32 = 0x1p-24;
    /** Unit roundoff of double precision. */
    static final double U64 = 0x1p-53;

    private final double[] value;
    private final double[] error;

    Expected(int n) {
        value = new double[n];
        error = new double[n];
    }

    /** @param error first-order bound on the rounding error, in units of roundoff */
    void set(int i, double value, double error) {
        this.value[i] = value;
        this.error[i] = error;
    }

    void set(int i, Sum sum) {
        set(i, sum.value, sum.error());
    }

    double value(int i) {
        return value[i];
    }

    void matches(String what, float[] actual) {
        assertThat(actual).as(what).hasSize(value.length);
        for (int i = 0; i < actual.length; i++) {
            check(what, i, actual[i], U32, Float.MIN_NORMAL);
        }
    }

    void matches(String what, double[] actual) {
        assertThat(actual).as(what).hasSize(value.length);
        for (int i = 0; i < actual.length; i++) {
            check(what, i, actual[i], U64, Double.MIN_NORMAL);
        }
    }

    // Twice the bound: once for the device, once for terms of second order and, in fp64, for the reference's own error.
    private void check(String what, int i, double actual, double unit, double tiny) {
        double bound = 2 * error[i] * unit + tiny;
        boolean same = Double.isFinite(value[i])
                ? Math.abs(actual - value[i]) <= bound
                : Double.compare(actual, value[i]) == 0;
        if (!same) {
            assertThat(actual)
                    .as("%s, element %d: expected %s within %s", what, i, value[i], bound)
                    .isEqualTo(value[i]);
        }
    }
}
