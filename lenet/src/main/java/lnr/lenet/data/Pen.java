package lnr.lenet.data;

import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * Draws one digit: jitters its strokes, sends them through a random affine map and a smooth displacement field, fits
 * them into MNIST's 20 x 20 box and inks the pixels near them. Holds the working space of one thread.
 *
 * <p>Uses no arithmetic but sums, products, quotients and square roots, which give every machine the same bits.
 */
final class Pen {
    private static final int SIDE = Dataset.SIDE;
    /** Pieces per stretch between two points of a stroke: short enough to bend with the displacement field. */
    private static final int PIECES = 6;

    private static final int MOST_POINTS = 256;
    /** MNIST's digits were fitted into a box of 20 pixels, centred by their mass in 28. */
    private static final double BOX = 20;
    /** Breadth of a stroke's grey rim in pixels. */
    private static final double RIM = 1.4;
    /** Cells of the displacement field along one axis; its cubic B-spline has three more control values. */
    private static final int CELLS = 2;

    private final double[] x = new double[MOST_POINTS];
    private final double[] y = new double[MOST_POINTS];
    private final boolean[] begins = new boolean[MOST_POINTS];
    private final double[] fieldX = new double[(CELLS + 3) * (CELLS + 3)];
    private final double[] fieldY = new double[(CELLS + 3) * (CELLS + 3)];
    private final double[] ink = new double[SIDE * SIDE];
    private SplittableRandom random;
    private int count;

    /**
     * Draws {@code digit} into {@code out} from {@code offset} on, (28, 28) row-major.
     *
     * @param source all of the drawing's chance
     */
    void draw(int digit, SplittableRandom source, byte[] out, int offset) {
        random = source;
        Glyphs.Stroke[][] ways = Glyphs.STROKES[digit];
        count = 0;
        for (Glyphs.Stroke stroke : ways[(int) (uniform() * ways.length)]) {
            trace(stroke);
        }
        affine();
        displace();
        double radius = 0.75 + 1.6 * uniform() * (0.4 + 0.6 * uniform());
        fit(radius);
        rasterise(radius);
        double level = 255 * (1 - 0.06 * uniform());
        for (int i = 0; i < ink.length; i++) {
            out[offset + i] = (byte) (int) (level * ink[i] + 0.5);
        }
    }

    /** Uniform on [0, 1). */
    private double uniform() {
        return (random.nextLong() >>> 11) * 0x1p-53;
    }

    /** Nearly normal with mean 0 and deviation 1: the sum of four uniforms, bounded by 3.5. */
    private double normal() {
        return (uniform() + uniform() + uniform() + uniform() - 2) * 1.7320508075688772;
    }

    /** Adds a stroke's points, jittered; its ends may stop short or overshoot. */
    private void trace(Glyphs.Stroke stroke) {
        int n = stroke.points().length / 2;
        double[] px = new double[n];
        double[] py = new double[n];
        for (int i = 0; i < n; i++) {
            px[i] = stroke.points()[2 * i] + 0.04 * normal();
            py[i] = stroke.points()[2 * i + 1] + 0.04 * normal();
        }
        overshoot(px, 0, 1, py);
        overshoot(px, n - 1, n - 2, py);
        for (int i = 0; i + 1 < n; i++) {
            for (int p = i == 0 ? 0 : 1; p <= PIECES; p++) {
                double t = (double) p / PIECES;
                begins[count] = i == 0 && p == 0;
                x[count] = stroke.smooth() ? spline(px, i, t) : px[i] + t * (px[i + 1] - px[i]);
                y[count] = stroke.smooth() ? spline(py, i, t) : py[i] + t * (py[i + 1] - py[i]);
                count++;
            }
        }
    }

    private void overshoot(double[] px, int end, int next, double[] py) {
        double far = 0.12 * normal();
        px[end] += far * (px[end] - px[next]);
        py[end] += far * (py[end] - py[next]);
    }

    /** The Catmull-Rom spline through p between p[i] and p[i + 1]. */
    private static double spline(double[] p, int i, double t) {
        double a = p[Math.max(0, i - 1)];
        double b = p[i];
        double c = p[i + 1];
        double d = p[Math.min(p.length - 1, i + 2)];
        return b + 0.5 * t * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a)));
    }

    private void affine() {
        double width = 0.72 * (1 + 0.2 * normal());
        double slant = 0.12 + 0.24 * normal();
        // A rotation by the angle of tangent-half h needs no sine.
        double h = 0.075 * normal();
        double cos = (1 - h * h) / (1 + h * h);
        double sin = 2 * h / (1 + h * h);
        for (int i = 0; i < count; i++) {
            double v = y[i] - 0.5;
            double u = width * (x[i] - 0.5) - slant * v;
            x[i] = cos * u - sin * v;
            y[i] = sin * u + cos * v;
        }
    }

    private void displace() {
        for (int i = 0; i < fieldX.length; i++) {
            fieldX[i] = 0.155 * normal();
            fieldY[i] = 0.125 * normal();
        }
        for (int i = 0; i < count; i++) {
            double u = Math.min(0.999, Math.max(0, x[i] + 0.5)) * CELLS;
            double v = Math.min(0.999, Math.max(0, y[i] + 0.5)) * CELLS;
            double dx = field(fieldX, u, v);
            double dy = field(fieldY, u, v);
            x[i] += dx;
            y[i] += dy;
        }
    }

    /** The uniform cubic B-spline with these control values, (CELLS + 3) x (CELLS + 3), at (u, v) in cells. */
    private static double field(double[] values, double u, double v) {
        int column = (int) u;
        int row = (int) v;
        double sum = 0;
        for (int j = 0; j < 4; j++) {
            double line = 0;
            for (int i = 0; i < 4; i++) {
                line += weight(i, u - column) * values[(row + j) * (CELLS + 3) + column + i];
            }
            sum += weight(j, v - row) * line;
        }
        return sum;
    }

    private static double weight(int i, double t) {
        double s = 1 - t;
        return switch (i) {
            case 0 -> s * s * s / 6;
            case 1 -> (3 * t * t * t - 6 * t * t + 4) / 6;
            case 2 -> (3 * s * s * s - 6 * s * s + 4) / 6;
            default -> t * t * t / 6;
        };
    }

    /** Scales the longer side to about the box and moves the strokes' centre of mass to the image's middle. */
    private void fit(double radius) {
        double left = x[0];
        double right = x[0];
        double top = y[0];
        double bottom = y[0];
        double length = 0;
        double massX = 0;
        double massY = 0;
        for (int i = 0; i < count; i++) {
            left = Math.min(left, x[i]);
            right = Math.max(right, x[i]);
            top = Math.min(top, y[i]);
            bottom = Math.max(bottom, y[i]);
            if (!begins[i]) {
                double dx = x[i] - x[i - 1];
                double dy = y[i] - y[i - 1];
                double piece = Math.sqrt(dx * dx + dy * dy);
                length += piece;
                massX += piece * 0.5 * (x[i] + x[i - 1]);
                massY += piece * 0.5 * (y[i] + y[i - 1]);
            }
        }
        double size = BOX * (0.88 + 0.14 * uniform()) - 2 * radius;
        double scale = size / Math.max(right - left, bottom - top);
        double middle = SIDE / 2.0;
        double moveX = middle - scale * massX / length + 0.6 * normal();
        double moveY = middle - scale * massY / length + 0.6 * normal();
        for (int i = 0; i < count; i++) {
            x[i] = scale * x[i] + moveX;
            y[i] = scale * y[i] + moveY;
        }
    }

    /** Inks every pixel by its distance from the nearest stroke; the pen's pressure drifts along the way. */
    private void rasterise(double radius) {
        Arrays.fill(ink, 0);
        double pressure = 1;
        for (int i = 0; i < count; i++) {
            pressure = begins[i] ? 1 + 0.12 * normal() : 0.85 * pressure + 0.15 * (1 + 0.5 * normal());
            if (!begins[i]) {
                segment(x[i - 1], y[i - 1], x[i], y[i], Math.max(0.35, radius * pressure));
            }
        }
    }

    private void segment(double ax, double ay, double bx, double by, double radius) {
        double reach = radius + RIM / 2;
        int left = Math.max(0, (int) (Math.min(ax, bx) - reach - 0.5));
        int right = Math.min(SIDE - 1, (int) (Math.max(ax, bx) + reach + 0.5));
        int top = Math.max(0, (int) (Math.min(ay, by) - reach - 0.5));
        int bottom = Math.min(SIDE - 1, (int) (Math.max(ay, by) + reach + 0.5));
        double dx = bx - ax;
        double dy = by - ay;
        double square = dx * dx + dy * dy + 1e-12;
        for (int row = top; row <= bottom; row++) {
            for (int column = left; column <= right; column++) {
                double px = column + 0.5 - ax;
                double py = row + 0.5 - ay;
                double t = Math.min(1, Math.max(0, (px * dx + py * dy) / square));
                double ex = px - t * dx;
                double ey = py - t * dy;
                double distance = ex * ex + ey * ey;
                if (distance < reach * reach) {
                    double value = Math.min(1, (reach - Math.sqrt(distance)) / RIM);
                    int pixel = row * SIDE + column;
                    ink[pixel] = Math.max(ink[pixel], value);
                }
            }
        }
    }
}
