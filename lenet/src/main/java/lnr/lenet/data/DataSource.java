package lnr.lenet.data;

import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import lnr.lenet.InputException;
import lnr.lenet.Progress;
import lnr.lenet.format.Diagnostic;

/**
 * Finds a data set by what the user asked for.
 *
 * <p>{@code mnist} and {@code fashion-mnist} are taken from the directory that {@code LNR_DATA} names, when it is set;
 * otherwise from the cache ({@code LNR_CACHE}, else {@code lnr} in {@code XDG_CACHE_HOME}, else {@code ~/.cache/lnr}),
 * which a download fills when it lacks them. {@code drawn} is drawn by the program. Anything else is a directory; write
 * {@code ./mnist} for one that is called as a set is.
 *
 * <p>A directory that was named is never passed over: when it lacks the files, or they are corrupt, that is an error.
 * When nothing was asked for, it is MNIST, and where there is neither a file nor a network, drawn digits. A download
 * that breaks off is an error.
 */
public final class DataSource {
    private static final String DEFAULT = RemoteSet.MNIST.name();
    private static final int MOST_PORT = 65535;
    private static final String MEND = "give a directory with --data DIR, or --data " + DrawnDigits.NAME
            + " for digits that the program draws";

    private final UnaryOperator<String> environment;
    private final Map<String, RemoteSet> sets;

    DataSource(UnaryOperator<String> environment, Map<String, RemoteSet> sets) {
        this.environment = environment;
        this.sets = sets;
    }

    /**
     * Returns a source that obeys the process's environment: {@code LNR_DATA}, {@code LNR_CACHE},
     * {@code XDG_CACHE_HOME}, and {@code LNR_MIRROR}, the address of a folder that holds {@code mnist/} and
     * {@code fashion-mnist/}, asked in place of the public ones.
     *
     * @return the source
     */
    public static DataSource ofEnvironment() {
        return of(System::getenv);
    }

    /**
     * Returns a source that obeys another environment.
     *
     * @param environment gives a variable's value by its name, null when it is not set
     * @return the source
     */
    public static DataSource of(UnaryOperator<String> environment) {
        return new DataSource(environment, RemoteSet.ALL);
    }

    /**
     * Opens a data set.
     *
     * @param asked {@code mnist}, {@code fashion-mnist}, {@code drawn} or a directory; null when the user did not say
     * @param progress is told of a download
     * @return the set; its origin says where it comes from, in a sentence to show the user
     * @throws InputException if it cannot be had, if a file is corrupt or not what was pinned, or if the cache cannot
     *     be written
     */
    public Dataset open(String asked, Progress progress) {
        if (DrawnDigits.NAME.equals(asked)) {
            return DrawnDigits.draw();
        }
        if (asked != null && !sets.containsKey(asked)) {
            return fromNamed(path("--data", asked), "--data", String.join(", ", names()) + " or a directory", "");
        }
        Optional<String> named = variable("LNR_DATA");
        if (named.isPresent()) {
            Path folder = path("LNR_DATA", named.get());
            String set = named.get();
            String hint = names().contains(set) ? "; --data " + set + " names a set" : "";
            return asked == null ? fromNamed(folder, "LNR_DATA", "a directory", hint) : fromNamedBySet(folder, asked);
        }
        RemoteSet set = mirrored(sets.get(asked == null ? DEFAULT : asked));
        Optional<Path> cache = cache();
        if (cache.isEmpty()) {
            return unavailable(asked, set, "without a folder for its cache; LNR_CACHE names one");
        }
        Path folder = cache.get().resolve(set.name());
        boolean complete = set.files().stream().allMatch(f -> Files.exists(folder.resolve(f.name())));
        if (!complete) {
            try {
                new Download(set, folder, progress).fetch();
            } catch (Download.BrokenOff e) {
                throw new InputException(
                        set.name() + ": the download broke off (" + e.getMessage()
                                + "); run the command again to go on with it, or " + MEND,
                        e);
            } catch (Download.Unavailable e) {
                String why = "not in " + folder + " and not to be downloaded (" + e.getMessage() + ")";
                return unavailable(asked, set, why);
            }
        }
        return fromCache(set, folder, complete ? Origin.Kind.CACHE : Origin.Kind.DOWNLOAD);
    }

    private static Dataset unavailable(String asked, RemoteSet set, String why) {
        if (asked != null) {
            throw new InputException(set.name() + ": " + why + "; " + MEND);
        }
        Dataset drawn = DrawnDigits.draw();
        String sentence = drawn.origin().sentence() + ": " + set.name() + " is " + why;
        return new Dataset(
                drawn.name(),
                new Origin(Origin.Kind.DRAWN, Optional.empty(), sentence),
                drawn.train(),
                drawn.test());
    }

    /** What {@code --data} takes besides a directory. */
    private List<String> names() {
        return Stream.concat(sets.keySet().stream().sorted(), Stream.of(DrawnDigits.NAME))
                .toList();
    }

    /** Reads a directory with the four files, or the default set's subfolder of one that holds the sets. */
    private Dataset fromNamed(Path folder, String option, String expected, String hint) {
        if (!Files.isDirectory(folder)) {
            String found = Files.exists(folder) ? "is not a folder" : "does not exist";
            throw new InputException(option + ": expected " + expected + "; " + folder + " " + found + hint);
        }
        Path inner = folder.resolve(DEFAULT);
        return directory(!IdxFolder.hasAny(folder) && Files.isDirectory(inner) ? inner : folder);
    }

    /**
     * Reads a set by name: from its subfolder, or from the directory itself unless that is called as another set is.
     */
    private Dataset fromNamedBySet(Path folder, String asked) {
        Path place = placeBySet(folder, asked);
        if (Files.isDirectory(place)) {
            return directory(place);
        }
        throw new InputException("LNR_DATA=" + folder + ": expected a folder " + asked
                + " in it, found none; unset LNR_DATA to use the cache or the network");
    }

    private Path placeBySet(Path folder, String asked) {
        Path inner = folder.resolve(asked);
        String own = name(folder);
        boolean itself = own.equals(asked) || asked.equals(DEFAULT) && !sets.containsKey(own);
        return itself && !Files.isDirectory(inner) ? folder : inner;
    }

    /**
     * What there is of a set.
     *
     * @param folder where {@link #open} looks for it; need not exist
     * @param files how many of the four files it finds there; their content is not looked at
     */
    public record Present(Path folder, int files) {}

    /**
     * Tells what there is of a set without opening it, and without asking the network.
     *
     * @param name {@code mnist} or {@code fashion-mnist}
     * @return empty when the environment names no folder to look in
     * @throws InputException if a variable that names one holds no path
     */
    public Optional<Present> present(String name) {
        Optional<String> named = variable("LNR_DATA");
        if (named.isPresent()) {
            Path place = placeBySet(path("LNR_DATA", named.get()), name);
            return Optional.of(new Present(place, IdxFolder.present(place)));
        }
        return cache().map(c -> c.resolve(name)).map(place -> new Present(place, (int) sets.get(name).files().stream()
                .filter(f -> Files.exists(place.resolve(f.name())))
                .count()));
    }

    private static Dataset directory(Path folder) {
        String name = name(folder);
        Origin origin = new Origin(Origin.Kind.DIRECTORY, Optional.of(folder), name + " from " + folder);
        return IdxFolder.read(folder, name, origin);
    }

    private static String name(Path folder) {
        Path last = folder.toAbsolutePath().normalize().getFileName();
        return last == null ? folder.toString() : last.toString();
    }

    private static Dataset fromCache(RemoteSet set, Path folder, Origin.Kind kind) {
        for (RemoteSet.RemoteFile file : set.files()) {
            Path path = folder.resolve(file.name());
            if (!Sha256.of(path).equals(file.sha256())) {
                throw new InputException(
                        path + ": corrupt: its SHA-256 sum is not the published one; delete it to download it again");
            }
        }
        String how = kind == Origin.Kind.CACHE ? " from the cache " : " downloaded to ";
        return IdxFolder.read(folder, set.name(), new Origin(kind, Optional.of(folder), set.name() + how + folder));
    }

    private RemoteSet mirrored(RemoteSet set) {
        Optional<String> mirror = variable("LNR_MIRROR");
        if (mirror.isEmpty()) {
            return set;
        }
        String address = mirror.get();
        try {
            URI folder = new URI(address.endsWith("/") ? address : address + "/").resolve(set.name() + "/");
            boolean web = List.of("http", "https").contains(String.valueOf(folder.getScheme()));
            if (!web || folder.getHost() == null || folder.getPort() > MOST_PORT) {
                throw new InputException("LNR_MIRROR: expected an http or https address, found "
                        + Diagnostic.quote(address));
            }
            return new RemoteSet(set.name(), List.of(folder), set.files());
        } catch (URISyntaxException e) {
            throw new InputException(
                    "LNR_MIRROR: expected an http or https address, found " + Diagnostic.quote(address), e);
        }
    }

    /**
     * Returns the folder of what can be had again, downloads among them; it need not exist.
     *
     * @return the folder; empty when the environment names none
     * @throws InputException if a variable that names it holds no path
     */
    public Optional<Path> cache() {
        Optional<String> own = variable("LNR_CACHE");
        if (own.isPresent()) {
            return Optional.of(path("LNR_CACHE", own.get()));
        }
        // The standard for XDG_CACHE_HOME has relative paths ignored.
        Optional<Path> shared =
                variable("XDG_CACHE_HOME").map(p -> path("XDG_CACHE_HOME", p)).filter(Path::isAbsolute);
        Optional<Path> home = Optional.ofNullable(System.getProperty("user.home"))
                .map(Path::of)
                .filter(Path::isAbsolute)
                .map(p -> p.resolve(".cache"));
        return shared.or(() -> home).map(p -> p.resolve("lnr"));
    }

    private Optional<String> variable(String name) {
        return Optional.ofNullable(environment.apply(name)).filter(value -> !value.isBlank());
    }

    private static Path path(String option, String value) {
        try {
            return Path.of(value);
        } catch (InvalidPathException e) {
            throw new InputException(option + ": expected a path, found " + Diagnostic.quote(value), e);
        }
    }
}
