/**
 * The CPU device: buffers are Java heap arrays, which the JIT compiles vector loops for and which OpenBLAS reads in
 * place, inside JNI critical regions. Work is shared among a fixed set of threads in pieces whose bounds depend on
 * shapes alone, so results do not depend on the number of threads. The only package that knows OpenBLAS.
 */
package lnr.kernels.cpu;
