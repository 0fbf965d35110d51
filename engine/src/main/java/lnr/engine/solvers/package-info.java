/**
 * Ways to solve a {@link lnr.engine.Problem}, by name. Each has the original text's semantics by default, and can
 * be asked to stop on a proof instead:
 *
 * <pre>{@code
 * Solver solver = Solver.named("fista").withStopping(Stopping.onChange(100_000).withGap(1e-6));
 * Solution solution = solver.solve(problem);                  // solution.relativeGap() <= 1e-6
 * }</pre>
 */
package lnr.engine.solvers;
