package lnr.kernels.emulated;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import lnr.kernels.Device;
import lnr.kernels.DeviceException;
import lnr.kernels.F64;
import lnr.kernels.Scope;
import lnr.kernels.cuda.CudaSurvey;
import lnr.kernels.cuda.Internals;

/**
 * A program of its own that opens {@code cuda} and says what came of it: CUDA is what it is when a process first asks,
 * so each case needs its own process. Its arguments are commands for the emulated device.
 */
final class Probe {
    private Probe() {}

    public static void main(String[] commands) {
        try {
            if (System.getenv("LNR_CUDA_PATH") == null) {
                Emulator.load();
            } else {
                Internals.loadDriver();
            }
            for (String command : commands) {
                if (command.equals("nvrtc")) {
                    try (Device device = Device.open("cuda")) {
                        System.out.println(Internals.compile(device, "KERNEL(32) void lnr_probe(int n) {}"));
                    }
                } else if (command.equals("leave")) {
                    leave();
                } else if (command.equals("survey")) {
                    CudaSurvey.lines().forEach((what, found) -> System.out.println(what + ": " + found));
                } else {
                    Emulator.control(command);
                }
            }
            run();
        } catch (DeviceException e) {
            System.out.println(e.getMessage());
        }
    }

    /** Leaves a device as it is, with a recording, a profile, and a thread that keeps it busy until the end. */
    private static void leave() {
        Device device = Device.open("cuda");
        F64 x = device.scope().f64(1_000_000);
        device.record(() -> device.blas().axpy(1, x, x));
        device.profile();
        Thread busy = new Thread(() -> {
            for (int i = 0; i >= 0; i++) {
                device.blas().axpy(1, x, x);
            }
        });
        busy.setDaemon(true);
        busy.start();
    }

    private static void run() {
        try (Device device = Device.open("cuda");
                Scope scope = device.scope()) {
            F64 a = scope.f64(new double[] {4, 2, 2, 5});
            F64 product = scope.f64(4);
            device.blas().gemm(false, true, 2, 2, 2, 1, a, 2, a, 2, 0, product, 2);
            double largest = device.range("an eigenvalue", () -> device.blas().largestEigenvalue(2, a));
            boolean positive = device.blas().cholesky(2, a);
            device.blas().choleskySolve(2, 2, a, product);
            // A A' A^-1 is A, whose eigenvalues are (9 +- sqrt 17) / 2.
            for (double element : product.toArray()) {
                System.out.print(Math.round(element * 1e6) / 1e6 + " ");
            }
            System.out.println(Math.round(largest * 1e6) / 1e6 + " " + positive + " on " + device.description());
        }
    }

    /** What the program printed, run with {@code environment} beside this process's own. */
    static String run(Map<String, String> environment, String... commands) throws IOException, InterruptedException {
        List<String> line = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx300m",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                Probe.class.getName()));
        line.addAll(List.of(commands));
        Path output = Files.createTempFile("probe", ".txt");
        try {
            ProcessBuilder builder = new ProcessBuilder(line)
                    .redirectOutput(output.toFile())
                    .redirectError(ProcessBuilder.Redirect.INHERIT);
            builder.environment().putAll(environment);
            Process process = builder.start();
            if (!process.waitFor(120, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                throw new IllegalStateException("the probe did not end");
            }
            return Files.readString(output).strip() + (process.exitValue() == 0 ? "" : " exit " + process.exitValue());
        } finally {
            Files.delete(output);
        }
    }
}
