package lnr.lenet.report;

import java.util.List;
import java.util.Locale;
import lnr.lenet.network.Architecture;
import lnr.lenet.report.Canvas.Align;
import lnr.lenet.report.Canvas.Type;

/** Which units of each layer are kept: a row for every size, a column for every unit. */
final class KeptFigure {
    private static final int WIDTH = 900;
    private static final double LEFT = 84;
    private static final double ROW = 13;
    private static final double HEAD = 40;
    private static final String[] COLOURS = {Palette.VERMILION, Palette.GREEN, Palette.BLUE};

    private KeptFigure() {}

    static Figure of(String name, Results results) {
        List<Point> points = results.first(Point.Method.NETWORK);
        int height = (int) (3 * (HEAD + ROW * points.size()) + 10);
        return new Figure(
                name, "Channels and neurons that are kept", WIDTH, height, c -> draw(c, results, points));
    }

    private static void draw(Canvas canvas, Results results, List<Point> points) {
        String[] widths = results.originals().get(0).widths().split("-");
        double top = 0;
        for (int layer = 0; layer < 3; layer++) {
            int count = Integer.parseInt(widths[layer]);
            String unit = layer == 2 ? "neurons" : "channels";
            String title = Architecture.LENET5.layers().get(layer).name() + ", " + count + " " + unit;
            canvas.text(LEFT, top + 26, title, new Type(13, Palette.INK, Align.LEFT, true));
            double width = (WIDTH - LEFT - 16) / count;
            for (int r = 0; r < points.size(); r++) {
                double y = top + HEAD - 6 + r * ROW;
                String size = String.format(Locale.ROOT, "%.3g %%", 100 * points.get(r).size());
                canvas.text(LEFT - 8, y + 10, size, new Type(12, Palette.SOFT, Align.RIGHT, false));
                canvas.box(LEFT, y, WIDTH - LEFT - 16, ROW - 2, "#f2f3f5", null);
                double gap = width > 4 ? 1 : 0;
                for (int k : points.get(r).kept().get(layer)) {
                    canvas.box(LEFT + k * width, y, width - gap, ROW - 2, COLOURS[layer], null);
                }
            }
            top += HEAD + ROW * points.size();
        }
    }
}
