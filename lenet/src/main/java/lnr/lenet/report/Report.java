package lnr.lenet.report;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Writes what a finished sweep found: a page, its pictures as files, and the figures as CSV and JSON. */
public final class Report {
    private Report() {}

    /**
     * How the run came about, and can again.
     *
     * @param command the command line
     * @param origin of the data, in a sentence
     * @param versions of the program and of what it ran on, by name
     */
    public record How(String command, String origin, Map<String, String> versions) {}

    /**
     * All of it, as JSON has it.
     *
     * @param frontier settings over all networks
     */
    private record Whole(
            How how,
            Settings settings,
            List<Tested.Original> originals,
            List<Frontier.Row> frontier,
            List<Point> points,
            Convergence convergence,
            Anatomy anatomy) {}

    /**
     * What was written.
     *
     * @param json content of {@code report.json}
     * @param table of the frontier, lines of text
     * @param noPictures why there are no PNG files, if there are none
     */
    public record Written(JsonNode json, List<String> table, Optional<String> noPictures) {}

    /** Writes the report of a finished sweep into its folder. */
    public static Written write(RunFolder folder, Settings settings, How how) {
        Results results = Results.of(settings, folder);
        List<Frontier.Row> rows = Frontier.of(results.points());
        Whole whole = new Whole(
                how,
                settings,
                results.originals(),
                rows,
                results.points(),
                results.convergence(),
                results.anatomy());
        folder.write("points.csv", Csv.of(results.points()).getBytes(StandardCharsets.UTF_8));
        byte[] json = Json.bytes(whole);
        folder.write("report.json", json);
        List<Figure> figures = Figures.of(results, rows);
        Optional<String> noPictures = Optional.empty();
        for (Figure figure : figures) {
            folder.write(figure.name() + ".svg", Svg.file(figure).getBytes(StandardCharsets.UTF_8));
            if (noPictures.isEmpty()) {
                noPictures = picture(folder, figure);
            }
        }
        // The page comes last: where it is, all is.
        folder.write("report.html", new Page(results, rows, figures, how).html().getBytes(StandardCharsets.UTF_8));
        return new Written(Json.parse(json, JsonNode.class), Page.lines(rows), noPictures);
    }

    /** Java draws letters with the machine's fonts, and fails in several ways where there are none. */
    private static Optional<String> picture(RunFolder folder, Figure figure) {
        byte[] png;
        try {
            png = Png.file(figure);
        } catch (RuntimeException | LinkageError | InternalError e) {
            return Optional.of("no PNG files are written, as Java finds no fonts on this machine (" + e.getMessage()
                    + "); the SVG files are the same pictures");
        }
        folder.write(figure.name() + ".png", png);
        return Optional.empty();
    }
}
