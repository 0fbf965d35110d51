package lnr.engine;

import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import lnr.kernels.Blas;
import lnr.kernels.F64;
import lnr.kernels.Groups;
import lnr.kernels.Scope;

/**
 * Problems of one shape over equal groups, none with a bias, their matrices one behind the other: what is done to all
 * of them is asked of the device once. Problems may leave; those behind them move up.
 *
 * <p>A single problem's matrices are its own; of more, C is copied for each, and R too unless all have the same.
 */
public final class Stack {
    private static final int SUMS = 6;

    private final List<Problem> problems;
    private final List<DualBound> bounds = new ArrayList<>(); // of the same problems
    private final Groups groups;
    private final int h;
    private final int d;
    private final boolean oneR;
    private final F64 r; // (d, d), for each problem unless oneR
    private final F64 c; // (h, d) for each problem
    private final F64 sums; // 6 for each problem, as GroupNorm.gapSums leaves them
    private double[] host;

    /**
     * @param all one or more, on one device
     * @param scope owner of the copies and of a workspace
     * @throws IllegalArgumentException when shapes or groups differ, or a problem has a bias
     */
    public Stack(List<Problem> all, Scope scope) {
        problems = new ArrayList<>(all);
        Problem first = all.get(0);
        h = first.h();
        d = first.d();
        groups = first.groups();
        Map<Quadratic, DualBound> known = new IdentityHashMap<>();
        for (Problem problem : all) {
            if (problem.hasBias() || problem.h() != h || !problem.groups().matches(groups)) {
                throw new IllegalArgumentException("problems: expected one shape, equal groups and no bias");
            }
            bounds.add(known.computeIfAbsent(problem.fit(), fit -> new DualBound(fit, 0)));
        }
        oneR = known.size() == 1;
        r = oneR ? first.fit().r() : scope.f64((long) all.size() * d * d);
        c = all.size() == 1 ? first.fit().c() : scope.f64(numbers());
        for (int i = 0; i < all.size() && all.size() > 1; i++) {
            Blas blas = scope.device().blas();
            blas.copy(all.get(i).fit().c(), of(i, c));
            if (!oneR) {
                blas.copy(all.get(i).fit().r(), r.slice((long) i * d * d, (long) d * d));
            }
        }
        sums = scope.f64((long) SUMS * all.size());
        host = new double[SUMS * all.size()];
    }

    /** Problems left. */
    public int size() {
        return problems.size();
    }

    /** Problem {@code i} of those left. */
    public Problem problem(int i) {
        return problems.get(i);
    }

    /** The groups of all. */
    public Groups groups() {
        return groups;
    }

    /** Numbers of a matrix (h, d) for each problem left. */
    public long numbers() {
        return (long) h * d * size();
    }

    /** The matrix of problem {@code i} among an (h, d) for each: a window. */
    public F64 of(int i, F64 matrices) {
        return matrices.slice((long) i * h * d, (long) h * d);
    }

    /** R of each problem left, one behind the other, or the one of all. Not to be modified. */
    public F64 r() {
        return oneR ? r : r.slice(0, (long) d * d * size());
    }

    /** Elements from one problem's R to the next one's: 0 when all have the same. */
    public long strideR() {
        return oneR ? 0 : (long) d * d;
    }

    /** out = M R of each problem: 2 h d^2 flops each. {@code m} and {@code out} are (h, d) for each. */
    public void product(F64 m, F64 out) {
        long size = (long) h * d;
        problems.get(0).device().blas().gemmStridedBatched(
                false, false, h, d, d, 1, m, h, size, r(), d, strideR(), 0, out, h, size, size());
    }

    /**
     * The gap of each problem, and G = C - M R on the way. Waits.
     *
     * @param m (h, d) for each
     * @param mr (h, d) for each, M R
     * @param g (h, d) for each. Modified.
     */
    public Certificate.Gap[] gaps(F64 m, F64 mr, F64 g) {
        F64 left = sums.slice(0, host.length);
        problems.get(0).device().groupNorm().gapSums(size(), h, d, groups, m, mr, c.slice(0, numbers()), g, left);
        left.read(host);
        Certificate.Gap[] gaps = new Certificate.Gap[size()];
        for (int i = 0; i < gaps.length; i++) {
            int at = SUMS * i;
            gaps[i] = bounds.get(i).at(
                    problems.get(i).lambda(), host[at], host[at + 1], host[at + 1], 0, host[at + 2], host[at + 3],
                    host[at + 4], host[at + 5]);
        }
        return gaps;
    }

    /** g(M) of problem {@code i} where gaps were last asked for. */
    public double penalty(int i) {
        return host[SUMS * i + 4];
    }

    /**
     * Leaves out all problems but some, which move up.
     *
     * @param kept places of those that stay, ascending
     */
    public void keep(int[] kept) {
        for (int i = 0; i < kept.length; i++) {
            problems.set(i, problems.get(kept[i]));
            bounds.set(i, bounds.get(kept[i]));
        }
        problems.subList(kept.length, problems.size()).clear();
        bounds.subList(kept.length, bounds.size()).clear();
        front(kept, c);
        if (!oneR) {
            moveUp(kept, (long) d * d, r);
        }
        host = new double[SUMS * kept.length];
    }

    /**
     * Moves matrices too, after their problems.
     *
     * @param kept as {@link #keep} was given
     * @param matrices (h, d) for each problem that there was. Modified.
     * @return (h, d) for each problem left: a window on them
     */
    public F64 front(int[] kept, F64 matrices) {
        moveUp(kept, (long) h * d, matrices);
        return matrices.slice(0, numbers());
    }

    private void moveUp(int[] kept, long size, F64 matrices) {
        for (int i = 0; i < kept.length; i++) {
            if (kept[i] > i) {
                F64 from = matrices.slice(kept[i] * size, size);
                problems.get(0).device().blas().copy(from, matrices.slice(i * size, size));
            }
        }
    }
}
