package lnr.bench.compare;

import lnr.bench.OnDevice;
import lnr.bench.Tile;
import lnr.kernels.Device;
import lnr.kernels.F32;
import lnr.kernels.F64;
import lnr.kernels.Groups;
import lnr.kernels.Scope;

/**
 * LNR's side of single operations. Their operands are random numbers, repeated until they suffice. A time is the mean
 * of several runs behind each other, after as many that wake the device.
 */
final class OperationSide {
    private final Device device;
    private final Tile normal;

    OperationSide(Device device, Tile normal) {
        this.device = device;
        this.normal = normal;
    }

    /** Runs an operation of {@link Task}. */
    LnrSide.Answer run(String name, String shape, int repeats) {
        try (Scope scope = device.scope()) {
            return switch (name) {
                case "gram" -> gram(scope, OnDevice.sizes(shape, 2), repeats);
                case "patches" -> patches(scope, OnDevice.sizes(shape, 5), repeats);
                case "prox" -> prox(scope, OnDevice.sizes(shape, 2), repeats);
                default -> throw new IllegalArgumentException("request: not known: '" + name + "'");
            };
        }
    }

    /** S = S + X' X. The value is the trace of X' X. */
    private LnrSide.Answer gram(Scope scope, int[] sizes, int repeats) {
        int n = sizes[0];
        int d = sizes[1];
        F32 x = normal.f32(scope, (long) n * d); // (n, d)
        F64 s = scope.f64((long) d * d);
        double seconds = time(repeats, () -> device.correlation().addGram(n, d, false, x, s));
        return new LnrSide.Answer(seconds, Found.of(trace(d, s) / (2 * repeats)));
    }

    /** The same over all patches of a batch of feature maps. */
    private LnrSide.Answer patches(Scope scope, int[] sizes, int repeats) {
        int n = sizes[0];
        int channels = sizes[1];
        int height = sizes[2];
        int width = sizes[3];
        int kernel = sizes[4];
        int d = channels * kernel * kernel;
        F32 x = normal.f32(scope, (long) n * channels * height * width);
        F64 s = scope.f64((long) d * d);
        double seconds = time(
                repeats, () -> device.correlation().addPatchGram(n, channels, height, width, kernel, false, x, s));
        return new LnrSide.Answer(seconds, Found.of(trace(d, s) / (2 * repeats)));
    }

    /** The prox at a threshold that leaves about half of the columns. The value is the penalty of what it left. */
    private LnrSide.Answer prox(Scope scope, int[] sizes, int repeats) {
        int h = sizes[0];
        int d = sizes[1];
        Groups groups = Groups.columns(scope, d);
        F64 m = normal.f64(scope, (long) h * d); // (h, d), column-major
        F64 out = scope.f64(m.length());
        double seconds = time(repeats, () -> device.groupNorm().prox(h, d, groups, Math.sqrt(h), m, out));
        F64 penalty = scope.f64(1);
        device.groupNorm().penalty(h, groups, out, penalty);
        return new LnrSide.Answer(seconds, Found.of(penalty.toArray()[0]));
    }

    private double time(int repeats, Runnable operation) {
        double seconds = Double.NaN;
        for (int pass = 0; pass < 2; pass++) {
            device.synchronize();
            long start = System.nanoTime();
            for (int i = 0; i < repeats; i++) {
                operation.run();
            }
            device.synchronize();
            seconds = (System.nanoTime() - start) * 1e-9 / repeats;
        }
        return seconds;
    }

    private static double trace(int d, F64 s) {
        double[] values = s.toArray();
        double trace = 0;
        for (int j = 0; j < d; j++) {
            trace += values[j * d + j];
        }
        return trace;
    }
}
