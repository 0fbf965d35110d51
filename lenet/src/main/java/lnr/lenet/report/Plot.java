package lnr.lenet.report;

import java.util.List;
import lnr.lenet.report.Canvas.Align;
import lnr.lenet.report.Canvas.Ink;
import lnr.lenet.report.Canvas.Type;

/**
 * Two axes on a canvas, and what is drawn between them.
 *
 * @param left of the area between the axes, in pixels, as the others
 */
record Plot(Canvas canvas, double left, double top, double width, double height, Axis x, Axis y) {
    private static final double SIZE = 13;

    /** A line of the legend. */
    record Entry(String name, String colour, boolean dashed, boolean marked, boolean filled) {}

    /** Draws lines at ticks, labels and titles. */
    void axes() {
        Ink grid = Ink.of(Palette.GRID, 1);
        for (Axis.Tick tick : y.ticks()) {
            canvas.line(left, py(tick.value()), left + width, py(tick.value()), grid);
            canvas.text(left - 8, py(tick.value()) + 4.5, tick.label(), type(Align.RIGHT, false));
        }
        for (Axis.Tick tick : x.ticks()) {
            canvas.line(px(tick.value()), top, px(tick.value()), top + height, grid);
            canvas.text(px(tick.value()), top + height + 19, tick.label(), type(Align.CENTRE, false));
        }
        canvas.line(left, top + height, left + width, top + height, Ink.of(Palette.SOFT, 1));
        canvas.text(left - 44, top - 14, y.title(), new Type(SIZE, Palette.INK, Align.LEFT, true));
        canvas.text(left + width, top + height + 40, x.title(), new Type(SIZE, Palette.INK, Align.RIGHT, true));
    }

    /** Names of what is drawn, in a part of the plot that is free. */
    void legend(double atX, double atY, List<Entry> entries) {
        double line = 21;
        canvas.box(atX - 8, atY - 15, 330, line * entries.size() + 6, Palette.PAPER, null);
        for (int i = 0; i < entries.size(); i++) {
            Entry entry = entries.get(i);
            double middle = atY + i * line;
            canvas.line(atX, middle, atX + 30, middle, new Ink(entry.colour(), 2, entry.dashed()));
            if (entry.marked()) {
                mark(atX + 15, middle, entry.colour(), entry.filled());
            }
            canvas.text(
                    atX + 40, middle + 4.5, entry.name(), new Type(SIZE, entry.colour(), Align.LEFT, true));
        }
    }

    /** A point's mark. */
    void mark(double atX, double atY, String colour, boolean filled) {
        canvas.dot(atX, atY, 4.2, filled ? colour : Palette.PAPER, Ink.of(colour, 1.8));
    }

    double px(double value) {
        return left + width * clip(x.at(value));
    }

    double py(double value) {
        return top + height * (1 - clip(y.at(value)));
    }

    private static double clip(double share) {
        return share >= 0 ? Math.min(1, share) : 0; // NaN too
    }

    static Type type(Align align, boolean bold) {
        return new Type(SIZE, Palette.SOFT, align, bold);
    }
}
