/**
 * The CUDA device: the driver API, cuBLAS and cuSOLVER through JCuda, and the kernels of {@code src/main/cuda}. The
 * only package that knows JCuda.
 *
 * <p>A device has one stream, on which everything it is asked for runs in order, and one lock: threads that share a
 * device take turns in asking. Asking does not wait; reading a buffer back does. Every call's result is checked, and a
 * failure is a {@link lnr.kernels.DeviceException} with the call, its arguments, CUDA's name for the error and, for the
 * known ones, the mend.
 */
package lnr.kernels.cuda;
