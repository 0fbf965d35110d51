package lnr.lenet.compress;

import java.util.Optional;
import java.util.Set;
import lnr.engine.Correlations;
import lnr.engine.Debiasing;
import lnr.engine.MatrixException;
import lnr.engine.Problem;
import lnr.engine.Solution;
import lnr.engine.solvers.Monitor;
import lnr.engine.solvers.Solver;
import lnr.engine.solvers.SupportSearch;
import lnr.kernels.Device;
import lnr.kernels.Groups;
import lnr.kernels.Scope;
import lnr.lenet.Progress;
import lnr.lenet.network.DeviceImages;
import lnr.lenet.network.LeNet5;
import lnr.lenet.network.Model;

/**
 * Compression of one layer as the original text does it for fc2: gather the correlations of its input, reconstruct it
 * from few columns, refit those by least squares, and remove from the layer before what is no longer read.
 */
public final class Compression {
    private static final int BATCH = 1000;

    private Compression() {}

    /**
     * What to do.
     *
     * @param target the layer that is reconstructed
     * @param strength how much to compress
     * @param bias whether the layer's bias is reconstructed too; otherwise it stays as it is
     * @param debias whether the kept columns are refitted without the penalty
     * @param solver who solves
     */
    public record Options(Target target, Strength strength, boolean bias, boolean debias, Solver solver) {}

    /**
     * Wall times of the stages, in seconds.
     *
     * @param correlations forward passes and correlation sums
     * @param solve all of the solver's work, the search for a number of units included
     * @param debias the refit
     */
    public record Seconds(double correlations, double solve, double debias) {}

    /**
     * What came of it. The three models compute: M of the solver, the final M, and the final M with the units
     * removed.
     *
     * @param sparse the network with the solver's M for the layer's weight, all widths as before
     * @param refitted the network with the final M (refitted, if asked), all widths as before
     * @param compressed the same function with unread units removed from the layer before
     * @param solution the solver's answer, with its certificate
     * @param search where a number of units was asked for: what there is near it
     * @param debiasing the refit, if asked
     * @param samples images that the correlations are of
     * @param seconds times of the stages
     */
    public record Result(
            Model sparse,
            Model refitted,
            Model compressed,
            Solution solution,
            Optional<SupportSearch.Found> search,
            Optional<Debiasing> debiasing,
            long samples,
            Seconds seconds) {
        /** Units of the layer before that are kept. */
        public int kept() {
            return solution.support().length;
        }
    }

    /**
     * Compresses one layer of a model.
     *
     * @param device where it runs
     * @param model the trained network; not modified
     * @param images what the reconstruction is to be good on: the training set
     * @throws IllegalArgumentException when more units are to be kept than there are, or a layer before has none
     *     at all
     * @throws ArithmeticException when activations of the model overflow on these images
     * @throws OverflowException when a weight of the answer is beyond what single precision holds
     * @throws lnr.lenet.InputException when a ratio's lambda overflows
     */
    public static Result run(Device device, Model model, DeviceImages images, Options options, Progress progress) {
        Target target = options.target();
        model.architecture().layers().subList(0, target.layer()).stream()
                .filter(layer -> layer.outputs() == 0)
                .forEach(layer -> {
                    throw new IllegalArgumentException("model: expected outputs of " + layer.name() + ", got none");
                });
        long start = System.nanoTime();
        try (LeNet5 network = new LeNet5(device, model, BATCH);
                NetworkCorrelations all =
                        NetworkCorrelations.gather(network, images, Set.of(target), options.bias(), progress)) {
            double gathering = (System.nanoTime() - start) * 1e-9;
            return run(device, model, all.of(target), gathering, options, progress);
        }
    }

    /**
     * The same when the correlations are at hand, as for one strength after another.
     *
     * @param correlations of the target's input, with the bias if that is to be reconstructed
     */
    public static Result run(
            Device device, Model model, Correlations correlations, Options options, Progress progress) {
        return run(device, model, correlations, 0, options, progress);
    }

    private static Result run(
            Device device,
            Model model,
            Correlations correlations,
            double gathering,
            Options options,
            Progress progress) {
        Target target = options.target();
        long start = System.nanoTime();
        try (Scope scope = device.scope()) {
            int units = target.units(model.architecture());
            Problem problem = problem(correlations, scope, Groups.ofSize(scope, units, target.columns()));
            long posed = System.nanoTime();
            Monitor monitor = (iteration, objective, gap) -> {
                progress.at("solve", iteration, -1);
                return true;
            };
            Optional<SupportSearch.Found> search = options.strength() instanceof Strength.Keep keep
                    ? Optional.of(SupportSearch.groups(options.solver(), problem, keep.count(), monitor))
                    : Optional.empty();
            Solution solution =
                    search.map(SupportSearch.Found::nearest).orElseGet(() -> solve(problem, options, monitor));
            long solved = System.nanoTime();
            Optional<Debiasing> debiasing = options.debias()
                    ? Optional.of(Debiasing.of(problem, solution.columns()))
                    : Optional.empty();
            long refit = System.nanoTime();
            Model sparse = Surgery.replace(model, target, solution.m(), options.bias());
            Model refitted = debiasing
                    .map(d -> Surgery.replace(model, target, d.m(), options.bias()))
                    .orElse(sparse);
            return new Result(
                    sparse,
                    refitted,
                    Surgery.collapse(refitted, target, solution.support()),
                    solution,
                    search,
                    debiasing,
                    correlations.samples(),
                    new Seconds(
                            gathering + (posed - start) * 1e-9, (solved - posed) * 1e-9, (refit - solved) * 1e-9));
        }
    }

    private static Problem problem(Correlations correlations, Scope scope, Groups groups) {
        try {
            return correlations.problem(scope, groups, 0);
        } catch (MatrixException e) {
            throw (ArithmeticException) new ArithmeticException("activations: " + e.getMessage()).initCause(e);
        }
    }

    private static Solution solve(Problem problem, Options options, Monitor monitor) {
        double[] start = new double[problem.h() * problem.d()];
        Strength strength = options.strength();
        double lambda = strength instanceof Strength.Ratio ratio
                ? ratio.lambda(problem.lambdaMax())
                : ((Strength.Lambda) strength).value();
        return options.solver().solve(problem.withLambda(lambda), start, monitor);
    }
}
