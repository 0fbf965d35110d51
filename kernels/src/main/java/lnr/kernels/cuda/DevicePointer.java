package lnr.kernels.cuda;

import jcuda.driver.CUdeviceptr;

/** An address in device memory, as JCuda wants it: its own class tells no number and takes none. */
final class DevicePointer extends CUdeviceptr {
    /** Null, for a call to set. */
    DevicePointer() {}

    DevicePointer(long address) {
        super(new CUdeviceptr(), address);
    }

    long address() {
        return getNativePointer() + getByteOffset();
    }
}
