package lnr.bench.compare;

import lnr.bench.TextProblem;
import lnr.engine.Correlations;
import lnr.engine.Problem;
import lnr.engine.Quadratic;
import lnr.kernels.Device;
import lnr.kernels.Groups;
import lnr.kernels.Scope;

/**
 * A problem as both sides are given it, for any lambda.
 *
 * @param name short name
 * @param h rows of C
 * @param d columns of C and R
 * @param r (d, d), symmetric
 * @param c (h, d), column-major
 * @param facts the rest
 */
record Given(String name, int h, int d, double[] r, double[] c, Facts facts) {
    /**
     * What the matrices do not tell.
     *
     * @param group columns of each group
     * @param bias whether the last column is a bias, which belongs to none
     * @param tau Tr(Ryy), or the least that goes with R and C
     * @param told whether a solver is given tau, or has to find it out when it needs it
     * @param lambdaMax least lambda whose answer has no penalised column
     */
    record Facts(int group, boolean bias, double tau, boolean told, double lambdaMax) {}

    /** One of the text's problems, which leave tau to be found out. */
    static Given of(Device device, TextProblem text) {
        try (Scope scope = device.scope()) {
            Problem problem = text.on(scope);
            Facts facts = new Facts(1, false, problem.fit().tau(), false, problem.lambdaMax());
            return new Given(text.name(), text.h(), text.d(), text.r(), text.c(), facts);
        }
    }

    /** A layer's problem, without the penalty on its bias if it has one. */
    static Given of(Device device, String name, Correlations sums, int group) {
        Facts facts = new Facts(group, sums.hasBias(), sums.tau(), true, Double.NaN);
        Given open = new Given(name, sums.h(), sums.width(), sums.r(), sums.c(), facts);
        try (Scope scope = device.scope()) {
            return open.with(open.on(scope, 0).lambdaMax());
        }
    }

    private Given with(double lambdaMax) {
        return new Given(name, h, d, r, c, new Facts(facts.group, facts.bias, facts.tau, facts.told, lambdaMax));
    }

    /** The problem posed anew on a device; {@code scope} owns the memory. */
    Problem on(Scope scope, double lambda) {
        Quadratic fit = facts.told
                ? Quadratic.withTau(scope, h, d, r, c, facts.tau)
                : Quadratic.of(scope, h, d, r, c);
        int penalised = facts.bias ? d - 1 : d;
        return new Problem(fit, Groups.ofSize(scope, penalised / facts.group, facts.group), lambda);
    }
}
