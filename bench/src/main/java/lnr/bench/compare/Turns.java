package lnr.bench.compare;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.util.Locale;

/**
 * Has LNR and another take turns at a task, after warm-up: runs in turns too, but for certified solves, which each side
 * repeats for five seconds.
 *
 * @param lnr LNR's side
 * @param python the side of all others
 * @param rounds timed runs of each
 * @param warmups runs of each before these; 0 for none of any kind
 * @param restMillis pause before each run, in which the other's threads fall asleep
 */
record Turns(Side lnr, Side python, int rounds, int warmups, int restMillis) {
    /** However short a solve, Java needs as long to compile what it calls. */
    private static final double WARM_SECONDS = 5;

    /** Both sides' times and findings. */
    Outcome at(Task task) throws IOException, InterruptedException {
        Side other = task.against() == Opponent.LNR ? lnr : python;
        if (task.isCertified() && warmups > 0) {
            warm(lnr, task.request());
            warm(other, task.other());
        }
        int count = task.rounds(rounds);
        double[][] seconds = new double[3][count];
        Found[] found = new Found[3];
        for (int round = task.isCertified() ? 0 : -warmups; round < count; round++) {
            for (int i = 0; i < (task.isBounded() ? 3 : 2); i++) {
                Thread.sleep(restMillis);
                JsonNode answer =
                        i == 0 ? lnr.run(task.request()) : other.run((i == 2 ? "bound " : "") + task.other());
                found[i] = Found.in(answer);
                if (round >= 0) {
                    seconds[i][round] = answer.path("seconds").asDouble(Double.NaN);
                }
            }
            if (round >= 0) {
                System.err.printf(
                        Locale.ROOT,
                        "%s, round %d of %d: LNR %.3f ms, %s %.3f ms%n",
                        task.title(),
                        round + 1,
                        count,
                        1e3 * seconds[0][round],
                        task.against().title(),
                        1e3 * seconds[1][round]);
            }
        }
        boolean bounded = task.isBounded() && !Double.isNaN(seconds[2][0]);
        return new Outcome(
                task,
                new Timings(seconds[0]),
                new Timings(seconds[1]),
                bounded ? new Timings(seconds[2]) : null,
                found[0],
                found[1]);
    }

    private static void warm(Side side, String request) throws IOException {
        long began = System.nanoTime();
        do {
            side.run(request);
        } while ((System.nanoTime() - began) * 1e-9 < WARM_SECONDS);
    }
}
