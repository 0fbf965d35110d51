package lnr.kernels.emulated;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** Fails a test that asks the emulated device for something wrong, and a class that leaves things on it or runs none. */
final class Verdict implements BeforeAllCallback, AfterEachCallback, AfterAllCallback {
    private long work;

    @Override
    public void beforeAll(ExtensionContext context) {
        Emulator.load();
        work = Emulator.work();
    }

    @Override
    public void afterEach(ExtensionContext context) {
        requireNothingWrong();
    }

    @Override
    public void afterAll(ExtensionContext context) {
        requireNothingWrong();
        assertThat(Emulator.work()).as("copies and kernels run on the emulated device").isGreaterThan(work);
    }

    /** Fails unless all went well but for memory asked for in vain: a program may ask for too much, and be told so. */
    private static void requireNothingWrong() {
        List<String> wrong =
                Emulator.log().stream().filter(line -> !line.contains("CUDA_ERROR_OUT_OF_MEMORY")).toList();
        assertThat(wrong).as("what the emulated device has to say").isEmpty();
    }
}
