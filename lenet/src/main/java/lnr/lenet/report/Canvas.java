package lnr.lenet.report;

/** What figures are drawn on. Lengths are pixels of a screen at its usual resolution; y points down. */
interface Canvas {
    /** A line's colour, as #rrggbb, and width. */
    record Ink(String colour, double width, boolean dashed) {
        static Ink of(String colour, double width) {
            return new Ink(colour, width, false);
        }
    }

    /** Where a text stands to its point. */
    enum Align {
        LEFT("start", 0),
        CENTRE("middle", 0.5),
        RIGHT("end", 1);

        final String anchor; // as SVG calls it
        final double share; // of the text that is left of the point

        Align(String anchor, double share) {
            this.anchor = anchor;
            this.share = share;
        }
    }

    /** How a text looks. */
    record Type(double size, String colour, Align align, boolean bold) {}

    /** A line through points. */
    void path(double[] x, double[] y, Ink ink);

    /** @param fill a colour; null for none */
    void dot(double x, double y, double radius, String fill, Ink outline);

    /**
     * @param fill a colour; null for none
     * @param outline null for none
     */
    void box(double x, double y, double width, double height, String fill, Ink outline);

    /** @param y of the text's base line */
    void text(double x, double y, String text, Type type);

    /** A line between two points. */
    default void line(double x1, double y1, double x2, double y2, Ink ink) {
        path(new double[] {x1, x2}, new double[] {y1, y2}, ink);
    }
}
