package lnr.engine.solvers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Random;
import lnr.engine.Debiasing;
import lnr.engine.Layer;
import lnr.engine.Problem;
import lnr.engine.Solution;
import lnr.engine.Status;
import lnr.kernels.Device;
import lnr.kernels.Scope;
import lnr.kernels.emulated.Emulated;
import lnr.kernels.emulated.Emulator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whole solves on the CUDA device, on emulated hardware: the CPU's answers, whatever order its threads run in. */
@Emulated
class EmulatedSolversTest {
    private static final double GAP = 1e-9;

    /** Those whose every operation the device has. */
    private static final List<Solver> METHODS = List.of(
            new ProximalGradient(),
            new Fista(),
            new AlternatingMinimization(),
            new SupportNewton(),
            new RestartedFista(),
            new RestartedFista(Precision.FP32));

    @ParameterizedTest
    @ValueSource(strings = {"forward", "reverse", "random 1", "random 2", "random 3"})
    void everyMethodFindsTheCpusOptimum(String order) {
        Emulator.load();
        Emulator.schedule(order);
        Emulator.lazy(true);
        for (boolean bias : new boolean[] {false, true}) {
            Layer layer = Layer.random(new Random(3), 7, 21, 200, bias);
            try (Device cpu = Device.open("cpu");
                    Device cuda = Device.open("cuda")) {
                assertThat(cuda.description()).containsEntry("processor", "emulated");
                for (Solver method : METHODS) {
                    String name = method.name() + " in " + method.precision();
                    Solver solver = method.withStopping(method.stopping().withGap(GAP));
                    Solution expected = solve(cpu, layer, solver);
                    Solution actual = solve(cuda, layer, solver);
                    assertSameOptimum(name, actual, expected);
                    assertThat(solve(cuda, layer, solver).m()).as(name + " again").isEqualTo(actual.m());
                }
                assertThat(cuda.heldBytes()).isZero();
            }
        }
    }

    // Its R is singular, and its passes are many tiles of several warps.
    @Test
    void newtonTakesTheCpusRounds() {
        Emulator.load();
        Emulator.schedule("random 4");
        Emulator.lazy(true);
        Layer toy = Layer.toy();
        try (Device cpu = Device.open("cpu");
                Device cuda = Device.open("cuda")) {
            for (double ratio : new double[] {0.2, 0.01}) {
                Solution expected = newton(cpu, toy, ratio);
                Solution actual = newton(cuda, toy, ratio);
                assertSameOptimum("newton at " + ratio, actual, expected);
                assertThat(actual.iterations()).isBetween(expected.iterations() - 1, expected.iterations() + 1);
            }
        }
    }

    private static Solution newton(Device device, Layer layer, double ratio) {
        try (Scope scope = device.scope()) {
            Problem problem = layer.problem(scope, 1);
            return new SupportNewton().solve(problem.withLambda(ratio * problem.lambdaMax()));
        }
    }

    private static void assertSameOptimum(String name, Solution actual, Solution expected) {
        assertThat(actual.status()).as(name).isEqualTo(Status.CONVERGED);
        assertThat(actual.support()).as(name).isEqualTo(expected.support());
        // Both are within their gaps of the optimum, and either objective may be wrong by rounding.
        double bound = actual.gap() + expected.gap() + 1e-12 * Math.abs(expected.objective());
        assertThat(actual.objective()).as(name).isCloseTo(expected.objective(), within(bound));
    }

    private static Solution solve(Device device, Layer layer, Solver solver) {
        try (Scope scope = device.scope()) {
            Problem problem = layer.problem(scope, 1);
            problem = problem.withLambda(0.2 * problem.lambdaMax());
            Solution solution = solver.solve(problem);
            assertThat(solution.support()).hasSizeBetween(1, problem.penalised() - 1);
            Debiasing debiasing = Debiasing.of(problem, solution.support());
            assertThat(debiasing.fit()).isLessThan(layer.objective(0, solution.m()));
            return solution;
        }
    }
}
