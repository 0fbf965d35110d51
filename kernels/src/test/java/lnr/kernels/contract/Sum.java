package lnr.kernels.contract;

/** A sum that knows how far rounding may have moved it: the number of its terms times their summed magnitude. */
final class Sum {
    double value;
    double magnitude;
    int terms;

    Sum add(double term) {
        value += term;
        magnitude += Math.abs(term);
        terms++;
        return this;
    }

    /** Bound on the rounding error, in units of roundoff, of any order of summation with or without fused products. */
    double error() {
        return (terms + 2) * magnitude;
    }
}
