package lnr.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.Random;
import java.util.stream.IntStream;
import lnr.engine.solvers.Solver;
import lnr.kernels.Device;
import lnr.kernels.Scope;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class GroupingTest {
    private static final int H = 4;
    private static final int P = 11;
    private static final int[][] GROUPS = {{3, 10, 0}, {7}, {9, 1, 2, 8}, {6, 4}, {5}};
    private static final double[] WEIGHTS = {1, 0.7, 2, 1.3, 0.4};

    private final Device device = Device.open("cpu");

    @AfterEach
    void everythingIsGivenBack() {
        assertThat(device.heldBytes()).isZero();
        device.close();
    }

    @Test
    void groupsAreKeptInOrderAndTheirColumnsSorted() {
        Grouping grouping = Grouping.of(P, GROUPS).withWeights(WEIGHTS);
        assertThat(grouping.count()).isEqualTo(5);
        assertThat(grouping.columns()).isEqualTo(P);
        for (int k = 0; k < GROUPS.length; k++) {
            assertThat(grouping.group(k)).isEqualTo(Arrays.stream(GROUPS[k]).sorted().toArray());
            assertThat(grouping.weight(k)).isEqualTo(WEIGHTS[k]);
        }
        assertThat(Grouping.ofSize(12, 4).group(1)).containsExactly(4, 5, 6, 7);
    }

    /** The penalty is a sum over groups, wherever their columns are. */
    @Test
    void theAnswerMinimisesTheObjectiveInTheCallersOrder() {
        for (boolean bias : new boolean[] {false, true}) {
            int d = bias ? P + 1 : P;
            Layer layer = Layer.random(Draws.random(), H, d, 40, bias);
            Grouping grouping = Grouping.of(P, GROUPS).withWeights(WEIGHTS);
            try (Scope scope = device.scope()) {
                Problem problem = grouping.problem(scope, Quadratic.of(scope, H, d, layer.r(), layer.c()), 0);
                double lambda = 0.3 * problem.lambdaMax();
                Solution there = Solver.named("newton").solve(problem.withLambda(lambda));
                Solution here = grouping.restore(there);
                assertThat(here.support()).isEqualTo(there.support()).isNotEmpty();
                assertThat(here.columns())
                        .isEqualTo(Arrays.stream(here.support())
                                .flatMap(k -> Arrays.stream(GROUPS[k]))
                                .sorted()
                                .toArray())
                        .isEqualTo(IntStream.range(0, P)
                                .filter(j -> Draws.norm(H, here.m(), j) > 0)
                                .toArray());
                double least = objective(layer, lambda, here.m());
                assertThat(here.objective()).isCloseTo(least, within(1e-12 * layer.tau()));
                Random random = Draws.random();
                for (int trial = 0; trial < 20; trial++) {
                    double[] near = here.m().clone();
                    for (int i = 0; i < near.length; i++) {
                        near[i] += 1e-3 * random.nextGaussian();
                    }
                    assertThat(objective(layer, lambda, near)).isGreaterThan(least);
                }
            }
        }
    }

    /** f(M) + lambda sum_k w_k ||M_k||, by plain loops. */
    private static double objective(Layer layer, double lambda, double[] m) {
        double penalty = 0;
        for (int k = 0; k < GROUPS.length; k++) {
            double squares = 0;
            for (int column : GROUPS[k]) {
                squares += Math.pow(Draws.norm(layer.h(), m, column), 2);
            }
            penalty += WEIGHTS[k] * Math.sqrt(squares);
        }
        return layer.objective(0, m) + lambda * penalty;
    }

    @Test
    void neighboursInOrderAreTheProblemAsItIs() {
        Layer layer = Layer.random(Draws.random(), H, P, 40, false);
        try (Scope scope = device.scope()) {
            Quadratic fit = Quadratic.of(scope, H, P, layer.r(), layer.c());
            Grouping columns = Grouping.ofSize(P, 1);
            Problem problem = columns.problem(scope, fit, 0.01);
            assertThat(problem.fit()).isSameAs(fit);
            Solution solution = Solver.named("newton").solve(problem);
            assertThat(columns.restore(solution)).isSameAs(solution);
        }
    }

    @Test
    void whatIsNoPartitionIsRefusedByName() {
        refused(() -> Grouping.of(4, new int[][] {{0, 1}, {2, 1, 3}}),
                "group 1: expected each column once, got 1, which is in group 0 already");
        refused(() -> Grouping.of(4, new int[][] {{0, 0}, {1, 2, 3}}), "group 0: expected each column once, got 0");
        refused(() -> Grouping.of(4, new int[][] {{0, 1}, {3}}), "groups: expected every column");
        refused(() -> Grouping.of(4, new int[][] {{0, 1}, {2}}), "got none with column 3");
        refused(() -> Grouping.of(4, new int[][] {{0, 1}, {}, {2, 3}}), "group 1: expected one column or more");
        refused(() -> Grouping.of(4, new int[][] {{0, 1}, {2, 3, 4}}), "group 1: expected columns from 0 to 3, got 4");
        refused(() -> Grouping.of(4, new int[][] {{0, 1}, {2, 3, -1}}), "got -1");
        refused(() -> Grouping.ofSize(10, 4), "size of a group: expected a divisor of 10 columns, got 4");
        refused(() -> Grouping.ofSize(10, 0), "size of a group: expected 1 or more");
        refused(() -> Grouping.ofSize(4, 2).withWeights(1), "weights: expected [2], got [1]");
        refused(() -> Grouping.ofSize(4, 2).withWeights(1, 0), "weight of group 1: expected a finite number");
        refused(() -> Grouping.ofSize(4, 2).withWeights(Double.NaN, 1), "weight of group 0: expected a finite number");
    }

    @Test
    void fitsOfOtherColumnsAreRefused() {
        Layer layer = Layer.random(Draws.random(), H, P, 40, false);
        try (Scope scope = device.scope()) {
            Quadratic fit = Quadratic.of(scope, H, P, layer.r(), layer.c());
            int[][] backwards = {{5}, {4}, {3}, {2}, {1}, {0}};
            refused(() -> Grouping.of(6, backwards).problem(scope, fit, 0), "groups: expected 11 columns, or 10");
            refused(() -> Grouping.ofSize(12, 1).problem(scope, fit, 0), "groups: expected 11 columns, or 10");
        }
    }

    private static void refused(ThrowingCallable call, String message) {
        assertThatThrownBy(call).isInstanceOf(IllegalArgumentException.class).hasMessageContaining(message);
    }
}
