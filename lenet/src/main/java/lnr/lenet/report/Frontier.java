package lnr.lenet.report;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.ToDoubleFunction;

/** Points of several networks taken together, and by how much the text's are surpassed. */
final class Frontier {
    private Frontier() {}

    /** Mean, least and largest of a figure over the networks. */
    record Spread(double mean, double least, double most) {
        static <T> Spread of(List<T> points, ToDoubleFunction<T> figure) {
            double sum = 0;
            double least = Double.POSITIVE_INFINITY;
            double most = Double.NEGATIVE_INFINITY;
            for (T point : points) {
                double value = figure.applyAsDouble(point);
                sum += value;
                least = Math.min(least, value);
                most = Math.max(most, value);
            }
            // Rounding must not take a mean out of its range.
            return new Spread(Math.max(least, Math.min(most, sum / points.size())), least, most);
        }
    }

    /** Ways to set a whole network against one of the text's method. */
    enum Comparison {
        /** Neither is retrained. */
        PLAIN(false, false),
        /** The whole network is, as the text's method is not. */
        AHEAD(false, true),
        /** Both are. */
        RETRAINED(true, true);

        private final boolean text;
        private final boolean whole;

        Comparison(boolean text, boolean whole) {
            this.text = text;
            this.whole = whole;
        }

        /** What there is to compare. */
        static List<Comparison> all(boolean retrained) {
            return retrained ? List.of(values()) : List.of(PLAIN);
        }
    }

    /**
     * The most accurate of the whole networks that are no larger than one of the text's method.
     *
     * @param setting its
     * @param margin of its accuracy in the mean over the networks, which may be negative
     * @param error standard error of the margin, from the differences on each test image
     * @param surpasses whether it is no less accurate and no larger, and one of them strictly
     */
    record Rival(String setting, double margin, double error, boolean surpasses) {}

    /**
     * One setting, over all networks.
     *
     * @param parameters their mean
     * @param size in parts of the original's
     * @param work flops in parts of the original's
     * @param compressed accuracy on the test images
     * @param retrained the same after retraining; null without
     * @param relativeGap the largest; null for whole networks
     * @param rivals of the text's method, where some whole network is no larger; null for whole networks
     */
    record Row(
            Point.Method method,
            String setting,
            double parameters,
            Spread size,
            double flops,
            Spread work,
            Spread compressed,
            Spread retrained,
            Double relativeGap,
            Map<Comparison, Rival> rivals) {

        /** Accuracy after retraining, or without it. */
        Spread accuracy(boolean after) {
            return after ? retrained : compressed;
        }

        boolean surpassed(Comparison comparison) {
            return rivals.containsKey(comparison) && rivals.get(comparison).surpasses();
        }
    }

    /** All settings, the text's first, each method's smallest first. */
    static List<Row> of(List<Point> points) {
        Map<String, List<Point>> settings = new LinkedHashMap<>();
        points.forEach(p ->
                settings.computeIfAbsent(p.method() + p.setting(), s -> new ArrayList<>()).add(p));
        List<List<Point>> whole = settings.values().stream()
                .filter(same -> same.get(0).method() == Point.Method.NETWORK)
                .toList();
        return settings.values().stream()
                .map(same -> row(same, same.get(0).method() == Point.Method.TEXT ? rivals(same, whole) : null))
                .sorted(Comparator.comparing(Row::method).thenComparingDouble(Row::parameters))
                .toList();
    }

    private static Row row(List<Point> points, Map<Comparison, Rival> rivals) {
        Point first = points.get(0);
        return new Row(
                first.method(),
                first.setting(),
                parameters(points),
                Spread.of(points, Point::size),
                Spread.of(points, Point::flops).mean(),
                Spread.of(points, Point::work),
                Spread.of(points, p -> p.compressed().accuracy()),
                first.retrained() == null ? null : Spread.of(points, p -> p.retrained().accuracy()),
                points.stream()
                        .map(Point::proof)
                        .filter(Objects::nonNull)
                        .map(Point.Proof::relativeGap)
                        .max(Comparator.naturalOrder())
                        .orElse(null),
                rivals);
    }

    private static double parameters(List<Point> points) {
        return Spread.of(points, Point::parameters).mean();
    }

    private static Map<Comparison, Rival> rivals(List<Point> text, List<List<Point>> whole) {
        Map<Comparison, Rival> rivals = new EnumMap<>(Comparison.class);
        for (Comparison comparison : Comparison.all(text.get(0).retrained() != null)) {
            whole.stream()
                    .filter(other -> parameters(other) <= parameters(text))
                    .map(other -> rival(text, other, comparison))
                    .max(Comparator.comparingDouble(Rival::margin).thenComparing(Rival::surpasses))
                    .ifPresent(best -> rivals.put(comparison, best));
        }
        return rivals;
    }

    private static Rival rival(List<Point> text, List<Point> other, Comparison comparison) {
        int[] gains = new int[text.get(0).compressed().images()]; // on each image, by all networks
        for (int k = 0; k < text.size(); k++) {
            Tested theirs = text.get(k).tested(comparison.text);
            Tested mine = other.get(k).tested(comparison.whole);
            for (int i = 0; i < gains.length; i++) {
                gains[i] += (theirs.isWrong(i) ? 1 : 0) - (mine.isWrong(i) ? 1 : 0);
            }
        }
        long sum = 0;
        long squares = 0;
        for (int gain : gains) {
            sum += gain;
            squares += (long) gain * gain;
        }
        double images = gains.length;
        double variance = (squares - sum * sum / images) / Math.max(1, images - 1);
        boolean surpasses = sum > 0 || sum == 0 && parameters(other) < parameters(text);
        return new Rival(
                other.get(0).setting(),
                sum / images / text.size(),
                Math.sqrt(variance / images) / text.size(),
                surpasses);
    }
}
