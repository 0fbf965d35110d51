package lnr.lenet.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.DoubleUnaryOperator;

/**
 * One axis of a plot.
 *
 * @param title what it shows
 * @param scale from values to lengths, increasing
 * @param low the value where it begins
 * @param high the value where it ends
 * @param ticks in order
 */
record Axis(String title, DoubleUnaryOperator scale, double low, double high, List<Tick> ticks) {
    private static final double[] SHARES = {
        0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1
    };
    private static final double[] ACCURACIES = {
        0.1, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.998, 0.999, 0.9995, 0.9999
    };

    /** A value with its label. */
    record Tick(double value, String label) {}

    /** A value's place: 0 where the axis begins, 1 where it ends. */
    double at(double value) {
        double from = scale.applyAsDouble(low);
        double to = scale.applyAsDouble(high);
        return (scale.applyAsDouble(value) - from) / (to - from);
    }

    /** Shares of a whole, their logarithms. */
    static Axis shares(String title, double least) {
        double low = 0.8 * least;
        List<Tick> ticks = new ArrayList<>();
        for (double share : SHARES) {
            if (share >= low) {
                ticks.add(new Tick(share, plain(100 * share) + " %"));
            }
        }
        return new Axis(title, Math::log, low, 1.15, ticks);
    }

    /** Accuracies, as the logarithms of the errors. */
    static Axis accuracies(String title, double least, double most) {
        double low = 1 - Math.min(0.97, 1.15 * (1 - least));
        double high = 1 - 0.8 * (1 - most);
        List<Tick> ticks = new ArrayList<>();
        for (double accuracy : ACCURACIES) {
            if (accuracy >= low && accuracy <= high) {
                ticks.add(new Tick(accuracy, plain(100 * accuracy) + " %"));
            }
        }
        return new Axis(title, accuracy -> -Math.log(1 - accuracy), low, high, ticks);
    }

    /** Counts from 1, their logarithms. */
    static Axis counts(String title, double most) {
        double high = Math.max(10, most);
        List<Tick> ticks = new ArrayList<>();
        for (long count = 1; count <= high; count *= 10) {
            ticks.add(new Tick(count, String.format(Locale.ROOT, "%,d", count)));
        }
        return new Axis(title, Math::log, 1, 1.1 * high, ticks);
    }

    /** Whole numbers with a tick at every other one at most, about eight of them. */
    static Axis decades(String title, double low, double high) {
        int from = (int) Math.floor(low);
        int to = Math.max(from + 1, (int) Math.ceil(high));
        int step = Math.max(1, (int) Math.ceil((to - from) / 8.0));
        List<Tick> ticks = new ArrayList<>();
        for (int value = to; value >= from; value -= step) {
            ticks.add(0, new Tick(value, Integer.toString(value).replace('-', '\u2212')));
        }
        return new Axis(title, v -> v, from, to, ticks);
    }

    /** Values from 0 with about five round ticks. */
    static Axis linear(String title, double most) {
        double top = most > 0 ? most : 1;
        double step = Math.pow(10, Math.floor(Math.log10(top / 5)));
        while (top / step > 6) {
            step *= top / step > 12 ? 5 : 2;
        }
        List<Tick> ticks = new ArrayList<>();
        for (int i = 0; i * step <= top * (1 + 1e-9); i++) {
            ticks.add(new Tick(i * step, plain(i * step)));
        }
        return new Axis(title, v -> v, 0, 1.04 * top, ticks);
    }

    private static String plain(double value) {
        String text = String.format(Locale.ROOT, "%.4f", value);
        return text.replaceAll("\\.?0+$", "");
    }
}
