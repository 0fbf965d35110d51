package lnr.kernels.cuda;

/** An address in device memory, as a kernel's argument. */
record Address(long value) {}
