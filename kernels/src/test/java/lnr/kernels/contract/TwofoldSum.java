package lnr.kernels.contract;

/**
 * A sum as though in twice double precision, beside what a device's own may be off by. Source: Ogita, Rump and Oishi
 * (2005), Accurate sum and dot product, algorithm 5.3.
 */
final class TwofoldSum {
    private double sum;
    private double rest; // what the roundings of sum have lost
    private double magnitude;
    private int terms; // that are not zero: adding zero is exact

    /** The sum, rounded once. */
    double value() {
        return sum + rest;
    }

    TwofoldSum add(double term) {
        count(term);
        accumulate(term);
        return this;
    }

    TwofoldSum addProduct(double x, double y) {
        double product = x * y;
        count(product);
        accumulate(product);
        rest += Math.fma(x, y, -product);
        return this;
    }

    /** Subtracts (x - y) z: one term, of three roundings on a device. */
    void subtractChange(double x, double y, double z) {
        double change = x - y;
        if (change == 0) {
            return;
        }
        // As in a sum of two: what the difference lost, exactly.
        double part = change - x;
        double lost = x - (change - part) - (y + part);
        addProduct(-change, z);
        rest -= lost * z;
    }

    /** As {@link Sum#error}, with room for a product's rounding of a change that is rounded too. */
    double error() {
        return (terms + 2) * magnitude;
    }

    /** As {@link #error()}, were {@code other}'s terms in this sum too. */
    double errorWith(TwofoldSum other) {
        return (terms + other.terms + 2) * (magnitude + other.magnitude);
    }

    private void count(double term) {
        magnitude += Math.abs(term);
        terms += term == 0 ? 0 : 1;
    }

    private void accumulate(double term) {
        double next = sum + term;
        double part = next - sum;
        rest += (sum - (next - part)) + (term - part);
        sum = next;
    }
}
