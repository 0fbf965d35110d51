package lnr.lenet.report;

/** Text within XML. */
final class Markup {
    private Markup() {}

    /** With what means something to XML replaced, and what XML cannot hold by a question mark. */
    static String escape(String text) {
        return text.replaceAll("[\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\ufffe\\uffff]", "?")
                .replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;");
    }
}
