/**
 * What the operations, the solvers and the network cost: JMH benchmarks, one class for each family of operations, and
 * {@linkplain lnr.bench.compare comparisons} with other programs.
 *
 * <p>{@link lnr.bench.Benchmarks} runs them, and turns times into rates; {@code bench/run prox} does so from a shell.
 * From Java, a benchmark's state can be prepared and its method called by hand:
 *
 * <pre>{@code
 * BlasBenchmark.Product product = new BlasBenchmark.Product();
 * product.device = "cpu";
 * product.shape = "200x500x500";
 * product.open();
 * Work work = new Work();
 * new BlasBenchmark().gemmF64(product, work);                 // work.gigaflops is 0.1
 * product.close();
 * }</pre>
 */
package lnr.bench;
