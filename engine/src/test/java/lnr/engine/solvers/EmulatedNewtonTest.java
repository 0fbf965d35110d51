package lnr.engine.solvers;

import lnr.kernels.Device;
import lnr.kernels.emulated.Emulated;
import lnr.kernels.emulated.Emulator;

/** The same on the CUDA device, on emulated hardware. */
@Emulated
class EmulatedNewtonTest extends NewtonTest {
    @Override
    Device open() {
        return Emulator.open("random 5");
    }

    @Override
    int problems() {
        return 5;
    }
}
