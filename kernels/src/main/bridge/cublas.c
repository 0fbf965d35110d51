// libcublas.so.12, by way of another version of it.
#include "forward.h"

static const char* const LIBRARIES[] = {"libcublas.so.13", NULL};

enum { MISSING = 15 }; // CUBLAS_STATUS_NOT_SUPPORTED

typedef void* Handle;
typedef void* Stream;

FORWARD(cublasCreate_v2, (Handle * handle), (handle))
FORWARD(cublasDestroy_v2, (Handle handle), (handle))
FORWARD(cublasGetVersion_v2, (Handle handle, int* version), (handle, version))
FORWARD(cublasSetStream_v2, (Handle handle, Stream stream), (handle, stream))
FORWARD(cublasSetMathMode, (Handle handle, int mode), (handle, mode))
FORWARD(cublasSetWorkspace_v2, (Handle handle, void* workspace, size_t bytes), (handle, workspace, bytes))
FORWARD(cublasSgemm_v2,
        (Handle handle, int ta, int tb, int m, int n, int k, const float* alpha, const float* a, int lda,
         const float* b, int ldb, const float* beta, float* c, int ldc),
        (handle, ta, tb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc))
FORWARD(cublasDgemm_v2,
        (Handle handle, int ta, int tb, int m, int n, int k, const double* alpha, const double* a, int lda,
         const double* b, int ldb, const double* beta, double* c, int ldc),
        (handle, ta, tb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc))
FORWARD(cublasSgemmStridedBatched,
        (Handle handle, int ta, int tb, int m, int n, int k, const float* alpha, const float* a, int lda,
         long long stride_a, const float* b, int ldb, long long stride_b, const float* beta, float* c, int ldc,
         long long stride_c, int batch),
        (handle, ta, tb, m, n, k, alpha, a, lda, stride_a, b, ldb, stride_b, beta, c, ldc, stride_c, batch))
FORWARD(cublasDgemmStridedBatched,
        (Handle handle, int ta, int tb, int m, int n, int k, const double* alpha, const double* a, int lda,
         long long stride_a, const double* b, int ldb, long long stride_b, const double* beta, double* c, int ldc,
         long long stride_c, int batch),
        (handle, ta, tb, m, n, k, alpha, a, lda, stride_a, b, ldb, stride_b, beta, c, ldc, stride_c, batch))
FORWARD(cublasDtrsm_v2,
        (Handle handle, int side, int fill, int ta, int diagonal, int m, int n, const double* alpha, const double* a,
         int lda, double* b, int ldb),
        (handle, side, fill, ta, diagonal, m, n, alpha, a, lda, b, ldb))
