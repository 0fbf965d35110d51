package lnr.kernels.contract;

import static lnr.kernels.contract.Expected.U32;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.stream.Stream;
import lnr.kernels.F32;
import lnr.kernels.Layers.ConvShape;
import lnr.kernels.U8;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Convolution, pooling and ReLU in one, forward and backward. */
public abstract class ConvolutionContract extends DeviceContract {
    private static final ConvShape FEW = new ConvShape(3, 6, 8, 5, 3);
    private static final ConvShape MANY = new ConvShape(33, 4, 6, 7, 3);

    static Stream<Arguments> shapes() {
        return Stream.of(
                // LeNet's two, with and without a full tile of samples.
                Arguments.of(new ConvShape(1, 28, 28, 20, 5), 9),
                Arguments.of(new ConvShape(20, 12, 12, 50, 5), 3),
                // Pruned to one filter, to one channel, to none.
                Arguments.of(new ConvShape(1, 28, 28, 1, 5), 2),
                Arguments.of(new ConvShape(20, 12, 12, 1, 5), 2),
                Arguments.of(new ConvShape(1, 12, 12, 50, 5), 2),
                Arguments.of(new ConvShape(1, 6, 6, 0, 5), 3),
                Arguments.of(new ConvShape(20, 6, 6, 0, 5), 3),
                Arguments.of(new ConvShape(0, 6, 6, 4, 5), 3),
                Arguments.of(new ConvShape(0, 6, 6, 0, 5), 3),
                // Kernels of 1, 3 and 5; oblong inputs; the smallest of all; many channels.
                Arguments.of(new ConvShape(1, 2, 2, 1, 1), 1),
                Arguments.of(new ConvShape(1, 4, 6, 3, 1), 7),
                Arguments.of(new ConvShape(32, 2, 4, 3, 1), 8),
                Arguments.of(new ConvShape(7, 6, 10, 33, 5), 5),
                Arguments.of(new ConvShape(64, 6, 4, 7, 3), 3),
                Arguments.of(new ConvShape(257, 2, 2, 31, 1), 9),
                Arguments.of(FEW, 0),
                Arguments.of(MANY, 0),
                Arguments.of(FEW, 1),
                Arguments.of(FEW, 17),
                Arguments.of(MANY, 17),
                // Several samples, channels and filters to a piece of work, none of them a whole number of pieces.
                Arguments.of(new ConvShape(1, 6, 8, 3, 5), 259),
                Arguments.of(new ConvShape(5, 6, 8, 3, 5), 259),
                Arguments.of(new ConvShape(23, 6, 8, 35, 5), 4),
                Arguments.of(new ConvShape(2, 12, 10, 85, 5), 3),
                Arguments.of(new ConvShape(1, 28, 28, 67, 5), 2),
                // Too wide for caches to hold it whole.
                Arguments.of(new ConvShape(2, 6, 1504, 1, 5), 2),
                Arguments.of(new ConvShape(2, 6, 6004, 1, 5), 1),
                // More tiles than parts of a batch.
                Arguments.of(new ConvShape(1, 4, 6, 3, 3), 257),
                Arguments.of(new ConvShape(11, 4, 4, 2, 3), 257));
    }

    @ParameterizedTest
    @MethodSource("shapes")
    void forwardPoolsAndRectifiesTheConvolution(ConvShape shape, int n) {
        float[] x = draw.floats(n * shape.inputs());
        float[] w = draw.floats(shape.filters() * shape.patch());
        float[] b = draw.floats(shape.filters());
        Sum[] planes = planes(shape, n, x, w);
        F32 y = arena.out32(n * shape.outputs());
        U8 winner = arena.outBytes(n * shape.outputs());
        device.layers().convolve(shape, n, arena.in(x), arena.in(w), arena.in(b), y, winner);
        float[] outputs = y.toArray();
        byte[] places = winner.toArray();
        Expected expected = new Expected(outputs.length);
        for (int i = 0; i < outputs.length; i++) {
            double bias = b[filter(shape, i)];
            double largest = Double.NEGATIVE_INFINITY;
            double error = 0;
            for (int place = 0; place < 4; place++) {
                largest = Math.max(largest, planes[4 * i + place].value);
                error = Math.max(error, planes[4 * i + place].error());
            }
            error += Math.abs(largest) + Math.abs(bias);
            expected.set(i, Math.max(largest + bias, 0), error);
            if (places[i] == 4) {
                assertThat(outputs[i]).as("output %d, switched off", i).isZero();
            } else {
                assertThat(places[i]).as("winner %d", i).isBetween((byte) 0, (byte) 3);
                assertThat(outputs[i]).as("output %d, on", i).isPositive();
                assertThat(planes[4 * i + places[i]].value)
                        .as("the winner of %d is a largest", i)
                        .isGreaterThanOrEqualTo(largest - 4 * error * U32);
            }
        }
        expected.matches("y", outputs);
    }

    @ParameterizedTest
    @MethodSource("shapes")
    void withoutWinnersOutputsStayWithinTheWiderBound(ConvShape shape, int n) {
        float[] x = draw.floats(n * shape.inputs());
        float[] w = draw.floats(shape.filters() * shape.patch());
        float[] b = draw.floats(shape.filters());
        float[] outputs = alone(shape, n, x, w, b);
        Sum[] planes = planes(shape, n, x, w);
        Expected expected = new Expected(outputs.length);
        for (int i = 0; i < outputs.length; i++) {
            int filter = filter(shape, i);
            double largest = Double.NEGATIVE_INFINITY;
            for (int place = 0; place < 4; place++) {
                largest = Math.max(largest, planes[4 * i + place].value);
            }
            double weights = 0;
            for (int j = 0; j < shape.patch(); j++) {
                weights += Math.abs(w[filter * shape.patch() + j]);
            }
            double most = 0;
            for (int j = 0; j < shape.inputs(); j++) {
                most = Math.max(most, Math.abs(x[i / shape.outputs() * shape.inputs() + j]));
            }
            double error = 16.0 * shape.patch() * weights * most + Math.abs(largest) + Math.abs(b[filter]);
            expected.set(i, Math.max(largest + b[filter], 0), error);
        }
        expected.matches("y", outputs);
        renewArena();
        // Whole numbers: a term lost or counted twice cannot hide in a bound.
        x = draw.integers(x.length, 1);
        w = draw.integers(w.length, 1);
        b = draw.integers(b.length, 1);
        outputs = alone(shape, n, x, w, b);
        planes = planes(shape, n, x, w);
        for (int i = 0; i < outputs.length; i++) {
            double largest = Double.NEGATIVE_INFINITY;
            for (int place = 0; place < 4; place++) {
                largest = Math.max(largest, planes[4 * i + place].value);
            }
            double exact = Math.max(largest + b[filter(shape, i)], 0);
            assertThat((double) outputs[i]).as("output %d", i).isCloseTo(exact, within(0.01));
        }
    }

    private float[] alone(ConvShape shape, int n, float[] x, float[] w, float[] b) {
        F32 y = arena.out32(n * shape.outputs());
        device.layers().convolve(shape, n, arena.in(x), arena.in(w), arena.in(b), y, null);
        return y.toArray();
    }

    // Sums of small integers are exact, and full of ties.
    @ParameterizedTest
    @MethodSource("shapes")
    void theFirstOfEqualsWinsAndWhatReluSwitchesOffHasWinnerFour(ConvShape shape, int n) {
        float[] x = draw.integers(n * shape.inputs(), 1);
        float[] w = draw.integers(shape.filters() * shape.patch(), 1);
        float[] b = draw.integers(shape.filters(), 1);
        Sum[] planes = planes(shape, n, x, w);
        float[] outputs = new float[n * shape.outputs()];
        byte[] places = new byte[outputs.length];
        for (int i = 0; i < outputs.length; i++) {
            int best = 0;
            for (int place = 1; place < 4; place++) {
                best = planes[4 * i + place].value > planes[4 * i + best].value ? place : best;
            }
            double value = planes[4 * i + best].value + b[filter(shape, i)];
            outputs[i] = (float) Math.max(value, 0);
            places[i] = (byte) (value > 0 ? best : 4);
        }
        for (int run = 0; run < 2; run++) {
            F32 y = arena.out32(outputs.length);
            U8 winner = arena.outBytes(outputs.length);
            device.layers().convolve(shape, n, arena.in(x), arena.in(w), arena.in(b), y, winner);
            assertThat(y.toArray()).isEqualTo(outputs);
            assertThat(winner.toArray()).isEqualTo(places);
            renewArena();
        }
    }

    @ParameterizedTest
    @MethodSource("shapes")
    void backwardSendsEachGradientThroughItsWinner(ConvShape shape, int n) {
        int size = n * shape.outputs();
        backward(shape, n, draw.floats(n * shape.inputs()), draw.floats(shape.filters() * shape.patch()),
                draw.bytes(size, 5), draw.floats(size));
        renewArena();
        // Exact, whatever the order of summation: a term lost or counted twice cannot hide in a bound.
        float[] exact = draw.integers(n * shape.inputs(), 3);
        Expected[] expected = backward(shape, n, exact, draw.integers(shape.filters() * shape.patch(), 3),
                draw.bytes(size, 5), draw.integers(size, 3));
        for (int k = 0; k < 3; k++) {
            float[] result = results[k];
            for (int i = 0; i < result.length; i++) {
                if (result[i] != expected[k].value(i)) {
                    assertThat((double) result[i])
                            .as("integers, target %d, element %d", k, i)
                            .isEqualTo(expected[k].value(i));
                }
            }
        }
    }

    private float[][] results;

    private Expected[] backward(ConvShape shape, int n, float[] x, float[] w, byte[] winner, float[] dy) {
        Sum[] dx = sums(n * shape.inputs());
        Sum[] dw = sums(shape.filters() * shape.patch());
        Sum[] db = sums(shape.filters());
        int area = shape.kernel() * shape.kernel();
        for (int i = 0; i < dy.length; i++) {
            if (winner[i] == 4) {
                continue;
            }
            int f = filter(shape, i);
            db[f].add(dy[i]);
            for (int c = 0; c < shape.channels(); c++) {
                for (int a = 0; a < area; a++) {
                    int from = input(shape, i, winner[i], c, a);
                    int weight = (f * shape.channels() + c) * area + a;
                    dw[weight].add((double) dy[i] * x[from]);
                    dx[from].add((double) dy[i] * w[weight]);
                }
            }
        }
        F32 dxs = arena.out32(dx.length);
        F32 dws = arena.out32(dw.length);
        F32 dbs = arena.out32(db.length);
        device.layers().convolveBackward(
                shape, n, arena.in(x), arena.in(w), arena.in(winner), arena.in(dy), dxs, dws, dbs);
        results = new float[][] {dxs.toArray(), dws.toArray(), dbs.toArray()};
        Expected[] expected = {expected(dx), expected(dw), expected(db)};
        expected[0].matches("dx", results[0]);
        expected[1].matches("dw", results[1]);
        expected[2].matches("db", results[2]);
        F32 dwAlone = arena.out32(dw.length);
        F32 dbAlone = arena.out32(db.length);
        device.layers().convolveBackward(
                shape, n, arena.in(x), arena.in(w), arena.in(winner), arena.in(dy), null, dwAlone, dbAlone);
        assertThat(dwAlone.toArray()).as("dw without dx").isEqualTo(results[1]);
        assertThat(dbAlone.toArray()).as("db without dx").isEqualTo(results[2]);
        return expected;
    }

    // Piecewise linear, so that differences are exact where no kink is near: outputs near one get no gradient.
    @ParameterizedTest
    @CsvSource({"3, 6, 8, 2, 3", "33, 4, 4, 2, 3", "1, 6, 6, 3, 5"})
    void gradientsMatchFiniteDifferences(int channels, int height, int width, int filters, int kernel) {
        ConvShape shape = new ConvShape(channels, height, width, filters, kernel);
        int n = 2;
        float[] x = draw.floats(n * shape.inputs());
        float[] w = draw.floats(filters * shape.patch());
        float[] b = draw.floats(filters);
        float[] dy = draw.floats(n * shape.outputs());
        float delta = 0x1p-12f;
        Sum[] planes = planes(shape, n, x, w);
        for (int i = 0; i < dy.length; i++) {
            double[] window = new double[4];
            Arrays.setAll(window, place -> 0);
            for (int place = 0; place < 4; place++) {
                window[place] = planes[4 * i + place].value;
            }
            Arrays.sort(window);
            double margin = Math.min(window[3] - window[2], Math.abs(window[3] + b[filter(shape, i)]));
            // No input or weight exceeds 1: a step moves a plane by delta at most.
            dy[i] = margin > 4 * delta ? dy[i] : 0;
        }
        U8 winner = arena.outBytes(dy.length);
        F32 dx = arena.out32(x.length);
        F32 dw = arena.out32(w.length);
        F32 db = arena.out32(b.length);
        device.layers().convolve(shape, n, arena.in(x), arena.in(w), arena.in(b), arena.out32(dy.length), winner);
        device.layers().convolveBackward(
                shape, n, arena.in(x), arena.in(w), arena.in(winner.toArray()), arena.in(dy), dx, dw, db);
        float[][] parameters = {x, w, b};
        float[][] gradients = {dx.toArray(), dw.toArray(), db.toArray()};
        for (int k = 0; k < 3; k++) {
            for (int i = 0; i < parameters[k].length; i += 1 + parameters[k].length / 50) {
                float kept = parameters[k][i];
                parameters[k][i] = kept + delta;
                double up = parameters[k][i];
                double above = weighted(shape, n, x, w, b, dy);
                parameters[k][i] = kept - delta;
                double down = parameters[k][i];
                double below = weighted(shape, n, x, w, b, dy);
                parameters[k][i] = kept;
                // As many terms as outputs, none above 1; and the differences' own rounding.
                double bound = 2 * U32 * dy.length * dy.length + 0x1p-30;
                assertThat(Math.abs(gradients[k][i] - (above - below) / (up - down)))
                        .as("parameter %d of group %d", i, k)
                        .isLessThanOrEqualTo(bound);
            }
        }
    }

    private static double weighted(ConvShape shape, int n, float[] x, float[] w, float[] b, float[] dy) {
        Sum[] planes = planes(shape, n, x, w);
        double sum = 0;
        for (int i = 0; i < dy.length; i++) {
            double largest = Double.NEGATIVE_INFINITY;
            for (int place = 0; place < 4; place++) {
                largest = Math.max(largest, planes[4 * i + place].value);
            }
            sum += dy[i] * Math.max(largest + b[filter(shape, i)], 0);
        }
        return sum;
    }

    // So large that a device may take one at a time: of ones, each with one output that its window's first gave.
    @Test
    void gradientsAreSummedOverManyLargeSamples() {
        ConvShape shape = new ConvShape(4, 86, 86, 1, 5);
        int n = 129;
        float[] x = new float[n * shape.inputs()];
        byte[] winner = new byte[n * shape.outputs()];
        float[] dy = new float[n * shape.outputs()];
        Arrays.fill(x, 1);
        Arrays.fill(winner, (byte) 4);
        Arrays.fill(dy, 1);
        for (int i = 0; i < n; i++) {
            winner[i * shape.outputs() + 13 * i] = 0;
        }
        F32 w = arena.in(new float[shape.patch()]);
        F32 dw = arena.out32(shape.patch());
        F32 db = arena.out32(1);
        device.layers().convolveBackward(shape, n, arena.in(x), w, arena.inOut(winner), arena.in(dy), null, dw, db);
        assertThat(dw.toArray()).containsOnly(n);
        assertThat(db.toArray()).containsOnly(n);
    }

    @Test
    void neitherPoolingNorReluHidesNotANumber() {
        for (ConvShape shape : new ConvShape[] {FEW, MANY}) {
            int n = 9;
            int size = n * shape.outputs();
            float[] x = draw.floats(n * shape.inputs());
            float[] w = draw.floats(shape.filters() * shape.patch());
            float[] b = draw.floats(shape.filters());
            float[] badW = w.clone();
            badW[2 * shape.patch() + 4] = Float.NaN;
            float[] badB = b.clone();
            badB[2] = Float.NaN;
            for (int k = 0; k < 2; k++) {
                F32 y = arena.out32(size);
                U8 winner = arena.outBytes(size);
                device.layers().convolve(
                        shape, n, arena.in(x), arena.in(k == 0 ? badW : w), arena.in(k == 1 ? badB : b), y, winner);
                float[] outputs = y.toArray();
                for (int i = 0; i < size; i++) {
                    assertThat(Float.isNaN(outputs[i])).as("output %d", i).isEqualTo(filter(shape, i) == 2);
                }
            }
            // One pixel: the outputs whose windows see it, and no others.
            float[] badX = x.clone();
            int pixel = 4 * shape.inputs() + shape.height() * shape.width() + 2 * shape.width() + 3;
            badX[pixel] = Float.NaN;
            F32 y = arena.out32(size);
            device.layers().convolve(shape, n, arena.in(badX), arena.in(w), arena.in(b), y, null);
            float[] outputs = y.toArray();
            for (int i = 0; i < size; i++) {
                boolean seen = false;
                for (int place = 0; place < 4; place++) {
                    for (int a = 0; a < shape.kernel() * shape.kernel(); a++) {
                        seen |= input(shape, i, place, 1, a) == pixel;
                    }
                }
                assertThat(Float.isNaN(outputs[i])).as("output %d", i).isEqualTo(seen);
            }
            byte[] winner = new byte[size];
            float[] dy = draw.floats(size);
            dy[size - 1] = Float.NaN;
            F32 dx = arena.out32(n * shape.inputs());
            F32 dw = arena.out32(w.length);
            F32 db = arena.out32(b.length);
            device.layers().convolveBackward(
                    shape, n, arena.in(x), arena.in(w), arena.in(winner), arena.in(dy), dx, dw, db);
            assertThat(db.toArray()[shape.filters() - 1]).isNaN();
            assertThat(dw.toArray()[w.length - 1]).isNaN();
            assertThat(dx.toArray()[input(shape, size - 1, 0, 0, 0)]).isNaN();
            renewArena();
        }
    }

    @ParameterizedTest
    @CsvSource({
        "-1, 6, 6, 1, 3", "1, 6, 6, -1, 3", "1, 6, 6, 1, 0", "1, 5, 6, 1, 3", "1, 6, 5, 1, 3", "1, 2, 6, 1, 3",
        "1, 6, 2, 1, 3"
    })
    void shapesWithoutEvenPositiveOutputsAreRefused(int channels, int height, int width, int filters, int kernel) {
        assertThatThrownBy(() -> new ConvShape(channels, height, width, filters, kernel))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("convolution: expected");
    }

    /** The convolution, the four places of output i's pooling window at 4 i. */
    private static Sum[] planes(ConvShape shape, int n, float[] x, float[] w) {
        Sum[] planes = sums(4 * n * shape.outputs());
        int area = shape.kernel() * shape.kernel();
        for (int i = 0; i < n * shape.outputs(); i++) {
            int f = filter(shape, i);
            for (int place = 0; place < 4; place++) {
                Sum sum = planes[4 * i + place];
                for (int c = 0; c < shape.channels(); c++) {
                    for (int a = 0; a < area; a++) {
                        sum.add((double) x[input(shape, i, place, c, a)] * w[(f * shape.channels() + c) * area + a]);
                    }
                }
            }
        }
        return planes;
    }

    private static int filter(ConvShape shape, int output) {
        return output / (shape.pooledHeight() * shape.pooledWidth()) % shape.filters();
    }

    /** Index in X of what weight a of channel c multiplies, for a place in the pooling window of an output. */
    private static int input(ConvShape shape, int output, int place, int c, int a) {
        int sample = output / shape.outputs();
        int position = output % (shape.pooledHeight() * shape.pooledWidth());
        int row = 2 * (position / shape.pooledWidth()) + place / 2 + a / shape.kernel();
        int column = 2 * (position % shape.pooledWidth()) + place % 2 + a % shape.kernel();
        return ((sample * shape.channels() + c) * shape.height() + row) * shape.width() + column;
    }

    private static Sum[] sums(int n) {
        Sum[] sums = new Sum[n];
        Arrays.setAll(sums, i -> new Sum());
        return sums;
    }

    private static Expected expected(Sum[] sums) {
        Expected expected = new Expected(sums.length);
        for (int i = 0; i < sums.length; i++) {
            expected.set(i, sums[i]);
        }
        return expected;
    }
}
