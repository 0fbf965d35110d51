package lnr.bench;

import java.util.Random;
import lnr.engine.Problem;
import lnr.kernels.Device;
import lnr.kernels.F64;
import lnr.kernels.Scope;

/**
 * The random problems of the original text: x = A b with A (d, rank) and b standard normal, y = W x, n samples, and the
 * text's scaling R = sum x x' / (d n), C = W R.
 *
 * @param name short name
 * @param h rows of C
 * @param d columns of C and R
 * @param r (d, d), symmetric
 * @param c (h, d), column-major
 */
public record TextProblem(String name, int h, int d, double[] r, double[] c) {
    /** The weight of the penalty that the text uses. */
    public static final double LAMBDA = 0.1;

    private static final long SEED = 1;
    private static final int BATCH = 1000;

    /**
     * Draws one of the text's problems; the same one every time.
     *
     * @param name {@code toy}: d = 100, rank 80, h = 200, n = 10,000; {@code checkpoint}: d = 500, rank 450, h = 200,
     *     n = 60,000; or sizes {@code dxrankxhxn} of one's own
     */
    public static TextProblem draw(Device device, String name) {
        int[] sizes = switch (name) {
            case "toy" -> new int[] {100, 80, 200, 10_000};
            case "checkpoint" -> new int[] {500, 450, 200, 60_000};
            default -> OnDevice.sizes(name, 4);
        };
        return draw(device, name, sizes[0], sizes[1], sizes[2], sizes[3]);
    }

    private static TextProblem draw(Device device, String name, int d, int rank, int h, int n) {
        Random random = new Random(SEED);
        try (Scope scope = device.scope()) {
            F64 a = scope.f64(normal(random, d * rank)); // (d, rank)
            F64 w = scope.f64(normal(random, h * d)); // (h, d)
            F64 inner = scope.f64((long) rank * rank); // sum b b'
            F64 samples = scope.f64((long) rank * BATCH);
            for (int from = 0; from < n; from += BATCH) {
                int count = Math.min(BATCH, n - from);
                F64 b = samples.slice(0, (long) rank * count); // (rank, count)
                b.write(normal(random, rank * count));
                device.blas().gemm(false, true, rank, rank, count, 1, b, rank, b, rank, 1, inner, rank);
            }
            F64 left = scope.f64((long) d * rank);
            F64 r = scope.f64((long) d * d);
            F64 c = scope.f64((long) h * d);
            device.blas().gemm(false, false, d, rank, rank, 1.0 / ((double) d * n), a, d, inner, rank, 0, left, d);
            device.blas().gemm(false, true, d, d, rank, 1, left, d, a, d, 0, r, d);
            r.write(symmetric(d, r.toArray()));
            device.blas().gemm(false, false, h, d, d, 1, w, h, r, d, 0, c, h);
            return new TextProblem(name, h, d, r.toArray(), c.toArray());
        }
    }

    /** The problem on a device, at the text's lambda; {@code scope} owns the memory. */
    public Problem on(Scope scope) {
        return Problem.of(scope, h, d, r, c, LAMBDA);
    }

    private static double[] normal(Random random, int length) {
        double[] values = new double[length];
        for (int i = 0; i < length; i++) {
            values[i] = random.nextGaussian();
        }
        return values;
    }

    /** The upper triangle replaced by the lower one: products leave the two a rounding apart. */
    private static double[] symmetric(int d, double[] r) {
        for (int j = 0; j < d; j++) {
            for (int i = 0; i < j; i++) {
                r[j * d + i] = r[i * d + j];
            }
        }
        return r;
    }
}
