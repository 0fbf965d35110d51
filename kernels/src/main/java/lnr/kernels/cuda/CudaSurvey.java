package lnr.kernels.cuda;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
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
        library(lines, "", "libcublas.so.12", "libcublas.so.13");
        depended(lines, "cuBLAS", "libcublasLt.so.12", "libcublasLt.so.13");
        library(lines, "", "libcusolver.so.11", "libcusolver.so.12");
        library(lines, "", "libcusolverMg.so.11", "libcusolver.so.11", "libcusolver.so.12");
        depended(lines, "cuSOLVER", "libnvJitLink.so.12", "libnvJitLink.so.13");
        depended(lines, "cuSOLVER", "libcusparse.so.12");
        library(lines, ", which matters only to kernels that were not built", "libnvrtc.so.12", "libnvrtc.so.13");
        lines.put("libnvrtc-builtins.so", Libraries.nvrtcsOthers()
                .map(Path::toString)
                .reduce((first, next) -> first + ", " + next)
                .orElse("not found beside NVRTC, which may find it elsewhere"));
        lines.put("libnvtx3interop.so.1", first("libnvtx3interop.so.1", "libnvToolsExt.so.1")
                .orElse("not found, nor libnvToolsExt.so.1, which matters only to profilers"));
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

    private static void library(Map<String, String> lines, String remark, String name, String... others) {
        String way = Libraries.hasBridge(name) ? ", by way of the bridge" : ", but this build has no bridge to it";
        lines.put(name, where(name)
                .or(() -> first(others).map(path -> path + way))
                .orElse("not found, nor " + String.join(", ", others) + remark
                        + ": install the libraries of CUDA 12 or 13"));
    }

    /** What a library depends on, and mostly finds for itself. */
    private static void depended(Map<String, String> lines, String dependent, String... names) {
        lines.put(names[0], first(names)
                .orElse("not found" + (names.length > 1 ? ", nor " + names[1] : "") + "; " + dependent
                        + " may find it by itself, or not need it"));
    }

    private static Optional<String> first(String... names) {
        return Stream.of(names).map(CudaSurvey::where).flatMap(Optional::stream).findFirst();
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
