package lnr.lenet.cli;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import lnr.engine.solvers.Solver;
import lnr.lenet.InputException;
import lnr.lenet.compress.Allocation;
import lnr.lenet.compress.Goal;
import lnr.lenet.compress.GradualCompression;
import lnr.lenet.compress.Retraining;
import lnr.lenet.compress.Strength;
import lnr.lenet.compress.Target;
import lnr.lenet.network.Architecture;
import picocli.CommandLine.Option;

/** The options that choose layers, and how far they are compressed together. */
final class NetworkOptions {
    private static final int VALIDATION = 5000;

    @Option(
            names = "--layers",
            paramLabel = "LIST",
            description = "Layers to compress, in this order: of conv2, fc1 and fc2, with commas between, or all (fc2,"
                    + " fc1 and then conv2). Default: fc2, or all with a target")
    private String layers;

    @Option(
            names = "--target-size",
            paramLabel = "P%",
            description = "Compress to P %% of the parameters, or to a number of them, and choose how much each layer"
                    + " gives.")
    private String size;

    @Option(
            names = "--target-accuracy",
            paramLabel = "A",
            description = "Compress as far as the accuracy on held-out training images stays A or more: 0.985, say.")
    private Double accuracy;

    @Option(
            names = "--validation",
            paramLabel = "N",
            description = "Training images held out, by which the layers' shares are chosen. Default: " + VALIDATION
                    + ", or a tenth of fewer than " + 10 * VALIDATION)
    private Integer validation;

    @Option(
            names = "--retrain",
            paramLabel = "E",
            description = "Train the compressed network for E epochs, learning from the original one. Default: do not")
    private Integer retrain;

    @Option(
            names = "--distill",
            negatable = true,
            defaultValue = "true",
            fallbackValue = "true",
            description = "Retrain on what the original network answers beside the labels, or on the labels alone."
                    + " Default: on both")
    private boolean distill;

    @Option(
            names = "--shift",
            paramLabel = "P",
            description = "Retrain on images moved at random by up to P pixels each way. Default: 1 from 10 epochs on,"
                    + " otherwise 0")
    private Integer shift;

    @Option(
            names = "--rounds",
            paramLabel = "N",
            description = "Go to the target size in N rounds of compression and retraining, the last with all epochs,"
                    + " those before with a fifth of them each. Default: 1")
    private Integer rounds;

    /** Whether layers are compressed together, or retrained, rather than one reconstructed as the text does it. */
    boolean together() {
        return size != null || accuracy != null || retrain != null || rounds != null || targets().size() > 1;
    }

    /**
     * All that is to be done to several layers.
     *
     * @param shape widths of the network that is to be compressed
     * @param strength of each layer's compression, where no target is given
     * @param seed of the retraining
     */
    GradualCompression.Plan plan(Architecture shape, Optional<Strength> strength, long seed, Solver solver) {
        Optional<Goal> target = goal(shape);
        if (target.isPresent() && strength.isPresent()) {
            throw new InputException("--target-size and --target-accuracy say how strongly to compress: expected none"
                    + " of --lambda, --lambda-ratio and --keep with them");
        }
        if (target.isEmpty() && strength.isEmpty()) {
            throw new InputException("--layers, --retrain, --rounds: expected --target-size, --target-accuracy,"
                    + " --lambda, --lambda-ratio or --keep with them, found none");
        }
        int several = rounds == null ? 1 : Expect.atLeast("--rounds", 1, rounds);
        Goal goal = target.orElseGet(() -> new Goal.Each(strength.orElseThrow()));
        if (several > 1 && !(goal instanceof Goal.Size)) {
            throw new InputException("--rounds: expected --target-size with more than one, found none");
        }
        if (several > 1 && retrain == null) {
            throw new InputException("--rounds: expected --retrain with more than one, found none");
        }
        Optional<Retraining> retraining = Optional.ofNullable(retrain)
                .map(epochs -> Expect.accepted("--shift", () -> new Retraining(
                        Expect.atLeast("--retrain", 1, epochs),
                        distill,
                        shift == null ? Retraining.usualShift(epochs) : shift,
                        seed)));
        return new GradualCompression.Plan(targets(), goal, several, retraining, solver);
    }

    /** The layers asked for, in their order. */
    List<Target> targets() {
        if (layers == null) {
            return size == null && accuracy == null ? List.of(Target.FC2) : all();
        }
        if (layers.equals("all")) {
            return all();
        }
        List<Target> targets = new ArrayList<>();
        for (String name : layers.split(",", -1)) {
            Target target = Arrays.stream(Target.values())
                    .filter(t -> t.toString().equals(name.strip()))
                    .findFirst()
                    .orElseThrow(() -> new InputException(
                            "--layers: expected all, or some of conv2, fc1 and fc2, found '" + name + "'"));
            if (targets.contains(target)) {
                throw new InputException("--layers: expected each layer once, found " + target + " twice");
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
        Set<Target> targets = EnumSet.copyOf(targets());
        int parameters = parameters(shape);
        int least = Allocation.least(shape, targets);
        if (parameters < least) {
            throw new InputException(String.format(
                    "--target-size: expected %d parameters or more, which is one unit a layer, found %s: %d of %d",
                    least, size, parameters, shape.parameters()));
        }
        return Optional.of(new Goal.Size(parameters));
    }

    private int parameters(Architecture shape) {
        try {
            if (size.endsWith("%")) {
                double share = Double.parseDouble(size.substring(0, size.length() - 1)) / 100;
                if (share > 0 && share <= 1) {
                    return (int) (share * shape.parameters());
                }
            } else {
                int parameters = Integer.parseInt(size);
                if (parameters > 0) {
                    return parameters;
                }
            }
        } catch (NumberFormatException e) {
            // Told below.
        }
        throw new InputException("--target-size: expected a share such as 5%, more than 0 % and at most 100 %, or a"
                + " number of parameters, found '" + size + "'");
    }

    /**
     * Images to hold out.
     *
     * @param count images there are
     */
    int validation(int count) {
        if (validation == null) {
            return Math.max(1, Math.min(VALIDATION, count / 10));
        }
        if (validation < 1 || validation >= count) {
            throw new InputException("--validation: expected from 1 to " + (count - 1) + " of the " + count
                    + " training images, found " + validation);
        }
        return validation;
    }
}
