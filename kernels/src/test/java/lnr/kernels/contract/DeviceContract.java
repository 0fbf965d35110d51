package lnr.kernels.contract;

import static org.assertj.core.api.Assertions.assertThat;

import lnr.kernels.Device;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;

/** A device, and for each test an arena of guarded buffers on it, checked afterwards, and data of its own. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@ExtendWith(Seeded.class)
public abstract class DeviceContract {
    /** The device under test, one for all tests of a class. */
    protected Device device;

    /** The test's buffers. */
    protected Arena arena;

    /** The test's data. */
    protected Draw draw;

    /** Opens the device under test. */
    protected abstract Device open();

    @BeforeAll
    void openDevice() {
        device = open();
    }

    @AfterAll
    void closeDevice() {
        device.close();
    }

    @BeforeEach
    void openArena(TestInfo test) {
        arena = new Arena(device);
        draw = new Draw(test.getTestMethod().orElseThrow().getName() + test.getDisplayName());
    }

    @AfterEach
    void verifyArena() {
        try {
            arena.verify();
        } finally {
            arena.close();
        }
        assertThat(device.heldBytes()).as("bytes held after the test").isZero();
    }

    /** Closes the test's buffers, once they have been verified, for a further case with new ones, aligned otherwise. */
    protected void renewArena() {
        arena.verify();
        arena.close();
        arena = arena.next();
    }
}
