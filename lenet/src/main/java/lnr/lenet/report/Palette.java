package lnr.lenet.report;

/** Colours that also those tell apart who see few (Okabe and Ito, 2008). */
final class Palette {
    static final String BLUE = "#0072b2";
    static final String VERMILION = "#d55e00";
    static final String GREEN = "#009e73";
    static final String ORANGE = "#e69f00";
    static final String PURPLE = "#cc79a7";
    static final String INK = "#1f2328";
    static final String SOFT = "#59636e";
    static final String GRID = "#e6e8eb";
    static final String PAPER = "#ffffff";

    private Palette() {}

    /** Blue for -1 by white for 0 to red for 1; paler with {@code strength} below 1. */
    static String diverging(double value, double strength) {
        double v = Math.max(-1, Math.min(1, value));
        int[] end = v < 0 ? new int[] {5, 80, 150} : new int[] {170, 40, 20};
        double share = Math.abs(v) * strength;
        int[] mixed = new int[3];
        for (int i = 0; i < 3; i++) {
            mixed[i] = (int) Math.round(250 + share * (end[i] - 250));
        }
        return String.format("#%02x%02x%02x", mixed[0], mixed[1], mixed[2]);
    }
}
