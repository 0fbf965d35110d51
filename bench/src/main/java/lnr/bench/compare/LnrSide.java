package lnr.bench.compare;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import lnr.bench.TextProblem;
import lnr.engine.Correlations;
import lnr.engine.Solution;
import lnr.engine.solvers.AlternatingMinimization;
import lnr.engine.solvers.Fista;
import lnr.engine.solvers.ProximalGradient;
import lnr.engine.solvers.Solver;
import lnr.kernels.Device;
import lnr.kernels.Scope;
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
    private final Map<String, TextProblem> problems = new HashMap<>();
    private Passes passes;
    private OperationSide operations;

    LnrSide(Device device, Folder folder) {
        this.device = device;
        this.folder = folder;
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
    record Answer(double seconds, double value) {}

    /** Carries out a request of {@link Task}. */
    Answer run(String request) throws IOException {
        String[] words = request.split(" ");
        if (words[0].equals("solve") && words.length == 4) {
            return solve(words[1], words[2], Double.parseDouble(words[3]));
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
        return new Answer((System.nanoTime() - start) * 1e-9, value);
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

    /** Solves a problem posed anew; the time is that of the solve alone, from matrices on the device to M there. */
    private Answer solve(String name, String method, double q) {
        TextProblem problem = problems.computeIfAbsent(name, folder::problem);
        try (Scope scope = device.scope()) {
            Solution solution = solver(method, q).solve(problem.on(scope));
            return new Answer(solution.seconds(), solution.objective());
        }
    }

    private static Solver solver(String method, double q) {
        return switch (method) {
            case ProximalGradient.NAME -> new ProximalGradient();
            case Fista.NAME -> new Fista(q);
            case AlternatingMinimization.NAME -> new AlternatingMinimization(50, new Fista(q));
            default -> throw new IllegalArgumentException("method: not known: '" + method + "'");
        };
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
