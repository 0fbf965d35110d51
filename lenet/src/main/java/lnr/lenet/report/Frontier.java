package lnr.lenet.report;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;

/** Points of several networks taken together, and which of the text's are surpassed. */
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

    /**
     * One setting, over all networks.
     *
     * @param parameters their mean
     * @param size in parts of the original's
     * @param work flops in parts of the original's
     * @param compressed accuracy on the test images
     * @param retrained the same after retraining; null without
     * @param relativeGap the largest; null for whole networks
     * @param dominatedBy for the text's method: the smallest whole network that is no larger and no less accurate, in
     *     the mean, and one of them strictly; null where there is none
     * @param dominatedRetrainedBy the same, both after retraining
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
            String dominatedBy,
            String dominatedRetrainedBy) {

        /** Accuracy after retraining, or without it. */
        Spread accuracy(boolean after) {
            return after ? retrained : compressed;
        }

        boolean dominated(boolean after) {
            return (after ? dominatedRetrainedBy : dominatedBy) != null;
        }
    }

    /** All settings, the text's first, each method's smallest first. */
    static List<Row> of(List<Point> points) {
        Map<String, List<Point>> settings = new LinkedHashMap<>();
        points.forEach(p ->
                settings.computeIfAbsent(p.method() + p.setting(), s -> new ArrayList<>()).add(p));
        List<Row> rows = settings.values().stream()
                .map(Frontier::row)
                .sorted(Comparator.comparing(Row::method).thenComparingDouble(Row::parameters))
                .toList();
        return rows.stream()
                .map(row -> row.method() == Point.Method.TEXT
                        ? new Row(
                                row.method(),
                                row.setting(),
                                row.parameters(),
                                row.size(),
                                row.flops(),
                                row.work(),
                                row.compressed(),
                                row.retrained(),
                                row.relativeGap(),
                                dominator(row, rows, Row::compressed),
                                row.retrained() == null ? null : dominator(row, rows, Row::retrained))
                        : row)
                .toList();
    }

    private static Row row(List<Point> points) {
        Point first = points.get(0);
        return new Row(
                first.method(),
                first.setting(),
                Spread.of(points, Point::parameters).mean(),
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
                null,
                null);
    }

    private static String dominator(Row row, List<Row> rows, Function<Row, Spread> accuracy) {
        double reached = accuracy.apply(row).mean();
        return rows.stream()
                .filter(other -> other.method() == Point.Method.NETWORK)
                .filter(other -> other.parameters() <= row.parameters() && accuracy.apply(other).mean() >= reached)
                .filter(other -> other.parameters() < row.parameters() || accuracy.apply(other).mean() > reached)
                .findFirst()
                .map(Row::setting)
                .orElse(null);
    }
}
