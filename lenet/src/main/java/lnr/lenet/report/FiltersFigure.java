package lnr.lenet.report;

import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import lnr.lenet.report.Canvas.Align;
import lnr.lenet.report.Canvas.Ink;
import lnr.lenet.report.Canvas.Type;

/** conv1's kernels as small maps of heat, those that are kept framed. */
final class FiltersFigure {
    /** The size nearest to this one is the one whose filters are framed. */
    static final double SIZE = 0.05;

    private static final int WIDTH = 900;
    private static final int ROW = 10;
    private static final int CELL = 14;
    private static final int SIDE = 5;
    private static final int PITCH = 86;
    private static final int LINE = 112;

    private FiltersFigure() {}

    static Figure of(String name, Results results) {
        int rows = (results.anatomy().filters().size() + ROW - 1) / ROW;
        return new Figure(
                name, "Filters of conv1, and which are kept", WIDTH, 20 + rows * LINE, c -> draw(c, results));
    }

    /** The first network's point whose size is the one to show. */
    static Optional<Point> shown(Results results) {
        return results.first(Point.Method.NETWORK).stream()
                .min(Comparator.comparingDouble(p -> Math.abs(Math.log(p.size() / SIZE))));
    }

    private static void draw(Canvas canvas, Results results) {
        List<float[]> filters = results.anatomy().filters();
        float most = Float.MIN_NORMAL;
        for (float[] filter : filters) {
            for (float value : filter) {
                most = Math.max(most, Math.abs(value));
            }
        }
        for (int k = 0; k < filters.size(); k++) {
            int unit = k;
            boolean kept = shown(results).map(p -> p.kept().get(0).contains(unit)).orElse(true);
            double x = 30 + k % ROW * PITCH;
            double y = 14 + k / ROW * LINE;
            for (int i = 0; i < filters.get(k).length; i++) {
                String colour = Palette.diverging(filters.get(k)[i] / most, kept ? 1 : 0.35);
                canvas.box(x + i % SIDE * CELL, y + i / SIDE * CELL, CELL, CELL, colour, null);
            }
            double side = SIDE * CELL;
            Ink frame = kept ? Ink.of(Palette.INK, 2.5) : Ink.of(Palette.GRID, 1);
            canvas.box(x - 1, y - 1, side + 2, side + 2, null, frame);
            String until = results.first(Point.Method.NETWORK).stream()
                    .filter(p -> p.kept().get(0).contains(unit))
                    .reduce((larger, smaller) -> smaller)
                    .map(p -> String.format(Locale.ROOT, "to %.3g %%", 100 * p.size()))
                    .orElse("never");
            String colour = kept ? Palette.INK : Palette.SOFT;
            canvas.text(x + side / 2, y + side + 18, until, new Type(12.5, colour, Align.CENTRE, kept));
        }
    }
}
