/**
 * The frontier of accuracy against size: a sweep that can be interrupted, its results, and the report that shows them.
 *
 * <pre>{@code
 * try (RunFolder folder = RunFolder.open(path, settings)) {
 *     new Sweep(device, data, settings, networks, folder, Progress.NONE, listener).run();
 *     Results results = Results.of(settings, folder);
 *     Report.write(folder, results, Report.How.of(command));
 * }
 * }</pre>
 */
package lnr.lenet.report;
