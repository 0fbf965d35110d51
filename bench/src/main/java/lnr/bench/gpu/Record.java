package lnr.bench.gpu;

import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import lnr.kernels.Device;
import lnr.kernels.DeviceException;
import lnr.lenet.format.AtomicFile;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.SAXException;

/**
 * The record of a run on a GPU: what its phases left in a folder, as one JSON object.
 *
 * <p>{@code machine} and {@code bits} hold lines of a key, a colon and a value; {@code phases} a line of name, exit
 * code or {@code stopped}, and seconds for each phase; {@code sanitizer} a line of tool and part, exit code and
 * summary; {@code contract} JUnit's reports; {@code bench} JMH's; {@code torch.json} the comparison's,
 * {@code compress.json} the main job's. What a phase has not left is not in the record.
 */
public final class Record {
    private static final String EMULATED = "emulated";

    private final ObjectMapper json = JsonMapper.builder()
            .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
            .build();
    private final Path folder;

    private Record(Path folder) {
        this.folder = folder;
    }

    /** @param args the folder with what the phases left, and the one for the record */
    public static void main(String[] args) throws IOException {
        try {
            System.out.println("written: " + write(describe(), Path.of(args[0]), Path.of(args[1])));
        } catch (DeviceException | IllegalArgumentException e) {
            System.err.println(e.getMessage());
            System.exit(1);
        }
    }

    private static Map<String, String> describe() {
        try (Device device = Device.open("cuda")) {
            return device.description();
        }
    }

    /**
     * Writes the record to a file named after the device.
     *
     * @param device its description of itself
     * @throws IllegalArgumentException when it is the emulated one: of it there are no figures
     */
    static Path write(Map<String, String> device, Path folder, Path target) throws IOException {
        String name = device.get("processor");
        if (name.equals(EMULATED)) {
            throw new IllegalArgumentException("the device is emulated: nothing is recorded");
        }
        ObjectNode record = new Record(folder).record(device);
        Path file = target.resolve(name.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]+", "-") + ".json");
        byte[] text = new ObjectMapper().writerWithDefaultPrettyPrinter().writeValueAsBytes(record);
        AtomicFile.write(file, out -> out.write(text));
        return file;
    }

    private ObjectNode record(Map<String, String> device) throws IOException {
        ObjectNode record = json.createObjectNode();
        record.put("date", DateTimeFormatter.ISO_OFFSET_DATE_TIME.format(
                ZonedDateTime.now().truncatedTo(ChronoUnit.SECONDS)));
        record.set("device", json.valueToTree(device));
        record.set("machine", pairs("machine"));
        record.set("phases", phases());
        ObjectNode torch = read("torch.json");
        ObjectNode compress = read("compress.json");
        dropPaths(compress);
        record.set("targets", targets(torch));
        set(record, "contract", contract());
        set(record, "sanitizer", sanitizer());
        set(record, "bits", pairs("bits"));
        set(record, "torch", torch);
        set(record, "compress", compress);
        set(record, "operations", operations());
        return record;
    }

    private static void set(ObjectNode record, String name, JsonNode value) {
        if (!value.isEmpty()) {
            record.set(name, value);
        }
    }

    private List<String> lines(String name) throws IOException {
        Path file = folder.resolve(name);
        return Files.exists(file) ? Files.readAllLines(file) : List.of();
    }

    private List<Path> files(String name) throws IOException {
        if (!Files.isDirectory(folder.resolve(name))) {
            return List.of();
        }
        try (Stream<Path> files = Files.walk(folder.resolve(name))) {
            return files.filter(Files::isRegularFile).sorted().toList();
        }
    }

    private ObjectNode read(String name) throws IOException {
        Path file = folder.resolve(name);
        return Files.exists(file) && Files.size(file) > 0
                ? (ObjectNode) json.readTree(file.toFile())
                : json.createObjectNode();
    }

    /** Where files lay on a machine that is gone tells nobody anything. */
    private static void dropPaths(ObjectNode compress) {
        compress.remove("out");
        if (compress.path("data") instanceof ObjectNode data) {
            data.remove(List.of("folder", "sentence"));
        }
        if (compress.path("model") instanceof ObjectNode model) {
            model.remove("file");
        }
    }

    private ObjectNode pairs(String name) throws IOException {
        ObjectNode pairs = json.createObjectNode();
        for (String line : lines(name)) {
            String[] pair = line.split(": *", 2);
            pairs.put(pair[0], pair.length == 2 ? pair[1] : "");
        }
        return pairs;
    }

    private ObjectNode phases() throws IOException {
        ObjectNode phases = json.createObjectNode();
        for (String line : lines("phases")) {
            String[] words = line.split(" ");
            phases.putObject(words[0])
                    .put("passed", words[1].equals("0"))
                    .put("seconds", Integer.parseInt(words[2]));
        }
        return phases;
    }

    /** What had a target, and whether it was reached. */
    private ArrayNode targets(JsonNode torch) {
        ArrayNode targets = json.createArrayNode();
        for (JsonNode task : torch.path("tasks")) {
            if (task.has("target")) {
                targets.addObject()
                        .put("what", task.path("task").asText() + ", times faster than PyTorch")
                        .put("target", task.path("target").asDouble())
                        .put("measured", task.path("ratio").asDouble())
                        .put("reached", task.path("reached").asBoolean());
            }
            if (task.has("share_target")) {
                targets.addObject()
                        .put("what", task.path("task").asText() + ", share of what the device allows")
                        .put("target", task.path("share_target").asDouble())
                        .put("measured", task.path("share").asDouble())
                        .put("reached", task.path("share_reached").asBoolean());
            }
        }
        return targets;
    }

    private ObjectNode contract() throws IOException {
        ObjectNode contract = json.createObjectNode();
        int[] counts = new int[3];
        String[] names = {"tests", "failures", "skipped"};
        ArrayNode failed = json.createArrayNode();
        List<Path> reports = files("contract").stream().filter(file -> file.toString().endsWith(".xml")).toList();
        for (Path report : reports) {
            Element suite = xml(report);
            for (int i = 0; i < names.length; i++) {
                counts[i] += Integer.parseInt(suite.getAttribute(names[i]));
            }
            counts[1] += Integer.parseInt(suite.getAttribute("errors"));
            for (String kind : List.of("failure", "error")) {
                NodeList found = suite.getElementsByTagName(kind);
                for (int i = 0; i < found.getLength(); i++) {
                    Element test = (Element) found.item(i).getParentNode();
                    failed.add(test.getAttribute("classname") + "." + test.getAttribute("name"));
                }
            }
        }
        if (!reports.isEmpty()) {
            for (int i = 0; i < names.length; i++) {
                contract.put(names[i], counts[i]);
            }
            contract.set("failed", failed);
        }
        return contract;
    }

    private static Element xml(Path file) throws IOException {
        try {
            return DocumentBuilderFactory.newInstance()
                    .newDocumentBuilder()
                    .parse(file.toFile())
                    .getDocumentElement();
        } catch (ParserConfigurationException | SAXException e) {
            throw new IOException(file + ": " + e.getMessage(), e);
        }
    }

    private ObjectNode sanitizer() throws IOException {
        ObjectNode sanitizer = json.createObjectNode();
        for (String line : lines("sanitizer")) {
            String[] words = line.split(" ", 3);
            sanitizer.putObject(words[0]).put("passed", words[1].equals("0")).put("summary", words[2]);
        }
        return sanitizer;
    }

    /** JMH's results: times and rates of every operation. */
    private ArrayNode operations() throws IOException {
        ArrayNode operations = json.createArrayNode();
        for (Path file : files("bench")) {
            for (JsonNode result : json.readTree(file.toFile())) {
                JsonNode time = result.path("primaryMetric");
                double seconds = 1e-3 * time.path("scorePercentiles").path("50.0").asDouble();
                ObjectNode operation = operations.addObject();
                operation.put("operation", result.path("benchmark").asText().replaceFirst("lnr\\.bench\\.", ""));
                operation.set("parameters", result.path("params"));
                operation.put("median", seconds);
                operation.put("min", 1e-3 * time.path("scorePercentiles").path("0.0").asDouble());
                operation.put("max", 1e-3 * time.path("scorePercentiles").path("100.0").asDouble());
                for (String work : List.of("gigaflops", "gigabytes")) {
                    // JMH gives a counter as time for each unit counted: its part of the mean time is the work.
                    double each = result.path("secondaryMetrics").path(work).path("score").asDouble(Double.NaN);
                    if (each > 0 && !Double.isInfinite(each)) {
                        operation.put(work + "_per_second", time.path("score").asDouble() / each / seconds);
                    }
                }
            }
        }
        return operations;
    }
}
