package lnr.kernels.cpu;

import static lnr.kernels.Shapes.atLeast;
import static lnr.kernels.Shapes.exactly;
import static lnr.kernels.Shapes.within;
import static lnr.kernels.cpu.Heap.array;
import static lnr.kernels.cpu.Heap.at;

import java.util.Arrays;
import java.util.function.IntConsumer;
import lnr.kernels.F64;
import lnr.kernels.GroupNorm;

/** The penalty and its proximal operator, column by column. */
final class CpuGroupNorm implements GroupNorm {
    /** Numbers of M in a piece. */
    private static final double BLOCK = 1 << 14;

    private static final int STATS = 5;

    private final Workers workers;

    CpuGroupNorm(Workers workers) {
        this.workers = workers;
    }

    @Override
    public void norms(int h, int d, F64 m, F64 out) {
        atLeast("h", h, 0);
        exactly("m", m, (long) h * d);
        exactly("out", out, d);
        double[] ma = array(m);
        double[] oa = array(out);
        columns(h, d, j -> oa[at(out) + j] = norm(h, ma, at(m) + j * h));
    }

    @Override
    public void penalty(int h, int d, int p, F64 m, F64 out) {
        atLeast("h", h, 0);
        exactly("m", m, (long) h * d);
        within("p", p, d);
        atLeast("out", out, 1);
        double[] ma = array(m);
        double[] norms = new double[p];
        columns(h, p, j -> norms[j] = norm(h, ma, at(m) + j * h));
        double sum = 0;
        for (double norm : norms) {
            sum += norm;
        }
        array(out)[at(out)] = sum;
    }

    @Override
    public void prox(int h, int d, int p, double t, F64 m, F64 out) {
        atLeast("h", h, 0);
        exactly("m", m, (long) h * d);
        exactly("out", out, (long) h * d);
        within("p", p, d);
        requireThreshold(t);
        double[] ma = array(m);
        double[] oa = array(out);
        columns(h, d, j -> {
            int mo = at(m) + j * h;
            int oo = at(out) + j * h;
            double scale = j < p ? shrinkage(t, norm(h, ma, mo)) : 1;
            scale(h, scale, ma, mo, oa, oo);
        });
    }

    @Override
    public void step(
            int h,
            int d,
            int p,
            double u,
            double step,
            double t,
            F64 m,
            F64 mPrev,
            F64 mr,
            F64 mrPrev,
            F64 c,
            F64 next,
            F64 stats) {
        atLeast("h", h, 0);
        long size = (long) h * d;
        exactly("m", m, size);
        exactly("mPrev", mPrev, size);
        exactly("mr", mr, size);
        exactly("mrPrev", mrPrev, size);
        exactly("c", c, size);
        exactly("next", next, size);
        atLeast("stats", stats, STATS);
        within("p", p, d);
        requireThreshold(t);
        double[] ma = array(m);
        double[] mp = array(mPrev);
        double[] ra = array(mr);
        double[] rp = array(mrPrev);
        double[] ca = array(c);
        double[] na = array(next);
        double[] out = array(stats);
        int pieces = Pieces.of(size, BLOCK);
        double[] sums = new double[pieces * STATS];
        workers.run(pieces, piece -> {
            int end = Pieces.start(piece + 1, pieces, d, 1);
            int s = piece * STATS;
            for (int j = Pieces.start(piece, pieces, d, 1); j < end; j++) {
                int mo = at(m) + j * h;
                int po = at(mPrev) + j * h;
                int ro = at(mr) + j * h;
                int qo = at(mrPrev) + j * h;
                int co = at(c) + j * h;
                int no = at(next) + j * h;
                for (int i = 0; i < h; i++) {
                    double a = ma[mo + i] + u * (ma[mo + i] - mp[po + i]);
                    double ar = ra[ro + i] + u * (ra[ro + i] - rp[qo + i]);
                    na[no + i] = a - step * (ar - ca[co + i]);
                }
                if (j < p) {
                    double norm = norm(h, na, no);
                    double scale = shrinkage(t, norm);
                    scale(h, scale, na, no, na, no);
                    sums[s + 2] += scale * norm;
                }
                sums[s] += Sums.squaredDistance(na, no, ma, mo, h);
                sums[s + 1] += Sums.dot(na, no, na, no, h);
                sums[s + 3] += Sums.dot(ra, ro, ma, mo, h);
                sums[s + 4] += Sums.dot(ca, co, ma, mo, h);
            }
        });
        for (int k = 0; k < STATS; k++) {
            double sum = 0;
            for (int piece = 0; piece < pieces; piece++) {
                sum += sums[piece * STATS + k];
            }
            out[at(stats) + k] = sum;
        }
    }

    @Override
    public void variationalDiagonal(int h, int d, int p, double lambda, double epsilon, F64 m, F64 out) {
        atLeast("h", h, 0);
        exactly("m", m, (long) h * d);
        exactly("out", out, d);
        within("p", p, d);
        double[] ma = array(m);
        double[] oa = array(out);
        columns(h, d, j -> {
            int mo = at(m) + j * h;
            oa[at(out) + j] = j < p ? lambda / Math.sqrt(Sums.dot(ma, mo, ma, mo, h) + epsilon) : 0;
        });
    }

    private void columns(int h, int d, IntConsumer body) {
        int pieces = Pieces.of((double) h * d, BLOCK);
        workers.run(pieces, piece -> {
            int end = Pieces.start(piece + 1, pieces, d, 1);
            for (int j = Pieces.start(piece, pieces, d, 1); j < end; j++) {
                body.accept(j);
            }
        });
    }

    private static double norm(int h, double[] m, int mo) {
        return Math.sqrt(Sums.dot(m, mo, m, mo, h));
    }

    private static double shrinkage(double t, double norm) {
        return norm <= t ? 0 : 1 - t / norm; // NaN for NaN
    }

    /** out = scale m, exactly zero for scale 0 whatever m holds. */
    private static void scale(int h, double scale, double[] m, int mo, double[] out, int oo) {
        if (scale == 0) {
            Arrays.fill(out, oo, oo + h, 0);
            return;
        }
        for (int i = 0; i < h; i++) {
            out[oo + i] = scale * m[mo + i];
        }
    }

    private static void requireThreshold(double t) {
        if (!(t >= 0)) {
            throw new IllegalArgumentException("t: expected 0 or more, got " + t);
        }
    }
}
