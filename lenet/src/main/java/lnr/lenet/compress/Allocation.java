package lnr.lenet.compress;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import lnr.kernels.Device;
import lnr.lenet.Progress;
import lnr.lenet.network.Architecture;
import lnr.lenet.network.DeviceImages;
import lnr.lenet.network.Evaluation;
import lnr.lenet.network.LeNet5;
import lnr.lenet.network.Model;

/**
 * How much each layer gives. Of all widths that a budget of parameters allows, the sum of the layers' reconstruction
 * errors, read off their paths, tells the promising ones; these are compressed on some of the images, and then their
 * neighbours for as long as that helps. What helps is told by the cross-entropy on images that are held out: the
 * accuracy of a few thousand is too coarse to tell neighbours apart.
 */
public final class Allocation {
    /** Images that candidates are fitted on, at most; the paths are of all. */
    private static final int SAMPLE = 5000;

    /** Candidates that are compressed, at most. */
    private static final int MOST = 12;

    /** Of these, candidates that are compressed because of the paths alone. */
    private static final int PROMISING = 4;

    /** Widths that differ by no more than this share are neighbours. */
    private static final double NEAR = 0.125;

    /** Widths that differ by more than this share are alternatives. */
    private static final double APART = 0.25;

    /** Sum of errors, in parts of the least, beyond which retraining is not expected to help. */
    private static final double ALTERNATIVE = 4;

    /** Budgets this close to each other are the same for a target accuracy. */
    private static final double WIDTH = 1.05;

    private static final int BATCH = 500;

    private final Device device;
    private final NetworkCompression compression;
    private final TreeSet<Target> targets; // first layer first
    private final DeviceImages validation;
    private final Architecture whole;
    private final Map<Architecture, Evaluation.Score> scores = new HashMap<>(); // the latest

    /**
     * @param compression of the network, in use as long as this is
     * @param targets the layers that may give, at least one
     * @param validation images that nothing was fitted on, in use as long as this is
     */
    public Allocation(
            Device device, NetworkCompression compression, Set<Target> targets, DeviceImages validation) {
        this.device = device;
        this.compression = compression;
        this.targets = new TreeSet<>(targets);
        this.validation = validation;
        this.whole = compression.original().architecture();
    }

    /** The fewest parameters that the targets allow: one unit each. */
    public static int least(Architecture whole, Set<Target> targets) {
        Architecture least = whole;
        for (Target target : targets) {
            least = least.withWidth(target.before(), 1);
        }
        return least.parameters();
    }

    /** The steps that give these widths: last layer first. */
    public static List<NetworkCompression.Step> steps(Architecture widths, Set<Target> targets) {
        return new TreeSet<>(targets)
                .descendingSet().stream()
                        .map(t -> new NetworkCompression.Step(t, new Strength.Keep(t.units(widths))))
                        .toList();
    }

    /**
     * The best widths found within a budget.
     *
     * @param parameters the budget
     * @param progress told of the candidates that have been compressed
     * @throws IllegalArgumentException when the budget is less than {@link #least}
     */
    public Architecture within(int parameters, Progress progress) {
        return within(parameters, MOST, progress);
    }

    /**
     * Widths within a budget that differ from each other: where retraining follows, what reconstruction makes the best
     * of need not be what becomes the best.
     *
     * @param count how many, at most
     * @param progress told of the candidates that have been compressed
     * @return {@link #within}'s choice, and then those whose paths promise most
     */
    public List<Architecture> shortlist(int parameters, int count, Progress progress) {
        List<Architecture> list = new ArrayList<>();
        list.add(within(parameters, progress));
        if (count > 1 && parameters < whole.parameters()) {
            Map<Architecture, Double> model = model(parameters, curves(parameters));
            double most = ALTERNATIVE * model.get(best(model));
            model.keySet().stream()
                    .filter(w -> model.get(w) <= most)
                    .sorted(Comparator.comparingDouble(model::get))
                    .forEach(w -> {
                        if (list.size() < count && list.stream().noneMatch(other -> near(w, other, APART))) {
                            list.add(w);
                        }
                    });
        }
        return list;
    }

    /**
     * The smallest widths found of which the held-out images prove that their accuracy is {@code accuracy} or more
     * ({@link Evaluation.Score#provenAccuracy}).
     *
     * @param progress told of the candidates that have been compressed
     * @throws IllegalArgumentException when they do not of the network itself
     */
    public Architecture reaching(double accuracy, Progress progress) {
        double all = score(compression.original()).provenAccuracy();
        if (all < accuracy) {
            throw new IllegalArgumentException("accuracy: expected at most " + all + ", got " + accuracy);
        }
        Architecture smallest = whole;
        double low = least(whole, targets);
        while (smallest.parameters() > WIDTH * low) {
            double middle = Math.sqrt(low * smallest.parameters());
            Architecture widths = within((int) middle, MOST / 2, progress);
            if (scores.get(widths).provenAccuracy() >= accuracy) {
                smallest = widths;
            } else {
                low = middle;
            }
        }
        return smallest;
    }

    private Architecture within(int parameters, int most, Progress progress) {
        int least = least(whole, targets);
        if (parameters < least) {
            throw new IllegalArgumentException("parameters: expected " + least + " or more, got " + parameters);
        }
        if (parameters >= whole.parameters()) {
            return whole;
        }
        Map<Target, ErrorCurve> curves = curves(parameters);
        Map<Architecture, Double> model = model(parameters, curves);
        Map<Architecture, Double> losses = new LinkedHashMap<>();
        Optional<Architecture> next = Optional.of(best(model));
        while (next.isPresent() && losses.size() < most) {
            Evaluation.Score score = score(next.get(), curves);
            scores.put(next.get(), score);
            losses.put(next.get(), score.loss());
            progress.at("allocation", losses.size(), most);
            boolean exploring = losses.size() < PROMISING;
            Architecture best = best(losses);
            next = model.keySet().stream()
                    .filter(w -> !losses.containsKey(w))
                    .filter(w -> exploring
                            ? losses.keySet().stream().noneMatch(other -> near(w, other, NEAR))
                            : near(w, best, NEAR))
                    .min(Comparator.comparingDouble(model::get));
        }
        return best(losses);
    }

    /** The sum of the layers' errors, for all widths that are worth a thought. */
    private Map<Architecture, Double> model(int parameters, Map<Target, ErrorCurve> curves) {
        Map<Architecture, Double> model = new LinkedHashMap<>();
        for (Architecture widths : candidates(parameters)) {
            model.put(
                    widths,
                    targets.stream()
                            .mapToDouble(t -> curves.get(t).at(t.units(widths)))
                            .sum());
        }
        return model;
    }

    /** Whether no width differs by more than that share of the smaller, or 1. */
    private boolean near(Architecture one, Architecture other, double share) {
        return targets.headSet(targets.last()).stream().allMatch(target -> {
            int a = target.units(one);
            int b = target.units(other);
            return Math.abs(a - b) <= Math.max(1, share * Math.min(a, b));
        });
    }

    private static Architecture best(Map<Architecture, Double> losses) {
        return losses.keySet().stream()
                .min(Comparator.comparingDouble(losses::get))
                .orElseThrow();
    }

    /** A network of these widths on the held-out images, its units chosen by the paths. */
    private Evaluation.Score score(Architecture widths, Map<Target, ErrorCurve> curves) {
        NetworkCompression.Choice choice = (target, problem) -> curves.get(target).units(target.units(widths));
        return score(compression.compress(targets.descendingSet(), choice, SAMPLE, Progress.NONE)
                .model());
    }

    private Evaluation.Score score(Model model) {
        try (LeNet5 network = new LeNet5(device, model, Math.min(BATCH, validation.count()))) {
            return Evaluation.score(network, validation);
        }
    }

    /** All widths that cannot be grown in the last target's units without leaving the budget. */
    private List<Architecture> candidates(int parameters) {
        List<Architecture> candidates = List.of(whole.withWidth(targets.last().before(), 1));
        for (Target target : targets.headSet(targets.last())) {
            List<Architecture> wider = new ArrayList<>();
            for (Architecture widths : candidates) {
                for (int units = 1; units <= target.units(whole); units++) {
                    wider.add(widths.withWidth(target.before(), units));
                }
            }
            candidates = wider;
        }
        return candidates.stream()
                .filter(widths -> widths.parameters() <= parameters)
                .map(widths -> filled(widths, parameters))
                .toList();
    }

    private Architecture filled(Architecture widths, int parameters) {
        Target last = targets.last();
        int one = widths.withWidth(last.before(), 2).parameters() - widths.parameters(); // they grow linearly
        int more = (parameters - widths.parameters()) / one;
        return widths.withWidth(last.before(), Math.min(last.units(whole), 1 + more));
    }

    /** The layers' paths, each for the outputs that would be there if all shrank alike. */
    private Map<Target, ErrorCurve> curves(int parameters) {
        Architecture alike = alike(parameters);
        Map<Target, ErrorCurve> curves = new HashMap<>();
        int[][] outputs = new int[LeNet5.STEPS][];
        for (Target target : targets.descendingSet()) {
            int[] wanted = outputs[target.layer()] == null ? compression.all(target.layer()) : outputs[target.layer()];
            curves.put(target, compression.curve(target, wanted));
            outputs[target.before()] = curves.get(target).units(target.units(alike));
        }
        return curves;
    }

    /** The targets' units all shrunk by about the same factor, within the budget. */
    private Architecture alike(int parameters) {
        double low = 0;
        double high = 1;
        while (high - low > 1e-3) {
            double middle = 0.5 * (low + high);
            if (shrunk(middle).parameters() <= parameters) {
                low = middle;
            } else {
                high = middle;
            }
        }
        return shrunk(low);
    }

    private Architecture shrunk(double factor) {
        Architecture widths = whole;
        for (Target target : targets) {
            widths = widths.withWidth(target.before(), Math.max(1, (int) (factor * target.units(whole))));
        }
        return widths;
    }
}
