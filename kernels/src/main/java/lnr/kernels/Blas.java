package lnr.kernels;

/**
 * Dense linear algebra, under BLAS's and LAPACK's names. Matrices are column-major: element (i, j) of a matrix with
 * leading dimension {@code ld} is at {@code i + j * ld}. Scalar results are written to the first element of a buffer,
 * so that nothing waits for them.
 */
public interface Blas {
    /**
     * C = alpha op(A) op(B) + beta C, in single precision.
     *
     * @param transA whether op(A) is A'
     * @param transB whether op(B) is B'
     * @param m rows of op(A) and C
     * @param n columns of op(B) and C
     * @param k columns of op(A), rows of op(B)
     * @param a (m, k), or (k, m) when transposed, leading dimension {@code lda}
     * @param b (k, n), or (n, k) when transposed, leading dimension {@code ldb}
     * @param c (m, n), leading dimension {@code ldc}. Modified; not read when {@code beta} is 0.
     */
    void gemm(
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
            int ldc);

    /** C = alpha op(A) op(B) + beta C, in double precision; arguments as in the single-precision form. */
    void gemm(
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
            int ldc);

    /**
     * C_b = alpha op(A_b) op(B_b) + beta C_b for b in [0, batch), in single precision: many products of one shape,
     * whose matrices are at fixed distances. With distance 0 all have the same A, or the same B. Arguments as
     * {@link #gemm}, but for
     *
     * @param a A_b begins at element b strideA, 0 or more
     * @param b B_b begins at element b strideB, 0 or more
     * @param c C_b begins at element b strideC, so far apart that none reaches into the next
     * @param batch 0 or more
     */
    void gemmStridedBatched(
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
            int batch);

    /** The same in double precision; arguments as in the single-precision form. */
    void gemmStridedBatched(
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
            int batch);

    /**
     * C = A'A, symmetric, both triangles: k n^2 flops, half of what a product takes, where the device saves them.
     *
     * @param n columns of A, 0 or more
     * @param k rows of A, 0 or more
     * @param a (k, n), column-major
     * @param c (n, n). Modified.
     */
    void gram(int n, int k, F64 a, F64 c);

    /** out = sum_i x_i y_i, summed in a fixed order. {@code out} has 1 element or more; its first is modified. */
    void dot(F64 x, F64 y, F64 out);

    /** y = x, of equal lengths, apart in memory. {@code y} is modified. */
    void copy(F64 x, F64 y);

    /** y = x, of equal lengths, apart in memory. {@code y} is modified. */
    void copy(F32 x, F32 y);

    /** y = x, each number rounded to the nearest of single precision, of equal lengths. {@code y} is modified. */
    void narrow(F64 x, F32 y);

    /** y = alpha x + y, of equal lengths. {@code y} is modified. */
    void axpy(double alpha, F64 x, F64 y);

    /** A_jj = A_jj + v_j for j in [0, n). {@code a} is (n, n), modified; {@code v} is (n). */
    void addDiagonal(int n, F64 a, F64 v);

    /**
     * A = L L' (LAPACK potrf, lower). Waits for the result.
     *
     * @param a (n, n) symmetric; its lower triangle is read and becomes L, its strict upper triangle is left alone
     * @return whether A is positive definite to working precision; when not, {@code a} is spoilt
     */
    boolean cholesky(int n, F64 a);

    /**
     * The same without a wait. Not for recordings: nothing says that cuSOLVER's calls can be captured.
     *
     * @param n 1 or more
     * @param positive 1 element or more: its first becomes 1 if A is positive definite to working precision, else 0
     */
    void cholesky(int n, F64 a, F64 positive);

    /**
     * B = B (L L')^-1, by two triangular solves: 2 h n^2 flops.
     *
     * @param l (n, n), the factor {@link #cholesky} left in the lower triangle
     * @param b (h, n). Modified.
     */
    void choleskySolve(int h, int n, F64 l, F64 b);

    /**
     * out = (L L')^-1, both triangles (LAPACK potri): 2/3 n^3 flops.
     *
     * @param l (n, n), the factor {@link #cholesky} left in the lower triangle; not modified
     * @param out (n, n). Modified.
     * @param work (n, n + 1). Modified.
     */
    void choleskyInverse(int n, F64 l, F64 out, F64 work);

    /**
     * A = V diag(w) V' (LAPACK syevd). Waits for the result.
     *
     * @param a (n, n) symmetric; becomes V, one eigenvector a column
     * @param w (n), becomes the eigenvalues, ascending
     */
    void eigen(int n, F64 a, F64 w);

    /**
     * The largest eigenvalue of a symmetric matrix, to a few units of rounding of its norm. Waits for the result.
     *
     * @param a (n, n) symmetric, not modified
     */
    double largestEigenvalue(int n, F64 a);
}
