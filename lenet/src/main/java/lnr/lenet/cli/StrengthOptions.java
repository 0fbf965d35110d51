package lnr.lenet.cli;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lnr.lenet.InputException;
import lnr.lenet.compress.NetworkCompression.Step;
import lnr.lenet.compress.Strength;
import lnr.lenet.compress.Target;
import picocli.CommandLine.Option;

/** How much to compress, said in one of three ways. */
final class StrengthOptions {
    /** The text's choice. */
    static final double LAMBDA = 0.01;

    @Option(
            names = "--lambda",
            paramLabel = "X",
            required = true,
            description = "Weight of the penalty. Default: " + LAMBDA)
    private Double lambda;

    @Option(
            names = "--lambda-ratio",
            paramLabel = "X",
            required = true,
            description = "The same, in parts of lambda_max, the least that keeps nothing.")
    private Double ratio;

    @Option(
            names = "--keep",
            paramLabel = "N",
            required = true,
            description = "Number of neurons or channels to keep, of each layer that is compressed, or layer by layer:"
                    + " fc2=50,fc1=20.")
    private String keep;

    /** Whether anything was asked for. */
    boolean given() {
        return lambda != null || ratio != null || keep != null;
    }

    /** Whether what was asked for names the layers, too. */
    boolean namesLayers() {
        return keep != null && keep.contains("=");
    }

    /**
     * What was asked for, in the order of the layers named.
     *
     * @param targets the layers, if it names none
     */
    List<Step> steps(List<Target> targets) {
        if (!namesLayers()) {
            Strength strength = strength();
            return targets.stream().map(target -> new Step(target, strength)).toList();
        }
        List<String[]> pairs = Arrays.stream(keep.split(",", -1))
                .map(pair -> pair.split("=", 2))
                .toList();
        List<Target> named =
                NetworkOptions.targets("--keep", pairs.stream().map(pair -> pair[0]).toList());
        List<Step> steps = new ArrayList<>();
        for (int i = 0; i < named.size(); i++) {
            steps.add(new Step(named.get(i), kept(pairs.get(i).length < 2 ? "" : pairs.get(i)[1])));
        }
        return steps;
    }

    private Strength strength() {
        if (keep != null) {
            return kept(keep);
        }
        if (ratio != null) {
            return new Strength.Ratio(Expect.nonNegative("--lambda-ratio", ratio));
        }
        return new Strength.Lambda(lambda == null ? LAMBDA : Expect.nonNegative("--lambda", lambda));
    }

    private Strength.Keep kept(String number) {
        try {
            return new Strength.Keep(Expect.atLeast("--keep", 0, Integer.parseInt(number.strip())));
        } catch (NumberFormatException e) {
            throw new InputException(
                    "--keep: expected a whole number of at most " + Integer.MAX_VALUE
                            + ", or one for each layer as in fc2=50,fc1=20, found '" + keep + "'");
        }
    }

    /** What was asked for, by its option's name. */
    static Json json(List<Step> steps) {
        if (steps.stream().map(Step::strength).distinct().count() == 1) {
            return json(steps.get(0).strength());
        }
        Json keep = new Json();
        steps.forEach(step -> keep.put(step.target().toString(), ((Strength.Keep) step.strength()).count()));
        return new Json().put("keep", keep);
    }

    /** The same of one layer. */
    static Json json(Strength strength) {
        if (strength instanceof Strength.Keep keep) {
            return new Json().put("keep", keep.count());
        }
        if (strength instanceof Strength.Ratio ratio) {
            return new Json().put("lambda_ratio", ratio.value());
        }
        return new Json().put("lambda", ((Strength.Lambda) strength).value());
    }
}
