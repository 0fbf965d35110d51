package lnr.lenet.report;

import java.util.List;

/** The report's pictures. */
final class Figures {
    /** Their files' names. */
    static final List<String> NAMES =
            List.of("accuracy-size", "accuracy-flops", "mass", "solvers", "damping", "filters", "kept");

    private Figures() {}

    static List<Figure> of(Results results, List<Frontier.Row> rows) {
        return List.of(
                FrontierFigure.of(
                        NAMES.get(0), "parameters kept", results, rows, Frontier.Row::size, Point::size),
                FrontierFigure.of(
                        NAMES.get(1), "FLOPs of an image kept", results, rows, Frontier.Row::work, Point::work),
                MassFigure.of(NAMES.get(2), results.anatomy()),
                ConvergenceFigure.of(NAMES.get(3), results.convergence(), results.convergence().solvers()),
                ConvergenceFigure.of(NAMES.get(4), results.convergence(), results.convergence().damping()),
                FiltersFigure.of(NAMES.get(5), results),
                KeptFigure.of(NAMES.get(6), results));
    }
}
