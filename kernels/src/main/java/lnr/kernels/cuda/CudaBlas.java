package lnr.kernels.cuda;

import static lnr.kernels.Shapes.atLeast;
import static lnr.kernels.Shapes.exactly;
import static lnr.kernels.Shapes.matrices;
import static lnr.kernels.Shapes.matrix;
import static lnr.kernels.Shapes.separateMatrices;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.OptionalDouble;
import jcuda.Pointer;
import jcuda.driver.JCudaDriver;
import jcuda.jcublas.JCublas2;
import jcuda.jcublas.cublasDiagType;
import jcuda.jcublas.cublasFillMode;
import jcuda.jcublas.cublasHandle;
import jcuda.jcublas.cublasMath;
import jcuda.jcublas.cublasOperation;
import jcuda.jcublas.cublasSideMode;
import jcuda.jcublas.cublasStatus;
import jcuda.jcusolver.JCusolverDn;
import jcuda.jcusolver.cusolverDnHandle;
import jcuda.jcusolver.cusolverEigMode;
import jcuda.jcusolver.cusolverStatus;
import jcuda.runtime.cudaStream_t;
import lnr.kernels.Blas;
import lnr.kernels.Buffer;
import lnr.kernels.Device;
import lnr.kernels.DeviceException;
import lnr.kernels.F32;
import lnr.kernels.F64;

/**
 * Dense linear algebra by cuBLAS and cuSOLVER, and kernels for the rest. cuBLAS works in memory of its own that is
 * fixed once, so that its results are the same from run to run and its calls can be recorded.
 */
@SuppressWarnings("try") // A turn is held, not referred to.
final class CudaBlas implements Blas {
    /** What NVIDIA advises for Hopper; older devices take less. */
    private static final long WORKSPACE = 32 << 20;

    private static final int THREADS = 256;

    /** Blocks that share a sum at most: eight on each multiprocessor of the largest devices. */
    private static final int MOST_BLOCKS = 1024;

    private final CudaDevice device;
    private final Kernels kernels;
    private final cublasHandle handle = new cublasHandle();
    private final Lanczos lanczos;
    private final ByteBuffer alpha = scalar();
    private final ByteBuffer beta = scalar();
    private final Pointer alphaPointer = Pointer.to(alpha);
    private final Pointer betaPointer = Pointer.to(beta);
    private cusolverDnHandle solver;

    /** In a turn of the device's. */
    CudaBlas(CudaDevice device) {
        this.device = device;
        this.kernels = new Kernels(device, "vector", Device.Type.F64);
        this.lanczos = new Lanczos(device, kernels);
        Libraries.blas();
        check(JCublas2.cublasCreate(handle), "cublasCreate");
        device.onClose(() -> JCublas2.cublasDestroy(handle));
        check(JCublas2.cublasSetStream(handle, new cudaStream_t(device.stream())), "cublasSetStream");
        check(JCublas2.cublasSetMathMode(handle, cublasMath.CUBLAS_DEFAULT_MATH), "cublasSetMathMode");
        DevicePointer workspace = device.reserve(WORKSPACE, "cuBLAS");
        check(JCublas2.cublasSetWorkspace(handle, workspace, WORKSPACE), "cublasSetWorkspace", WORKSPACE);
        int[] version = new int[1];
        check(JCublas2.cublasGetVersion(handle, version), "cublasGetVersion");
        device.describe("blas", "cuBLAS " + version[0] / 10000 + "." + version[0] / 100 % 100 + "." + version[0] % 100);
    }

    @Override
    public void gemm(
            boolean transA,
            boolean transB,
            int m,
            int n,
            int k,
            float alpha,
            F32 a,
            int lda,
            F32 b,
            int ldb,
            float beta,
            F32 c,
            int ldc) {
        matrix("a", a, transA ? k : m, transA ? m : k, lda);
        matrix("b", b, transB ? n : k, transB ? k : n, ldb);
        matrix("c", c, m, n, ldc);
        device.require(a, b, c);
        if (m == 0 || n == 0) {
            return;
        }
        try (Turn turn = device.turn()) {
            this.alpha.putFloat(0, alpha);
            this.beta.putFloat(0, beta);
            device.begin();
            check(
                    JCublas2.cublasSgemm(
                            handle, operation(transA), operation(transB), m, n, k, alphaPointer, operand(a, c), lda,
                            operand(b, c), ldb, betaPointer, pointer(c), ldc),
                    "cublasSgemm", m, n, k);
            double size = (double) m * k + (double) k * n + (double) m * n;
            device.end("cublasSgemm", 4 * size, 2.0 * m * n * k, Device.Type.F32);
        }
    }

    @Override
    public void gemm(
            boolean transA,
            boolean transB,
            int m,
            int n,
            int k,
            double alpha,
            F64 a,
            int lda,
            F64 b,
            int ldb,
            double beta,
            F64 c,
            int ldc) {
        matrix("a", a, transA ? k : m, transA ? m : k, lda);
        matrix("b", b, transB ? n : k, transB ? k : n, ldb);
        matrix("c", c, m, n, ldc);
        device.require(a, b, c);
        if (m == 0 || n == 0) {
            return;
        }
        try (Turn turn = device.turn()) {
            this.alpha.putDouble(0, alpha);
            this.beta.putDouble(0, beta);
            device.begin();
            check(
                    JCublas2.cublasDgemm(
                            handle, operation(transA), operation(transB), m, n, k, alphaPointer, operand(a, c), lda,
                            operand(b, c), ldb, betaPointer, pointer(c), ldc),
                    "cublasDgemm", m, n, k);
            double size = (double) m * k + (double) k * n + (double) m * n;
            device.end("cublasDgemm", 8 * size, 2.0 * m * n * k, Device.Type.F64);
        }
    }

    @Override
    public void gemmStridedBatched(
            boolean transA,
            boolean transB,
            int m,
            int n,
            int k,
            float alpha,
            F32 a,
            int lda,
            long strideA,
            F32 b,
            int ldb,
            long strideB,
            float beta,
            F32 c,
            int ldc,
            long strideC,
            int batch) {
        atLeast("batch", batch, 0);
        matrices("a", a, transA ? k : m, transA ? m : k, lda, strideA, batch);
        matrices("b", b, transB ? n : k, transB ? k : n, ldb, strideB, batch);
        separateMatrices("c", c, m, n, ldc, strideC, batch);
        device.require(a, b, c);
        if (batch == 1) {
            gemm(transA, transB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
            return;
        }
        if (m == 0 || n == 0 || batch == 0) {
            return;
        }
        try (Turn turn = device.turn()) {
            this.alpha.putFloat(0, alpha);
            this.beta.putFloat(0, beta);
            device.begin();
            check(
                    JCublas2.cublasSgemmStridedBatched(
                            handle, operation(transA), operation(transB), m, n, k, alphaPointer, operand(a, c), lda,
                            strideA, operand(b, c), ldb, strideB, betaPointer, pointer(c), ldc, strideC, batch),
                    "cublasSgemmStridedBatched", m, n, k, batch);
            double size = distinct(strideA, batch) * m * k + distinct(strideB, batch) * k * n + (double) batch * m * n;
            device.end("cublasSgemmStridedBatched", 4 * size, 2.0 * batch * m * n * k, Device.Type.F32);
        }
    }

    @Override
    public void gemmStridedBatched(
            boolean transA,
            boolean transB,
            int m,
            int n,
            int k,
            double alpha,
            F64 a,
            int lda,
            long strideA,
            F64 b,
            int ldb,
            long strideB,
            double beta,
            F64 c,
            int ldc,
            long strideC,
            int batch) {
        atLeast("batch", batch, 0);
        matrices("a", a, transA ? k : m, transA ? m : k, lda, strideA, batch);
        matrices("b", b, transB ? n : k, transB ? k : n, ldb, strideB, batch);
        separateMatrices("c", c, m, n, ldc, strideC, batch);
        device.require(a, b, c);
        if (batch == 1) {
            gemm(transA, transB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
            return;
        }
        if (m == 0 || n == 0 || batch == 0) {
            return;
        }
        try (Turn turn = device.turn()) {
            this.alpha.putDouble(0, alpha);
            this.beta.putDouble(0, beta);
            device.begin();
            check(
                    JCublas2.cublasDgemmStridedBatched(
                            handle, operation(transA), operation(transB), m, n, k, alphaPointer, operand(a, c), lda,
                            strideA, operand(b, c), ldb, strideB, betaPointer, pointer(c), ldc, strideC, batch),
                    "cublasDgemmStridedBatched", m, n, k, batch);
            double size = distinct(strideA, batch) * m * k + distinct(strideB, batch) * k * n + (double) batch * m * n;
            device.end("cublasDgemmStridedBatched", 8 * size, 2.0 * batch * m * n * k, Device.Type.F64);
        }
    }

    /** Matrices that a batch reads. */
    private static double distinct(long stride, int batch) {
        return stride == 0 ? 1 : batch;
    }

    /** A factor as cuBLAS takes it: where it does not move, and is read before the call returns. */
    private static ByteBuffer scalar() {
        return ByteBuffer.allocateDirect(Double.BYTES).order(ByteOrder.nativeOrder());
    }

    private static int operation(boolean transposed) {
        return transposed ? cublasOperation.CUBLAS_OP_T : cublasOperation.CUBLAS_OP_N;
    }

    /** Where A or B is. An empty one is nowhere and not read, but cuBLAS may want an address: C's does. */
    private DevicePointer operand(Buffer operand, Buffer c) {
        return pointer(operand.length() == 0 ? c : operand);
    }

    private DevicePointer pointer(Buffer buffer) {
        return new DevicePointer(device.address(buffer));
    }

    @Override
    public void gram(int n, int k, F64 a, F64 c) {
        atLeast("n", n, 0);
        atLeast("k", k, 0);
        exactly("a", a, (long) k * n);
        exactly("c", c, (long) n * n);
        gemm(true, false, n, n, k, 1, a, Math.max(1, k), a, Math.max(1, k), 0, c, Math.max(1, n));
    }

    @Override
    public void dot(F64 x, F64 y, F64 out) {
        exactly("y", y, x.length());
        atLeast("out", out, 1);
        device.require(x, y, out);
        try (Turn turn = device.turn()) {
            long n = x.length();
            int blocks = blocks(n);
            kernels.work(16.0 * n, 2.0 * n);
            if (blocks == 1) {
                kernels.launch("lnr_dot", 1, 1, THREADS, 0, n, x, y, out);
            } else {
                Address partials = new Address(device.scratch(8L * MOST_BLOCKS));
                kernels.launch("lnr_dot", blocks, 1, THREADS, 0, n, x, y, partials);
                addPartials(blocks, partials, out);
            }
        }
    }

    private void addPartials(int blocks, Address partials, Object out) {
        kernels.work(8.0 * blocks, blocks).launch("lnr_sum", 1, 1, THREADS, 0, blocks, partials, out);
    }

    /** Blocks that share a sum over {@code n} numbers. */
    private static int blocks(long n) {
        return (int) Math.max(1, Math.min(MOST_BLOCKS, (n + 8 * THREADS - 1) / (8 * THREADS)));
    }

    @Override
    public void copy(F64 x, F64 y) {
        exactly("y", y, x.length());
        device.require(x, y);
        if (x.length() > 0) {
            try (Turn turn = device.turn()) {
                copy(x, device.address(y), Device.Type.F64);
            }
        }
    }

    @Override
    public void copy(F32 x, F32 y) {
        exactly("y", y, x.length());
        device.require(x, y);
        if (x.length() > 0) {
            try (Turn turn = device.turn()) {
                copy(x, device.address(y), Device.Type.F32);
            }
        }
    }

    private void copy(Buffer x, long to, Device.Type type) {
        long bytes = type.bytes() * x.length();
        device.begin();
        device.check(
                JCudaDriver.cuMemcpyDtoDAsync(new DevicePointer(to), pointer(x), bytes, device.stream()),
                "cuMemcpyDtoDAsync", bytes);
        device.end("cuMemcpyDtoDAsync", 2.0 * bytes, 0, type);
    }

    @Override
    public void narrow(F64 x, F32 y) {
        exactly("y", y, x.length());
        device.require(x, y);
        long n = x.length();
        if (n == 0) {
            return;
        }
        try (Turn turn = device.turn()) {
            int blocks = Math.toIntExact((n + 4 * THREADS - 1) / (4 * THREADS));
            kernels.work(12.0 * n, 0).launch("lnr_narrow", blocks, 1, THREADS, 0, n, x, y);
        }
    }

    @Override
    public void axpy(double alpha, F64 x, F64 y) {
        exactly("y", y, x.length());
        device.require(x, y);
        long n = x.length();
        if (n == 0) {
            return;
        }
        try (Turn turn = device.turn()) {
            int blocks = Math.toIntExact((n + 2 * THREADS - 1) / (2 * THREADS));
            kernels.work(24.0 * n, 2.0 * n).launch("lnr_axpy", blocks, 1, THREADS, 0, n, alpha, x, y);
        }
    }

    @Override
    public void addDiagonal(int n, F64 a, F64 v) {
        exactly("a", a, (long) n * n);
        exactly("v", v, n);
        device.require(a, v);
        if (n == 0) {
            return;
        }
        try (Turn turn = device.turn()) {
            kernels.work(24.0 * n, n)
                    .launch("lnr_add_diagonal", (n + THREADS - 1) / THREADS, 1, THREADS, 0, n, a, v);
        }
    }

    @Override
    public boolean cholesky(int n, F64 a) {
        atLeast("n", n, 0);
        exactly("a", a, (long) n * n);
        device.require(a);
        if (n == 0) {
            return true;
        }
        try (Turn turn = device.turn()) {
            return device.number(factor(n, a, null)) == 1;
        }
    }

    @Override
    public void cholesky(int n, F64 a, F64 positive) {
        atLeast("n", n, 1);
        exactly("a", a, (long) n * n);
        atLeast("positive", positive, 1);
        device.require(a, positive);
        try (Turn turn = device.turn()) {
            factor(n, a, positive);
        }
    }

    /** A = L L', and whether that held: in {@code positive} or, if it is null, in scratch, whose address it returns. */
    private long factor(int n, F64 a, F64 positive) {
        device.requireNotRecording("a Cholesky factorisation cannot run");
        cusolverDnHandle solver = solver();
        int[] size = new int[1];
        checkSolver(
                JCusolverDn.cusolverDnDpotrf_bufferSize(
                        solver, cublasFillMode.CUBLAS_FILL_MODE_LOWER, n, pointer(a), n, size),
                "cusolverDnDpotrf_bufferSize", n);
        // The result, then potrf's, then its workspace.
        long scratch = device.scratch(16 + 8L * size[0]);
        device.begin();
        checkSolver(
                JCusolverDn.cusolverDnDpotrf(
                        solver, cublasFillMode.CUBLAS_FILL_MODE_LOWER, n, pointer(a), n,
                        new DevicePointer(scratch + 16), size[0], new DevicePointer(scratch + 8)),
                "cusolverDnDpotrf", n);
        device.end("cusolverDnDpotrf", 8.0 * n * n, 1.0 / 3 * n * n * n, Device.Type.F64);
        Object result = positive == null ? new Address(scratch) : positive;
        kernels.work(8.0 * n, 0)
                .launch("lnr_positive_diagonal", 1, 1, THREADS, 0, n, a, new Address(scratch + 8), result);
        return scratch;
    }

    @Override
    public void choleskySolve(int h, int n, F64 l, F64 b) {
        atLeast("h", h, 0);
        atLeast("n", n, 0);
        exactly("l", l, (long) n * n);
        exactly("b", b, (long) h * n);
        device.require(l, b);
        if (h == 0 || n == 0) {
            return;
        }
        try (Turn turn = device.turn()) {
            solveTriangular(cublasOperation.CUBLAS_OP_T, h, n, l, b);
            solveTriangular(cublasOperation.CUBLAS_OP_N, h, n, l, b);
        }
    }

    @Override
    public void choleskyInverse(int n, F64 l, F64 out, F64 work) {
        atLeast("n", n, 0);
        exactly("l", l, (long) n * n);
        exactly("out", out, (long) n * n);
        exactly("work", work, n * (n + 1L));
        device.require(l, out, work);
        if (n == 0) {
            return;
        }
        try (Turn turn = device.turn()) {
            int blocks = (int) (((long) n * n + 2 * THREADS - 1) / (2 * THREADS));
            kernels.work(8.0 * n * n, 0).launch("lnr_identity", blocks, 1, THREADS, 0, n, out);
            solveTriangular(cublasOperation.CUBLAS_OP_T, n, n, l, out);
            solveTriangular(cublasOperation.CUBLAS_OP_N, n, n, l, out);
        }
    }

    /** B = B op(L)^-1. */
    private void solveTriangular(int operation, int h, int n, F64 l, F64 b) {
        alpha.putDouble(0, 1);
        device.begin();
        check(
                JCublas2.cublasDtrsm(
                        handle, cublasSideMode.CUBLAS_SIDE_RIGHT, cublasFillMode.CUBLAS_FILL_MODE_LOWER, operation,
                        cublasDiagType.CUBLAS_DIAG_NON_UNIT, h, n, alphaPointer, pointer(l), n, pointer(b), h),
                "cublasDtrsm", h, n);
        device.end("cublasDtrsm", 4.0 * n * n + 16.0 * h * n, 1.0 * h * n * n, Device.Type.F64);
    }

    @Override
    public void eigen(int n, F64 a, F64 w) {
        exactly("a", a, (long) n * n);
        exactly("w", w, n);
        device.require(a, w);
        if (n == 0) {
            return;
        }
        try (Turn turn = device.turn()) {
            device.requireNotRecording("an eigendecomposition waits for its result, it cannot run");
            requireNumbers(a);
            syevd(cusolverEigMode.CUSOLVER_EIG_MODE_VECTOR, n, device.address(a), device.address(w), 0);
        }
    }

    @Override
    public double largestEigenvalue(int n, F64 a) {
        atLeast("n", n, 0);
        exactly("a", a, (long) n * n);
        device.require(a);
        if (n == 0) {
            return 0;
        }
        try (Turn turn = device.turn()) {
            device.requireNotRecording("an eigenvalue is waited for, it cannot be computed");
            OptionalDouble found = lanczos.largest(n, a);
            if (found.isPresent()) {
                return found.getAsDouble();
            }
            requireNumbers(a);
            // A copy of A, the eigenvalues, and the workspace. Scratch may move as it grows, so it is taken whole.
            int mode = cusolverEigMode.CUSOLVER_EIG_MODE_NOVECTOR;
            long before = 8L * n * (n + 1L);
            long scratch = device.scratch(before);
            scratch = device.scratch(before + workspace(mode, n, scratch, scratch));
            copy(a, scratch, Device.Type.F64);
            long values = scratch + 8L * n * n;
            syevd(mode, n, scratch, values, before);
            return device.number(values + 8L * (n - 1));
        }
    }

    /** LAPACK's syevd on the lower triangle of {@code a}, with a workspace behind {@code before} bytes of scratch. */
    private void syevd(int mode, int n, long a, long w, long before) {
        long bytes = workspace(mode, n, a, w);
        long scratch = device.scratch(before + bytes) + before;
        device.begin();
        checkSolver(
                JCusolverDn.cusolverDnDsyevd(
                        solver(), mode, cublasFillMode.CUBLAS_FILL_MODE_LOWER, n, new DevicePointer(a), n,
                        new DevicePointer(w), new DevicePointer(scratch + 8), (int) (bytes / 8 - 1),
                        new DevicePointer(scratch)),
                "cusolverDnDsyevd", n);
        // The reduction to a tridiagonal matrix, which is what there is at least.
        device.end("cusolverDnDsyevd", 8.0 * n * n, 4.0 / 3 * n * n * n, Device.Type.F64);
        int info = device.integer(scratch);
        if (info != 0) {
            throw new DeviceException(device.name() + ": dsyevd did not converge (info " + info + ")");
        }
    }

    /** Bytes that {@link #syevd} takes: its result, an int, and its workspace. */
    private long workspace(int mode, int n, long a, long w) {
        int[] size = new int[1];
        checkSolver(
                JCusolverDn.cusolverDnDsyevd_bufferSize(
                        solver(), mode, cublasFillMode.CUBLAS_FILL_MODE_LOWER, n, new DevicePointer(a), n,
                        new DevicePointer(w), size),
                "cusolverDnDsyevd_bufferSize", n);
        return 8 + 8L * size[0];
    }

    /** Refuses NaN and infinity, of which cuSOLVER says nothing. Waits. */
    private void requireNumbers(F64 a) {
        int blocks = blocks(a.length());
        long partials = device.scratch(8L * (MOST_BLOCKS + 1));
        long count = partials + 8L * MOST_BLOCKS;
        kernels.work(8.0 * a.length(), 0)
                .launch("lnr_not_finite", blocks, 1, THREADS, 0, a.length(), a, new Address(partials));
        addPartials(blocks, new Address(partials), new Address(count));
        double wrong = device.number(count);
        if (wrong != 0) {
            throw new DeviceException(
                    device.name() + ": dsyevd did not converge (" + (long) wrong + " elements are not finite)");
        }
    }

    /** cuSOLVER, made when it is first needed: loading it takes long. */
    private cusolverDnHandle solver() {
        if (solver == null) {
            Libraries.solver();
            cusolverDnHandle made = new cusolverDnHandle();
            checkSolver(JCusolverDn.cusolverDnCreate(made), "cusolverDnCreate");
            device.onClose(() -> JCusolverDn.cusolverDnDestroy(made));
            checkSolver(
                    JCusolverDn.cusolverDnSetStream(made, new cudaStream_t(device.stream())), "cusolverDnSetStream");
            solver = made;
        }
        return solver;
    }

    private void check(int status, String call, Object... arguments) {
        if (status != cublasStatus.CUBLAS_STATUS_SUCCESS) {
            throw device.failure(cublasStatus.stringFor(status), call, arguments);
        }
    }

    private void checkSolver(int status, String call, Object... arguments) {
        if (status != cusolverStatus.CUSOLVER_STATUS_SUCCESS) {
            throw device.failure(cusolverStatus.stringFor(status), call, arguments);
        }
    }
}
