package lnr.lenet.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.SplittableRandom;
import lnr.kernels.Device;
import org.junit.jupiter.api.Test;

class ShiftsTest {
    private static final int SIDE = Architecture.SIDE;

    @Test
    void everyImageIsMovedAndComesBack() {
        byte[] pixels = new byte[40 * SIDE * SIDE];
        new SplittableRandom(1).nextBytes(pixels);
        try (Device device = Device.open("cpu");
                DeviceImages images = new DeviceImages(device, pixels, new byte[40])) {
            boolean still = false;
            boolean moved = false;
            try (Shifts shifts = new Shifts(images, 2, 7)) {
                for (int epoch = 0; epoch < 3; epoch++) {
                    shifts.next();
                    byte[] after = images.pixels();
                    for (int i = 0; i < 40; i++) {
                        int[] way = way(pixels, after, i * SIDE * SIDE);
                        assertThat(way).as("image %d is a moved one", i).isNotNull();
                        still |= way[0] == 0 && way[1] == 0;
                        moved |= way[0] != 0 && way[1] != 0;
                    }
                }
            }
            assertThat(still && moved).isTrue();
            assertThat(images.pixels()).isEqualTo(pixels);
            try (Shifts none = new Shifts(images, 0, 7)) {
                none.next();
                assertThat(images.pixels()).isEqualTo(pixels);
            }
            assertThatThrownBy(() -> new Shifts(images, 28, 7)).hasMessageContaining("shift");
        }
    }

    /** The way that an image was moved, {down, right}, or null. */
    private static int[] way(byte[] before, byte[] after, int from) {
        for (int down = -2; down <= 2; down++) {
            for (int right = -2; right <= 2; right++) {
                if (same(before, after, from, down, right)) {
                    return new int[] {down, right};
                }
            }
        }
        return null;
    }

    private static boolean same(byte[] before, byte[] after, int from, int down, int right) {
        for (int row = 0; row < SIDE; row++) {
            for (int column = 0; column < SIDE; column++) {
                int r = row - down;
                int c = column - right;
                boolean inside = r >= 0 && r < SIDE && c >= 0 && c < SIDE;
                if (after[from + row * SIDE + column] != (inside ? before[from + r * SIDE + c] : 0)) {
                    return false;
                }
            }
        }
        return true;
    }
}
