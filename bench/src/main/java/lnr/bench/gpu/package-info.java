/**
 * What {@code bench/gpu/run} found on a GPU, put together: {@link lnr.bench.gpu.Record} reads what its phases left in a
 * folder and writes one file, named after the device:
 *
 * <pre>{@code
 * java -cp .. lnr.bench.gpu.Record bench/target/kit/work bench/results
 * }</pre>
 */
package lnr.bench.gpu;
