package lnr.engine.solvers;

import lnr.kernels.Device;
import lnr.kernels.emulated.Emulated;
import lnr.kernels.emulated.Emulator;

/** The same on the CUDA device, on emulated hardware. */
@Emulated
class EmulatedManyOutputsTest extends ManyOutputsTest {
    @Override
    Device open() {
        return Emulator.open("random 5");
    }
}
