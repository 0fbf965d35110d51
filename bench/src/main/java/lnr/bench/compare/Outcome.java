package lnr.bench.compare;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What both sides made of a task.
 *
 * @param task the task
 * @param lnr LNR's times
 * @param other the other's times, of the same rounds
 * @param bound the least times that the device allows, of the same rounds; null where nobody knows them
 * @param lnrFound what LNR's last run found
 * @param otherFound what the other's last run found
 */
record Outcome(Task task, Timings lnr, Timings other, Timings bound, Found lnrFound, Found otherFound) {
    /** Most relative difference that objectives of one problem may have. */
    static final double AGREEMENT = 1e-9;

    /** Most relative difference that results of one operation may have: PyTorch sums some in single precision. */
    static final double ROUNDING = 1e-4;

    /** What rounding may add to the difference of objectives that the gaps allow, relative. */
    static final double SLACK = 1e-12;

    /** How many times faster LNR is: the ratio of the medians. */
    double ratio() {
        return other.median() / lnr.median();
    }

    /** The part of the speed that the device allows: the ratio of the medians. */
    double share() {
        return bound.median() / lnr.median();
    }

    /** |a - b| / max(|a|, |b|) of the two values. */
    double difference() {
        return difference(lnrFound.value(), otherFound.value());
    }

    /**
     * Whether LNR reached the gap, and the objectives of a certified task differ by no more than the gaps allow: both
     * lie between the minimum and their own gap above it.
     */
    boolean isProved() {
        double allowed = lnrFound.gap() + otherFound.gap() + SLACK * Math.abs(lnrFound.value());
        return lnrFound.relativeGap() <= Certified.GAP
                && Math.abs(lnrFound.value() - otherFound.value()) <= allowed;
    }

    /**
     * The relative difference between the largest and the smallest objective found for each problem, by either side and
     * by any method: all methods minimise the same function.
     */
    static Map<String, Double> spreads(List<Outcome> outcomes) {
        Map<String, double[]> ranges = new LinkedHashMap<>();
        for (Outcome outcome : outcomes) {
            if (outcome.task.isSolve()) {
                double lnr = outcome.lnrFound.value();
                double[] range = ranges.computeIfAbsent(
                        outcome.task.group(), group -> new double[] {lnr, lnr});
                for (double value : new double[] {lnr, outcome.otherFound.value()}) {
                    range[0] = Math.min(range[0], value);
                    range[1] = Math.max(range[1], value);
                }
            }
        }
        Map<String, Double> spreads = new LinkedHashMap<>();
        ranges.forEach((problem, range) -> spreads.put(problem, difference(range[0], range[1])));
        return spreads;
    }

    /**
     * Whether all objectives of each problem agree, those of certified tasks as far as their gaps say, and both sides'
     * results of each operation. Values that are not numbers do not.
     */
    static boolean agree(List<Outcome> outcomes) {
        return spreads(outcomes).values().stream().allMatch(spread -> spread <= AGREEMENT)
                && outcomes.stream().allMatch(o -> !o.task.isCertified() || o.isProved())
                && outcomes.stream().allMatch(o -> !o.task.isOperation() || o.difference() <= ROUNDING);
    }

    private static double difference(double a, double b) {
        double scale = Math.max(Math.abs(a), Math.abs(b));
        return scale == 0 ? 0 : Math.abs(a - b) / scale;
    }
}
