package lnr.engine;

import static org.assertj.core.api.Assertions.assertThat;

import lnr.engine.solvers.Solver;
import lnr.kernels.Device;
import lnr.kernels.Scope;
import org.junit.jupiter.api.Test;

/** The example of the package's documentation, as it stands there. */
class ExampleTest {
    @Test
    void findsTheInputThatCanGo() {
        double[] w = {1, 0, 2, 1, 0, 1};
        float[] x = {1, 0, 1, 2, 1, 0, 0, 1, 1, 1, 1, 1};
        try (Device device = Device.open("auto");
                Scope scope = device.scope();
                Correlations sums = Correlations.ofLayer(device, 3, false, 2, w)) {
            sums.add(4, scope.f32(x));
            Problem problem = sums.problem(scope, 0.3);
            Solution solution = Solver.named("newton").solve(problem);
            Debiasing refit = Debiasing.of(problem, solution.columns());
            double[] m = refit.m();

            assertThat(solution.support()).containsExactly(0, 1);
            assertThat(m[4]).isZero();
            assertThat(m[5]).isZero();
            assertThat(refit.fit()).isLessThan(problem.fit().value(scope.f64(solution.m()), scope.f64(6)));
        }
    }
}
