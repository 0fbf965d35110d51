package lnr.lenet.cli;

import java.util.Locale;
import java.util.Map;
import lnr.lenet.InputException;
import lnr.lenet.data.Dataset;
import lnr.lenet.data.Origin;
import picocli.CommandLine.Option;

/** The option that names a data set. */
final class DataOption {
    @Option(
            names = "--data",
            paramLabel = "SET|DIR",
            description = {
                "mnist, fashion-mnist, drawn (digits that the program draws itself), or a directory with the four IDX"
                        + " files, plain or gzip. Default: MNIST from the directory LNR_DATA, the cache or the network;"
                        + " drawn digits where it is in none of them."
            })
    private String asked;

    /** Opens the set, with a bar for each file that has to be downloaded. */
    Dataset open(Session session) {
        if (asked != null && asked.isBlank()) {
            throw new InputException("--data: expected mnist, fashion-mnist, drawn or a directory, found nothing");
        }
        try (Bars bars = new Bars(session)) {
            return session.data().open(asked, bars);
        }
    }

    /** What a report says of a data set. */
    static Map<String, Object> json(Dataset data) {
        return new Json()
                .put("name", data.name())
                .put("origin", data.origin().kind().name().toLowerCase(Locale.ROOT))
                .put("sentence", data.origin().sentence())
                .put("folder", data.origin().folder().map(Object::toString).orElse(null))
                .put("train", data.train().count())
                .put("test", data.test().count())
                .fields();
    }

    /** Says where the data come from: the first line of a command's output, or a notice when JSON is the output. */
    static void announce(Session session, Dataset data, boolean json) {
        if (!json) {
            session.print("data: %s", data.origin().sentence());
        } else if (data.origin().kind() == Origin.Kind.DRAWN) {
            session.notice("data: " + data.origin().sentence());
        }
    }
}
