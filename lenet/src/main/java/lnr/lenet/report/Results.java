package lnr.lenet.report;

import java.util.ArrayList;
import java.util.List;
import lnr.lenet.compress.Strength;

/**
 * All that a sweep found.
 *
 * @param points network after network, the text's method first
 */
record Results(
        Settings settings,
        List<Tested.Original> originals,
        List<Point> points,
        Anatomy anatomy,
        Convergence convergence) {

    /** Reads a finished sweep. */
    static Results of(Settings settings, RunFolder folder) {
        List<Tested.Original> originals = new ArrayList<>();
        List<Point> points = new ArrayList<>();
        for (int network = 0; network < settings.networks(); network++) {
            originals.add(read(folder, Sweep.original(network), Tested.Original.class));
            for (Strength strength : settings.strengths()) {
                points.add(read(folder, Sweep.text(network, strength), Point.class));
            }
            for (int parameters : settings.sizes()) {
                points.add(read(folder, Sweep.whole(network, parameters), Point.class));
            }
        }
        return new Results(
                settings,
                originals,
                points,
                read(folder, Sweep.ANATOMY, Anatomy.class),
                read(folder, Sweep.CONVERGENCE, Convergence.class));
    }

    private static <T> T read(RunFolder folder, String name, Class<T> type) {
        return folder.read(name, type)
                .orElseThrow(() -> new IllegalStateException(folder.path() + ": " + name + " is missing"));
    }

    /** The first network's points of a method, largest first. */
    List<Point> first(Point.Method method) {
        return points.stream()
                .filter(p -> p.network() == 0 && p.method() == method)
                .sorted((a, b) -> Integer.compare(b.parameters(), a.parameters()))
                .toList();
    }

    boolean retrained() {
        return settings.retrain() > 0;
    }
}
