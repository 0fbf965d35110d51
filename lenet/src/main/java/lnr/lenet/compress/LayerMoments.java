package lnr.lenet.compress;

import lnr.engine.Correlations;
import lnr.engine.Problem;
import lnr.engine.Quadratic;
import lnr.kernels.Groups;
import lnr.kernels.Scope;

/**
 * Moments of a layer y = W x as the original network computes it, on the host: those of some of its outputs and some of
 * its units are parts of them.
 */
final class LayerMoments {
    private final Target target;
    private final int h;
    private final int d; // without the bias, which is the last of d + 1 columns
    private final double[] r; // (d', d')
    private final double[] c; // (h, d'), column-major
    private final double[] energy; // (h), E y_i^2 in the scaling of R

    /**
     * @param correlations of the layer, with a bias
     * @param w the layer's [W b], (h, d'), column-major
     */
    LayerMoments(Target target, Correlations correlations, double[] w) {
        this.target = target;
        this.h = correlations.h();
        this.d = correlations.width() - 1;
        this.r = correlations.r();
        this.c = correlations.c();
        this.energy = new double[h];
        for (int j = 0; j <= d; j++) {
            for (int i = 0; i < h; i++) {
                energy[i] += c[j * h + i] * w[j * h + i];
            }
        }
    }

    /**
     * The problem of reconstructing some outputs from some units, a group of columns each, and from the bias.
     *
     * @param owner owner of the problem's device memory
     * @param outputs ascending
     * @param units ascending, at least one
     */
    Problem problem(Scope owner, int[] outputs, int[] units) {
        int size = target.columns();
        int[] columns = new int[units.length * size + 1];
        for (int k = 0; k < units.length; k++) {
            for (int j = 0; j < size; j++) {
                columns[k * size + j] = units[k] * size + j;
            }
        }
        columns[units.length * size] = d;
        int width = columns.length;
        double[] rs = new double[width * width];
        double[] cs = new double[outputs.length * width];
        double tau = 0;
        for (int j = 0; j < width; j++) {
            for (int i = 0; i < width; i++) {
                rs[j * width + i] = r[columns[j] * (d + 1) + columns[i]];
            }
            for (int i = 0; i < outputs.length; i++) {
                cs[j * outputs.length + i] = c[columns[j] * h + outputs[i]];
            }
        }
        for (int i : outputs) {
            tau += Math.max(0, energy[i]);
        }
        Quadratic fit = Quadratic.withTau(owner, outputs.length, width, rs, cs, tau);
        return new Problem(fit, Groups.ofSize(owner, units.length, size), 0);
    }
}
