package lnr.lenet.report;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** The objective's excess over its minimum, its logarithm against the iterations. */
final class ConvergenceFigure {
    private static final int WIDTH = 900;
    private static final int HEIGHT = 480;
    private static final String[] COLOURS = {
        Palette.VERMILION, Palette.ORANGE, Palette.GREEN, Palette.BLUE, Palette.PURPLE
    };

    /** Least excess that is shown, in parts of the largest: rounding lies below. */
    private static final double FLOOR = 1e-14;

    private ConvergenceFigure() {}

    static Figure of(String name, Convergence convergence, List<Convergence.Run> runs) {
        return new Figure(
                name, "Convergence on " + convergence.problem(), WIDTH, HEIGHT, c -> draw(c, convergence, runs));
    }

    private static void draw(Canvas canvas, Convergence convergence, List<Convergence.Run> runs) {
        double minimum = convergence.minimum();
        double most = runs.stream()
                .flatMapToDouble(run -> Arrays.stream(run.loss()))
                .map(loss -> loss - minimum)
                .max()
                .orElse(1);
        double floor = FLOOR * (most > 0 ? most : 1);
        double last = runs.stream()
                .mapToInt(run -> run.iteration().length == 0 ? 1 : run.iteration()[run.iteration().length - 1])
                .max()
                .orElse(1);
        Plot plot = new Plot(
                canvas,
                72,
                44,
                WIDTH - 100,
                HEIGHT - 100,
                Axis.counts("iterations", last),
                Axis.decades("log\u2081\u2080(loss \u2212 min)", Math.log10(floor), Math.log10(floor / FLOOR)));
        plot.axes();
        List<Plot.Entry> legend = new ArrayList<>();
        for (int i = 0; i < runs.size(); i++) {
            Convergence.Run run = runs.get(i);
            double[] x = Arrays.stream(run.iteration()).mapToDouble(plot::px).toArray();
            double[] y = Arrays.stream(run.loss())
                    .map(loss -> plot.py(Math.log10(Math.max(floor, loss - minimum))))
                    .toArray();
            plot.canvas().path(x, y, Canvas.Ink.of(COLOURS[i % COLOURS.length], 2));
            String name = String.format(Locale.ROOT, "%s (%,d iterations)", run.name(), run.iterations());
            legend.add(new Plot.Entry(name, COLOURS[i % COLOURS.length], false, false, false));
        }
        // Below the slow solvers' curves, and to the right of Newton's method, which is done after ten steps.
        plot.legend(265, HEIGHT - 56 - 21 * runs.size(), legend);
    }
}
