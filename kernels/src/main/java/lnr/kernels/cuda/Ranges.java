package lnr.kernels.cuda;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.function.Supplier;

/**
 * NVTX ranges: names that NVIDIA's profilers show above the kernels. Nothing happens unless one of them watches this
 * process and the library that tells it was found; its calls are in {@code src/main/bridge/ranges.c}.
 */
final class Ranges {
    private static final int LETTERS = 4 * Long.BYTES;
    private static final boolean WATCHED = watched();

    private Ranges() {}

    private static boolean watched() {
        // Set by the profiler for the process that it starts.
        if (System.getenv("NVTX_INJECTION64_PATH") == null) {
            return false;
        }
        try {
            return Libraries.ranges() && open();
        } catch (UnsatisfiedLinkError e) {
            return false;
        }
    }

    /** Runs {@code body} in a range whose name is the first letters of {@code name}. */
    static <T> T range(String name, Supplier<T> body) {
        if (!WATCHED) {
            return body.get();
        }
        // Four numbers hold the letters, so that no memory has to be handed over.
        byte[] letters = Arrays.copyOf(name.getBytes(StandardCharsets.US_ASCII), LETTERS);
        ByteBuffer packed = ByteBuffer.wrap(letters).order(ByteOrder.nativeOrder());
        push(packed.getLong(), packed.getLong(), packed.getLong(), packed.getLong());
        try {
            return body.get();
        } finally {
            pop();
        }
    }

    private static native boolean open();

    private static native void push(long first, long second, long third, long fourth);

    private static native void pop();
}
