package lnr.bench.compare;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Has LNR and another take turns at a task, after warm-up: runs in turns too, but for certified solves, which each side
 * repeats for five seconds. A turn at those, of which some take two milliseconds, repeats them for a second, and what
 * counts is the median.
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

    /** Of a turn at a certified solve, at least. */
    private static final double TURN_SECONDS = 1;

    /** What a turn led to, and its time. */
    private record Turn(JsonNode answer, double seconds) {}

    /** Both sides' times and findings. */
    Outcome at(Task task) throws IOException, InterruptedException {
        Side other = task.against() == Opponent.LNR ? lnr : python;
        if (task.isCertified() && warmups > 0) {
            repeat(lnr, task.request(), WARM_SECONDS);
            repeat(other, task.other(), WARM_SECONDS);
        }
        int count = task.rounds(rounds);
        double[][] seconds = new double[3][count];
        Found[] found = new Found[3];
        for (int round = task.isCertified() ? 0 : -warmups; round < count; round++) {
            for (int i = 0; i < (task.isBounded() ? 3 : 2); i++) {
                Thread.sleep(restMillis);
                Turn turn = repeat(
                        i == 0 ? lnr : other,
                        i == 0 ? task.request() : (i == 2 ? "bound " : "") + task.other(),
                        task.isCertified() ? TURN_SECONDS : 0);
                found[i] = Found.in(turn.answer);
                if (round >= 0) {
                    seconds[i][round] = turn.seconds;
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

    /** Runs until so many seconds have passed, once at least: the last answer, and the median time. */
    private static Turn repeat(Side side, String request, double seconds) throws IOException {
        List<Double> times = new ArrayList<>();
        long began = System.nanoTime();
        JsonNode answer;
        do {
            answer = side.run(request);
            times.add(answer.path("seconds").asDouble(Double.NaN));
        } while ((System.nanoTime() - began) * 1e-9 < seconds);
        double[] each = times.stream().mapToDouble(Double::doubleValue).toArray();
        return new Turn(answer, new Timings(each).median());
    }
}
