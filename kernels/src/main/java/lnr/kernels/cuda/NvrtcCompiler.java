package lnr.kernels.cuda;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import jcuda.nvrtc.JNvrtc;
import jcuda.nvrtc.nvrtcProgram;
import jcuda.nvrtc.nvrtcResult;
import lnr.kernels.DeviceException;

/**
 * Compiles kernels at run time, for one device, by NVRTC. What it makes is kept in the cache directory under the hash
 * of all that decides it: sources, options, target and NVRTC's version. A kept file begins with the hash of the rest,
 * so a damaged one is recognised and made again.
 */
final class NvrtcCompiler {
    private static final int HASH = 32;

    private final String device;
    private final String version;
    private final String[] options;
    private final boolean assembled;

    /** @param target {@code sm_90} for a device's own code, {@code compute_90} for PTX */
    NvrtcCompiler(String device, String version, String target) {
        this.device = device;
        this.version = version;
        this.assembled = target.startsWith("sm_");
        this.options = new String[] {
            // What nvcc takes for granted: lambdas in device code.
            "--gpu-architecture=" + target, "--std=c++17", "--device-as-default-execution-space", "--generate-line-info"
        };
    }

    /** @throws DeviceException when there is no NVRTC here, or none that knows the device, with the mend */
    static NvrtcCompiler of(CudaDevice device) {
        String without = device.name() + ": this build has no kernels for sm_" + device.architecture();
        try {
            Libraries.nvrtc();
        } catch (DeviceException e) {
            throw new DeviceException(without + ", and they cannot be compiled here; build with nvcc, or mend this: "
                    + e.getMessage(), e);
        }
        int[] major = new int[1];
        int[] minor = new int[1];
        check(device.name(), JNvrtc.nvrtcVersion(major, minor), "nvrtcVersion");
        String version = "NVRTC " + major[0] + "." + minor[0];
        int[] count = new int[1];
        check(device.name(), JNvrtc.nvrtcGetNumSupportedArchs(count), "nvrtcGetNumSupportedArchs");
        int[] known = new int[count[0]];
        check(device.name(), JNvrtc.nvrtcGetSupportedArchs(known), "nvrtcGetSupportedArchs");
        // Of a device that is newer than NVRTC only the driver knows the code: it takes PTX.
        int best = Arrays.stream(known).filter(arch -> arch <= device.architecture()).max().orElse(0);
        if (best == 0) {
            throw new DeviceException(without + ", and " + version + " compiles none; install an older NVRTC, or build"
                    + " with an nvcc that knows this device");
        }
        boolean exact = best == device.architecture();
        return new NvrtcCompiler(device.name(), version, (exact ? "sm_" : "compute_") + best);
    }

    /** The compiler's name and version, for reports. */
    String version() {
        return version;
    }

    /**
     * The code of a family's kernels, compiled now or before.
     *
     * @param headers what the source may include, by name
     */
    byte[] compile(String family, byte[] source, SortedMap<String, byte[]> headers) {
        String name = family + "-" + key(source, headers);
        Optional<Path> kept = Cache.folder("kernels").map(folder -> folder.resolve(name));
        byte[] code = kept.map(NvrtcCompiler::read).orElse(null);
        if (code == null) {
            code = make(family, source, headers);
            byte[] made = code;
            kept.ifPresent(file -> keep(file, made));
        }
        return code;
    }

    private String key(byte[] source, SortedMap<String, byte[]> headers) {
        MessageDigest hash = sha256();
        List<byte[]> parts = new ArrayList<>(List.of(source, (version + String.join(" ", options)).getBytes(UTF_8)));
        parts.addAll(headers.values());
        for (byte[] part : parts) {
            hash.update(ByteBuffer.allocate(Integer.BYTES).putInt(0, part.length));
            hash.update(part);
        }
        return HexFormat.of().formatHex(hash.digest(), 0, 16);
    }

    private static byte[] read(Path file) {
        try {
            byte[] all = Files.readAllBytes(file);
            if (all.length > HASH) {
                byte[] code = Arrays.copyOfRange(all, HASH, all.length);
                return Arrays.equals(sha256().digest(code), 0, HASH, all, 0, HASH) ? code : null;
            }
        } catch (IOException e) {
            // Not there, or not readable: it is made again.
        }
        return null;
    }

    private static void keep(Path file, byte[] code) {
        try {
            Cache.write(file, ByteBuffer.allocate(HASH + code.length).put(sha256().digest(code)).put(code).array());
        } catch (IOException e) {
            // The next process compiles again.
        }
    }

    private byte[] make(String family, byte[] source, SortedMap<String, byte[]> headers) {
        nvrtcProgram program = new nvrtcProgram();
        String[] contents = headers.values().stream().map(header -> new String(header, UTF_8)).toArray(String[]::new);
        String[] names = headers.keySet().toArray(String[]::new);
        check(
                device,
                JNvrtc.nvrtcCreateProgram(
                        program, new String(source, UTF_8), family + ".cu", names.length, contents, names),
                "nvrtcCreateProgram", family);
        try {
            int result = JNvrtc.nvrtcCompileProgram(program, options.length, options);
            if (result != nvrtcResult.NVRTC_SUCCESS) {
                String[] log = new String[1];
                check(device, JNvrtc.nvrtcGetProgramLog(program, log), "nvrtcGetProgramLog");
                String error = log[0].lines().filter(line -> line.contains("error")).findFirst().orElse(log[0]);
                throw new DeviceException(device + ": " + version + " does not compile " + family + ".cu with "
                        + String.join(" ", options) + ": " + nvrtcResult.stringFor(result) + ": " + error.strip());
            }
            if (!assembled) {
                String[] ptx = new String[1];
                check(device, JNvrtc.nvrtcGetPTX(program, ptx), "nvrtcGetPTX", family);
                return (ptx[0] + "\0").getBytes(UTF_8);
            }
            long[] size = new long[1];
            check(device, JNvrtc.nvrtcGetCUBINSize(program, size), "nvrtcGetCUBINSize", family);
            byte[] code = new byte[Math.toIntExact(size[0])];
            check(device, JNvrtc.nvrtcGetCUBIN(program, code), "nvrtcGetCUBIN", family);
            return code;
        } finally {
            JNvrtc.nvrtcDestroyProgram(program);
        }
    }

    private static void check(String device, int result, String call, Object... arguments) {
        if (result != nvrtcResult.NVRTC_SUCCESS) {
            throw new DeviceException(
                    device + ": " + call + Arrays.toString(arguments) + " failed: " + nvrtcResult.stringFor(result));
        }
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
