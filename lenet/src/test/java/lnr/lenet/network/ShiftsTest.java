package lnr.lenet.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.SplittableRandom;
import lnr.kernels.Device;
import lnr.kernels.F32;
import lnr.kernels.Scope;
import org.junit.jupiter.api.Test;

class ShiftsTest {
    private static final int SIDE = Architecture.SIDE;

    @Test
    void everyImageIsMovedAndComesBack() {
        byte[] pixels = new byte[40 * SIDE * SIDE];
        new SplittableRandom(1).nextBytes(pixels);
        pixels[0] = 0;
        try (Device device = Device.open("cpu");
                DeviceImages images = new DeviceImages(device, pixels, new byte[40])) {
            float[] before = gathered(device, images);
            boolean still = false;
            boolean moved = false;
            try (Shifts shifts = new Shifts(images, 2, 7)) {
                for (int epoch = 0; epoch < 3; epoch++) {
                    shifts.next();
                    float[] after = gathered(device, images);
                    for (int i = 0; i < 40; i++) {
                        int[] way = way(before, after, i * SIDE * SIDE);
                        assertThat(way).as("image %d is a moved one", i).isNotNull();
                        still |= way[0] == 0 && way[1] == 0;
                        moved |= way[0] != 0 && way[1] != 0;
                    }
                }
            }
            assertThat(still && moved).isTrue();
            assertThat(gathered(device, images)).isEqualTo(before);
            try (Shifts none = new Shifts(images, 0, 7)) {
                none.next();
                assertThat(gathered(device, images)).isEqualTo(before);
            }
            assertThatThrownBy(() -> new Shifts(images, 28, 7)).hasMessageContaining("shift");
        }
    }

    /** (40, 784), in the images' own order. */
    private static float[] gathered(Device device, DeviceImages images) {
        try (Scope scope = device.scope()) {
            F32 x = scope.f32(40 * SIDE * SIDE);
            images.gather(0, 40, x);
            return x.toArray();
        }
    }

    /** The way that an image was moved, {down, right}, or null. */
    private static int[] way(float[] before, float[] after, int from) {
        for (int down = -2; down <= 2; down++) {
            for (int right = -2; right <= 2; right++) {
                if (same(before, after, from, down, right)) {
                    return new int[] {down, right};
                }
            }
        }
        return null;
    }

    /** Whether it was moved that way; the first pixel of all is ground. */
    private static boolean same(float[] before, float[] after, int from, int down, int right) {
        for (int row = 0; row < SIDE; row++) {
            for (int column = 0; column < SIDE; column++) {
                int r = row - down;
                int c = column - right;
                boolean inside = r >= 0 && r < SIDE && c >= 0 && c < SIDE;
                if (after[from + row * SIDE + column] != (inside ? before[from + r * SIDE + c] : before[0])) {
                    return false;
                }
            }
        }
        return true;
    }
}
