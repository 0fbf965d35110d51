package lnr.lenet.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import lnr.lenet.InputException;
import lnr.lenet.Progress;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DataSourceTest {
    private static final String FIRST = "train-images-idx3-ubyte.gz";

    @TempDir
    Path folder;

    private final Map<String, byte[]> published = IdxBytes.four();
    private final Map<String, byte[]> served = new HashMap<>(published);
    private final Map<String, String> environment = new HashMap<>();
    private final List<String> requests = Collections.synchronizedList(new ArrayList<>());
    private final List<RemoteSet.RemoteFile> files = new ArrayList<>();
    private volatile boolean ranges = true;
    private volatile boolean broken;
    private volatile boolean hanging;
    private volatile int most = Integer.MAX_VALUE; // bytes that an answer brings before it breaks off
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private HttpServer server;
    private Path cache;
    private DataSource source;

    @BeforeEach
    void serve() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/base/mnist/", this::answer);
        server.createContext("/forged/mnist/", this::answer);
        server.setExecutor(threads);
        server.start();
        cache = folder.resolve("cache");
        environment.put("LNR_CACHE", cache.toString());
        environment.put("LNR_MIRROR", "http://127.0.0.1:" + server.getAddress().getPort() + "/base");
        Path file = folder.resolve("sum");
        for (Map.Entry<String, byte[]> entry : published.entrySet()) {
            Files.write(file, entry.getValue());
            files.add(new RemoteSet.RemoteFile(entry.getKey(), entry.getValue().length, Sha256.of(file)));
        }
        Map<String, RemoteSet> sets = Map.of(
                "mnist", new RemoteSet("mnist", List.of(), files),
                "fashion-mnist", new RemoteSet("fashion-mnist", List.of(), files));
        source = new DataSource(environment::get, sets);
    }

    @AfterEach
    void stop() {
        hanging = false;
        server.stop(0);
        threads.shutdown();
    }

    private void answer(HttpExchange exchange) throws IOException {
        String path = exchange.getRequestURI().getPath();
        String name = path.substring(path.lastIndexOf('/') + 1);
        String range = exchange.getRequestHeaders().getFirst("Range");
        requests.add(name + (range == null ? "" : " " + range));
        byte[] body = path.startsWith("/forged/") ? new byte[published.get(name).length] : served.get(name);
        if (body == null) {
            exchange.sendResponseHeaders(404, -1);
        } else if (range != null && ranges) {
            int from = Integer.parseInt(range.substring("bytes=".length(), range.length() - 1));
            String part = "bytes " + from + "-" + (body.length - 1) + "/" + body.length;
            exchange.getResponseHeaders().set("Content-Range", part);
            exchange.sendResponseHeaders(206, body.length - from);
            exchange.getResponseBody().write(body, from, Math.min(most, body.length - from));
            exchange.getResponseBody().flush();
        } else {
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body, 0, Math.min(most, broken ? body.length / 2 : body.length));
            // JDK 25's server drops what it still holds when an exchange is closed before its end.
            exchange.getResponseBody().flush();
            while (hanging) {
                LockSupport.parkNanos(10_000_000);
            }
        }
        exchange.close();
    }

    private void refuses(String asked, String... parts) {
        assertThatThrownBy(() -> source.open(asked, Progress.NONE))
                .isInstanceOf(InputException.class)
                .hasMessageContainingAll(parts)
                .hasMessageNotContainingAny("\n");
    }

    @Test
    void downloadsOnceThenReadsTheCache() throws IOException {
        List<String> told = new ArrayList<>();
        Dataset first = source.open("mnist", (file, done, total) -> told.add(file + " " + done + "/" + total));
        assertThat(first.origin().kind()).isEqualTo(Origin.Kind.DOWNLOAD);
        assertThat(first.train().count()).isEqualTo(13);
        int length = published.get(FIRST).length;
        assertThat(told).contains("mnist/" + FIRST + " 0/" + length, "mnist/" + FIRST + " " + length + "/" + length);
        assertThat(requests).hasSize(4);

        Dataset second = source.open(null, Progress.NONE);
        assertThat(second.origin().kind()).isEqualTo(Origin.Kind.CACHE);
        assertThat(second.origin().sentence()).isEqualTo("mnist from the cache " + cache.resolve("mnist"));
        assertThat(second.train().images()).isEqualTo(first.train().images());
        assertThat(requests).hasSize(4);
    }

    @Test
    void goesOnWhereADownloadStopped() throws IOException {
        for (boolean supported : new boolean[] {true, false}) {
            ranges = supported;
            Path part = Files.createDirectories(folder.resolve("again" + supported).resolve("mnist"))
                    .resolve(FIRST + ".part");
            environment.put("LNR_CACHE", part.getParent().getParent().toString());
            Files.write(part, Arrays.copyOf(published.get(FIRST), 1000));
            requests.clear();
            assertThat(source.open("mnist", Progress.NONE).train().count()).isEqualTo(13);
            assertThat(requests).contains(FIRST + " bytes=1000-");
            assertThat(part).doesNotExist();
        }
    }

    @Test
    void fetchesOnlyWhatTheCacheLacks() throws IOException {
        IdxBytes.write(cache.resolve("mnist"), published);
        Files.delete(cache.resolve("mnist").resolve(FIRST));
        source.open("mnist", Progress.NONE);
        assertThat(requests).containsExactly(FIRST);
    }

    @Test
    void aWrongSumNeverEntersTheCache() {
        byte[] forged = published.get(FIRST).clone();
        forged[500] ^= 1;
        served.put(FIRST, forged);
        for (String asked : new String[] {"mnist", null}) {
            refuses(asked, FIRST + ": expected a file with SHA-256", "what arrived was removed");
            assertThat(cache.resolve("mnist").resolve(FIRST)).doesNotExist();
            assertThat(cache.resolve("mnist").resolve(FIRST + ".part")).doesNotExist();
        }
    }

    @Test
    void aWrongSumSendsToTheNextMirror() {
        URI host = URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/");
        environment.remove("LNR_MIRROR");
        List<URI> mirrors = List.of(host.resolve("forged/mnist/"), host.resolve("base/mnist/"));
        source = new DataSource(environment::get, Map.of("mnist", new RemoteSet("mnist", mirrors, files)));
        assertThat(source.open("mnist", Progress.NONE).train().count()).isEqualTo(13);
        assertThat(requests).hasSize(8);
    }

    /** What is wrong is worth more to know than what is absent. */
    @Test
    void aWrongSumIsToldWhenNoMirrorIsGood() {
        URI host = URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/");
        environment.remove("LNR_MIRROR");
        List<URI> mirrors = List.of(host.resolve("forged/mnist/"), host.resolve("nothing/"));
        source = new DataSource(environment::get, Map.of("mnist", new RemoteSet("mnist", mirrors, files)));
        refuses("mnist", "/forged/mnist/" + FIRST + ": expected a file with SHA-256", "what arrived was removed");
        assertThat(cache.resolve("mnist").resolve(FIRST)).doesNotExist();
    }

    @Test
    void aBrokenConnectionKeepsWhatArrived() throws IOException {
        int length = published.get(FIRST).length;
        broken = true;
        ranges = false;
        refuses("mnist", FIRST + ": ", "--data DIR");
        Path part = cache.resolve("mnist").resolve(FIRST + ".part");
        assertThat(cache.resolve("mnist").resolve(FIRST)).doesNotExist();
        assertThat(Files.size(part)).isBetween(1L, length - 1L);
        assertThat(published.get(FIRST)).startsWith(Files.readAllBytes(part));
        broken = false;
        assertThat(source.open("mnist", Progress.NONE).train().count()).isEqualTo(13);
    }

    @Test
    void aBrokenConnectionIsResumedAsLongAsBytesArrive() throws IOException {
        most = 3000;
        assertThat(source.open(null, Progress.NONE).origin().kind()).isEqualTo(Origin.Kind.DOWNLOAD);
        assertThat(cache.resolve("mnist").resolve(FIRST)).hasBinaryContent(published.get(FIRST));
        assertThat(requests.stream().filter(r -> r.startsWith(FIRST + " bytes=")))
                .hasSizeGreaterThanOrEqualTo(published.get(FIRST).length / 3000);
    }

    /** Half a set tells of a network, and of a wish to have the set: nobody is given another one in its place. */
    @Test
    void aDownloadThatBrokeOffIsNoReasonToDraw() throws IOException {
        broken = true;
        ranges = false;
        for (String asked : new String[] {"mnist", null}) {
            refuses(asked, "mnist: the download broke off (", FIRST + ": ", "); run the command again to go on with it");
        }
        broken = false;
        served.remove("t10k-labels-idx1-ubyte.gz");
        refuses(null, "mnist: the download broke off (", "t10k-labels-idx1-ubyte.gz: the server answers 404");
        refuses("mnist", "mnist: not in ", "t10k-labels-idx1-ubyte.gz: the server answers 404");
    }

    private Download download(int stallMillis) {
        URI mirror = URI.create(environment.get("LNR_MIRROR") + "/mnist/");
        RemoteSet set = new RemoteSet("mnist", List.of(mirror), files);
        return new Download(set, cache.resolve("mnist"), Progress.NONE, stallMillis);
    }

    @Test
    void aHangingConnectionIsGivenUpAndLetsGoOfTheCache() throws IOException {
        broken = true;
        ranges = false;
        hanging = true;
        assertThatThrownBy(() -> download(1000).fetch())
                .isInstanceOf(Download.Unavailable.class)
                .hasMessageEndingWith("/base/mnist/" + FIRST + ": nothing arrived for 1 s");
        assertThat(cache.resolve("mnist").resolve(FIRST + ".part")).isNotEmptyFile();
        try (FileChannel lock = FileChannel.open(cache.resolve("mnist").resolve(".lock"), StandardOpenOption.WRITE)) {
            assertThat(lock.tryLock()).isNotNull();
        }
    }

    /** Takes the lock that it is given, says so, and waits to be ended. */
    static final class Holder {
        public static void main(String[] args) throws Exception {
            try (FileChannel lock = FileChannel.open(
                    Path.of(args[0]), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
                lock.lock();
                System.out.println("locked");
                Thread.sleep(60_000);
            }
        }
    }

    private Process holder() throws IOException {
        Path java = Path.of(System.getProperty("java.home"), "bin", "java");
        Path lock = Files.createDirectories(cache.resolve("mnist")).resolve(".lock");
        Process holder = new ProcessBuilder(
                        java.toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        Holder.class.getName(),
                        lock.toString())
                .redirectErrorStream(true)
                .start();
        assertThat(holder.inputReader().readLine()).isEqualTo("locked");
        return holder;
    }

    @Test
    void aProcessThatHangsIsNotWaitedForForEver() throws IOException {
        Process holder = holder();
        try {
            assertThatThrownBy(() -> download(500).fetch())
                    .isInstanceOf(InputException.class)
                    .hasMessageContainingAll(
                            FIRST + ".part: another process, which downloads it, has brought nothing for 1 s",
                            "--data DIR");
        } finally {
            holder.destroyForcibly();
        }
    }

    @Test
    void goesOnWhereAnotherProcessStopped() throws Exception {
        Process holder = holder();
        try {
            FutureTask<Void> download = new FutureTask<>(() -> {
                download(20_000).fetch();
                return null;
            });
            new Thread(download).start();
            while (requests.isEmpty()) {
                Thread.sleep(10);
            }
            Files.write(cache.resolve("mnist").resolve(FIRST + ".part"), Arrays.copyOf(published.get(FIRST), 1000));
            holder.destroyForcibly();
            download.get(30, TimeUnit.SECONDS);
            assertThat(requests).startsWith(FIRST, FIRST + " bytes=1000-");
            assertThat(cache.resolve("mnist").resolve(FIRST)).hasBinaryContent(published.get(FIRST));
        } finally {
            holder.destroyForcibly();
        }
    }

    @Test
    void anotherLengthIsNotTheFile() {
        served.put(FIRST, "<html>Please log in</html>".getBytes(StandardCharsets.US_ASCII));
        int length = published.get(FIRST).length;
        refuses("mnist", "expected " + length + " bytes, the server offers 26", "--data DIR", "--data drawn");
        assertThat(cache.resolve("mnist").resolve(FIRST)).doesNotExist();
    }

    @Test
    void withoutNetworkOnlyTheUnaskedSetIsDrawn() {
        server.stop(0);
        refuses("mnist", "mnist: not in " + cache.resolve("mnist"), "--data drawn");
        Dataset drawn = source.open(null, Progress.NONE);
        assertThat(drawn.name()).isEqualTo("drawn");
        assertThat(drawn.train().count()).isEqualTo(60_000);
        assertThat(drawn.test().count()).isEqualTo(10_000);
        assertThat(drawn.origin().kind()).isEqualTo(Origin.Kind.DRAWN);
        assertThat(drawn.origin().sentence())
                .startsWith("digits drawn by the program itself (not MNIST): mnist is not in ")
                .doesNotContain("\n");
        assertThat(cache).doesNotExist();
    }

    @Test
    void aMissingFileOnTheMirrorIsNamed() {
        served.remove("t10k-labels-idx1-ubyte.gz");
        refuses("mnist", "t10k-labels-idx1-ubyte.gz: the server answers 404");
    }

    @Test
    void refusesACacheThatCannotBeWritten() throws IOException {
        Files.writeString(cache, "a file where the folder should be");
        refuses("mnist", cache + "", "the cache cannot be written", "LNR_CACHE");
        refuses(null, cache + "", "the cache cannot be written", "LNR_CACHE");
    }

    @Test
    void aFullCacheIsToldAndKeepsNoPart() throws IOException {
        Path full = Path.of("/dev/full");
        assumeTrue(Files.exists(full), "no /dev/full on this system");
        Path part = Files.createDirectories(cache.resolve("mnist")).resolve(FIRST + ".part");
        Files.createSymbolicLink(part, full);
        refuses(null, part + ": the cache cannot be written: ", "; LNR_CACHE names another folder");
        assertThat(part).doesNotExist();
        assertThat(source.open("mnist", Progress.NONE).train().count()).isEqualTo(13);
    }

    @Test
    void refusesACorruptCache() throws IOException {
        IdxBytes.write(cache.resolve("mnist"), published);
        Path file = cache.resolve("mnist").resolve(FIRST);
        Files.write(file, new byte[99]);
        refuses(null, file + ": corrupt: its SHA-256 sum is not the published one; delete it to download it again");
    }

    @Test
    void readsANamedDirectory() throws IOException {
        Path own = folder.resolve("own");
        IdxBytes.write(own, published);
        Dataset data = source.open(own.toString(), Progress.NONE);
        assertThat(data.name()).isEqualTo("own");
        assertThat(data.origin().kind()).isEqualTo(Origin.Kind.DIRECTORY);
        assertThat(data.origin().folder()).contains(own);
        assertThat(requests).isEmpty();
    }

    @Test
    void choosesTheSetByItsFolder() throws IOException {
        Path both = folder.resolve("both");
        IdxBytes.write(both.resolve("mnist"), published);
        IdxBytes.write(both.resolve("fashion-mnist"), published);
        assertThat(source.open(both.toString(), Progress.NONE).name()).isEqualTo("mnist");
        environment.put("LNR_DATA", both.toString());
        assertThat(source.open(null, Progress.NONE).origin().folder()).contains(both.resolve("mnist"));
        assertThat(source.open("fashion-mnist", Progress.NONE).name()).isEqualTo("fashion-mnist");
        environment.put("LNR_DATA", both.resolve("fashion-mnist").toString());
        assertThat(source.open(null, Progress.NONE).name()).isEqualTo("fashion-mnist");
        refuses("mnist", "expected a folder mnist in it, found none; unset LNR_DATA");
        assertThat(requests).isEmpty();
    }

    @Test
    void neverPassesOverANamedDirectory() throws IOException {
        Path empty = Files.createDirectory(folder.resolve("empty"));
        refuses(empty.toString(), empty + ": expected train-images-idx3-ubyte.gz");
        refuses("nowhere", "--data: expected fashion-mnist, mnist, drawn or a directory; nowhere does not exist");
        environment.put("LNR_DATA", empty.toString());
        refuses(null, empty + ": expected train-images-idx3-ubyte.gz");
        environment.put("LNR_DATA", empty.resolve("no").toString());
        refuses(null, "LNR_DATA: expected a directory; " + empty.resolve("no") + " does not exist");
        environment.put("LNR_DATA", "drawn");
        refuses(null, "LNR_DATA: expected a directory; drawn does not exist; --data drawn names a set");
        assertThat(requests).isEmpty();
    }

    @Test
    void refusesAnotherKindOfMirror() {
        for (String mirror : List.of("ftp://example.org/", "http://a b/", "http:///a", "http://127.0.0.1:99999/")) {
            environment.put("LNR_MIRROR", mirror);
            refuses(null, "LNR_MIRROR: expected an http or https address, found '" + mirror + "'");
        }
    }

    @Test
    void readsTheRealFiles() {
        String real = System.getProperty("lnr.data", "");
        assumeFalse(real.isEmpty(), "no directory with MNIST was given (-Dlnr.data=DIR)");
        Dataset data = new DataSource(name -> null, RemoteSet.ALL).open(real, Progress.NONE);
        assertThat(data.train().count()).isEqualTo(60_000);
        assertThat(data.test().count()).isEqualTo(10_000);
        long sum = 0;
        for (byte pixel : data.train().images()) {
            sum += Byte.toUnsignedInt(pixel);
        }
        // The mean that everyone normalises MNIST by.
        assertThat(sum / 255.0 / data.train().images().length)
                .isCloseTo(0.1307, within(5e-5));
        assertThat(data.train().first(6).labels()).containsExactly(5, 0, 4, 1, 9, 2);
    }
}
