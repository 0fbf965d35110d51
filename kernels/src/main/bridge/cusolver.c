// libcusolver.so.11, by way of another version of it.
#include "forward.h"

static const char* const LIBRARIES[] = {"libcusolver.so.12", NULL};

enum { MISSING = 9 }; // CUSOLVER_STATUS_NOT_SUPPORTED

typedef void* Handle;
typedef void* Stream;

FORWARD(cusolverDnCreate, (Handle * handle), (handle))
FORWARD(cusolverDnDestroy, (Handle handle), (handle))
FORWARD(cusolverDnSetStream, (Handle handle, Stream stream), (handle, stream))
FORWARD(cusolverDnDpotrf_bufferSize, (Handle handle, int fill, int n, double* a, int lda, int* size),
        (handle, fill, n, a, lda, size))
FORWARD(cusolverDnDpotrf,
        (Handle handle, int fill, int n, double* a, int lda, double* workspace, int size, int* info),
        (handle, fill, n, a, lda, workspace, size, info))
FORWARD(cusolverDnDsyevd_bufferSize,
        (Handle handle, int mode, int fill, int n, const double* a, int lda, const double* w, int* size),
        (handle, mode, fill, n, a, lda, w, size))
FORWARD(cusolverDnDsyevd,
        (Handle handle, int mode, int fill, int n, double* a, int lda, double* w, double* workspace, int size,
         int* info),
        (handle, mode, fill, n, a, lda, w, workspace, size, info))
