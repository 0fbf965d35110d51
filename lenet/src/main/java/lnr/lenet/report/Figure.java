package lnr.lenet.report;

import java.util.function.Consumer;

/**
 * A picture, described once and drawn as SVG or PNG.
 *
 * @param name of its files
 * @param title for those who cannot see it
 * @param width in pixels
 * @param height in pixels
 * @param drawing draws it
 */
record Figure(String name, String title, int width, int height, Consumer<Canvas> drawing) {}
