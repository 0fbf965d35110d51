package lnr.kernels.cpu;

import java.util.Objects;
import lnr.kernels.Recording;

/** Operations as the code that asks for them: asking costs next to nothing here. */
final class CpuRecording implements Recording {
    private Runnable operations; // null once closed

    CpuRecording(Runnable operations) {
        this.operations = Objects.requireNonNull(operations, "operations");
    }

    @Override
    public void replay() {
        if (operations == null) {
            throw new IllegalStateException("the recording is closed");
        }
        operations.run();
    }

    @Override
    public void close() {
        operations = null;
    }
}
