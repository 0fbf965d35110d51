package lnr.kernels.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PiecesTest {
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 15, 16, 17, 255, 257, 1000, Integer.MAX_VALUE - 8})
    void piecesFollowEachOtherWithoutGapAndStartAtMultiplesOfTheGrain(int n) {
        for (int pieces = 1; pieces <= 64; pieces *= 2) {
            for (int grain : new int[] {1, 8, 16}) {
                assertThat(Pieces.start(0, pieces, n, grain)).isZero();
                assertThat(Pieces.start(pieces, pieces, n, grain)).isEqualTo(n);
                for (int i = 0; i < pieces; i++) {
                    int start = Pieces.start(i, pieces, n, grain);
                    assertThat(start == n || start % grain == 0).isTrue();
                    assertThat(Pieces.start(i + 1, pieces, n, grain)).isGreaterThanOrEqualTo(start);
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(doubles = {0, 1, 99, 100, 199, 200, 400, 6_400, 1e18})
    void eachPieceHasTheLeastWorkUnlessThereIsOneOnly(double work) {
        int pieces = Pieces.of(work, 100);
        assertThat(pieces).isBetween(1, 64);
        assertThat(pieces == 1 || work / pieces >= 100).isTrue();
        assertThat(pieces == 64 || work < 200 * pieces).as("as many as that allows").isTrue();
    }
}
