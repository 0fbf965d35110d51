package lnr.bench.compare;

import com.fasterxml.jackson.annotation.JsonUnwrapped;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import lnr.engine.Correlations;
import lnr.kernels.Device;
import lnr.lenet.Progress;
import lnr.lenet.compress.NetworkCorrelations;
import lnr.lenet.compress.Target;
import lnr.lenet.data.Dataset;
import lnr.lenet.network.Architecture;
import lnr.lenet.network.DeviceImages;
import lnr.lenet.network.Evaluation;
import lnr.lenet.network.LeNet5;
import lnr.lenet.network.Model;
import lnr.lenet.network.Training;

/** LNR's side: carries out the requests that {@link Side} sends, each as the product does it. */
final class LnrSide implements AutoCloseable {
    private static final int TRAINING_BATCH = 256;
    private static final int BATCH = 1000;

    private final Device device;
    private final Folder folder;
    private final Solves solves;
    private Passes passes;
    private OperationSide operations;

    LnrSide(Device device, Folder folder) {
        this.device = device;
        this.folder = folder;
        this.solves = new Solves(device, folder);
    }

    /** The passes over images, on one network that every epoch trains further. */
    private static final class Passes implements AutoCloseable {
        private final DeviceImages images;
        private final LeNet5 trained;
        private final LeNet5 evaluated;
        private final Training training;

        Passes(Device device, Dataset.Split split) {
            Model model = Model.random(Architecture.LENET5, 0);
            images = new DeviceImages(device, split.images(), split.labels());
            trained = new LeNet5(device, model, TRAINING_BATCH);
            evaluated = new LeNet5(device, model, BATCH);
            training = new Training(trained, 1e-3, 0);
        }

        @Override
        public void close() {
            training.close();
            evaluated.close();
            trained.close();
            images.close();
        }
    }

    /** What a request took and found. */
    record Answer(double seconds, @JsonUnwrapped Found found) {}

    /** Carries out a request of {@link Task}. */
    Answer run(String request) throws IOException {
        String[] words = request.split(" ");
        if (words[0].equals("solve") && words.length == 5) {
            return solves.run(words[1], words[2], Double.parseDouble(words[3]), words[4]);
        }
        if (words.length == 3) {
            if (operations == null) {
                operations = new OperationSide(device, folder.normal());
            }
            return operations.run(words[0], words[1], Integer.parseInt(words[2]));
        }
        if (passes == null) {
            passes = new Passes(device, folder.split());
        }
        passes.images.inOrder();
        passes.evaluated.load(passes.trained.model());
        long start = System.nanoTime();
        double value =
                switch (request) {
                    case "epoch" -> passes.training.epoch(passes.images, Progress.NONE).accuracy();
                    case "forward" -> Evaluation.score(passes.evaluated, passes.images).accuracy();
                    case "correlation" -> correlation();
                    default -> throw new IllegalArgumentException("request: not known: '" + request + "'");
                };
        device.synchronize();
        return new Answer((System.nanoTime() - start) * 1e-9, Found.of(value));
    }

    private double correlation() {
        try (NetworkCorrelations network = NetworkCorrelations.gather(
                passes.evaluated, passes.images, List.of(Target.FC2), false, Progress.NONE)) {
            Correlations sums = network.of(Target.FC2);
            double[] r = sums.r();
            double[] c = sums.c();
            double trace = 0;
            for (int j = 0; j < sums.width(); j++) {
                trace += r[j * sums.width() + j];
            }
            return c.length > 0 ? trace : Double.NaN;
        }
    }

    @Override
    public void close() {
        if (passes != null) {
            passes.close();
        }
    }

    /** @param args the device's name and the folder with the data */
    public static void main(String[] args) throws IOException {
        ObjectMapper json = new ObjectMapper();
        try (Device device = Device.open(args[0]);
                LnrSide side = new LnrSide(device, new Folder(Path.of(args[1])))) {
            Map<String, String> greeting = new LinkedHashMap<>(device.description());
            greeting.put("java", System.getProperty("java.vm.name") + " " + System.getProperty("java.vm.version"));
            System.out.println(json.writeValueAsString(greeting));
            BufferedReader requests =
                    new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
            for (String request = requests.readLine(); request != null; request = requests.readLine()) {
                System.out.println(json.writeValueAsString(side.run(request)));
            }
        }
    }
}
