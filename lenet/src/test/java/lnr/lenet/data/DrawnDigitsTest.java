package lnr.lenet.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.concurrent.ForkJoinPool;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class DrawnDigitsTest {
    private static final int TRAIN = 4001;
    private static final int TEST = 997;
    private static Dataset digits;

    @BeforeAll
    static void draw() {
        digits = DrawnDigits.draw(DrawnDigits.SEED, TRAIN, TEST);
    }

    @Test
    void everyMachineDrawsTheSameBytes() throws Exception {
        MessageDigest sum = MessageDigest.getInstance("SHA-256");
        for (Dataset.Split split : new Dataset.Split[] {digits.train(), digits.test()}) {
            sum.update(split.images());
            sum.update(split.labels());
        }
        assertThat(HexFormat.of().formatHex(sum.digest()))
                .isEqualTo("387de805ffad1149efd60f3783b88af1a4bac114ca348a783d5be378083af230");
    }

    @Test
    void threadsDoNotMatter() throws Exception {
        for (int threads : new int[] {1, 3}) {
            ForkJoinPool pool = new ForkJoinPool(threads);
            try {
                Dataset other = pool.submit(() -> DrawnDigits.draw(DrawnDigits.SEED, TRAIN, TEST))
                        .get();
                assertThat(Arrays.equals(other.train().images(), digits.train().images()))
                        .isTrue();
                assertThat(Arrays.equals(other.test().labels(), digits.test().labels()))
                        .isTrue();
            } finally {
                pool.shutdown();
            }
        }
    }

    @Test
    void aSmallerSetIsAPrefix() {
        Dataset small = DrawnDigits.draw(DrawnDigits.SEED, 301, 1);
        assertThat(Arrays.equals(small.train().images(), digits.train().first(301).images()))
                .isTrue();
        assertThat(Arrays.equals(small.test().images(), digits.test().first(1).images()))
                .isTrue();
    }

    @Test
    void anotherSeedDrawsOthers() {
        Dataset other = DrawnDigits.draw(DrawnDigits.SEED + 1, 301, 1);
        assertThat(Arrays.equals(other.train().images(), digits.train().first(301).images()))
                .isFalse();
        assertThat(Arrays.equals(
                        digits.train().first(TEST).images(), digits.test().images()))
                .isFalse();
    }

    @Test
    void statisticsAreNearMnists() {
        double sum = 0;
        double squares = 0;
        byte[] images = digits.train().images();
        for (byte pixel : images) {
            double ink = Byte.toUnsignedInt(pixel) / 255.0;
            sum += ink;
            squares += ink * ink;
        }
        double mean = sum / images.length;
        assertThat(mean).isCloseTo(0.1307, within(0.015));
        assertThat(Math.sqrt(squares / images.length - mean * mean)).isCloseTo(0.3081, within(0.03));
    }

    @Test
    void everyDigitIsAsCommonAndNoImageIsEmpty() {
        int[] counts = new int[Dataset.CLASSES];
        for (int i = 0; i < TRAIN; i++) {
            counts[digits.train().labels()[i]]++;
            int ink = 0;
            for (int p = 0; p < Dataset.PIXELS; p++) {
                ink += Byte.toUnsignedInt(digits.train().images()[i * Dataset.PIXELS + p]);
            }
            assertThat(ink).as("ink of sample %d", i).isGreaterThan(255 * 15);
        }
        // Five deviations of a binomial count.
        double deviation = Math.sqrt(TRAIN * 0.1 * 0.9);
        for (int count : counts) {
            assertThat((double) count).isCloseTo(TRAIN / 10.0, within(5 * deviation));
        }
    }

    /** They can be told apart, yet not by a template: the mean image of each class knows most of them, not all. */
    @Test
    void nearestClassMeanKnowsMostButNotAll() {
        double[][] means = new double[Dataset.CLASSES][Dataset.PIXELS];
        int[] counts = new int[Dataset.CLASSES];
        Dataset.Split train = digits.train();
        for (int i = 0; i < TRAIN; i++) {
            counts[train.labels()[i]]++;
            for (int p = 0; p < Dataset.PIXELS; p++) {
                means[train.labels()[i]][p] += Byte.toUnsignedInt(train.images()[i * Dataset.PIXELS + p]);
            }
        }
        int right = 0;
        for (int i = 0; i < TEST; i++) {
            int best = 0;
            double least = Double.MAX_VALUE;
            for (int c = 0; c < Dataset.CLASSES; c++) {
                double distance = 0;
                for (int p = 0; p < Dataset.PIXELS; p++) {
                    int pixel = Byte.toUnsignedInt(digits.test().images()[i * Dataset.PIXELS + p]);
                    double d = pixel - means[c][p] / counts[c];
                    distance += d * d;
                }
                if (distance < least) {
                    least = distance;
                    best = c;
                }
            }
            right += best == digits.test().labels()[i] ? 1 : 0;
        }
        assertThat(right / (double) TEST).isBetween(0.6, 0.92);
    }
}
