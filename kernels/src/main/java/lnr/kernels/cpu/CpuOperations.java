package lnr.kernels.cpu;

import lnr.kernels.Buffer;
import lnr.kernels.F32;
import lnr.kernels.F64;
import lnr.kernels.I32;
import lnr.kernels.U8;

/** Operations of one device: they share its threads, and see its memory as arrays, but no other device's. */
abstract class CpuOperations {
    final Workers workers;
    private final CpuDevice device;

    CpuOperations(CpuDevice device) {
        this.device = device;
        this.workers = device.workers();
    }

    final float[] array(F32 buffer) {
        return (float[]) Heap.open(device, buffer);
    }

    final double[] array(F64 buffer) {
        return (double[]) Heap.open(device, buffer);
    }

    final int[] array(I32 buffer) {
        return (int[]) Heap.open(device, buffer);
    }

    final byte[] array(U8 buffer) {
        return (byte[]) Heap.open(device, buffer);
    }

    /** Index of the buffer's first element in its array. */
    static int at(Buffer buffer) {
        return (int) buffer.offset();
    }

    /** @throws IllegalStateException or IllegalArgumentException unless all buffers are open, and the device's */
    final void requireOpen(Buffer... buffers) {
        for (Buffer buffer : buffers) {
            Heap.open(device, buffer);
        }
    }
}
