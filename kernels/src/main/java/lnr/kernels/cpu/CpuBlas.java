package lnr.kernels.cpu;

import static lnr.kernels.Shapes.atLeast;
import static lnr.kernels.Shapes.exactly;
import static lnr.kernels.Shapes.matrices;
import static lnr.kernels.Shapes.matrix;
import static lnr.kernels.Shapes.separateMatrices;

import java.util.Arrays;
import lnr.kernels.Blas;
import lnr.kernels.DeviceException;
import lnr.kernels.F32;
import lnr.kernels.F64;
import org.netlib.util.intW;

/** Dense linear algebra by OpenBLAS, products and solves cut into blocks of the result that threads share. */
final class CpuBlas extends CpuOperations implements Blas {
    /** Flops of a block of a product or a solve in double precision: enough to pay for handing it to a thread. */
    private static final double BLOCK = 2e6;

    /** The same in single precision, whose blocks are those of the network's layers. */
    private static final double BLOCK_F32 = 16e6;

    /** Rows or columns of a block of a product: each block packs the whole other operand anew. */
    private static final int BREADTH = 100;

    /** Rows of a block of a solve: each block packs the whole factor anew. */
    private static final int HEIGHT = 100;

    /** The same where there are few rows, fewer than 4 HEIGHT. */
    private static final int LOW = 32;

    /** Columns of a block of a Gram matrix. */
    private static final int PANEL = 64;

    private static final int CHUNK = 1 << 15;

    private final Cholesky cholesky;

    CpuBlas(CpuDevice device) {
        super(device);
        this.cholesky = new Cholesky(workers);
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
        float[] aa = array(a);
        float[] ba = array(b);
        float[] ca = array(c);
        if (k == 0) { // OpenBLAS's binding takes no empty operands
            for (int j = 0; j < n; j++) {
                for (int i = at(c) + j * ldc; i < at(c) + j * ldc + m; i++) {
                    ca[i] = beta == 0 ? 0 : beta * ca[i];
                }
            }
            return;
        }
        String ta = transA ? "T" : "N";
        String tb = transB ? "T" : "N";
        boolean byColumns = n >= m;
        int pieces = pieces(m, n, k, BLOCK_F32);
        workers.run(pieces, piece -> {
            int from = Pieces.start(piece, pieces, byColumns ? n : m, 16);
            int count = Pieces.start(piece + 1, pieces, byColumns ? n : m, 16) - from;
            if (byColumns) {
                OpenBlas.BLAS.sgemm(
                        ta, tb, m, count, k, alpha, aa, at(a), lda, ba, at(b) + (transB ? from : from * ldb), ldb, beta,
                        ca, at(c) + from * ldc, ldc);
            } else {
                OpenBlas.BLAS.sgemm(
                        ta, tb, count, n, k, alpha, aa, at(a) + (transA ? from * lda : from), lda, ba, at(b), ldb, beta,
                        ca, at(c) + from, ldc);
            }
        });
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
        double[] aa = array(a);
        double[] ba = array(b);
        double[] ca = array(c);
        if (k == 0) { // OpenBLAS's binding takes no empty operands
            for (int j = 0; j < n; j++) {
                for (int i = at(c) + j * ldc; i < at(c) + j * ldc + m; i++) {
                    ca[i] = beta == 0 ? 0 : beta * ca[i];
                }
            }
            return;
        }
        if (n == 1 && !transA) {
            gemv(m, k, alpha, aa, at(a), lda, ba, at(b), transB ? ldb : 1, beta, ca, at(c));
            return;
        }
        String ta = transA ? "T" : "N";
        String tb = transB ? "T" : "N";
        boolean byColumns = n >= m;
        int pieces = pieces(m, n, k, BLOCK);
        workers.run(pieces, piece -> {
            int from = Pieces.start(piece, pieces, byColumns ? n : m, 16);
            int count = Pieces.start(piece + 1, pieces, byColumns ? n : m, 16) - from;
            if (byColumns) {
                OpenBlas.BLAS.dgemm(
                        ta, tb, m, count, k, alpha, aa, at(a), lda, ba, at(b) + (transB ? from : from * ldb), ldb, beta,
                        ca, at(c) + from * ldc, ldc);
            } else {
                OpenBlas.BLAS.dgemm(
                        ta, tb, count, n, k, alpha, aa, at(a) + (transA ? from * lda : from), lda, ba, at(b), ldb, beta,
                        ca, at(c) + from, ldc);
            }
        });
    }

    /** y = alpha A x + beta y, A being (m, k): as fast as A can be read, where a product would copy it first. */
    private void gemv(
            int m, int k, double alpha, double[] a, int ao, int lda, double[] x, int xo, int step, double beta,
            double[] y, int yo) {
        int pieces = Pieces.of((double) m * k, CHUNK);
        workers.run(pieces, piece -> {
            int from = Pieces.start(piece, pieces, m, 8);
            int count = Pieces.start(piece + 1, pieces, m, 8) - from;
            if (beta == 0) {
                Arrays.fill(y, yo + from, yo + from + count, 0);
            }
            if (count > 0) {
                OpenBlas.BLAS.dgemv("N", count, k, alpha, a, ao + from, lda, x, xo, step, beta, y, yo + from, 1);
            }
        });
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
        requireOpen(a, b, c);
        if (m == 0 || n == 0) {
            return;
        }
        for (int i = 0; i < batch; i++) {
            gemm(
                    transA, transB, m, n, k, alpha, from(a, k == 0 ? 0 : i * strideA), lda,
                    from(b, k == 0 ? 0 : i * strideB), ldb, beta, from(c, i * strideC), ldc);
        }
    }

    private static F32 from(F32 buffer, long first) {
        return buffer.slice(first, buffer.length() - first);
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
        requireOpen(a, b, c);
        if (m == 0 || n == 0) {
            return;
        }
        for (int i = 0; i < batch; i++) {
            gemm(
                    transA, transB, m, n, k, alpha, from(a, k == 0 ? 0 : i * strideA), lda,
                    from(b, k == 0 ? 0 : i * strideB), ldb, beta, from(c, i * strideC), ldc);
        }
    }

    private static F64 from(F64 buffer, long first) {
        return buffer.slice(first, buffer.length() - first);
    }

    /** Blocks of an (m, n) product over k, along its longer side. */
    private static int pieces(int m, int n, int k, double block) {
        return Math.min(Pieces.of(2.0 * m * n * k, block), Pieces.of(Math.max(m, n), BREADTH));
    }

    @Override
    public void gram(int n, int k, F64 a, F64 c) {
        atLeast("n", n, 0);
        atLeast("k", k, 0);
        exactly("a", a, (long) k * n);
        exactly("c", c, (long) n * n);
        if (k == 0) {
            c.clear();
            return;
        }
        double[] aa = array(a);
        double[] ca = array(c);
        int panels = (n + PANEL - 1) / PANEL;
        workers.run(panels, i -> {
            int from = (panels - 1 - i) * PANEL; // the longest first
            int end = Math.min(n, from + PANEL);
            OpenBlas.BLAS.dgemm(
                    "T", "N", end, end - from, k, 1, aa, at(a), k, aa, at(a) + from * k, k, 0, ca, at(c) + from * n, n);
        });
        cholesky.mirror(n, ca, at(c));
    }

    @Override
    public void dot(F64 x, F64 y, F64 out) {
        exactly("y", y, x.length());
        atLeast("out", out, 1);
        double[] xa = array(x);
        double[] ya = array(y);
        int n = (int) x.length();
        double[] sums = new double[(n + CHUNK - 1) / CHUNK];
        workers.run(sums.length, i -> {
            int from = i * CHUNK;
            int count = Math.min(CHUNK, n - from);
            sums[i] = OpenBlas.BLAS.ddot(count, xa, at(x) + from, 1, ya, at(y) + from, 1);
        });
        double sum = 0;
        for (double s : sums) {
            sum += s;
        }
        array(out)[at(out)] = sum;
    }

    @Override
    public void copy(F64 x, F64 y) {
        exactly("y", y, x.length());
        copy(array(x), at(x), array(y), at(y), (int) x.length());
    }

    @Override
    public void copy(F32 x, F32 y) {
        exactly("y", y, x.length());
        copy(array(x), at(x), array(y), at(y), (int) x.length());
    }

    private void copy(Object x, int xo, Object y, int yo, int n) {
        workers.run((int) (((long) n + CHUNK - 1) / CHUNK), piece -> {
            int from = piece * CHUNK;
            System.arraycopy(x, xo + from, y, yo + from, Math.min(CHUNK, n - from));
        });
    }

    @Override
    public void narrow(F64 x, F32 y) {
        exactly("y", y, x.length());
        double[] xa = array(x);
        float[] ya = array(y);
        int n = (int) x.length();
        workers.run((n + CHUNK - 1) / CHUNK, piece -> {
            int xo = at(x) + piece * CHUNK;
            int yo = at(y) + piece * CHUNK;
            int count = Math.min(CHUNK, n - piece * CHUNK);
            for (int i = 0; i < count; i++) {
                ya[yo + i] = (float) xa[xo + i];
            }
        });
    }

    @Override
    public void axpy(double alpha, F64 x, F64 y) {
        exactly("y", y, x.length());
        double[] xa = array(x);
        double[] ya = array(y);
        int n = (int) x.length();
        int pieces = (n + CHUNK - 1) / CHUNK;
        workers.run(pieces, piece -> {
            int from = piece * CHUNK;
            int xo = at(x) + from;
            int yo = at(y) + from;
            int count = Math.min(CHUNK, n - from);
            for (int i = 0; i < count; i++) {
                ya[yo + i] += alpha * xa[xo + i];
            }
        });
    }

    @Override
    public void addDiagonal(int n, F64 a, F64 v) {
        exactly("a", a, (long) n * n);
        exactly("v", v, n);
        double[] aa = array(a);
        double[] va = array(v);
        for (int j = 0; j < n; j++) {
            aa[at(a) + j * n + j] += va[at(v) + j];
        }
    }

    @Override
    public boolean cholesky(int n, F64 a) {
        atLeast("n", n, 0);
        exactly("a", a, (long) n * n);
        return cholesky.factor(n, array(a), at(a));
    }

    @Override
    public void cholesky(int n, F64 a, F64 positive) {
        atLeast("n", n, 1);
        atLeast("positive", positive, 1);
        array(positive)[at(positive)] = cholesky(n, a) ? 1 : 0;
    }

    @Override
    public void choleskySolve(int h, int n, F64 l, F64 b) {
        atLeast("h", h, 0);
        atLeast("n", n, 0);
        exactly("l", l, (long) n * n);
        exactly("b", b, (long) h * n);
        double[] la = array(l);
        double[] ba = array(b);
        if (h == 1 && n > 0) {
            OpenBlas.BLAS.dtrsv("L", "N", "N", n, la, at(l), n, ba, at(b), 1);
            OpenBlas.BLAS.dtrsv("L", "T", "N", n, la, at(l), n, ba, at(b), 1);
            return;
        }
        int pieces = Math.min(Pieces.of(2.0 * h * n * n, BLOCK), Pieces.of(h, h < 4 * HEIGHT ? LOW : HEIGHT));
        workers.run(pieces, piece -> {
            int from = Pieces.start(piece, pieces, h, 8);
            int rows = Pieces.start(piece + 1, pieces, h, 8) - from;
            if (rows > 0 && n > 0) {
                // The binding's bounds check takes a window of rows for one of whole columns, so rows are packed.
                double[] block = new double[rows * n];
                for (int j = 0; j < n; j++) {
                    System.arraycopy(ba, at(b) + j * h + from, block, j * rows, rows);
                }
                OpenBlas.BLAS.dtrsm("R", "L", "T", "N", rows, n, 1, la, at(l), n, block, 0, rows);
                OpenBlas.BLAS.dtrsm("R", "L", "N", "N", rows, n, 1, la, at(l), n, block, 0, rows);
                for (int j = 0; j < n; j++) {
                    System.arraycopy(block, j * rows, ba, at(b) + j * h + from, rows);
                }
            }
        });
    }

    @Override
    public void choleskyInverse(int n, F64 l, F64 out, F64 work) {
        atLeast("n", n, 0);
        exactly("l", l, (long) n * n);
        exactly("out", out, (long) n * n);
        exactly("work", work, n * (n + 1L));
        cholesky.invert(n, array(l), at(l), array(out), at(out), array(work), at(work));
    }

    @Override
    public void eigen(int n, F64 a, F64 w) {
        exactly("a", a, (long) n * n);
        exactly("w", w, n);
        if (n == 0) {
            return;
        }
        double[] work = new double[1];
        int[] iwork = new int[1];
        intW info = new intW(0);
        OpenBlas.LAPACK.dsyevd(
                "V", "L", n, array(a), at(a), n, array(w), at(w), work, 0, -1, iwork, 0, -1, info);
        work = new double[(int) work[0]];
        iwork = new int[iwork[0]];
        OpenBlas.LAPACK.dsyevd(
                "V", "L", n, array(a), at(a), n, array(w), at(w), work, 0, work.length, iwork, 0, iwork.length, info);
        if (info.val != 0) {
            throw new DeviceException("cpu: dsyevd did not converge (info " + info.val + ")");
        }
    }

    @Override
    public double largestEigenvalue(int n, F64 a) {
        atLeast("n", n, 0);
        exactly("a", a, (long) n * n);
        if (n == 0) {
            return 0;
        }
        double[] copy = new double[n * n];
        System.arraycopy(array(a), at(a), copy, 0, n * n);
        double[] values = new double[n];
        // No eigenvectors are asked for, but netlib checks room for them.
        double[] vectors = new double[n];
        intW found = new intW(0);
        intW info = new intW(0);
        double[] work = new double[Math.max(1, 72 * n)];
        int[] iwork = new int[Math.max(1, 10 * n)];
        OpenBlas.LAPACK.dsyevr(
                "N", "I", "L", n, copy, 0, n, 0, 0, n, n, 0, found, values, 0, vectors, 0, 1, new int[2 * n], 0, work,
                0, work.length, iwork, 0, iwork.length, info);
        if (info.val != 0) {
            throw new DeviceException("cpu: dsyevr did not converge (info " + info.val + ")");
        }
        return values[0];
    }
}
