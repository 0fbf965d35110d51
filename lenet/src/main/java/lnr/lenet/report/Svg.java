package lnr.lenet.report;

import java.util.Locale;

/** A figure as SVG. */
final class Svg implements Canvas {
    private static final String FONT = "system-ui, 'Segoe UI', Roboto, Helvetica, Arial, sans-serif";

    private final StringBuilder out = new StringBuilder();

    private Svg() {}

    /** An element to stand in a page. */
    static String inline(Figure figure) {
        return element(figure, "");
    }

    /** A file of its own. */
    static String file(Figure figure) {
        return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                + element(figure, " xmlns=\"http://www.w3.org/2000/svg\"") + "\n";
    }

    private static String element(Figure figure, String more) {
        Svg svg = new Svg();
        figure.drawing().accept(svg);
        return String.format(
                        Locale.ROOT,
                        "<svg%s viewBox=\"0 0 %d %d\" width=\"%d\" height=\"%d\" role=\"img\" aria-label=\"%s\""
                                + " font-family=\"%s\">\n",
                        more,
                        figure.width(),
                        figure.height(),
                        figure.width(),
                        figure.height(),
                        Markup.escape(figure.title()),
                        FONT)
                + svg.out + "</svg>";
    }

    @Override
    public void path(double[] x, double[] y, Ink ink) {
        out.append("<polyline fill=\"none\" stroke-linejoin=\"round\"").append(stroke(ink)).append(" points=\"");
        for (int i = 0; i < x.length; i++) {
            out.append(i == 0 ? "" : " ").append(number(x[i])).append(',').append(number(y[i]));
        }
        out.append("\"/>\n");
    }

    @Override
    public void dot(double x, double y, double radius, String fill, Ink outline) {
        out.append("<circle").append(attribute("cx", x)).append(attribute("cy", y)).append(attribute("r", radius));
        out.append(fill(fill)).append(stroke(outline)).append("/>\n");
    }

    @Override
    public void box(double x, double y, double width, double height, String fill, Ink outline) {
        out.append("<rect").append(attribute("x", x)).append(attribute("y", y));
        out.append(attribute("width", width)).append(attribute("height", height));
        out.append(fill(fill)).append(stroke(outline)).append("/>\n");
    }

    @Override
    public void text(double x, double y, String text, Type type) {
        out.append("<text").append(attribute("x", x)).append(attribute("y", y));
        out.append(attribute("font-size", type.size())).append(fill(type.colour()));
        if (type.align() != Align.LEFT) {
            out.append(" text-anchor=\"").append(type.align().anchor).append('"');
        }
        out.append(type.bold() ? " font-weight=\"600\">" : ">").append(Markup.escape(text)).append("</text>\n");
    }

    private static String fill(String colour) {
        return " fill=\"" + (colour == null ? "none" : colour) + "\"";
    }

    private static String stroke(Ink ink) {
        return ink == null
                ? ""
                : " stroke=\"" + ink.colour() + "\"" + attribute("stroke-width", ink.width())
                        + (ink.dashed() ? " stroke-dasharray=\"5 4\"" : "");
    }

    private static String attribute(String name, double value) {
        return " " + name + "=\"" + number(value) + "\"";
    }

    private static String number(double value) {
        String text = String.format(Locale.ROOT, "%.2f", value);
        return text.replaceAll("\\.?0+$", "");
    }
}
