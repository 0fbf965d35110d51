/**
 * Devices, their memory and the operations on it: all that knows hardware.
 *
 * <p>A {@link lnr.kernels.Device} runs operations; a {@link lnr.kernels.Scope} owns the buffers they work on. Code
 * above this package is written once, for every device:
 *
 * <pre>{@code
 * try (Device device = Device.open("auto"); Scope scope = device.scope()) {
 *     F64 r = scope.f64(new double[] {4, 2, 2, 5});          // (2, 2) symmetric
 *     F64 m = scope.f64(new double[] {1, 0, 0, 1});          // (2, 2) column-major
 *     F64 p = scope.f64(4);
 *     device.blas().gemm(false, false, 2, 2, 2, 1, m, 2, r, 2, 0, p, 2);
 *     double[] host = p.toArray();                           // {4, 2, 2, 5}
 * }
 * }</pre>
 *
 * <p>Operations come in families, one interface each: {@link lnr.kernels.Blas} (dense linear algebra),
 * {@link lnr.kernels.GroupNorm} (the penalty and its proximal operator), {@link lnr.kernels.BlockDescent} and
 * {@link lnr.kernels.Support} (the two halves of a Newton method's step), {@link lnr.kernels.Correlation} and
 * {@link lnr.kernels.Layers} (the network). Every operation checks its arguments before it starts and throws
 * {@link java.lang.IllegalArgumentException} naming the argument, what was expected and what was found; results go to
 * targets the caller names. Operations of one device run in the order they were asked for; reading a buffer back waits
 * for them.
 */
package lnr.kernels;
