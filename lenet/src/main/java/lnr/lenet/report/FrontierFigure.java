package lnr.lenet.report;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import lnr.lenet.report.Canvas.Align;
import lnr.lenet.report.Canvas.Ink;
import lnr.lenet.report.Canvas.Type;

/** Accuracy against what is left of a network: means over the networks, with the spread of both. */
final class FrontierFigure {
    private static final int WIDTH = 900;
    private static final int HEIGHT = 560;

    private final Results results;
    private final List<Frontier.Row> rows;
    private final Function<Frontier.Row, Frontier.Spread> share;
    private final ToDoubleFunction<Point> shareOfPoint;
    private final String title;

    private FrontierFigure(
            Results results,
            List<Frontier.Row> rows,
            Function<Frontier.Row, Frontier.Spread> share,
            ToDoubleFunction<Point> shareOfPoint,
            String title) {
        this.results = results;
        this.rows = rows;
        this.share = share;
        this.shareOfPoint = shareOfPoint;
        this.title = title;
    }

    static Figure of(
            String name,
            String title,
            Results results,
            List<Frontier.Row> rows,
            Function<Frontier.Row, Frontier.Spread> share,
            ToDoubleFunction<Point> shareOfPoint) {
        FrontierFigure figure = new FrontierFigure(results, rows, share, shareOfPoint, title);
        return new Figure(name, "Test accuracy against " + title, WIDTH, HEIGHT, figure::draw);
    }

    private void draw(Canvas canvas) {
        List<Double> accuracies = new ArrayList<>();
        results.originals().forEach(o -> accuracies.add(o.test().accuracy()));
        results.points().forEach(p -> {
            accuracies.add(p.compressed().accuracy());
            if (p.retrained() != null) {
                accuracies.add(p.retrained().accuracy());
            }
        });
        double floor = 0.5 / results.originals().get(0).test().images(); // an error of 0 has no logarithm
        double most = Math.min(1 - floor, accuracies.stream().max(Comparator.naturalOrder()).orElseThrow());
        double least = accuracies.stream().min(Comparator.naturalOrder()).orElseThrow();
        double smallest = results.points().stream().mapToDouble(shareOfPoint).min().orElseThrow();
        Plot plot = new Plot(
                canvas,
                72,
                44,
                WIDTH - 100,
                HEIGHT - 100,
                Axis.shares(title, smallest),
                Axis.accuracies("test accuracy (error on a logarithmic scale)", least, most));
        plot.axes();
        original(plot);
        List<Plot.Entry> legend = new ArrayList<>();
        for (Point.Method method : new Point.Method[] {Point.Method.NETWORK, Point.Method.TEXT}) {
            for (boolean after : results.retrained() ? new boolean[] {true, false} : new boolean[] {false}) {
                String colour = method == Point.Method.TEXT ? Palette.VERMILION : Palette.BLUE;
                series(plot, method, after, colour);
                String name = (method == Point.Method.TEXT ? "text's method, fc2 alone" : "whole network")
                        + (after ? ", retrained" : "");
                legend.add(new Plot.Entry(name, colour, !after, true, after));
            }
        }
        double top = 44 + HEIGHT - 100 - 21 * (legend.size() + 1) - 8;
        plot.legend(WIDTH - 330, top, legend);
        canvas.dot(WIDTH - 315, top + 21 * legend.size(), 8, null, Ink.of(Palette.INK, 1.4));
        canvas.text(
                WIDTH - 290,
                top + 21 * legend.size() + 4.5,
                "not surpassed by the whole network",
                new Type(13, Palette.INK, Align.LEFT, false));
    }

    private void original(Plot plot) {
        double mean = results.originals().stream()
                .mapToDouble(o -> o.test().accuracy())
                .average()
                .orElseThrow();
        double at = plot.py(mean);
        plot.canvas().line(plot.left(), at, plot.left() + plot.width(), at, new Ink(Palette.SOFT, 1, true));
        plot.canvas()
                .text(
                        plot.left() + 4,
                        at - 6,
                        String.format(Locale.ROOT, "original network, %.2f %%", 100 * mean),
                        Plot.type(Align.LEFT, false));
    }

    private void series(Plot plot, Point.Method method, boolean after, String colour) {
        List<Frontier.Row> mine = rows.stream().filter(r -> r.method() == method).toList();
        Frontier.Comparison comparison = after ? Frontier.Comparison.RETRAINED : Frontier.Comparison.PLAIN;
        double[] x = mine.stream().mapToDouble(r -> plot.px(share.apply(r).mean())).toArray();
        double[] y = mine.stream().mapToDouble(r -> plot.py(r.accuracy(after).mean())).toArray();
        plot.canvas().path(x, y, new Ink(colour, 2, !after));
        for (int i = 0; i < x.length; i++) {
            Frontier.Row row = mine.get(i);
            Ink thin = Ink.of(colour, 1.2);
            Frontier.Spread wide = share.apply(row);
            plot.canvas().line(plot.px(wide.least()), y[i], plot.px(wide.most()), y[i], thin);
            double low = plot.py(row.accuracy(after).least());
            plot.canvas().line(x[i], low, x[i], plot.py(row.accuracy(after).most()), thin);
            if (method == Point.Method.TEXT && !row.surpassed(comparison)) {
                plot.canvas().dot(x[i], y[i], 8, null, Ink.of(Palette.INK, 1.4));
            }
            plot.mark(x[i], y[i], colour, after);
        }
    }
}
