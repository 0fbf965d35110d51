package lnr.engine.solvers;

import java.util.Arrays;
import java.util.stream.IntStream;
import lnr.engine.Problem;
import lnr.kernels.F64;
import lnr.kernels.Groups;
import lnr.kernels.I32;
import lnr.kernels.Scope;

/** The groups of a problem that {@link NewtonRounds} go over, the others being zero, and those rounds. */
final class WorkingSet implements AutoCloseable {
    /** Of all columns, the part from which leaving others out is not worth it. */
    private static final double MOST = 0.9;

    private final Problem problem;
    private boolean[] members; // each group, whether it belongs
    private Scope scope; // of what follows
    private NewtonRounds rounds; // null while there is no set
    private I32 columns; // of M, the members'; null when all are

    /** None yet. {@code problem} has no bias. */
    WorkingSet(Problem problem) {
        this.problem = problem;
    }

    /** Takes these groups, or all when they are most; rounds begin at M = 0. */
    void choose(boolean[] groups) {
        close();
        Groups all = problem.groups();
        int[] chosen = IntStream.range(0, all.count()).filter(k -> groups[k]).toArray();
        scope = problem.device().scope();
        if (chosen.length >= MOST * all.count()) {
            members = new boolean[all.count()];
            Arrays.fill(members, true);
            rounds = new NewtonRounds(problem, scope);
            return;
        }
        members = groups.clone();
        columns = scope.i32(all.columnsOf(chosen));
        rounds = new NewtonRounds(problem.restricted(scope, chosen), scope);
    }

    /** Has rounds begin at {@code m}, (h, d), whose other groups are zero. */
    void begin(F64 m) {
        if (columns == null) {
            rounds.begin(m);
            return;
        }
        try (Scope work = problem.device().scope()) {
            F64 packed = work.unset(problem.h() * columns.length());
            problem.device().support().gather(problem.h(), columns, m, packed);
            rounds.begin(packed);
        }
    }

    /** Has rounds begin at the best M for groups of about these norms; those of other groups are not used. */
    void begin(double lambda, double[] about) {
        rounds.begin(lambda, Arrays.stream(members()).mapToDouble(k -> about[k]).toArray());
    }

    /** The rounds over the set, or null while there is none. */
    NewtonRounds rounds() {
        return rounds;
    }

    /** The groups that belong to it, ascending. */
    int[] members() {
        return IntStream.range(0, members.length).filter(k -> members[k]).toArray();
    }

    boolean has(int k) {
        return members[k];
    }

    /** Whether there is a set, and all of these groups belong to it. */
    boolean covers(boolean[] groups) {
        return rounds != null && IntStream.range(0, groups.length).allMatch(k -> members[k] || !groups[k]);
    }

    /** M where the rounds are, over all columns: (h, d), modified. */
    void fetch(F64 m) {
        if (columns == null) {
            problem.device().blas().copy(rounds.m(), m);
        } else {
            problem.device().support().scatter(problem.h(), columns, rounds.m(), m);
        }
    }

    /** mr = M R for an M that is zero but for these columns, 2 h d flops each, if that is worth it; whether it is. */
    static boolean product(Problem problem, int[] kept, F64 m, F64 mr) {
        if (kept.length >= MOST * problem.d()) {
            return false;
        }
        int h = problem.h();
        int d = problem.d();
        int n = kept.length;
        try (Scope work = problem.device().scope()) {
            I32 columns = work.i32(kept);
            F64 packed = work.unset((long) h * n);
            F64 rows = work.unset((long) d * n);
            problem.device().support().gather(h, columns, m, packed);
            problem.device().support().gather(d, columns, problem.fit().r(), rows);
            problem.device().blas().gemm(false, true, h, d, n, 1, packed, h, rows, d, 0, mr, h);
        }
        return true;
    }

    /** Back to none. */
    @Override
    public void close() {
        if (scope != null) {
            scope.close();
            scope = null;
        }
        rounds = null;
        columns = null;
    }
}
