package lnr.lenet.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import lnr.lenet.report.Forecast.Kind;
import org.junit.jupiter.api.Test;

class ForecastTest {
    private static Forecast forecast(double epoch, int retrain) {
        Forecast forecast = new Forecast(retrain);
        forecast.epoch(epoch);
        return forecast;
    }

    /** What three networks with the usual points have to come once the first was trained. */
    private static List<Kind> usual() {
        List<Kind> kinds = new ArrayList<>(List.of(Kind.ORIGINAL, Kind.ORIGINAL, Kind.STUDY, Kind.STUDY));
        kinds.addAll(Collections.nCopies(3 * 13, Kind.TEXT));
        kinds.addAll(Collections.nCopies(3 * 15, Kind.NETWORK));
        return kinds;
    }

    /** README's run: 27 minutes, where an epoch takes 5 to 6 seconds and 24 train three networks. */
    @Test
    void theFirstGuessIsNearWhatTheUsualRunTook() {
        assertThat(forecast(5.5, 1).left(usual(), 16) / 60).isBetween(20.0, 35.0);
    }

    @Test
    void aSlowerMachineTakesSoMuchLonger() {
        double seconds = forecast(1, 1).left(usual(), 16);
        assertThat(forecast(7, 1).left(usual(), 16)).isCloseTo(7 * seconds, within(1e-9 * seconds));
    }

    @Test
    void retrainingTakesItsEpochs() {
        List<Kind> points = List.of(Kind.TEXT, Kind.NETWORK);
        double without = forecast(2, 0).left(points, 0);
        double one = forecast(2, 1).left(points, 0) - without;
        assertThat(one).isBetween(2 * 2.0, 4 * 2.0);
        assertThat(forecast(2, 10).left(points, 0) - without).isCloseTo(10 * one, within(1e-9));
        assertThat(forecast(2, 10).left(List.of(Kind.ORIGINAL, Kind.STUDY), 0))
                .isEqualTo(forecast(2, 0).left(List.of(Kind.ORIGINAL, Kind.STUDY), 0));
    }

    @Test
    void networksThatAreAtHandTakeNoTraining() {
        Forecast forecast = forecast(3, 1);
        assertThat(forecast.left(usual(), 16) - forecast.left(usual(), 0)).isCloseTo(16 * 3.0, within(1e-9));
    }

    /** A task that was done tells more than any guess, and only of those like it. */
    @Test
    void whatAKindTookIsWhatItWillTake() {
        Forecast forecast = forecast(3, 1);
        double studies = forecast.left(List.of(Kind.STUDY), 0);
        forecast.took(Kind.TEXT, 10);
        forecast.took(Kind.TEXT, 20);
        assertThat(forecast.left(List.of(Kind.TEXT, Kind.TEXT, Kind.STUDY), 0)).isCloseTo(30 + studies, within(1e-9));
        forecast.epoch(300);
        assertThat(forecast.left(List.of(Kind.TEXT), 0)).isEqualTo(15);
        assertThat(forecast.left(List.of(), 0)).isZero();
    }
}
