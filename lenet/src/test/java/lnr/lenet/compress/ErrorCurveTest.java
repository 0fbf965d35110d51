package lnr.lenet.compress;

import static org.assertj.core.api.Assertions.assertThat;

import lnr.engine.Problem;
import lnr.engine.Quadratic;
import lnr.engine.solvers.SupportNewton;
import lnr.kernels.Device;
import lnr.kernels.Groups;
import lnr.kernels.Scope;
import org.junit.jupiter.api.Test;

class ErrorCurveTest {
    /** A dead layer: no unit serves it, but one is kept. */
    @Test
    void whereNothingIsToBeReadOneUnitIsLeft() {
        double[] identity = new double[36];
        for (int j = 0; j < 6; j++) {
            identity[7 * j] = 1;
        }
        try (Device device = Device.open("cpu");
                Scope scope = device.scope()) {
            Quadratic fit = Quadratic.withTau(scope, 2, 6, identity, new double[12], 1);
            ErrorCurve curve = new ErrorCurve(new SupportNewton(), new Problem(fit, Groups.ofSize(scope, 3, 2), 0));
            assertThat(curve.units(2)).containsExactly(0);
            assertThat(curve.at(1)).isBetween(0.0, 1.0);
        }
    }
}
