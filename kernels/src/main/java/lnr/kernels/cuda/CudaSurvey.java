package lnr.kernels.cuda;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import lnr.kernels.DeviceException;
import lnr.kernels.F64;
import lnr.kernels.Scope;

/** What of CUDA is on this machine, for whoever has to find out why it does not run. */
public final class CudaSurvey {
    private CudaSurvey() {}

    /**
     * Looks for every library, opens every device and has it compute something.
     *
     * @return what was looked for, and where it is or how to mend that it is not; then what each device says of itself,
     *     or why it cannot be used
     */
    public static Map<String, String> lines() {
        Map<String, String> lines = new LinkedHashMap<>();
        lines.put("libcuda.so.1", where("libcuda.so.1").orElse("not found: install NVIDIA's driver"));
        library(lines, "libcublas.so.12", "libcublas.so.13", "");
        library(lines, "libcusolver.so.11", "libcusolver.so.12", "");
        library(lines, "libnvrtc.so.12", "libnvrtc.so.13", ", which matters only to kernels that were not built");
        lines.put("also looked in", Libraries.named().isEmpty()
                ? "nowhere: " + Libraries.PATH + " would name directories"
                : Libraries.named().stream()
                        .map(folder -> folder + (Files.isDirectory(folder) ? "" : " (is no directory)"))
                        .collect(Collectors.joining(", ")));
        int devices = 0;
        try {
            devices = Driver.devices();
        } catch (DeviceException e) {
            lines.put("cuda", e.getMessage());
        }
        for (int i = 0; i < devices; i++) {
            lines.put("cuda:" + i, device(i));
        }
        return lines;
    }

    private static void library(Map<String, String> lines, String name, String newer, String remark) {
        String way = Libraries.hasBridge(name) ? ", by way of the bridge" : ", but this build has no bridge to it";
        lines.put(name, where(name)
                .or(() -> where(newer).map(path -> path + way))
                .orElse("not found, nor " + newer + remark + ": install the libraries of CUDA 12 or 13"));
    }

    private static Optional<String> where(String name) {
        return Libraries.loaded(name).or(() -> Libraries.find(name)).map(Path::toString);
    }

    private static String device(int ordinal) {
        try (CudaDevice device = new CudaDevice(ordinal, "looked at");
                Scope scope = device.scope()) {
            // A kernel, cuBLAS and cuSOLVER: 4 4 = 16, whose root is 4.
            F64 number = scope.f64(new double[] {4});
            F64 square = scope.f64(1);
            device.blas().gemm(false, false, 1, 1, 1, 1, number, 1, number, 1, 0, square, 1);
            boolean right = device.blas().cholesky(1, square) && square.toArray()[0] == 4;
            return (right ? "" : "computes wrongly: ") + String.join(", ", device.description().values());
        } catch (DeviceException e) {
            return e.getMessage();
        }
    }
}
