package lnr.lenet.report;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.geom.Ellipse2D;
import java.awt.geom.Path2D;
import java.awt.geom.Rectangle2D;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import javax.imageio.ImageIO;

/** A figure as PNG, at twice a screen's usual resolution. */
final class Png implements Canvas {
    private static final double SCALE = 2;

    private final Graphics2D graphics;

    private Png(Graphics2D graphics) {
        this.graphics = graphics;
    }

    /** @throws RuntimeException or an Error when Java finds no fonts on this machine */
    static byte[] file(Figure figure) {
        int width = (int) (SCALE * figure.width());
        int height = (int) (SCALE * figure.height());
        BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
        Graphics2D graphics = image.createGraphics();
        graphics.setColor(Color.WHITE);
        graphics.fillRect(0, 0, width, height);
        graphics.scale(SCALE, SCALE);
        graphics.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
        graphics.setRenderingHint(RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
        graphics.setRenderingHint(RenderingHints.KEY_STROKE_CONTROL, RenderingHints.VALUE_STROKE_PURE);
        graphics.setRenderingHint(RenderingHints.KEY_FRACTIONALMETRICS, RenderingHints.VALUE_FRACTIONALMETRICS_ON);
        figure.drawing().accept(new Png(graphics));
        graphics.dispose();
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try {
            ImageIO.setUseCache(false);
            ImageIO.write(image, "png", out);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return out.toByteArray();
    }

    @Override
    public void path(double[] x, double[] y, Ink ink) {
        if (x.length == 0) {
            return;
        }
        Path2D path = new Path2D.Double();
        path.moveTo(x[0], y[0]);
        for (int i = 1; i < x.length; i++) {
            path.lineTo(x[i], y[i]);
        }
        take(ink);
        graphics.draw(path);
    }

    @Override
    public void dot(double x, double y, double radius, String fill, Ink outline) {
        Ellipse2D circle = new Ellipse2D.Double(x - radius, y - radius, 2 * radius, 2 * radius);
        if (fill != null) {
            graphics.setColor(Color.decode(fill));
            graphics.fill(circle);
        }
        if (outline != null) {
            take(outline);
            graphics.draw(circle);
        }
    }

    @Override
    public void box(double x, double y, double width, double height, String fill, Ink outline) {
        Rectangle2D box = new Rectangle2D.Double(x, y, width, height);
        if (fill != null) {
            graphics.setColor(Color.decode(fill));
            graphics.fill(box);
        }
        if (outline != null) {
            take(outline);
            graphics.draw(box);
        }
    }

    @Override
    public void text(double x, double y, String text, Type type) {
        Font font = new Font(Font.SANS_SERIF, type.bold() ? Font.BOLD : Font.PLAIN, 1);
        // A little smaller than asked for: Java's usual font is wider than the one of a browser.
        graphics.setFont(font.deriveFont((float) (0.94 * type.size())));
        graphics.setColor(Color.decode(type.colour()));
        double width = graphics.getFontMetrics().getStringBounds(text, graphics).getWidth();
        graphics.drawString(text, (float) (x - type.align().share * width), (float) y);
    }

    private void take(Ink ink) {
        graphics.setColor(Color.decode(ink.colour()));
        float width = (float) ink.width();
        float[] dash = ink.dashed() ? new float[] {5, 4} : null;
        graphics.setStroke(new BasicStroke(width, BasicStroke.CAP_BUTT, BasicStroke.JOIN_ROUND, 10, dash, 0));
    }
}
