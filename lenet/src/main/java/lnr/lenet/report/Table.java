package lnr.lenet.report;

import java.util.ArrayList;
import java.util.List;

/** A table of HTML in the making. Columns that hold words are named; the others are numbers, to the right. */
final class Table {
    private final List<String> heads;
    private final List<Integer> words;
    private final List<String> rows = new ArrayList<>();

    /** @param words columns beside the first that are set to the left */
    Table(List<Integer> words, String... heads) {
        this.words = words;
        this.heads = List.of(heads);
    }

    /** A row across all columns, above those that it names. */
    Table part(String style, String name) {
        rows.add("<tr class=\"part " + style + "\"><td colspan=\"" + heads.size() + "\">" + Markup.escape(name)
                + "</td></tr>");
        return this;
    }

    Table row(String... cells) {
        rows.add(row("td", List.of(cells)));
        return this;
    }

    private String row(String element, List<String> cells) {
        StringBuilder row = new StringBuilder("<tr>");
        for (int i = 0; i < cells.size(); i++) {
            row.append('<').append(element).append(words.contains(i) ? " class=\"text\">" : ">");
            row.append(Markup.escape(cells.get(i))).append("</").append(element).append('>');
        }
        return row.append("</tr>").toString();
    }

    String html(String caption) {
        return "<div class=\"scroll\"><table>\n" + (caption.isEmpty() ? "" : "<caption>" + Markup.escape(caption)
                + "</caption>\n") + "<thead>" + row("th", heads) + "</thead>\n<tbody>\n" + String.join("\n", rows)
                + "\n</tbody></table></div>\n";
    }
}
