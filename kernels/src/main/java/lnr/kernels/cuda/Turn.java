package lnr.kernels.cuda;

/** A thread's turn on a device, from {@link CudaDevice#turn()} until it is closed. */
interface Turn extends AutoCloseable {
    @Override
    void close();
}
