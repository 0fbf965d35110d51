package lnr.engine.solvers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.Random;
import lnr.engine.Certificate;
import lnr.engine.Draws;
import lnr.engine.Problem;
import lnr.kernels.Device;
import lnr.kernels.F64;
import lnr.kernels.Groups;
import lnr.kernels.Scope;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** One step, alone. */
class NewtonStepTest {
    private static final int H = 9;
    private static final int D = 40;
    private static final double[] ABOUT = {50, 0.2, 2, 0.5, 3, 1.5, 0.7, 8, 1, 4}; // norms of ten groups

    /**
     * The step from the best M for given norms is the same whether it knows of that, and saves a product, or not. K's
     * condition is below 1e3 here, and a step a few hundred roundings deep.
     *
     * @param silent whether the first group's inputs never fire, so that its part of the best M is zero and S another
     */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aStepAfterAlternatingMinimisationIsTheSameWithOneProductLess(boolean silent) {
        Random random = Draws.random();
        double[] x = Draws.normal(random, D * 90);
        for (int i = 0; i < x.length; i++) {
            x[i] *= silent && i % D < 4 ? 0 : 1;
        }
        Moments moments = Moments.of("step", H, D, 90, x, Draws.normal(random, H * D));
        double[] known = step(moments, false);
        double[] unknown = step(moments, true);
        double size = Math.sqrt(Draws.inner(unknown, unknown));
        for (int i = 0; i < known.length; i++) {
            assertThat(known[i]).isCloseTo(unknown[i], within(1e3 * 300 * 0x1p-53 * size));
        }
        assertThat(Arrays.stream(known, 0, 4 * H).allMatch(value -> value == 0)).isEqualTo(silent);
    }

    private static double[] step(Moments moments, boolean forget) {
        try (Device device = Device.open("cpu");
                Scope scope = device.scope()) {
            Problem problem = new Problem(moments.problem(scope).fit(), Groups.ofSize(scope, 10, 4), 0.1);
            NewtonStep step = new NewtonStep(problem, scope);
            F64 m = scope.f64(H * D);
            F64 mr = scope.f64(H * D);
            step.alternate(problem.lambda(), ABOUT, m, mr);
            if (forget) {
                step.forget();
            }
            Certificate certificate = new Certificate(problem, scope);
            Certificate.Gap before = certificate.at(m, mr);
            double[] norms = Norms.of(H, problem.groups(), m);
            double taken = step.take(problem.lambda(), norms, true, m, certificate.residual(), mr);
            assertThat(taken).isEqualTo(1);
            assertThat(certificate.at(m).objective()).isLessThan(before.objective());
            return m.toArray();
        }
    }
}
