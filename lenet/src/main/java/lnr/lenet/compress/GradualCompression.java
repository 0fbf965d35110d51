package lnr.lenet.compress;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import lnr.engine.solvers.Solver;
import lnr.kernels.Device;
import lnr.lenet.Progress;
import lnr.lenet.network.Architecture;
import lnr.lenet.network.DeviceImages;
import lnr.lenet.network.Evaluation;
import lnr.lenet.network.LeNet5;
import lnr.lenet.network.Model;

/**
 * Rounds of compression and retraining. Each takes the same share of the parameters that are left, so that what a round
 * breaks the retraining can mend; a round reconstructs what the network computes that the round before it left, and
 * learns from the original one. The last round chooses its widths among several by short retrainings.
 */
public final class GradualCompression {
    private static final int BATCH = 500;

    /** Widths that the last round tries by an epoch of retraining each. */
    private static final int TRIALS = 9;

    /** Of the widths tried, one of so many is tried again, by so many times the epochs. */
    private static final int FEWER = 3;

    /** Images that the networks tried are fitted on, at most. */
    private static final int SAMPLE = 5000;

    private static final long TRIAL_SEED = 1;

    /** Share of the epochs that the rounds before the last retrain for: they need not come to rest. */
    private static final double EARLY = 0.2;

    private GradualCompression() {}

    /**
     * What to do.
     *
     * @param targets the layers that give
     * @param goal what the last round leads to; several rounds need a {@link Goal.Size}
     * @param rounds 1 or more
     * @param retraining what follows the last compression; those before are followed by a fifth of its epochs
     * @param solver who solves
     */
    public record Plan(
            List<Target> targets, Goal goal, int rounds, Optional<Retraining> retraining, Solver solver) {
        public Plan {
            if (targets.isEmpty() || EnumSet.copyOf(targets).size() != targets.size()) {
                throw new IllegalArgumentException("targets: expected one or more, each once, got " + targets);
            }
            if (rounds < 1) {
                throw new IllegalArgumentException("rounds: expected 1 or more, got " + rounds);
            }
            if (rounds > 1 && !(goal instanceof Goal.Size)) {
                throw new IllegalArgumentException("rounds: several need a size to go to");
            }
            targets = List.copyOf(targets);
        }
    }

    /**
     * Wall times of a round's stages, in seconds.
     *
     * @param correlations the pass over the images that the layers' moments take
     * @param allocation the choice of widths, short retrainings included
     * @param compression solves, refits and passes for corrections
     * @param retraining all epochs
     */
    public record Seconds(double correlations, double allocation, double compression, double retraining) {}

    /**
     * A round.
     *
     * @param compression the compressed network, and the fits that made it
     * @param compressed what it is on the held-out images
     * @param model the round's network, retrained if asked
     * @param retrained what that is on the held-out images
     * @param seconds times of the stages
     */
    public record Round(
            NetworkCompression.Result compression,
            Evaluation.Score compressed,
            Model model,
            Evaluation.Score retrained,
            Seconds seconds) {}

    /**
     * Compresses a network.
     *
     * @param original the trained network, each of whose layers has an output; not modified
     * @param images to fit and to train on
     * @param validation images held out of these, by which widths are chosen; nothing is fitted to them
     * @return the rounds; the last one's network is the result
     * @throws IllegalArgumentException when the goal cannot be reached: fewer parameters than a unit a layer takes, or
     *     an accuracy that the original has not
     * @throws ArithmeticException when activations overflow or the retraining diverges
     */
    public static List<Round> run(
            Device device,
            Model original,
            DeviceImages images,
            DeviceImages validation,
            Plan plan,
            Progress progress) {
        List<Round> rounds = new ArrayList<>();
        Model model = original;
        try (Opinions teacher = new Opinions(device, original, images)) {
            for (int round = 1; round <= plan.rounds(); round++) {
                Goal goal = plan.goal() instanceof Goal.Size size
                        ? new Goal.Size(budget(original.architecture(), size, round, plan.rounds()))
                        : plan.goal();
                String name = plan.rounds() == 1 ? "" : "round " + round + ": ";
                Progress named = (task, done, total) -> progress.at(name + task, done, total);
                rounds.add(round(device, teacher, model, images, validation, plan, goal, named));
                model = rounds.get(round - 1).model();
            }
        }
        return rounds;
    }

    /** Of the rounds' sizes, each is the same share of the one before; none is below the last. */
    private static int budget(Architecture whole, Goal.Size size, int round, int rounds) {
        double share = Math.pow((double) size.parameters() / whole.parameters(), (double) round / rounds);
        return round == rounds
                ? size.parameters()
                : Math.max(size.parameters(), (int) (share * whole.parameters()));
    }

    private static Round round(
            Device device,
            Opinions teacher,
            Model model,
            DeviceImages images,
            DeviceImages validation,
            Plan plan,
            Goal goal,
            Progress progress) {
        long began = System.nanoTime();
        NetworkCompression.Result result;
        long gathered;
        long tried;
        try (NetworkCompression compression =
                new NetworkCompression(device, model, images, plan.solver(), progress)) {
            gathered = System.nanoTime();
            List<List<NetworkCompression.Step>> ways = ways(device, compression, validation, plan, goal, progress);
            List<NetworkCompression.Step> steps = ways.get(0);
            if (ways.size() > 1) {
                Retraining retraining = plan.retraining().orElseThrow();
                steps = best(device, teacher, compression, images, validation, ways, retraining, progress);
            }
            tried = System.nanoTime();
            result = compression.compress(steps, progress);
        }
        long compressed = System.nanoTime();
        Model start = result.model();
        Evaluation.Score score = score(device, start, validation);
        long begin = System.nanoTime();
        Model last = plan.retraining()
                .map(retraining -> goal.equals(plan.goal()) ? retraining : retraining.shortened(EARLY))
                .map(retraining -> retraining.run(device, teacher, start, images, progress))
                .orElse(start);
        long end = System.nanoTime();
        Evaluation.Score after = last == start ? score : score(device, last, validation);
        Seconds seconds = new Seconds(
                (gathered - began) * 1e-9,
                (tried - gathered) * 1e-9,
                (compressed - tried) * 1e-9,
                (end - begin) * 1e-9);
        return new Round(result, score, last, after, seconds);
    }

    /** The steps to take, one way or, where retraining tells which is the best, several. */
    private static List<List<NetworkCompression.Step>> ways(
            Device device,
            NetworkCompression compression,
            DeviceImages validation,
            Plan plan,
            Goal goal,
            Progress progress) {
        if (goal instanceof Goal.Each each) {
            return List.of(each.steps());
        }
        Set<Target> targets = EnumSet.copyOf(plan.targets());
        Allocation allocation = new Allocation(device, compression, targets, validation);
        List<Architecture> widths;
        if (goal instanceof Goal.Accuracy accuracy) {
            widths = List.of(allocation.reaching(accuracy.accuracy(), progress));
        } else {
            int parameters = ((Goal.Size) goal).parameters();
            boolean last = parameters == ((Goal.Size) plan.goal()).parameters();
            int count = last && plan.retraining().isPresent() ? TRIALS : 1;
            widths = allocation.shortlist(parameters, count, progress);
        }
        return widths.stream().map(w -> Allocation.steps(w, targets)).toList();
    }

    /**
     * The way that retraining makes the best of: all are tried by an epoch, then the best of them by longer trainings,
     * as long as these are shorter than the one to come.
     */
    private static List<NetworkCompression.Step> best(
            Device device,
            Opinions teacher,
            NetworkCompression compression,
            DeviceImages images,
            DeviceImages validation,
            List<List<NetworkCompression.Step>> ways,
            Retraining retraining,
            Progress progress) {
        Map<List<NetworkCompression.Step>, Model> starts = new HashMap<>();
        ways.forEach(way -> starts.put(way, compression.compress(way, SAMPLE, Progress.NONE).model()));
        List<List<NetworkCompression.Step>> left = ways;
        for (int epochs = 1; left.size() > 1; epochs *= FEWER) {
            Retraining trial = new Retraining(epochs, retraining.distill(), 0, TRIAL_SEED);
            Map<List<NetworkCompression.Step>, Double> losses = new HashMap<>();
            for (List<NetworkCompression.Step> way : left) {
                String name = "trial " + (losses.size() + 1) + " of " + left.size();
                Model trained = trial.run(
                        device, teacher, starts.get(way), images, (task, n, of) -> progress.at(name, n, of));
                losses.put(way, score(device, trained, validation).loss());
            }
            boolean last = epochs * FEWER > retraining.epochs();
            left = left.stream()
                    .sorted(Comparator.comparingDouble(losses::get))
                    .limit(last ? 1 : Math.max(1, left.size() / FEWER))
                    .toList();
        }
        return left.get(0);
    }

    private static Evaluation.Score score(Device device, Model model, DeviceImages images) {
        try (LeNet5 network = new LeNet5(device, model, Math.min(BATCH, images.count()))) {
            return Evaluation.score(network, images);
        }
    }
}
