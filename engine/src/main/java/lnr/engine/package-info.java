/**
 * Linear activation reconstruction: which inputs of a layer can go, and what the others become.
 *
 * <pre>{@code
 * double[] w = {1, 0, 2, 1, 0, 1};                            // (2, 3) column-major: the layer's weight
 * float[] x = {1, 0, 1, 2, 1, 0, 0, 1, 1, 1, 1, 1};           // (4, 3): four samples
 * try (Device device = Device.open("auto");
 *         Scope scope = device.scope();
 *         Correlations sums = Correlations.ofLayer(device, 3, false, 2, w)) {
 *     sums.add(4, scope.f32(x));
 *     Problem problem = sums.problem(scope, 0.3);
 *     Solution solution = Solver.named("newton").solve(problem);
 *     Debiasing refit = Debiasing.of(problem, solution.columns());
 *     double[] m = refit.m();                                 // (2, 3), zero in the columns that can go
 * }
 * }</pre>
 *
 * <p>{@link lnr.engine.Correlations} sums over samples. {@link lnr.engine.Problem} is the mathematics:
 * a data fit, {@link lnr.engine.Quadratic}, and a penalty, {@link lnr.engine.Penalty}. {@link lnr.engine.solvers}
 * minimise it, {@link lnr.engine.Certificate} proves how well, and {@link lnr.engine.Debiasing} refits what was kept.
 *
 * <p>Matrices are column-major everywhere, on the host too: column j of an (h, d) matrix is elements
 * [j h, (j + 1) h). All of this is written once, for every {@link lnr.kernels.Device}.
 */
package lnr.engine;
