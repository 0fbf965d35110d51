/**
 * Finds the images to work on: in a directory, in the cache, on the network, or drawn by the program itself.
 *
 * <pre>{@code
 * Dataset data = DataSource.ofEnvironment().open(null, Progress.NONE);
 * System.err.println(data.origin().sentence());
 * int label = data.test().labels()[0];
 * }</pre>
 */
package lnr.lenet.data;
