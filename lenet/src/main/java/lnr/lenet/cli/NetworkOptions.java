package lnr.lenet.cli;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import lnr.engine.solvers.Solver;
import lnr.lenet.InputException;
import lnr.lenet.compress.Goal;
import lnr.lenet.compress.GradualCompression;
import lnr.lenet.compress.NetworkCompression.Step;
import lnr.lenet.compress.Retraining;
import lnr.lenet.compress.Target;
import lnr.lenet.network.Architecture;
import picocli.CommandLine.Option;

/** The options that choose layers, and how far they are compressed together. */
final class NetworkOptions {
    @Option(
            names = "--layers",
            paramLabel = "LIST",
            description = "Layers to compress, in this order: of conv2, fc1 and fc2, with commas between, or all (fc2,"
                    + " fc1 and then conv2). With a target the last layer comes first, whatever order is given."
                    + " Default: fc2, or all with a target")
    private String layers;

    @Option(
            names = "--target-size",
            paramLabel = "P%",
            description = "Compress to P %% of the model's parameters, or to a number of them, and choose how much each"
                    + " layer gives. 100%% removes nothing, and more is refused.")
    private String size;

    @Option(
            names = "--target-accuracy",
            paramLabel = "A",
            description = "Compress as far as the accuracy on held-out training images, less a 95 %% margin of error,"
                    + " stays A or more: 0.985, say. A network that is trained here is trained without these.")
    private Double accuracy;

    @Option(
            names = "--retrain",
            paramLabel = "E",
            description = "Train the compressed network for E epochs, learning from the original one. Default: do not")
    private Integer retrain;

    @Option(
            names = "--distill",
            negatable = true,
            fallbackValue = "true",
            description = "With --retrain: train on what the original network answers beside the labels, or on the"
                    + " labels alone. Default: on both")
    private Boolean distill;

    @Option(
            names = "--shift",
            paramLabel = "P",
            description = "With --retrain: train on images moved at random by up to P pixels each way. Default: 1 from"
                    + " 10 epochs on, otherwise 0")
    private Integer shift;

    @Option(
            names = "--rounds",
            paramLabel = "N",
            description = "With --target-size: go there in N rounds of compression and retraining, the last with all"
                    + " epochs, those before with a fifth of them each. Default: 1")
    private Integer rounds;

    /** Whether layers are compressed together, or retrained, rather than one reconstructed as the text does it. */
    boolean together() {
        return size != null || accuracy != null || retrain != null || rounds != null || targets().size() > 1;
    }

    /** Refuses what nothing would read. */
    void check() {
        if (retrain == null && distill != null) {
            throw new InputException((distill ? "--distill" : "--no-distill") + ": expected --retrain E with it");
        }
        if (retrain == null && shift != null) {
            throw new InputException("--shift: expected --retrain E with it");
        }
        if (rounds != null && size == null) {
            throw new InputException("--rounds: expected --target-size with it");
        }
    }

    /** Whether the compressed network is trained. */
    boolean retrains() {
        return retrain != null;
    }

    /**
     * All that is to be done to several layers.
     *
     * @param shape widths of the network that is to be compressed
     * @param steps of the compression where no target is given; none if nothing was said
     * @param seed of the retraining
     */
    GradualCompression.Plan plan(Architecture shape, List<Step> steps, long seed, Solver solver) {
        Optional<Goal> target = goal(shape);
        if (target.isPresent() && !steps.isEmpty()) {
            throw new InputException("--target-size and --target-accuracy say how strongly to compress: expected none"
                    + " of --lambda, --lambda-ratio and --keep with them");
        }
        if (target.isEmpty() && steps.isEmpty()) {
            throw new InputException("--layers, --retrain: expected --target-size, --target-accuracy, --lambda,"
                    + " --lambda-ratio or --keep with them, found none");
        }
        int several = rounds == null ? 1 : Expect.atLeast("--rounds", 1, rounds);
        Goal goal = target.orElseGet(() -> new Goal.Each(steps));
        if (several > 1 && retrain == null) {
            throw new InputException("--rounds: expected --retrain with more than one, found none");
        }
        Optional<Retraining> retraining = Optional.ofNullable(retrain)
                .map(epochs -> Expect.accepted("--shift", () -> new Retraining(
                        Expect.atLeast("--retrain", 1, epochs),
                        distill == null || distill,
                        shift == null ? Retraining.usualShift(epochs) : shift,
                        seed)));
        List<Target> targets = goal instanceof Goal.Each
                ? steps.stream().map(Step::target).toList()
                : all().stream().filter(targets()::contains).toList();
        return new GradualCompression.Plan(targets, goal, several, retraining, solver);
    }

    /** Whether layers are asked for by name. */
    boolean namesLayers() {
        return layers != null;
    }

    /** The layers asked for, in their order. */
    List<Target> targets() {
        if (layers == null) {
            return size == null && accuracy == null ? List.of(Target.FC2) : all();
        }
        if (layers.equals("all")) {
            return all();
        }
        return targets("--layers", List.of(layers.split(",", -1)));
    }

    /** The layers of these names, in their order; each is named once. */
    static List<Target> targets(String option, List<String> names) {
        List<Target> targets = new ArrayList<>();
        for (String name : names) {
            Target target = Arrays.stream(Target.values())
                    .filter(t -> t.toString().equals(name.strip()))
                    .findFirst()
                    .orElseThrow(() -> new InputException(
                            option + ": expected some of conv2, fc1 and fc2, found '" + name + "'"));
            if (targets.contains(target)) {
                throw new InputException(option + ": expected each layer once, found " + target + " twice");
            }
            targets.add(target);
        }
        return targets;
    }

    private static List<Target> all() {
        return List.of(Target.FC2, Target.FC1, Target.CONV2);
    }

    /**
     * The goal asked for, if one is.
     *
     * @param shape widths of the network that is to be compressed
     */
    private Optional<Goal> goal(Architecture shape) {
        if (size != null && accuracy != null) {
            throw new InputException("--target-size and --target-accuracy: expected one of them, found both");
        }
        if (accuracy != null) {
            return Optional.of(Expect.accepted("--target-accuracy", () -> new Goal.Accuracy(accuracy)));
        }
        if (size == null) {
            return Optional.empty();
        }
        return Optional.of(
                new Goal.Size(TargetSize.parameters("--target-size", size, shape, EnumSet.copyOf(targets()))));
    }
}
