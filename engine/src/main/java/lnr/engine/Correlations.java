package lnr.engine;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Arrays;
import lnr.kernels.Device;
import lnr.kernels.F32;
import lnr.kernels.F64;
import lnr.kernels.Groups;
import lnr.kernels.Scope;

/**
 * Second moments of a layer's inputs x and outputs y, summed over samples in double precision: all that
 * reconstruction needs of a data set, however large.
 *
 * <pre>
 * S_xx = sum_i x_i x_i'   (d', d'),   n samples,   and one of
 *   y = W x    S_yx = W S_xx and sum ||y||^2 = Tr(W S_xx W') are computed at the end: cheaper, and consistent
 *   y given    S_yx = sum_i y_i x_i'   (h, d')   and   sum_i ||y_i||^2
 * </pre>
 *
 * <p>With a bias every input gets a last feature 1, so that d' = d + 1; without, d' = d. R, C and tau are the sums
 * divided by d' n, the scaling that fixes what a lambda means. Sums of parts of a data set {@linkplain #merge merge}
 * into those of the whole, up to rounding. Owns device memory: close it. One thread at a time may use it.
 */
public final class Correlations implements AutoCloseable {
    private final Scope scope;
    private final int d;
    private final boolean bias;
    private final int h;
    private final double[] weight; // (h, d'), column-major; null when targets are given
    private final F64 sxx; // (d', d')
    private final F64 syx; // (h, d'), empty with a weight
    private final F64 syy; // (1)
    private long n;

    private Correlations(Device device, int d, boolean bias, int h, double[] weight) {
        this.d = d;
        this.bias = bias;
        this.h = h;
        this.weight = weight;
        int width = d + (bias ? 1 : 0);
        this.scope = device.scope();
        boolean complete = false;
        try {
            this.sxx = scope.f64((long) width * width);
            this.syx = scope.f64(weight == null ? (long) h * width : 0);
            this.syy = scope.f64(1);
            complete = true;
        } finally {
            if (!complete) {
                scope.close();
            }
        }
    }

    /**
     * Empty sums for y = W x.
     *
     * @param d features of a sample, the bias's not counted
     * @param bias whether W's last column is a bias
     * @param h rows of W
     * @param weight W, (h, d'), column-major; copied
     * @throws IllegalArgumentException when a size is less than 1 or W is not finite or of another shape
     */
    public static Correlations ofLayer(Device device, int d, boolean bias, int h, double[] weight) {
        requireSizes(d, bias, h);
        Moments.matrix("W", h, d + (bias ? 1 : 0), weight);
        return new Correlations(device, d, bias, h, weight.clone());
    }

    /** Empty sums for targets y of {@code h} numbers, given with every batch; otherwise as {@link #ofLayer}. */
    public static Correlations ofTargets(Device device, int d, boolean bias, int h) {
        requireSizes(d, bias, h);
        return new Correlations(device, d, bias, h, null);
    }

    /**
     * Adds a batch: {@code count} d'^2 flops.
     *
     * @param count samples in the batch, 0 or more
     * @param x (count, d), one sample's features contiguous; without the bias's ones
     * @throws IllegalStateException when these sums take targets
     */
    public void add(int count, F32 x) {
        if (weight == null) {
            throw new IllegalStateException("these correlations take targets: add(count, x, y)");
        }
        scope.device().correlation().addGram(count, d, bias, x, sxx);
        n += count;
    }

    /**
     * Adds all patches of a batch of feature maps, each patch a sample: those of a convolution (valid, stride 1), whose
     * filters are W's rows. A patch's features are (channel, row, column).
     *
     * @param count maps in the batch, 0 or more
     * @param height rows of a map
     * @param width columns of a map
     * @param kernel side of a patch; d = channels kernel^2
     * @param x (count, channels, height, width)
     * @throws IllegalStateException when these sums take targets
     * @throws IllegalArgumentException when no number of channels gives d features
     */
    public void addPatches(int count, int height, int width, int kernel, F32 x) {
        if (weight == null) {
            throw new IllegalStateException("these correlations take targets: add(count, x, y)");
        }
        int channels = d / (kernel * kernel);
        if (channels * kernel * kernel != d) {
            throw new IllegalArgumentException(
                    "kernel: expected channels kernel^2 = " + d + " features, got " + kernel);
        }
        scope.device().correlation().addPatchGram(count, channels, height, width, kernel, bias, x, sxx);
        n += (long) count * (height - kernel + 1) * (width - kernel + 1);
    }

    /**
     * Adds a batch with its targets: {@code count} d' (d' + 2 h) flops.
     *
     * @param count samples in the batch, 0 or more
     * @param x (count, d), one sample's features contiguous; without the bias's ones
     * @param y (count, h), one sample's targets contiguous
     * @throws IllegalStateException when these sums have a weight instead
     */
    public void add(int count, F32 x, F32 y) {
        if (weight != null) {
            throw new IllegalStateException("these correlations have a weight, and take no targets: add(count, x)");
        }
        scope.device().correlation().addCross(count, h, d, bias, y, x, syx);
        scope.device().correlation().addSquares(count, h, y, syy);
        scope.device().correlation().addGram(count, d, bias, x, sxx);
        n += count;
    }

    /**
     * Adds the sums of other samples to these.
     *
     * @param other sums of the same layer, on any device; not modified
     * @throws IllegalArgumentException when shapes or weights differ
     */
    public void merge(Correlations other) {
        if (other.d != d || other.bias != bias || other.h != h || !Arrays.equals(other.weight, weight)) {
            throw new IllegalArgumentException("merge: expected " + this + " and the same weight, got " + other);
        }
        try (Scope work = scope.device().scope()) {
            addTo(other.sxx, sxx, work);
            addTo(other.syx, syx, work);
            addTo(other.syy, syy, work);
        }
        n += other.n;
    }

    /** Samples added so far. */
    public long samples() {
        return n;
    }

    /** d': columns of R, C and M, the bias's included. */
    public int width() {
        return d + (bias ? 1 : 0);
    }

    /** Whether the last column is a bias. */
    public boolean hasBias() {
        return bias;
    }

    /** Rows of C and M. */
    public int h() {
        return h;
    }

    /** R = S_xx / (d' n), (d', d'), in a new array. Needs a sample. */
    public double[] r() {
        try (Scope work = scope.device().scope()) {
            return scaled(sxx, work).toArray();
        }
    }

    /** C = S_yx / (d' n), (h, d'), column-major, in a new array. Needs a sample. */
    public double[] c() {
        try (Scope work = scope.device().scope()) {
            return targets(scaled(sxx, work), work).toArray();
        }
    }

    /** tau = sum ||y||^2 / (d' n). Needs a sample. */
    public double tau() {
        try (Scope work = scope.device().scope()) {
            return energy(targets(scaled(sxx, work), work), work);
        }
    }

    /**
     * The reconstruction problem that these moments pose; the bias, if there is one, is not penalised.
     *
     * @param owner owner of the problem's memory, on the device of these sums
     * @param lambda weight of the penalty, 0 or more
     * @throws IllegalStateException when no sample was added
     * @throws IllegalArgumentException when a sum is not finite, or lambda is not allowed
     */
    public Problem problem(Scope owner, double lambda) {
        return problem(owner, Groups.columns(owner, d), lambda);
    }

    /**
     * The same with inputs that are kept or removed together.
     *
     * @param groups of the d inputs, on the device of {@code owner}
     */
    public Problem problem(Scope owner, Groups groups, double lambda) {
        F64 r = scaled(sxx, owner);
        F64 c = targets(r, owner);
        try (Scope work = owner.device().scope()) {
            return new Problem(Quadratic.ofSums(owner, h, width(), r, c, energy(c, work)), groups, lambda);
        }
    }

    /**
     * The problem of reconstructing some of W's outputs from some of the inputs: {@code 2 outputs d'^2} flops.
     *
     * @param outputs rows of W, at least one
     * @param columns of the inputs, a bias last where the problem is to have one
     * @param groups of these columns, on the device of {@code owner}
     * @throws IllegalStateException when no sample was added, or these sums take targets
     * @throws IllegalArgumentException when there is no such output, or a sum is not finite
     */
    public Problem part(Scope owner, int[] outputs, int[] columns, Groups groups, double lambda) {
        if (weight == null) {
            throw new IllegalStateException("these correlations take targets: expected a weight");
        }
        int rows = outputs.length;
        int width = width();
        double[] w = new double[rows * width];
        for (int i = 0; i < rows; i++) {
            if (outputs[i] < 0 || outputs[i] >= h) {
                throw new IllegalArgumentException("outputs: expected rows in [0, " + h + "), got " + outputs[i]);
            }
            for (int j = 0; j < width; j++) {
                w[j * rows + i] = weight[j * h + outputs[i]];
            }
        }
        try (Scope work = owner.device().scope()) {
            F64 r = scaled(sxx, work);
            F64 c = targets(rows, w, r, work);
            Quadratic whole = Quadratic.ofSums(work, rows, width, r, c, energy(c, w, work));
            return new Problem(whole.restricted(owner, work.i32(columns)), groups, lambda);
        }
    }

    /**
     * Writes the sums in a binary form of their own, big-endian, with a checksum: 8 (d'^2 + h d') bytes and a few. The
     * stream stays open.
     */
    public void writeTo(OutputStream out) throws IOException {
        new CorrelationFile(d, bias, h, n, weight, sxx.toArray(), syx.toArray(), syy.toArray()[0]).writeTo(out);
    }

    /**
     * Reads what {@link #writeTo} wrote. The stream is read no further than that, and stays open.
     *
     * @throws java.io.EOFException when the stream ends early
     * @throws java.io.StreamCorruptedException when it holds something else, or was damaged
     */
    public static Correlations readFrom(Device device, InputStream in) throws IOException {
        CorrelationFile file = CorrelationFile.readFrom(in);
        Correlations read = new Correlations(device, file.d(), file.bias(), file.h(), file.weight());
        boolean complete = false;
        try {
            read.sxx.write(file.sxx());
            read.syx.write(file.syx());
            read.syy.write(new double[] {file.syy()});
            read.n = file.n();
            complete = true;
            return read;
        } finally {
            if (!complete) {
                read.close();
            }
        }
    }

    private static void addTo(F64 from, F64 sum, Scope work) {
        F64 near = from.device() == sum.device() ? from : work.f64(from.toArray());
        sum.device().blas().axpy(1, near, sum);
    }

    private F64 scaled(F64 sums, Scope owner) {
        if (n == 0) {
            throw new IllegalStateException("correlations: expected 1 sample or more, got 0");
        }
        F64 moments = owner.f64(sums.length());
        scope.device().blas().axpy(1 / ((double) width() * n), sums, moments);
        return moments;
    }

    /** C, which is W R where W is known. */
    private F64 targets(F64 r, Scope owner) {
        return weight == null ? scaled(syx, owner) : targets(h, weight, r, owner);
    }

    /** W R for a W of (rows, d'). */
    private F64 targets(int rows, double[] w, F64 r, Scope owner) {
        int width = width();
        F64 c = owner.f64((long) rows * width);
        try (Scope work = scope.device().scope()) {
            scope.device().blas().gemm(false, false, rows, width, width, 1, work.f64(w), rows, r, width, 0, c, rows);
        }
        return c;
    }

    /** tau, which follows from W where that is known. */
    private double energy(F64 c, Scope work) {
        return weight == null ? scaled(syy, work).toArray()[0] : energy(c, weight, work);
    }

    /** Tr(W R W') = &lt;C, W&gt;: only rounding makes that negative. */
    private double energy(F64 c, double[] w, Scope work) {
        F64 sum = work.f64(1);
        scope.device().blas().dot(c, work.f64(w), sum);
        double energy = sum.toArray()[0];
        return energy < 0 ? 0 : energy;
    }

    private static void requireSizes(int d, boolean bias, int h) {
        Arguments.atLeastOne("d", d);
        Arguments.atLeastOne("h", h);
        long width = d + (bias ? 1L : 0L);
        if (width * Math.max(width, h) > Integer.MAX_VALUE / Double.BYTES) {
            throw new IllegalArgumentException("correlations: " + d + " inputs and " + h + " outputs are too many");
        }
    }

    @Override
    public void close() {
        scope.close();
    }

    @Override
    public String toString() {
        return "correlations of " + d + " inputs" + (bias ? " and a bias" : "") + " with " + h + " outputs ("
                + (weight == null ? "targets" : "weight") + "), " + n + " samples";
    }
}
