/**
 * Reads and writes the file formats that LNR speaks: IDX (MNIST's), {@code .npy}, {@code .npz}, safetensors, and groups
 * of columns as text.
 *
 * <p>Files come from anywhere, so every size a header announces is checked against the file before memory is taken, and
 * every fault is a {@link lnr.lenet.InputException} of one line that names the file. Files are written whole or not at
 * all.
 *
 * <pre>{@code
 * Npy.Matrix rxx = Npy.read(Path.of("rxx.npy"));
 * Npy.write(Path.of("copy.npy"), rxx.rows(), rxx.cols(), rxx.data());
 * }</pre>
 */
package lnr.lenet.format;
