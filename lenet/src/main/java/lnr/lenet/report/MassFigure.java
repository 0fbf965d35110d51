package lnr.lenet.report;

import java.util.Arrays;
import java.util.List;

/** Norms of fc2's columns, largest first, before and after. */
final class MassFigure {
    private static final int WIDTH = 900;
    private static final int HEIGHT = 420;

    private MassFigure() {}

    static Figure of(String name, Anatomy anatomy) {
        return new Figure(name, "Norms of fc2's columns", WIDTH, HEIGHT, canvas -> draw(canvas, anatomy));
    }

    private static void draw(Canvas canvas, Anatomy anatomy) {
        double most = 0;
        for (double[] norms : List.of(anatomy.before(), anatomy.sparse(), anatomy.refitted())) {
            most = Math.max(most, Arrays.stream(norms).max().orElse(0));
        }
        int count = anatomy.before().length;
        Plot plot = new Plot(
                canvas,
                72,
                44,
                WIDTH - 100,
                HEIGHT - 100,
                Axis.linear("columns, one for each neuron of fc1, sorted", count),
                Axis.linear("norm of the column", most));
        plot.axes();
        curve(plot, anatomy.before(), Palette.SOFT);
        curve(plot, anatomy.sparse(), Palette.VERMILION);
        curve(plot, anatomy.refitted(), Palette.BLUE);
        plot.legend(
                WIDTH - 330,
                66,
                List.of(
                        new Plot.Entry("before", Palette.SOFT, false, false, false),
                        new Plot.Entry("after, as solved", Palette.VERMILION, false, false, false),
                        new Plot.Entry("after, refitted", Palette.BLUE, false, false, false)));
    }

    private static void curve(Plot plot, double[] norms, String colour) {
        double[] sorted = Arrays.stream(norms).sorted().toArray();
        int count = sorted.length;
        double[] x = new double[count];
        double[] y = new double[count];
        for (int i = 0; i < count; i++) {
            x[i] = plot.px(i + 1);
            y[i] = plot.py(sorted[count - 1 - i]);
        }
        plot.canvas().path(x, y, Canvas.Ink.of(colour, 2));
    }
}
