package lnr.engine.solvers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import lnr.engine.Draws;
import lnr.engine.Layer;
import lnr.engine.Problem;
import lnr.engine.Solution;
import lnr.engine.Status;
import lnr.kernels.Device;
import lnr.kernels.Groups;
import lnr.kernels.Scope;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** FISTA with restarts, in either precision. */
class RestartedFistaTest {
    private static final int H = 6;
    private static final int D = 23;

    private final Device device = Device.open("cpu");
    private final Random random = Draws.random();

    @AfterEach
    void everythingIsGivenBack() {
        assertThat(device.heldBytes()).isZero();
        device.close();
    }

    private static RestartedFista to(Precision precision, double gap) {
        return new RestartedFista(precision, Stopping.onChange(100_000).withGap(gap));
    }

    @ParameterizedTest
    @CsvSource({"FP64, 1e-8", "FP64, 1e-12", "FP32, 1e-8", "FP32, 1e-12"})
    void eitherPrecisionReachesTheGapAndNewtonsAnswer(Precision precision, double gap) {
        for (boolean bias : new boolean[] {false, true}) {
            for (double ratio : new double[] {0.5, 0.1, 0.01, 0.001}) {
                Layer layer = Layer.random(random, H, D, 100, bias);
                agrees(layer, ratio, precision, gap);
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"1e6, 1e-12", "1e9, 1e-12", "1e12, 1e-10"})
    void singlePrecisionReachesTheGapOfIllConditionedProblems(double condition, double gap) {
        for (double ratio : new double[] {0.1, 0.01}) {
            agrees(illConditioned(condition), ratio, Precision.FP32, gap);
        }
    }

    private void agrees(Layer layer, double ratio, Precision precision, double gap) {
        try (Scope scope = device.scope()) {
            Problem problem = layer.problem(scope, 0);
            problem = problem.withLambda(ratio * problem.lambdaMax());
            Solution solution = to(precision, gap).solve(problem);
            Solution newton = new SupportNewton().withStopping(Stopping.onChange(200).withGap(gap)).solve(problem);
            assertThat(solution.status()).isEqualTo(Status.CONVERGED);
            assertThat(solution.relativeGap()).isLessThanOrEqualTo(gap);
            double bound = solution.gap() + newton.gap() + 1e-13 * Math.abs(newton.objective());
            assertThat(solution.objective()).isCloseTo(newton.objective(), within(bound));
            assertThat(solution.objective())
                    .isCloseTo(layer.objective(problem.lambda(), solution.m()), within(1e-11 * layer.tau()));
        }
    }

    @ParameterizedTest
    @EnumSource
    void restartsBeatPlainFista(Precision precision) {
        Layer layer = illConditioned(1e6);
        try (Scope scope = device.scope()) {
            Problem problem = layer.problem(scope, 0);
            problem = problem.withLambda(0.001 * problem.lambdaMax());
            Solution plain = new Fista().withStopping(Stopping.onChange(100_000).withGap(1e-12)).solve(problem);
            Solution restarted = to(precision, 1e-12).solve(problem);
            assertThat(plain.status()).isEqualTo(Status.CONVERGED);
            assertThat(restarted.status()).isEqualTo(Status.CONVERGED);
            assertThat(restarted.iterations()).isLessThan(plain.iterations() / 2);
        }
    }

    @ParameterizedTest
    @EnumSource
    void groupsOfUnequalSizeAndWeight(Precision precision) {
        Layer layer = Layer.random(random, H, D, 100, true);
        try (Scope scope = device.scope()) {
            Groups groups = Groups.of(scope, new int[] {0, 1, 4, 9, 15, D - 1}, new double[] {1, 0.5, 3, 2, 1});
            Problem problem = new Problem(layer.problem(scope, 0).fit(), groups, 0);
            problem = problem.withLambda(0.2 * problem.lambdaMax());
            Solution solution = to(precision, 1e-12).solve(problem);
            Solution newton = new SupportNewton().solve(problem);
            assertThat(solution.status()).isEqualTo(Status.CONVERGED);
            assertThat(solution.support()).isEqualTo(newton.support());
            assertThat(Draws.distance(solution.m(), newton.m())).isLessThan(1e-4);
        }
    }

    // It is added up from what each step took from f; the certificate computes it afresh.
    @ParameterizedTest
    @EnumSource
    void historyIsTheObjectiveBeforeEachStep(Precision precision) {
        Layer layer = Layer.random(random, H, D, 100, true);
        try (Scope scope = device.scope()) {
            Problem problem = layer.problem(scope, 0);
            problem = problem.withLambda(0.1 * problem.lambdaMax());
            double[] history = to(precision, 1e-12).solve(problem).history();
            double tolerance = (precision == Precision.FP32 ? 1e-6 : 1e-12) * layer.tau();
            for (int steps : new int[] {1, 2, 3, 5, 9, 10, 11, 33}) {
                Stopping stopping = Stopping.onChange(steps).withGap(1e-15);
                double objective = new RestartedFista(precision, stopping).solve(problem).objective();
                assertThat(history[steps]).as("step %d", steps).isCloseTo(objective, within(tolerance));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 7, 16, 17, 100})
    void looksAsOftenAsAsked(int every) {
        Layer layer = Layer.random(random, H, D, 100, false);
        try (Scope scope = device.scope()) {
            Problem problem = layer.problem(scope, 0);
            problem = problem.withLambda(0.05 * problem.lambdaMax());
            for (Precision precision : Precision.values()) {
                Solver solver = to(precision, 1e-12);
                Solution solution = solver.withStopping(solver.stopping().withEvery(every)).solve(problem);
                assertThat(solution.status()).isEqualTo(Status.CONVERGED);
                assertThat(solution.iterations() % every).isZero();
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void aWarmStartSavesSteps(Precision precision) {
        Layer layer = Layer.random(random, H, D, 100, true);
        try (Scope scope = device.scope()) {
            Problem problem = layer.problem(scope, 0);
            problem = problem.withLambda(0.1 * problem.lambdaMax());
            Solution cold = to(precision, 1e-10).solve(problem);
            Solution again = to(precision, 2e-10).solve(problem, cold.m(), Monitor.NONE);
            assertThat(again.iterations()).isZero();
            assertThat(again.m()).isEqualTo(cold.m());
            Solution near =
                    to(precision, 1e-10).solve(problem.withLambda(0.99 * problem.lambda()), cold.m(), Monitor.NONE);
            assertThat(near.iterations()).isLessThan(cold.iterations());
        }
    }

    @Test
    void precisionsGoByName() {
        assertThat(Precision.named("fp32")).isEqualTo(Precision.FP32);
        assertThat(Precision.named("fp64")).isEqualTo(Precision.FP64);
        assertThatThrownBy(() -> Precision.named("FP16"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("precision: expected fp64 or fp32, got 'FP16'");
        for (String name : Solver.names()) {
            Solver solver = Solver.named(name);
            assertThat(solver.precision()).isEqualTo(Precision.FP64);
            assertThat(solver.withPrecision(Precision.FP64)).isEqualTo(solver);
            if (solver instanceof RestartedFista) {
                assertThat(solver.withPrecision(Precision.FP32).precision()).isEqualTo(Precision.FP32);
            } else {
                assertThatThrownBy(() -> solver.withPrecision(Precision.FP32))
                        .isInstanceOf(IllegalArgumentException.class)
                        .hasMessage("precision: " + name + " expected fp64, got fp32; restarted-fista has it");
            }
        }
    }

    /** Eigenvalues from 1 down to 1 / condition, evenly in their logarithm, in random directions. */
    private Layer illConditioned(double condition) {
        double[] q = Draws.normal(random, D * D);
        for (int j = 0; j < D; j++) {
            for (int pass = 0; pass < 2; pass++) {
                for (int k = 0; k < j; k++) {
                    double inner = 0;
                    for (int i = 0; i < D; i++) {
                        inner += q[j * D + i] * q[k * D + i];
                    }
                    for (int i = 0; i < D; i++) {
                        q[j * D + i] -= inner * q[k * D + i];
                    }
                }
                double norm = Draws.norm(D, q, j);
                for (int i = 0; i < D; i++) {
                    q[j * D + i] /= norm;
                }
            }
        }
        for (int j = 0; j < D; j++) {
            double root = Math.pow(condition, -0.5 * j / (D - 1));
            for (int i = 0; i < D; i++) {
                q[j * D + i] *= root;
            }
        }
        double[] w = Draws.normal(random, H * D);
        double[] r = Draws.gram(D, D, q, 1);
        return new Layer(H, D, false, w, r, Draws.product(H, D, D, w, r));
    }
}
