package lnr.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import lnr.kernels.Device;
import lnr.kernels.DeviceException;
import lnr.kernels.Groups;
import lnr.kernels.Scope;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class CorrelationsTest {
    private static final int N = 37;
    private static final int D = 5;
    private static final int H = 3;

    /** Unit roundoff. */
    private static final double U = 0x1p-53;

    private final Device device = Device.open("cpu");
    private final Random random = Draws.random();
    private final float[] x = floats(N * D);
    private final float[] y = floats(N * H);

    @AfterEach
    void everythingIsGivenBack() {
        assertThat(device.heldBytes()).isZero();
        device.close();
    }

    private float[] floats(int length) {
        float[] values = new float[length];
        for (int i = 0; i < length; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return values;
    }

    private void add(Correlations sums, int from, int to) {
        try (Scope batch = device.scope()) {
            sums.add(to - from, batch.f32(Arrays.copyOfRange(x, from * D, to * D)));
        }
    }

    private void addWithTargets(Correlations sums, int from, int to) {
        try (Scope batch = device.scope()) {
            sums.add(
                    to - from,
                    batch.f32(Arrays.copyOfRange(x, from * D, to * D)),
                    batch.f32(Arrays.copyOfRange(y, from * H, to * H)));
        }
    }

    /** A patch is a sample like any other. */
    @Test
    void patchesAreSamples() {
        int count = 3;
        int channels = 2;
        int height = 7;
        int width = 6;
        int kernel = 3;
        int d = channels * kernel * kernel;
        float[] maps = new float[count * channels * height * width];
        for (int i = 0; i < maps.length; i++) {
            maps[i] = (float) random.nextGaussian();
        }
        int positions = (height - kernel + 1) * (width - kernel + 1);
        float[] patches = new float[count * positions * d];
        int at = 0;
        for (int s = 0; s < count; s++) {
            for (int p = 0; p <= height - kernel; p++) {
                for (int q = 0; q <= width - kernel; q++) {
                    for (int c = 0; c < channels; c++) {
                        for (int a = 0; a < kernel; a++) {
                            for (int b = 0; b < kernel; b++) {
                                patches[at++] = maps[((s * channels + c) * height + p + a) * width + q + b];
                            }
                        }
                    }
                }
            }
        }
        double[] w = new double[2 * (d + 1)];
        Arrays.setAll(w, i -> random.nextGaussian());
        try (Scope scope = device.scope();
                Correlations unfolded = Correlations.ofLayer(device, d, true, 2, w);
                Correlations folded = Correlations.ofLayer(device, d, true, 2, w)) {
            unfolded.add(count * positions, scope.f32(patches));
            folded.addPatches(count, height, width, kernel, scope.f32(maps));
            assertThat(folded.samples()).isEqualTo(unfolded.samples());
            assertThat(folded.r()).containsExactly(unfolded.r(), within(1e-14));
            assertThat(folded.c()).containsExactly(unfolded.c(), within(1e-13));
            assertThat(folded.tau()).isCloseTo(unfolded.tau(), within(1e-12));
            assertThatThrownBy(() -> folded.addPatches(count, height, width, 4, scope.f32(maps)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("kernel");
        }
    }

    @Test
    void areTheDoubleLoops() {
        for (boolean bias : new boolean[] {false, true}) {
            int width = bias ? D + 1 : D;
            double[] w = Draws.normal(random, H * width);
            try (Correlations layer = Correlations.ofLayer(device, D, bias, H, w);
                    Correlations targets = Correlations.ofTargets(device, D, bias, H)) {
                add(layer, 0, N);
                addWithTargets(targets, 0, N);
                double[] r = new double[width * width];
                double[] wx = new double[H * width];
                double[] yx = new double[H * width];
                double wxSquares = 0;
                double ySquares = 0;
                for (int i = 0; i < N; i++) {
                    for (int j = 0; j < width; j++) {
                        double xj = j < D ? x[i * D + j] : 1;
                        for (int k = 0; k < width; k++) {
                            r[j * width + k] += xj * (k < D ? x[i * D + k] : 1) / (width * N);
                        }
                        for (int k = 0; k < H; k++) {
                            yx[j * H + k] += (double) y[i * H + k] * xj / (width * N);
                        }
                    }
                    for (int k = 0; k < H; k++) {
                        ySquares += (double) y[i * H + k] * y[i * H + k] / (width * N);
                        double output = 0;
                        for (int j = 0; j < width; j++) {
                            output += w[j * H + k] * (j < D ? x[i * D + j] : 1);
                        }
                        wxSquares += output * output / (width * N);
                        for (int j = 0; j < width; j++) {
                            wx[j * H + k] += output * (j < D ? x[i * D + j] : 1) / (width * N);
                        }
                    }
                }
                assertThat(Draws.distance(layer.r(), r)).isLessThan(1e-14);
                assertThat(Draws.distance(targets.r(), r)).isLessThan(1e-14);
                assertThat(Draws.distance(layer.c(), wx)).isLessThan(1e-13);
                assertThat(Draws.distance(targets.c(), yx)).isLessThan(1e-14);
                assertThat(layer.tau()).isCloseTo(wxSquares, within(1e-13 * wxSquares));
                assertThat(targets.tau()).isCloseTo(ySquares, within(1e-13 * ySquares));
            }
        }
    }

    /** R as it is; C and tau, sums of n products here as there, within n u times their magnitudes, twice. */
    @Test
    void aPartIsOfTheSameSamples() {
        int[] outputs = {2, 0};
        int[] columns = {1, 2, 4, D};
        double[] w = Draws.normal(random, H * (D + 1));
        try (Scope scope = device.scope();
                Correlations layer = Correlations.ofLayer(device, D, true, H, w)) {
            add(layer, 0, N);
            double[] r = layer.r();
            Groups groups = Groups.columns(scope, 3);
            Problem part = layer.part(scope, outputs, columns, groups, 1);
            double[] rp = part.fit().r().toArray();
            double[] cp = part.fit().c().toArray();
            double tau = 0;
            double tauSize = 0;
            for (int i : outputs) {
                for (int j = 0; j <= D; j++) {
                    for (int k = 0; k <= D; k++) {
                        double term = w[j * H + i] * r[k * (D + 1) + j] * w[k * H + i];
                        tau += term;
                        tauSize += Math.abs(term);
                    }
                }
            }
            for (int j = 0; j < columns.length; j++) {
                for (int i = 0; i < columns.length; i++) {
                    assertThat(rp[j * columns.length + i]).isEqualTo(r[columns[j] * (D + 1) + columns[i]]);
                }
                for (int i = 0; i < 2; i++) {
                    double c = 0;
                    double size = 0;
                    for (int k = 0; k <= D; k++) {
                        double term = w[k * H + outputs[i]] * r[columns[j] * (D + 1) + k];
                        c += term;
                        size += Math.abs(term);
                    }
                    assertThat(cp[j * 2 + i]).isCloseTo(c, within(2 * (D + 1) * U * size));
                }
            }
            assertThat(part.fit().tau()).isCloseTo(tau, within(2 * 3 * (D + 1) * (D + 1) * U * tauSize));
            assertThatThrownBy(() -> layer.part(scope, new int[] {H}, columns, groups, 1))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("outputs");
        }
    }

    @Test
    void doNotDependOnTheSplitOrTheOrderOfMerging() {
        double[] w = Draws.normal(random, H * (D + 1));
        int[] cuts = {0, 1, 12, 12, 30, N};
        try (Correlations whole = Correlations.ofLayer(device, D, true, H, w);
                Correlations left = Correlations.ofLayer(device, D, true, H, w);
                Correlations right = Correlations.ofLayer(device, D, true, H, w)) {
            add(whole, 0, N);
            for (int k = 0; k + 1 < cuts.length; k++) {
                add(k % 2 == 0 ? left : right, cuts[k], cuts[k + 1]);
            }
            right.merge(left);
            assertThat(right.samples()).isEqualTo(N);
            assertThat(Draws.distance(right.r(), whole.r())).isLessThan(1e-15 * N);
            assertThat(right.tau()).isCloseTo(whole.tau(), within(1e-14 * whole.tau()));
        }
    }

    @Test
    void mergingIsAssociative() {
        try (Correlations a1 = Correlations.ofTargets(device, D, false, H);
                Correlations a2 = Correlations.ofTargets(device, D, false, H);
                Correlations b = Correlations.ofTargets(device, D, false, H);
                Correlations c1 = Correlations.ofTargets(device, D, false, H);
                Correlations c2 = Correlations.ofTargets(device, D, false, H)) {
            addWithTargets(a1, 0, 5);
            addWithTargets(a2, 0, 5);
            addWithTargets(b, 5, 20);
            addWithTargets(c1, 20, N);
            addWithTargets(c2, 20, N);
            a1.merge(b);
            a1.merge(c1);
            b.merge(c2);
            a2.merge(b);
            assertThat(Draws.distance(a1.r(), a2.r())).isLessThan(1e-15);
            assertThat(Draws.distance(a1.c(), a2.c())).isLessThan(1e-15);
            assertThat(a1.tau()).isCloseTo(a2.tau(), within(1e-15 * N));
        }
    }

    @Test
    void survivesStorage() throws IOException {
        double[] w = Draws.normal(random, H * D);
        try (Correlations layer = Correlations.ofLayer(device, D, false, H, w);
                Correlations targets = Correlations.ofTargets(device, D, true, H)) {
            add(layer, 0, N);
            addWithTargets(targets, 0, N);
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            layer.writeTo(out);
            targets.writeTo(out);
            ByteArrayInputStream in = new ByteArrayInputStream(out.toByteArray());
            try (Correlations layerBack = Correlations.readFrom(device, in);
                    Correlations targetsBack = Correlations.readFrom(device, in)) {
                assertThat(in.available()).isZero();
                assertThat(layerBack).hasToString(layer.toString());
                assertThat(layerBack.r()).isEqualTo(layer.r());
                assertThat(layerBack.c()).isEqualTo(layer.c());
                assertThat(layerBack.tau()).isEqualTo(layer.tau());
                assertThat(targetsBack).hasToString(targets.toString());
                assertThat(targetsBack.r()).isEqualTo(targets.r());
                assertThat(targetsBack.c()).isEqualTo(targets.c());
                assertThat(targetsBack.tau()).isEqualTo(targets.tau());
                layerBack.merge(layer);
                assertThat(layerBack.samples()).isEqualTo(2 * N);
            }
        }
    }

    @Test
    void damagedFilesAreRefused() throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (Correlations targets = Correlations.ofTargets(device, D, true, H)) {
            addWithTargets(targets, 0, N);
            targets.writeTo(out);
        }
        byte[] good = out.toByteArray();
        for (int length = 0; length < good.length; length++) {
            byte[] shorter = Arrays.copyOf(good, length);
            assertThatThrownBy(() -> Correlations.readFrom(device, new ByteArrayInputStream(shorter)))
                    .isInstanceOf(IOException.class);
        }
        for (int at = 0; at < good.length; at++) {
            byte[] bad = good.clone();
            bad[at] ^= (byte) (1 << random.nextInt(8));
            assertThatThrownBy(() -> Correlations.readFrom(device, new ByteArrayInputStream(bad)))
                    .isInstanceOf(IOException.class);
        }
    }

    @Test
    void misuseIsRefused() {
        try (Scope scope = device.scope();
                Correlations layer = Correlations.ofLayer(device, D, false, H, new double[H * D]);
                Correlations targets = Correlations.ofTargets(device, D, false, H)) {
            assertThatThrownBy(layer::r).hasMessage("correlations: expected 1 sample or more, got 0");
            assertThatThrownBy(() -> layer.problem(scope, 1)).isInstanceOf(IllegalStateException.class);
            assertThatThrownBy(() -> layer.merge(targets)).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> addWithTargets(layer, 0, 1)).isInstanceOf(IllegalStateException.class);
            assertThatThrownBy(() -> add(targets, 0, 1)).isInstanceOf(IllegalStateException.class);
            assertThatThrownBy(() -> Correlations.ofLayer(device, D, true, H, new double[H * D]))
                    .hasMessage("W: expected 3 x 6 = 18 numbers, got 15");
            assertThatThrownBy(() -> Correlations.ofTargets(device, 0, true, H))
                    .hasMessage("d: expected 1 or more, got 0");
            float[] broken = {1, 2, Float.NaN, 3, 4};
            layer.add(1, scope.f32(broken));
            assertThatThrownBy(() -> layer.problem(scope, 1))
                    .hasMessage("R[2,0]: expected a finite number, got NaN");
        }
    }

    @Test
    void memoryThatRunsOutLeavesNothingBehind() throws IOException {
        ByteArrayOutputStream stored = new ByteArrayOutputStream();
        try (Correlations sums = Correlations.ofTargets(device, D, true, H)) {
            sums.writeTo(stored);
        }
        for (int granted = 0; granted < 3; granted++) {
            Device small = granting(granted);
            assertThatThrownBy(() -> Correlations.ofTargets(small, D, true, H)).isInstanceOf(DeviceException.class);
            assertThat(device.heldBytes()).isZero();
            Device other = granting(granted);
            assertThatThrownBy(() -> Correlations.readFrom(other, new ByteArrayInputStream(stored.toByteArray())))
                    .isInstanceOf(DeviceException.class);
            assertThat(device.heldBytes()).isZero();
        }
    }

    /** The device, out of memory after so many allocations. */
    private Device granting(int allocations) {
        AtomicInteger left = new AtomicInteger(allocations);
        return (Device) Proxy.newProxyInstance(
                Device.class.getClassLoader(), new Class<?>[] {Device.class}, (proxy, method, arguments) -> {
                    if (method.getName().equals("scope")) {
                        return new Scope((Device) proxy);
                    }
                    if (method.getName().equals("allocate") && left.getAndDecrement() == 0) {
                        throw new DeviceException("out of memory");
                    }
                    return method.invoke(device, arguments);
                });
    }
}
