package lnr.kernels.cpu;

import static lnr.kernels.Shapes.atLeast;
import static lnr.kernels.Shapes.exactly;

import java.util.Arrays;
import lnr.kernels.F64;
import lnr.kernels.Groups;
import lnr.kernels.I32;
import lnr.kernels.Support;

/** Loops over columns or groups, each of which is one thread's. */
final class CpuSupport extends CpuOperations implements Support {
    /** Numbers of a piece. */
    private static final double BLOCK = 1 << 14;

    CpuSupport(CpuDevice device) {
        super(device);
    }

    @FunctionalInterface
    private interface Range {
        void on(int first, int last);
    }

    /** Runs {@code body} on parts of 0 to {@code count} - 1, all of which are about {@code numbers} of work. */
    private void share(int count, double numbers, Range body) {
        int pieces = Pieces.of(numbers, BLOCK);
        workers.run(pieces, piece -> body.on(
                Pieces.start(piece, pieces, count, 1), Pieces.start(piece + 1, pieces, count, 1)));
    }

    @Override
    public void gather(int h, I32 columns, F64 m, F64 out) {
        atLeast("h", h, 0);
        exactly("out", out, h * columns.length());
        requireOpen(out);
        requireColumns(columns, h, m);
        int[] list = array(columns);
        int lo = at(columns);
        double[] ma = array(m);
        double[] oa = array(out);
        share((int) columns.length(), out.length(), (first, last) -> {
            for (int i = first; i < last; i++) {
                System.arraycopy(ma, at(m) + list[lo + i] * h, oa, at(out) + i * h, h);
            }
        });
    }

    @Override
    public void scatter(int h, I32 columns, F64 in, F64 m) {
        atLeast("h", h, 0);
        exactly("in", in, h * columns.length());
        requireOpen(in);
        requireColumns(columns, h, m);
        if (h == 0) {
            return;
        }
        int[] from = new int[(int) (m.length() / h)];
        Arrays.fill(from, -1);
        for (int i = 0; i < columns.length(); i++) {
            from[array(columns)[at(columns) + i]] = i;
        }
        double[] ia = array(in);
        double[] ma = array(m);
        share(from.length, m.length(), (first, last) -> {
            for (int j = first; j < last; j++) {
                int to = at(m) + j * h;
                if (from[j] < 0) {
                    Arrays.fill(ma, to, to + h, 0);
                } else {
                    System.arraycopy(ia, at(in) + from[j] * h, ma, to, h);
                }
            }
        });
    }

    @Override
    public void submatrix(int d, I32 columns, F64 r, F64 out) {
        atLeast("d", d, 0);
        exactly("r", r, (long) d * d);
        int n = (int) columns.length();
        exactly("out", out, (long) n * n);
        requireOpen(out);
        requireColumns(columns, d, r);
        int[] list = array(columns);
        int lo = at(columns);
        double[] ra = array(r);
        double[] oa = array(out);
        share(n, out.length(), (first, last) -> {
            for (int j = first; j < last; j++) {
                int from = at(r) + list[lo + j] * d;
                int to = at(out) + j * n;
                for (int i = 0; i < n; i++) {
                    oa[to + i] = ra[from + list[lo + i]];
                }
            }
        });
    }

    /** Refuses columns that M, of h rows, does not have. */
    private void requireColumns(I32 columns, int h, F64 m) {
        requireOpen(m);
        int[] list = array(columns);
        for (int i = at(columns); i < at(columns) + columns.length(); i++) {
            if (list[i] < 0 || (list[i] + 1L) * h > m.length()) {
                throw new IllegalArgumentException("columns: expected columns of (" + h + ", d), got " + list[i]);
            }
        }
    }

    @Override
    public void slope(
            int h, Groups groups, double lambda, double epsilon, F64 m, F64 g, F64 hat, F64 slope, F64 shift) {
        atLeast("h", h, 0);
        long size = (long) h * groups.columns();
        exactly("m", m, size);
        exactly("g", g, size);
        exactly("hat", hat, size);
        exactly("slope", slope, size);
        exactly("shift", shift, groups.columns());
        requireOpen(shift);
        double[] ma = array(m);
        double[] ga = array(g);
        double[] ha = array(hat);
        double[] sa = array(slope);
        double[] da = array(shift);
        share(groups.count(), 4.0 * size, (first, last) -> {
            for (int k = first; k < last; k++) {
                int from = groups.start(k) * h;
                int n = groups.start(k + 1) * h - from;
                double square = Sums.dot(ma, at(m) + from, ma, at(m) + from, n);
                double norm = Math.sqrt(square + epsilon * epsilon);
                double weight = lambda * weight(groups, k);
                for (int i = from; i < from + n; i++) {
                    double unit = ma[at(m) + i] / norm;
                    ha[at(hat) + i] = unit;
                    sa[at(slope) + i] = weight * unit - ga[at(g) + i];
                }
                for (int j = groups.start(k); j < groups.start(k + 1); j++) {
                    da[at(shift) + j] = weight / norm;
                }
            }
        });
    }

    @Override
    public void complement(Groups groups, F64 shift, F64 a, F64 b, F64 t) {
        int n = groups.columns();
        int count = groups.count();
        exactly("shift", shift, n);
        exactly("a", a, (long) n * n);
        exactly("b", b, (long) n * n);
        exactly("t", t, (long) count * count);
        double[] aa = array(a);
        double[] ba = array(b);
        double[] ta = array(t);
        double[] sa = array(shift);
        if (groups.largest() == 1) {
            share(n, a.length(), (first, last) -> {
                for (int l = first; l < last; l++) {
                    int ao = at(a) + l * n;
                    int bo = at(b) + l * n;
                    int to = at(t) + l * n;
                    for (int k = 0; k < n; k++) {
                        ta[to + k] = -aa[ao + k] * ba[bo + k];
                    }
                    ta[to + l] += 1 / sa[at(shift) + l];
                }
            });
            return;
        }
        share(count, a.length(), (first, last) -> {
            for (int l = first; l < last; l++) {
                for (int k = 0; k < count; k++) {
                    double sum = 0;
                    for (int j = groups.start(l); j < groups.start(l + 1); j++) {
                        int end = groups.start(k + 1);
                        for (int i = groups.start(k); i < end; i++) {
                            sum += aa[at(a) + j * n + i] * ba[at(b) + j * n + i];
                        }
                    }
                    double own = k == l ? 1 / sa[at(shift) + groups.start(k)] : 0;
                    ta[at(t) + l * count + k] = own - sum;
                }
            }
        });
    }

    @Override
    public void inner(int h, Groups groups, F64 a, F64 b, F64 out) {
        atLeast("h", h, 0);
        exactly("a", a, (long) h * groups.columns());
        exactly("b", b, (long) h * groups.columns());
        exactly("out", out, groups.count());
        double[] aa = array(a);
        double[] ba = array(b);
        double[] oa = array(out);
        share(groups.count(), a.length(), (first, last) -> {
            for (int k = first; k < last; k++) {
                int from = groups.start(k) * h;
                oa[at(out) + k] = Sums.dot(aa, at(a) + from, ba, at(b) + from, groups.start(k + 1) * h - from);
            }
        });
    }

    @Override
    public void addScaled(int h, Groups groups, F64 c, F64 x, F64 y) {
        atLeast("h", h, 0);
        exactly("c", c, groups.count());
        exactly("x", x, (long) h * groups.columns());
        exactly("y", y, (long) h * groups.columns());
        double[] xa = array(x);
        double[] ya = array(y);
        double[] ca = array(c);
        share(groups.count(), x.length(), (first, last) -> {
            for (int k = first; k < last; k++) {
                double scale = ca[at(c) + k];
                int end = groups.start(k + 1) * h;
                for (int i = groups.start(k) * h; i < end; i++) {
                    ya[at(y) + i] += scale * xa[at(x) + i];
                }
            }
        });
    }

    @Override
    public void retreat(int h, Groups groups, double t, F64 m, F64 d, F64 out) {
        atLeast("h", h, 0);
        exactly("m", m, (long) h * groups.columns());
        exactly("d", d, (long) h * groups.columns());
        exactly("out", out, (long) h * groups.columns());
        double[] ma = array(m);
        double[] da = array(d);
        double[] oa = array(out);
        share(groups.count(), 2.0 * m.length(), (first, last) -> {
            for (int k = first; k < last; k++) {
                int from = groups.start(k) * h;
                int n = groups.start(k + 1) * h - from;
                double square = Sums.dot(ma, at(m) + from, ma, at(m) + from, n);
                double against = Sums.dot(ma, at(m) + from, da, at(d) + from, n);
                double scale = square - t * against <= 0 ? 0 : 1;
                for (int i = from; i < from + n; i++) {
                    oa[at(out) + i] = scale == 0 ? 0 : ma[at(m) + i] - t * da[at(d) + i];
                }
            }
        });
    }

    private double weight(Groups groups, int k) {
        return array(groups.weights())[at(groups.weights()) + k];
    }
}
