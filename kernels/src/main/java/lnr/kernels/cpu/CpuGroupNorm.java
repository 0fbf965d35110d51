package lnr.kernels.cpu;

import static lnr.kernels.Shapes.atLeast;
import static lnr.kernels.Shapes.exactly;
import static lnr.kernels.Shapes.within;

import java.util.Arrays;
import lnr.kernels.Buffer;
import lnr.kernels.F32;
import lnr.kernels.F64;
import lnr.kernels.GroupNorm;
import lnr.kernels.Groups;

/** The penalty and its proximal operator, group by group: a group's columns are one run of numbers. */
final class CpuGroupNorm extends CpuOperations implements GroupNorm {
    /** Numbers of M in a piece. */
    private static final double BLOCK = 1 << 14;

    /** Numbers that loops over several short runs take at a time, small enough for the cache next to the core. */
    private static final int CHUNK = 1 << 10;

    private static final int STATS = 5;

    /** Numbers of a problem's restarted step: u, v, its length and lambda. */
    private static final int MOTION = 4;

    /** Numbers that a problem's gap is computed from. */
    private static final int GAP_SUMS = 6;

    CpuGroupNorm(CpuDevice device) {
        super(device);
    }

    /** The runs of an (h, d) matrix: its groups, and after them its columns of no group. */
    private record Runs(int h, int d, int groups, int[] starts, int so, double[] weights, int wo) {
        /** Number of runs. */
        int count() {
            return d - starts[so + groups] + groups;
        }

        /** First column of run {@code k}; for k = count, the end of the last. */
        int column(int k) {
            return k < groups ? starts[so + k] : starts[so + groups] + k - groups;
        }

        /** Whether run {@code k} is a group. */
        boolean penalised(int k) {
            return k < groups;
        }

        double weight(int k) {
            return weights[wo + k];
        }

        /** The end of a few runs from {@code k} on, before {@code last}: one, or more of no more than CHUNK numbers. */
        int few(int k, int last) {
            int end = k + 1;
            while (end < last && (long) (column(end + 1) - column(k)) * h <= CHUNK) {
                end++;
            }
            return end;
        }
    }

    /** What is done to run {@code k}, columns [from, end). */
    @FunctionalInterface
    private interface Body {
        void on(int k, int from, int end);
    }

    @Override
    public void norms(int h, Groups groups, F64 m, F64 out) {
        atLeast("h", h, 0);
        atLeast("m", m, (long) h * groups.columns());
        exactly("out", out, groups.count());
        double[] ma = array(m);
        double[] oa = array(out);
        norms(runs(h, groups.columns(), groups), ma, at(m), oa, at(out));
    }

    @Override
    public void penalty(int h, Groups groups, F64 m, F64 out) {
        atLeast("h", h, 0);
        atLeast("m", m, (long) h * groups.columns());
        atLeast("out", out, 1);
        double[] ma = array(m);
        double[] oa = array(out);
        Runs runs = runs(h, groups.columns(), groups);
        double[] norms = new double[groups.count()];
        norms(runs, ma, at(m), norms, 0);
        double sum = 0;
        for (int k = 0; k < norms.length; k++) {
            sum += runs.weight(k) * norms[k];
        }
        oa[at(out)] = sum;
    }

    private void norms(Runs runs, double[] m, int mo, double[] out, int oo) {
        int h = runs.h();
        each(runs, (k, from, end) -> out[oo + k] = norm((end - from) * h, m, mo + from * h));
    }

    @Override
    public void prox(int h, int d, Groups groups, double t, F64 m, F64 out) {
        atLeast("h", h, 0);
        exactly("m", m, (long) h * d);
        exactly("out", out, (long) h * d);
        within("columns of groups", groups.columns(), d);
        requireNonNegative("t", t);
        double[] ma = array(m);
        double[] oa = array(out);
        Runs runs = runs(h, d, groups);
        each(runs, (k, from, end) -> {
            int n = (end - from) * h;
            int mo = at(m) + from * h;
            double scale = runs.penalised(k) ? shrinkage(t * runs.weight(k), norm(n, ma, mo)) : 1;
            scale(n, scale, ma, mo, oa, at(out) + from * h);
        });
    }

    @Override
    public void step(
            int h,
            int d,
            Groups groups,
            F64 u,
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
        atLeast("u", u, 1);
        exactly("m", m, size);
        exactly("mPrev", mPrev, size);
        exactly("mr", mr, size);
        exactly("mrPrev", mrPrev, size);
        exactly("c", c, size);
        exactly("next", next, size);
        atLeast("stats", stats, STATS);
        within("columns of groups", groups.columns(), d);
        requireNonNegative("t", t);
        double ahead = array(u)[at(u)];
        double[] ma = array(m);
        double[] mp = array(mPrev);
        double[] ra = array(mr);
        double[] rp = array(mrPrev);
        double[] ca = array(c);
        double[] na = array(next);
        double[] out = array(stats);
        Runs runs = runs(h, d, groups);
        int pieces = pieces(runs);
        double[] sums = new double[pieces * STATS];
        workers.run(pieces, piece -> each(runs, piece, pieces, (k, from, end) -> {
            int n = (end - from) * h;
            int s = piece * STATS;
            int mo = at(m) + from * h;
            int po = at(mPrev) + from * h;
            int ro = at(mr) + from * h;
            int qo = at(mrPrev) + from * h;
            int co = at(c) + from * h;
            int no = at(next) + from * h;
            for (int i = 0; i < n; i++) {
                double a = ma[mo + i] + ahead * (ma[mo + i] - mp[po + i]);
                double ar = ra[ro + i] + ahead * (ra[ro + i] - rp[qo + i]);
                na[no + i] = a - step * (ar - ca[co + i]);
            }
            if (runs.penalised(k)) {
                double norm = norm(n, na, no);
                double scale = shrinkage(t * runs.weight(k), norm);
                scale(n, scale, na, no, na, no);
                sums[s + 2] += runs.weight(k) * scale * norm;
            }
            sums[s] += Sums.squaredDistance(na, no, ma, mo, n);
            sums[s + 1] += Sums.dot(na, no, na, no, n);
            sums[s + 3] += Sums.dot(ra, ro, ma, mo, n);
            sums[s + 4] += Sums.dot(ca, co, ma, mo, n);
        }));
        addUp(pieces, sums, out, at(stats));
    }

    private static void addUp(int pieces, double[] sums, double[] out, int oo) {
        for (int k = 0; k < STATS; k++) {
            double sum = 0;
            for (int piece = 0; piece < pieces; piece++) {
                sum += sums[piece * STATS + k];
            }
            out[oo + k] = sum;
        }
    }

    /** The last change of M and its product, of one run at a time, in double precision. */
    private interface Changes {
        /** s, sr = n numbers of S and of S R, from {@code from} on. */
        void take(int from, int n, double[] s, double[] sr);

        /** As many numbers of S = s. */
        void give(int from, int n, double[] s);
    }

    @Override
    public void restartedStep(
            int batch, int h, int d, Groups groups, F64 motion, F64 m, F64 g, F64 s, F64 sr, F64 stats) {
        double[] ofS = array(s);
        double[] ofSr = array(sr);
        restartedStep(batch, h, d, groups, motion, m, g, s, sr, stats, new Changes() {
            @Override
            public void take(int from, int n, double[] change, double[] product) {
                System.arraycopy(ofS, at(s) + from, change, 0, n);
                System.arraycopy(ofSr, at(sr) + from, product, 0, n);
            }

            @Override
            public void give(int from, int n, double[] change) {
                System.arraycopy(change, 0, ofS, at(s) + from, n);
            }
        });
    }

    @Override
    public void restartedStep(
            int batch, int h, int d, Groups groups, F64 motion, F64 m, F64 g, F32 s, F32 sr, F64 stats) {
        float[] ofS = array(s);
        float[] ofSr = array(sr);
        restartedStep(batch, h, d, groups, motion, m, g, s, sr, stats, new Changes() {
            @Override
            public void take(int from, int n, double[] change, double[] product) {
                int so = at(s) + from;
                int po = at(sr) + from;
                for (int i = 0; i < n; i++) {
                    change[i] = ofS[so + i];
                    product[i] = ofSr[po + i];
                }
            }

            @Override
            public void give(int from, int n, double[] change) {
                int so = at(s) + from;
                for (int i = 0; i < n; i++) {
                    ofS[so + i] = (float) change[i];
                }
            }
        });
    }

    private void restartedStep(
            int batch,
            int h,
            int d,
            Groups groups,
            F64 motion,
            F64 m,
            F64 g,
            Buffer s,
            Buffer sr,
            F64 stats,
            Changes changes) {
        within("batch", batch, MOST_PROBLEMS);
        atLeast("h", h, 0);
        long size = batch * (long) h * d;
        atLeast("motion", motion, (long) MOTION * batch);
        exactly("m", m, size);
        exactly("g", g, size);
        exactly("s", s, size);
        exactly("sr", sr, size);
        atLeast("stats", stats, (long) STATS * batch);
        within("columns of groups", groups.columns(), d);
        requireOpen(motion, m, g, stats);
        Runs runs = runs(h, d, groups);
        for (int i = 0; i < batch; i++) {
            restartedStep(i, batch, runs, groups.largest(), motion, m, g, stats, changes);
        }
    }

    /** One problem's step, the {@code i}-th of the batch. */
    private void restartedStep(
            int i, int batch, Runs runs, int largest, F64 motion, F64 m, F64 g, F64 stats, Changes changes) {
        double[] pace = array(motion);
        int ofAhead = at(motion) + i;
        int ofUnseen = ofAhead + batch;
        double ahead = pace[ofAhead];
        double unseen = pace[ofUnseen];
        double step = pace[ofUnseen + batch];
        double lambda = pace[ofUnseen + 2 * batch];
        double[] ma = array(m);
        double[] ga = array(g);
        double[] out = array(stats);
        int h = runs.h();
        int first = i * h * runs.d();
        int longest = h * Math.max(largest, 1);
        int pieces = pieces(runs);
        double[] sums = new double[pieces * STATS];
        workers.run(pieces, piece -> {
            double[] z = new double[longest];
            double[] change = new double[longest];
            double[] product = new double[longest];
            each(runs, piece, pieces, (k, from, end) -> {
                int n = (end - from) * h;
                int o = piece * STATS;
                int mo = at(m) + first + from * h;
                int go = at(g) + first + from * h;
                changes.take(first + from * h, n, change, product);
                for (int j = 0; j < n; j++) {
                    double slope = ga[go + j] - unseen * product[j];
                    ga[go + j] = slope;
                    z[j] = slope + 0.5 * product[j];
                }
                sums[o + 4] += Sums.dot(z, 0, change, 0, n);
                for (int j = 0; j < n; j++) {
                    z[j] = ma[mo + j] + ahead * change[j] + step * (ga[go + j] - ahead * product[j]);
                }
                double length = norm(n, z, 0);
                if (runs.penalised(k)) {
                    double scale = shrinkage(step * lambda * runs.weight(k), length);
                    scale(n, scale, z, 0, z, 0);
                    length *= scale;
                    sums[o + 2] += runs.weight(k) * length;
                }
                sums[o + 1] += length * length;
                for (int j = 0; j < n; j++) {
                    double next = z[j];
                    z[j] = next - ma[mo + j];
                    ma[mo + j] = next;
                }
                sums[o] += Sums.dot(z, 0, z, 0, n);
                sums[o + 3] += Sums.dot(z, 0, change, 0, n);
                changes.give(first + from * h, n, z);
            });
        });
        int so = at(stats) + i * STATS;
        addUp(pieces, sums, out, so);
        pace[ofAhead] = ahead * out[so + 3] > out[so] ? 0 : 1;
        pace[ofUnseen] = 1;
    }

    @Override
    public void gapSums(int batch, int h, int d, Groups groups, F64 m, F64 mr, F64 c, F64 g, F64 sums) {
        within("batch", batch, MOST_PROBLEMS);
        atLeast("h", h, 0);
        long size = batch * (long) h * d;
        exactly("m", m, size);
        exactly("mr", mr, size);
        exactly("c", c, size);
        exactly("g", g, size);
        atLeast("sums", sums, (long) GAP_SUMS * batch);
        within("columns of groups", groups.columns(), d);
        double[] ma = array(m);
        double[] pa = array(mr);
        double[] ca = array(c);
        double[] ga = array(g);
        double[] out = array(sums);
        Runs runs = runs(h, d, groups);
        int pieces = Pieces.of(4.0 * h * d, BLOCK); // four passes over the numbers
        double[] parts = new double[pieces * STATS];
        double[] steepest = new double[pieces];
        for (int i = 0; i < batch; i++) {
            int first = i * h * d;
            Arrays.fill(parts, 0);
            Arrays.fill(steepest, 0);
            workers.run(pieces, piece -> {
                int s = piece * STATS;
                int last = Pieces.start(piece + 1, pieces, runs.count(), 1);
                int k = Pieces.start(piece, pieces, runs.count(), 1);
                while (k < last) {
                    int from = runs.column(k);
                    int next = runs.few(k, last);
                    int n = (runs.column(next) - from) * h;
                    int mo = at(m) + first + from * h;
                    int po = at(mr) + first + from * h;
                    int co = at(c) + first + from * h;
                    int go = at(g) + first + from * h;
                    for (int j = 0; j < n; j++) {
                        ga[go + j] = ca[co + j] - pa[po + j];
                    }
                    parts[s] += Sums.dot(ca, co, ma, mo, n);
                    parts[s + 1] += Sums.dot(ga, go, ma, mo, n);
                    for (; k < next; k++) {
                        int length = (runs.column(k + 1) - runs.column(k)) * h;
                        double square = Sums.dot(ma, mo, ma, mo, length);
                        double slope = Sums.dot(ga, go, ga, go, length);
                        parts[s + 2] += square;
                        parts[s + 3] += slope;
                        if (runs.penalised(k)) {
                            parts[s + 4] += runs.weight(k) * Math.sqrt(square);
                            steepest[piece] = Math.max(steepest[piece], Math.sqrt(slope) / runs.weight(k));
                        }
                        mo += length;
                        go += length;
                    }
                }
            });
            int so = at(sums) + i * GAP_SUMS;
            addUp(pieces, parts, out, so);
            double most = 0;
            for (double value : steepest) {
                most = Math.max(most, value); // NaN if one is
            }
            out[so + STATS] = most;
        }
    }

    @Override
    public void variationalDiagonal(int h, int d, Groups groups, double lambda, double epsilon, F64 m, F64 out) {
        atLeast("h", h, 0);
        exactly("m", m, (long) h * d);
        exactly("out", out, d);
        within("columns of groups", groups.columns(), d);
        double[] ma = array(m);
        double[] oa = array(out);
        Runs runs = runs(h, d, groups);
        each(runs, (k, from, end) -> {
            int mo = at(m) + from * h;
            double value = runs.penalised(k)
                    ? lambda * runs.weight(k) / Math.sqrt(Sums.dot(ma, mo, ma, mo, (end - from) * h) + epsilon)
                    : 0;
            Arrays.fill(oa, at(out) + from, at(out) + end, value);
        });
    }

    private Runs runs(int h, int d, Groups groups) {
        return new Runs(
                h,
                d,
                groups.count(),
                array(groups.starts()),
                at(groups.starts()),
                array(groups.weights()),
                at(groups.weights()));
    }

    private void each(Runs runs, Body body) {
        int pieces = pieces(runs);
        workers.run(pieces, piece -> each(runs, piece, pieces, body));
    }

    private static void each(Runs runs, int piece, int pieces, Body body) {
        int last = Pieces.start(piece + 1, pieces, runs.count(), 1);
        int k = Pieces.start(piece, pieces, runs.count(), 1);
        for (int from = runs.column(k); k < last; k++) {
            int end = runs.column(k + 1);
            body.on(k, from, end);
            from = end;
        }
    }

    private static int pieces(Runs runs) {
        return Pieces.of((double) runs.h() * runs.d(), BLOCK);
    }

    private static double norm(int n, double[] m, int mo) {
        return Math.sqrt(Sums.dot(m, mo, m, mo, n));
    }

    private static double shrinkage(double t, double norm) {
        return norm <= t ? 0 : 1 - t / norm; // NaN for NaN
    }

    /** out = scale m, exactly zero for scale 0 whatever m holds. */
    private static void scale(int n, double scale, double[] m, int mo, double[] out, int oo) {
        if (scale == 0) {
            Arrays.fill(out, oo, oo + n, 0);
            return;
        }
        for (int i = 0; i < n; i++) {
            out[oo + i] = scale * m[mo + i];
        }
    }

    private static void requireNonNegative(String name, double value) {
        if (!(value >= 0)) {
            throw new IllegalArgumentException(name + ": expected 0 or more, got " + value);
        }
    }
}
