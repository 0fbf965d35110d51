/**
 * A CUDA device for machines that have none: shared libraries with the names of NVIDIA's, built by g++ when the tests
 * start, under the product's own JCuda. They run the product's kernels, compiled for the host, on fibers; cuBLAS and
 * cuSOLVER become OpenBLAS. Everything that a correct program must not do is an error there: see {@code
 * src/test/emulator}.
 *
 * <p>It proves that host code and kernels are correct. It proves nothing of speed, occupancy or registers.
 */
package lnr.kernels.emulated;
