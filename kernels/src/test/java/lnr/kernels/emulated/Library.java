package lnr.kernels.emulated;

import java.util.List;

/** A library of NVIDIA's that is emulated. */
enum Library {
    CUDA(
            "libcuda.so.1",
            "JCudaDriver",
            "cu[A-Z]\\w*",
            801,
            "block", "control", "driver", "fiber", "memory", "module", "race", "stream", "trace", "transfer"),
    CUBLAS("libcublas.so.12", "JCublas2", "cublas\\w+", 15, "cublas", "openblas"),
    CUSOLVER("libcusolver.so.11", "JCusolver", "cusolver(?!Mg)\\w+", 9, "cusolver", "openblas"),
    CUSOLVER_MG("libcusolverMg.so.11", "JCusolver", "cusolverMg\\w+", 9),
    NVRTC("libnvrtc.so.12", "JNvrtc", "nvrtc\\w+", 11, "nvrtc");

    /** The name by which JCuda's library asks for it. */
    final String soname;

    /** JCuda's library that asks. */
    final String caller;

    /** What its functions' names look like. */
    final String functions;

    /** What those that are not emulated return: "not supported", as this library says it. */
    final int notSupported;

    /** Its sources, without {@code .cpp}. */
    final List<String> sources;

    Library(String soname, String caller, String functions, int notSupported, String... sources) {
        this.soname = soname;
        this.caller = caller;
        this.functions = functions;
        this.notSupported = notSupported;
        this.sources = List.of(sources);
    }
}
