package lnr.lenet.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import lnr.lenet.network.Evaluation;
import org.junit.jupiter.api.Test;

class FrontierTest {
    private static final int IMAGES = 21; // no whole number of bytes

    /** What a network is that classifies these images wrongly. */
    private static Tested wrongAt(Integer... wrong) {
        byte[] labels = new byte[IMAGES];
        int[] predictions = new int[IMAGES];
        List.of(wrong).forEach(i -> predictions[i] = 1);
        Evaluation.Score score = new Evaluation.Score(0, IMAGES - wrong.length, IMAGES);
        return Tested.of(new Evaluation.Answers(score, predictions), labels);
    }

    private static Point point(int network, Point.Method method, int parameters, Tested compressed, Tested retrained) {
        return new Point(
                network, method, parameters + " parameters", List.of(1, 1, 1, 10), parameters, parameters / 1000.0, 1,
                1, compressed, retrained, null, List.of(), Map.of());
    }

    @Test
    void everyWrongImageIsTold() {
        for (Integer[] wrong : new Integer[][] {{}, {0}, {7, 8}, {3, 15, 20}}) {
            Tested tested = Json.parse(Json.bytes(wrongAt(wrong)), Tested.class);
            assertThat(IntStream.range(0, IMAGES).filter(tested::isWrong).boxed())
                    .containsExactly(wrong);
        }
    }

    /** Each network's gains by hand: +1 at image 2, and +1 at 4 or -1 at 5. */
    @Test
    void theMarginIsCountedImageForImage() {
        List<Frontier.Row> rows = Frontier.of(List.of(
                point(0, Point.Method.TEXT, 100, wrongAt(1, 2), wrongAt(1)),
                point(1, Point.Method.TEXT, 100, wrongAt(2, 4), wrongAt(1)),
                point(0, Point.Method.NETWORK, 90, wrongAt(1, 5), wrongAt(1)),
                point(1, Point.Method.NETWORK, 90, wrongAt(), wrongAt(1, 3)),
                point(0, Point.Method.NETWORK, 110, wrongAt(), wrongAt()),
                point(1, Point.Method.NETWORK, 110, wrongAt(), wrongAt())));
        Map<Frontier.Comparison, Frontier.Rival> rivals = rows.get(0).rivals();
        Frontier.Rival plain = rivals.get(Frontier.Comparison.PLAIN);
        assertThat(plain.setting()).isEqualTo("90 parameters");
        double[] gains = new double[IMAGES];
        gains[2] = 1; // of both networks, in the mean
        gains[4] = 0.5;
        gains[5] = -0.5;
        double mean = 1.0 / IMAGES;
        double variance = 0;
        for (double gain : gains) {
            variance += (gain - mean) * (gain - mean) / (IMAGES - 1);
        }
        assertThat(plain.margin()).isCloseTo(mean, within(1e-15));
        assertThat(plain.error()).isCloseTo(Math.sqrt(variance / IMAGES), within(1e-15));
        assertThat(plain.surpasses()).isTrue();
        assertThat(rivals.get(Frontier.Comparison.RETRAINED).surpasses()).isFalse();
        assertThat(rivals.get(Frontier.Comparison.RETRAINED).margin()).isCloseTo(-0.5 / IMAGES, within(1e-15));
        assertThat(rivals.get(Frontier.Comparison.AHEAD).margin()).isCloseTo(0.5 / IMAGES, within(1e-15));
    }

    @Test
    void equalAccuracySurpassesIfSmaller() {
        for (int parameters : new int[] {99, 100, 101}) {
            Frontier.Row row = Frontier.of(List.of(
                            point(0, Point.Method.TEXT, 100, wrongAt(1), null),
                            point(0, Point.Method.NETWORK, parameters, wrongAt(1), null)))
                    .get(0);
            assertThat(row.surpassed(Frontier.Comparison.PLAIN)).isEqualTo(parameters < 100);
            assertThat(row.rivals()).hasSize(parameters > 100 ? 0 : 1);
        }
    }
}
