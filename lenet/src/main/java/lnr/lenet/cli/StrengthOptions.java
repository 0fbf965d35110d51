package lnr.lenet.cli;

import lnr.lenet.compress.Strength;
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

    @Option(names = "--keep", paramLabel = "N", required = true, description = "Number of neurons or channels to keep.")
    private Integer keep;

    /** Whether anything was asked for. */
    boolean given() {
        return lambda != null || ratio != null || keep != null;
    }

    /** What was asked for. */
    Strength strength() {
        if (keep != null) {
            return new Strength.Keep(Expect.atLeast("--keep", 0, keep));
        }
        if (ratio != null) {
            return new Strength.Ratio(Expect.nonNegative("--lambda-ratio", ratio));
        }
        return new Strength.Lambda(lambda == null ? LAMBDA : Expect.nonNegative("--lambda", lambda));
    }

    /** What was asked for, by its option's name. */
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
