package lnr.lenet.data;

import java.net.URI;
import java.util.List;
import java.util.Map;

/**
 * A data set that can be downloaded: where from, and what its files must be.
 *
 * @param name its name on the command line; also its subfolder in the cache
 * @param mirrors addresses of folders that hold the files, each ending in a slash, in the order to try them
 * @param files the files
 */
record RemoteSet(String name, List<URI> mirrors, List<RemoteFile> files) {

    /**
     * A file and its pinned identity.
     *
     * @param name its name on the mirrors and in the cache
     * @param length in bytes
     * @param sha256 lower-case hexadecimal
     */
    record RemoteFile(String name, long length, String sha256) {}

    private static final String TRAIN_IMAGES = "train-images-idx3-ubyte.gz";
    private static final String TRAIN_LABELS = "train-labels-idx1-ubyte.gz";
    private static final String TEST_IMAGES = "t10k-images-idx3-ubyte.gz";
    private static final String TEST_LABELS = "t10k-labels-idx1-ubyte.gz";

    /** MNIST: Y. LeCun, C. Cortes, C. Burges; CC BY-SA 3.0. */
    static final RemoteSet MNIST = new RemoteSet(
            "mnist",
            List.of(
                    URI.create("https://ossci-datasets.s3.amazonaws.com/mnist/"),
                    URI.create("https://storage.googleapis.com/cvdf-datasets/mnist/")),
            List.of(
                    new RemoteFile(
                            TRAIN_IMAGES,
                            9912422,
                            "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609"),
                    new RemoteFile(
                            TRAIN_LABELS,
                            28881,
                            "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c"),
                    new RemoteFile(
                            TEST_IMAGES,
                            1648877,
                            "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6"),
                    new RemoteFile(
                            TEST_LABELS,
                            4542,
                            "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6")));

    /** Fashion-MNIST: Zalando SE; MIT. Its own address knows no https; the pinned sums make up for that. */
    static final RemoteSet FASHION_MNIST = new RemoteSet(
            "fashion-mnist",
            List.of(
                    URI.create("http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/"),
                    URI.create("https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/")),
            List.of(
                    new RemoteFile(
                            TRAIN_IMAGES,
                            26421880,
                            "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84"),
                    new RemoteFile(
                            TRAIN_LABELS,
                            29515,
                            "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845"),
                    new RemoteFile(
                            TEST_IMAGES,
                            4422102,
                            "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073"),
                    new RemoteFile(
                            TEST_LABELS,
                            5148,
                            "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5")));

    /** The sets that the program knows, by name. */
    static final Map<String, RemoteSet> ALL = Map.of(MNIST.name(), MNIST, FASHION_MNIST.name(), FASHION_MNIST);
}
