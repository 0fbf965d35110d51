package lnr.lenet.cli;

import java.util.List;
import java.util.Locale;
import lnr.kernels.Profile;

/** What a device's kernels took, as a table on stderr. */
final class Timetable {
    private Timetable() {}

    static void print(Session session, Profile profile) {
        List<Profile.Entry> entries = profile.entries();
        double total = entries.stream().mapToDouble(Profile.Entry::seconds).sum();
        session.table("%-36s %9s %10s %6s %9s %9s %9s", "kernel", "calls", "ms", "share", "GB/s", "GF/s", "of bound");
        for (Profile.Entry entry : entries) {
            session.table(
                    "%-36s %9d %10.3f %5.1f%% %9s %9s %9s",
                    entry.name(),
                    entry.calls(),
                    1e3 * entry.seconds(),
                    100 * entry.seconds() / total,
                    rate(entry.gigabytesPerSecond()),
                    rate(entry.gigaflopsPerSecond()),
                    share(entry.shareOfBound()));
        }
    }

    private static String rate(double value) {
        return value > 0 && Double.isFinite(value) ? String.format(Locale.ROOT, "%.1f", value) : "-";
    }

    private static String share(double value) {
        return value > 0 && Double.isFinite(value) ? String.format(Locale.ROOT, "%.0f%%", 100 * value) : "-";
    }
}
