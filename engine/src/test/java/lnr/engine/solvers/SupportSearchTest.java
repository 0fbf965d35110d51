package lnr.engine.solvers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;
import lnr.engine.Problem;
import lnr.engine.Solution;
import lnr.engine.Status;
import lnr.kernels.Device;
import lnr.kernels.Groups;
import lnr.kernels.Scope;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SupportSearchTest {
    private static final int D = 24;
    private static final int H = 3;

    private final Device device = Device.open("cpu");
    private final Scope scope = device.scope();

    @AfterEach
    void nothingIsHeld() {
        scope.close();
        assertThat(device.heldBytes()).isZero();
        device.close();
    }

    @Test
    void everyNumberOfColumnsIsFoundWhereSupportsGrowOneByOne() {
        Problem problem = diagonal(1);
        for (int count = 0; count <= D; count++) {
            Solution solution = SupportSearch.solve(new Fista(), problem, count, Monitor.NONE);
            assertThat(solution.support()).hasSize(count);
            assertThat(solution.status()).isEqualTo(Status.CONVERGED);
        }
    }

    /** Pairs of columns with the same norm of C enter together: of 2k + 1, the nearest below is 2k. */
    @Test
    void whereNoLambdaKeepsTheNumberTheNearestIsGivenTheSmallerOfTwo() {
        Problem problem = diagonal(2);
        for (int count = 1; count < D; count += 2) {
            assertThat(SupportSearch.solve(new Fista(), problem, count, Monitor.NONE).support())
                    .hasSize(count - 1);
        }
    }

    @Test
    void theNearestBelowAndAboveAreTold() {
        Problem problem = diagonal(2);
        SupportSearch.Found found = SupportSearch.groups(new SupportNewton(), problem, 7, Monitor.NONE);
        assertThat(found.exact()).isEmpty();
        Solution below = found.below().orElseThrow();
        Solution above = found.above().orElseThrow();
        assertThat(below.support()).hasSize(6);
        assertThat(above.support()).hasSize(8);
        assertThat(below.lambda() / above.lambda()).isBetween(1.0, 1.0001);
        assertThat(found.nearest()).isSameAs(below);
        assertThat(found.atMost()).containsSame(below);
        found = SupportSearch.groups(new SupportNewton(), problem, 8, Monitor.NONE);
        assertThat(found.exact()).containsSame(found.nearest());
        assertThat(found.nearest().support()).hasSize(8);
        assertThat(SupportSearch.groups(new SupportNewton(), problem, 0, Monitor.NONE).below()).isEmpty();
    }

    @Test
    void columnsAreCountedWhereGroupsAreOfUnequalSizes() {
        Groups groups = Groups.of(scope, new int[] {0, 5, 7, 16, D}, new double[] {1, 1, 1, 1});
        Problem problem = new Problem(diagonal(1).fit(), groups, 0);
        for (int asked = 0; asked <= D; asked++) {
            SupportSearch.Found found = SupportSearch.columns(new SupportNewton(), problem, asked, Monitor.NONE);
            int most = asked < 5 ? 0 : asked < 7 ? 5 : asked < 16 ? 7 : asked < D ? 16 : D;
            assertThat(found.atMost().orElseThrow().columns()).as("at most " + asked).hasSize(most);
        }
        assertThatThrownBy(() -> SupportSearch.columns(new SupportNewton(), problem, D + 1, Monitor.NONE))
                .hasMessage("keep: expected 0 to 24 columns, got 25");
    }

    /** Solves cost the more the smaller lambda is. */
    @Test
    void noLambdaIsTriedFarBelowTheOneFound() {
        Problem problem = diagonal(1);
        for (int count = 1; count <= D; count++) {
            List<Double> tried = new ArrayList<>();
            Fista fista = new Fista();
            Solution found = SupportSearch.solve(new Solving(fista, tried), problem, count, Monitor.NONE);
            assertThat(tried).allMatch(lambda -> lambda >= 0.76 * found.lambda());
        }
    }

    /** Notes every lambda that it solves at. */
    private record Solving(Solver solver, List<Double> lambdas) implements Solver {
        @Override
        public String name() {
            return solver.name();
        }

        @Override
        public Solution solve(Problem problem, double[] start, Monitor monitor) {
            lambdas.add(problem.lambda());
            return solver.solve(problem, start, monitor);
        }

        @Override
        public Stopping stopping() {
            return solver.stopping();
        }

        @Override
        public Solver withStopping(Stopping stopping) {
            return new Solving(solver.withStopping(stopping), lambdas);
        }
    }

    @Test
    void theMonitorEndsTheSearch() {
        AtomicInteger calls = new AtomicInteger();
        Fista fista = new Fista(10, Stopping.onChange(1000).withEvery(1));
        SupportSearch.solve(fista, diagonal(1), D / 2, (k, objective, gap) -> {
            calls.incrementAndGet();
            return false;
        });
        assertThat(calls.get()).isEqualTo(1);
    }

    @Test
    void numbersThatThereAreNotAreRefused() {
        Problem problem = diagonal(1);
        assertThatThrownBy(() -> SupportSearch.solve(new Fista(), problem, D + 1, Monitor.NONE))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("0 to " + D);
        assertThatThrownBy(() -> SupportSearch.solve(new Fista(), problem, -1, Monitor.NONE))
                .isInstanceOf(IllegalArgumentException.class);
    }

    /** R = I, so column j is kept exactly when lambda &lt; ||C_j||; norms fall, {@code together} columns at a time. */
    private Problem diagonal(int together) {
        SplittableRandom random = new SplittableRandom(11);
        double[] r = new double[D * D];
        double[] c = new double[H * D];
        for (int j = 0; j < D; j++) {
            r[j * D + j] = 1;
            double norm = Math.pow(0.8, j / together);
            double angle = random.nextDouble();
            c[j * H] = norm * Math.cos(angle);
            c[j * H + 1] = norm * Math.sin(angle);
        }
        return Problem.of(scope, H, D, r, c, 0);
    }
}
