package lnr.bench.gpu;

import lnr.kernels.emulated.Emulator;

/** A JVM agent that gives every process it is named to the emulated device, for trying the kit without a GPU. */
public final class Rehearsal {
    private Rehearsal() {}

    /** @param arguments none */
    public static void premain(String arguments) {
        Emulator.load();
    }
}
