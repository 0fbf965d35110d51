/**
 * The same work done by LNR and by PyTorch, NumPy or scikit-learn on the same machine, side by side in one run: ratios
 * of times, and agreement of objectives.
 *
 * <p>{@link lnr.bench.compare.Comparison} starts one process for each side and gives them the same data, through files.
 * The processes live through the whole run, so that neither start nor compilation is timed, and take turns round by
 * round, so that a change in the machine's state meets both. Each times its own work, and says on a line of JSON how
 * long it took and what came of it. {@code bench/compare/run} does this from a shell:
 *
 * <pre>{@code
 * bench/compare/run --data drawn --tasks forward,toy --rounds 3 --json forward.json
 * }</pre>
 */
package lnr.bench.compare;
