/**
 * Compression of a trained network: gather layers' correlations, reconstruct them from few of their inputs, refit, and
 * remove what is no longer read from the layers before; one layer as the original text does it, or all of them within a
 * budget, with retraining.
 *
 * <pre>{@code
 * GradualCompression.Plan plan = new GradualCompression.Plan(
 *         List.of(Target.values()), new Goal.Size(20_000), 1, Optional.empty(), Solver.named("newton"));
 * Model small = GradualCompression.run(device, model, images, heldOut, plan, Progress.NONE).get(0).model();
 * }</pre>
 */
package lnr.lenet.compress;
