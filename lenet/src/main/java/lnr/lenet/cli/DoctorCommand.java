package lnr.lenet.cli;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import lnr.kernels.Device;
import lnr.kernels.DeviceException;
import lnr.kernels.cuda.CudaSurvey;
import lnr.lenet.InputException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** Tells what this machine has to compute with. Changes nothing, and asks no network. */
@Command(
        name = "doctor",
        description = "Tells what this machine has to compute with: Java, devices, memory, cache and data.",
        footer = {"", "Exits with 1 when no device can compute.", "", "Example:", "  lnr doctor --json"})
final class DoctorCommand implements Callable<Integer> {
    private final Session session;

    @Mixin
    private final JsonOption json = new JsonOption();

    DoctorCommand(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() {
        Map<String, Object> devices = devices();
        Map<String, Object> findings = new Json()
                .put("lnr", Version.number())
                .put("java", java())
                .put("system", system())
                .put("memory", memory())
                .put("devices", devices)
                .put("cache", cache())
                .put("data", data())
                .fields();
        if (json.on) {
            session.json(findings);
        } else {
            findings.forEach((topic, finding) -> show(0, topic, finding));
        }
        boolean able = devices.values().stream().anyMatch(d -> ((Map<?, ?>) d).get("available") == Boolean.TRUE);
        return able ? 0 : 1;
    }

    private void show(int depth, String name, Object finding) {
        String indent = "  ".repeat(depth);
        if (finding instanceof Map<?, ?> map) {
            session.print("%s%s", indent, name);
            map.forEach((inner, value) -> show(depth + 1, (String) inner, value));
        } else {
            Object value = finding == Boolean.TRUE ? "yes" : finding == Boolean.FALSE ? "no" : finding;
            session.print("%s%-" + (16 - 2 * depth) + "s %s", indent, name, value);
        }
    }

    private static Map<String, Object> java() {
        return new Json()
                .put("version", System.getProperty("java.runtime.version"))
                .put("vendor", System.getProperty("java.vendor"))
                .put("home", System.getProperty("java.home"))
                .fields();
    }

    private static Map<String, Object> system() {
        return new Json()
                .put("name", System.getProperty("os.name") + " " + System.getProperty("os.version"))
                .put("architecture", System.getProperty("os.arch"))
                .put("processors", Runtime.getRuntime().availableProcessors())
                .fields();
    }

    private static Map<String, Object> memory() {
        Json memory = new Json().put("heap_limit_mb", Runtime.getRuntime().maxMemory() >> 20);
        if (ManagementFactory.getOperatingSystemMXBean() instanceof OperatingSystemMXBean machine) {
            memory.put("machine_mb", machine.getTotalMemorySize() >> 20);
            memory.put("free_mb", machine.getFreeMemorySize() >> 20);
        }
        return memory.fields();
    }

    private Map<String, Object> devices() {
        Json cpu = new Json();
        try (Device device = Device.open("cpu")) {
            Map<String, String> description = device.description();
            cpu.put("available", true);
            description.forEach((name, value) -> cpu.put(key(name), numberOrText(value)));
        } catch (DeviceException | LinkageError e) {
            cpu.put("available", false).put("reason", Complaint.of(e).line());
        }
        return new Json().put("cpu", cpu.fields()).put("cuda", cuda()).fields();
    }

    private Map<String, Object> cuda() {
        Json cuda = new Json();
        Map<String, String> survey = new LinkedHashMap<>(CudaSurvey.lines());
        try {
            Device.open("cuda").close();
            cuda.put("available", true);
        } catch (DeviceException | LinkageError e) {
            String reason = Complaint.of(e).line();
            cuda.put("available", false).put("reason", reason);
            survey.values().removeIf(reason::equals);
        }
        survey.remove("also looked in"); // the variable's own line tells it
        survey.forEach((name, line) -> cuda.put(key(name), line));
        return cuda.put("LNR_CUDA_PATH", variable("LNR_CUDA_PATH")).fields();
    }

    private static String key(String name) {
        return name.replace(' ', '_');
    }

    private static Object numberOrText(String value) {
        return value.matches("\\d{1,9}") ? Integer.valueOf(value) : value;
    }

    private String variable(String name) {
        String value = session.environment().apply(name);
        return value == null || value.isBlank() ? "not set" : value;
    }

    private Map<String, Object> cache() {
        Json cache = new Json();
        try {
            Optional<Path> folder = session.data().cache();
            cache.put("folder", folder.map(Path::toString).orElse("none; LNR_CACHE names one"));
            cache.put("exists", folder.isPresent() && Files.isDirectory(folder.get()));
            cache.put("writable", folder.isPresent() && writable(folder.get().toAbsolutePath()));
        } catch (InputException e) {
            cache.put("folder", e.getMessage()).put("exists", false).put("writable", false);
        }
        return cache.fields();
    }

    /** Whether the folder can be written to, or can be made. */
    private static boolean writable(Path folder) {
        Path nearest = folder;
        while (nearest != null && !Files.exists(nearest)) {
            nearest = nearest.getParent();
        }
        return nearest != null && Files.isDirectory(nearest) && Files.isWritable(nearest);
    }

    private Map<String, Object> data() {
        Map<String, Object> sets = new LinkedHashMap<>();
        sets.put("LNR_DATA", variable("LNR_DATA"));
        for (String set : List.of("mnist", "fashion-mnist")) {
            sets.put(set, found(set));
        }
        sets.put("drawn", "always there");
        return sets;
    }

    private String found(String set) {
        try {
            return session.data()
                    .present(set)
                    .map(p -> p.files() == 4 ? "in " + p.folder() : p.files() + " of 4 files in " + p.folder())
                    .orElse("not here");
        } catch (InputException e) {
            return "not here: " + e.getMessage();
        }
    }
}
