// cuSOLVER: Cholesky factorisation and eigenvalues, on a stream, by OpenBLAS's LAPACK.
#include <algorithm>
#include <cmath>

#include "blas.h"

namespace emulated {
namespace {

struct Solver : LibraryHandle {
    Solver() : LibraryHandle("a cuSOLVER handle") {}
};

int status(int result) {
    switch (result) {
        case SUCCESS: return 0;
        case INVALID_HANDLE: return 1;    // CUSOLVER_STATUS_NOT_INITIALIZED
        case OUT_OF_MEMORY: return 2;     // CUSOLVER_STATUS_ALLOC_FAILED
        case INVALID_VALUE: return 3;     // CUSOLVER_STATUS_INVALID_VALUE
        case NO_BINARY_FOR_GPU: return 4; // CUSOLVER_STATUS_ARCH_MISMATCH
        case NOT_SUPPORTED: return 9;     // CUSOLVER_STATUS_NOT_SUPPORTED
        default: return 6;                // CUSOLVER_STATUS_EXECUTION_FAILED
    }
}

char triangle(int fill) {
    if (fill < 0 || fill > 1) {
        throw Failure{INVALID_VALUE, "triangle " + std::to_string(fill)};
    }
    return "LU"[fill];
}

// LAPACK here needs less of a workspace, but a program has to give what it was told to.
int workspace(int n) {
    return 2 * n * n + 64 * n + 64;
}

Touched workspace(double* work, int length, int n) {
    if (length < workspace(n)) {
        throw Failure{INVALID_VALUE, "a workspace of " + std::to_string(length) + " numbers, expected "
                + std::to_string(workspace(n))};
    }
    return {"workspace", work, length * sizeof(double)};
}

// Whether a triangle has neither NaN nor infinity. cuSOLVER says nothing of them, and gives what it may.
bool finite(char uplo, int n, const double* a, int lda) {
    for (int j = 0; j < n; j++) {
        for (int i = uplo == 'L' ? j : 0; i < (uplo == 'L' ? n : j + 1); i++) {
            if (!std::isfinite(a[i + size_t(j) * lda])) {
                return false;
            }
        }
    }
    return true;
}

} // namespace

extern "C" {

int cusolverDnCreate(void** handle) {
    return status(in_context("cusolverDnCreate", [=](Context& context) {
        refuse_while_capturing(context);
        *handle = context.open(std::make_shared<Solver>());
    }));
}

int cusolverDnDestroy(void* handle) {
    return status(in_context("cusolverDnDestroy", [=](Context& context) { context.close<Solver>(handle); }));
}

int cusolverDnSetStream(void* handle, void* stream) {
    return status(in_context("cusolverDnSetStream", [=](Context& context) {
        context.stream(stream);
        context.at<Solver>(handle)->stream = stream;
    }));
}

int cusolverDnDpotrf_bufferSize(void* handle, int fill, int n, double* a, int lda, int* length) {
    return status(in_context("cusolverDnDpotrf_bufferSize", [=](Context& context) {
        context.at<Solver>(handle);
        triangle(fill);
        matrix("a", a, n, n, lda);
        *length = workspace(n);
    }));
}

int cusolverDnDpotrf(void* handle, int fill, int n, double* a, int lda, double* work, int length, int* info) {
    return status(in_context("cusolverDnDpotrf", [=](Context& context) {
        auto solver = context.at<Solver>(handle);
        char uplo = triangle(fill);
        auto* potrf = openblas<void(const char*, const int*, double*, const int*, int*, size_t)>("dpotrf_");
        submit(context.stream(solver->stream),
            {"cusolverDnDpotrf",
                {matrix("a", a, n, n, lda), workspace(work, length, n), {"info", info, sizeof(int)}},
                [=]() -> Failure {
                    poison(work, length * sizeof(double));
                    int result;
                    potrf(&uplo, &n, a, &lda, &result, 1);
                    *info = result;
                    return {};
                }});
    }));
}

int cusolverDnDsyevd_bufferSize(void* handle, int vectors, int fill, int n, const double* a, int lda, const double*,
    int* length) {
    return status(in_context("cusolverDnDsyevd_bufferSize", [=](Context& context) {
        context.at<Solver>(handle);
        if (vectors < 0 || vectors > 1) {
            throw Failure{INVALID_VALUE, "mode " + std::to_string(vectors)};
        }
        triangle(fill);
        matrix("a", a, n, n, lda);
        *length = workspace(n);
    }));
}

int cusolverDnDsyevd(void* handle, int vectors, int fill, int n, double* a, int lda, double* w, double* work,
    int length, int* info) {
    return status(in_context("cusolverDnDsyevd", [=](Context& context) {
        auto solver = context.at<Solver>(handle);
        char uplo = triangle(fill);
        char job = vectors == 0 ? 'N' : 'V';
        auto* syevd = openblas<void(const char*, const char*, const int*, double*, const int*, double*, double*,
            const int*, int*, const int*, int*, size_t, size_t)>("dsyevd_");
        submit(context.stream(solver->stream),
            {"cusolverDnDsyevd",
                {matrix("a", a, n, n, lda), matrix("w", w, n, 1, n), workspace(work, length, n),
                    {"info", info, sizeof(int)}},
                [=]() -> Failure {
                    poison(work, length * sizeof(double));
                    if (!finite(uplo, n, a, lda)) {
                        std::fill(w, w + n, 0.0);
                        *info = 0;
                        return {};
                    }
                    std::vector<int> indices(3 + 5 * n);
                    int count = static_cast<int>(indices.size());
                    int result;
                    syevd(&job, &uplo, &n, a, &lda, w, work, &length, indices.data(), &count, &result, 1, 1);
                    *info = result;
                    return {};
                }});
    }));
}

} // extern "C"

} // namespace emulated
