// cuBLAS: the functions that the product calls, on a stream, by OpenBLAS.
#include "blas.h"

namespace emulated {
namespace {

struct Blas : LibraryHandle {
    Blas() : LibraryHandle("a cuBLAS handle") {}
    bool scalars_on_device = false;
    Touched workspace{"workspace", nullptr, 0}; // the program's, if it has given one for the stream
};

int status(int result) {
    switch (result) {
        case SUCCESS: return 0;
        case OUT_OF_MEMORY: return 3;     // CUBLAS_STATUS_ALLOC_FAILED
        case INVALID_HANDLE: return 1;    // CUBLAS_STATUS_NOT_INITIALIZED
        case INVALID_VALUE: return 7;     // CUBLAS_STATUS_INVALID_VALUE
        case NO_BINARY_FOR_GPU: return 8; // CUBLAS_STATUS_ARCH_MISMATCH
        case NOT_SUPPORTED: return 15;    // CUBLAS_STATUS_NOT_SUPPORTED
        default: return 13;               // CUBLAS_STATUS_EXECUTION_FAILED
    }
}

// Puts a call of a handle's on its stream. Stricter than cuBLAS, which works in memory of its own where the program has
// given none: that is shared between streams, and graphs then have it allocated whenever they run.
int call(const char* name, void* handle, const std::function<Work(Blas&)>& body) {
    return status(in_context(name, [=](Context& context) {
        auto blas = context.at<Blas>(handle);
        if (blas->workspace.address == nullptr) {
            throw Failure{NOT_SUPPORTED, "a handle without a workspace"};
        }
        Work work = body(*blas);
        work.name = name;
        work.touched.push_back(blas->workspace);
        submit(context.stream(blas->stream), std::move(work));
    }));
}

// cuBLAS's words for how to read a matrix, as BLAS's letters.
char operation(int value) {
    if (value < 0 || value > 2) {
        throw Failure{INVALID_VALUE, "operation " + std::to_string(value)};
    }
    return "NTC"[value];
}

char either(int value, const char* letters) {
    if (value < 0 || value > 1) {
        throw Failure{INVALID_VALUE, std::string("neither ") + letters[0] + " nor " + letters[1]};
    }
    return letters[value];
}

// A scalar is read at the call from the host, or when the work runs from the device.
template <typename T>
std::function<T()> scalar(const Blas& blas, const T* address, Work& work) {
    if (blas.scalars_on_device) {
        work.touched.push_back({"scalar", address, sizeof(T)});
        return [=] { return *address; };
    }
    T value = *address;
    return [=] { return value; };
}

template <typename T>
int gemm(const char* name, const char* routine, void* handle, int transa, int transb, int m, int n, int k,
    const T* alpha, const T* a, int lda, const T* b, int ldb, const T* beta, T* c, int ldc) {
    return call(name, handle, [=](Blas& blas) {
        char opa = operation(transa);
        char opb = operation(transb);
        using Routine = void(const char*, const char*, const int*, const int*, const int*, const T*, const T*,
            const int*, const T*, const int*, const T*, T*, const int*);
        Routine* run = openblas<Routine>(routine);
        Work work;
        work.touched = {
            matrix("a", a, opa == 'N' ? m : k, opa == 'N' ? k : m, lda),
            matrix("b", b, opb == 'N' ? k : n, opb == 'N' ? n : k, ldb),
            matrix("c", c, m, n, ldc),
        };
        auto with_alpha = scalar(blas, alpha, work);
        auto with_beta = scalar(blas, beta, work);
        work.run = [=]() -> Failure {
            T al = with_alpha();
            T be = with_beta();
            run(&opa, &opb, &m, &n, &k, &al, a, &lda, b, &ldb, &be, c, &ldc);
            return {};
        };
        return work;
    });
}

// The elements from the first of `count` matrices to the last's last: stride 0 is one matrix for all.
template <typename T>
Touched matrices(
    const char* name, const T* address, int rows, int columns, int leading, long long stride, int count) {
    Touched touched = matrix(name, address, rows, columns, leading);
    if (stride < 0) {
        throw Failure{INVALID_VALUE, std::string(name) + ": stride " + std::to_string(stride)};
    }
    if (touched.bytes > 0) {
        touched.bytes += size_t(count - 1) * stride * sizeof(T);
    }
    return touched;
}

template <typename T>
int gemm_strided_batched(const char* name, const char* routine, void* handle, int transa, int transb, int m, int n,
    int k, const T* alpha, const T* a, int lda, long long stridea, const T* b, int ldb, long long strideb,
    const T* beta, T* c, int ldc, long long stridec, int batch) {
    return call(name, handle, [=](Blas& blas) {
        char opa = operation(transa);
        char opb = operation(transb);
        if (batch < 1) {
            throw Failure{INVALID_VALUE, "a batch of " + std::to_string(batch)};
        }
        if (batch > 1 && stridec < (long long)(n - 1) * ldc + m) {
            throw Failure{INVALID_VALUE, "c: stride " + std::to_string(stridec) + ", less than a matrix"};
        }
        using Routine = void(const char*, const char*, const int*, const int*, const int*, const T*, const T*,
            const int*, const T*, const int*, const T*, T*, const int*);
        Routine* run = openblas<Routine>(routine);
        Work work;
        work.touched = {
            matrices("a", a, opa == 'N' ? m : k, opa == 'N' ? k : m, lda, stridea, batch),
            matrices("b", b, opb == 'N' ? k : n, opb == 'N' ? n : k, ldb, strideb, batch),
            matrices("c", c, m, n, ldc, stridec, batch),
        };
        auto with_alpha = scalar(blas, alpha, work);
        auto with_beta = scalar(blas, beta, work);
        work.run = [=]() -> Failure {
            T al = with_alpha();
            T be = with_beta();
            for (int i = 0; i < batch; i++) {
                run(&opa, &opb, &m, &n, &k, &al, a + i * stridea, &lda, b + i * strideb, &ldb, &be, c + i * stridec,
                    &ldc);
            }
            return {};
        };
        return work;
    });
}

template <typename T>
int syrk(const char* name, const char* routine, void* handle, int fill, int trans, int n, int k, const T* alpha,
    const T* a, int lda, const T* beta, T* c, int ldc) {
    return call(name, handle, [=](Blas& blas) {
        char uplo = either(fill, "LU");
        char op = operation(trans);
        using Routine = void(const char*, const char*, const int*, const int*, const T*, const T*, const int*, const T*,
            T*, const int*);
        Routine* run = openblas<Routine>(routine);
        Work work;
        work.touched = {matrix("a", a, op == 'N' ? n : k, op == 'N' ? k : n, lda), matrix("c", c, n, n, ldc)};
        auto with_alpha = scalar(blas, alpha, work);
        auto with_beta = scalar(blas, beta, work);
        work.run = [=]() -> Failure {
            T al = with_alpha();
            T be = with_beta();
            run(&uplo, &op, &n, &k, &al, a, &lda, &be, c, &ldc);
            return {};
        };
        return work;
    });
}

} // namespace

extern "C" {

int cublasCreate_v2(void** handle) {
    return status(in_context("cublasCreate", [=](Context& context) {
        refuse_while_capturing(context);
        openblas<void(int)>("openblas_set_num_threads")(1);
        *handle = context.open(std::make_shared<Blas>());
    }));
}

int cublasDestroy_v2(void* handle) {
    return status(in_context("cublasDestroy", [=](Context& context) { context.close<Blas>(handle); }));
}

// Takes the workspace away.
int cublasSetStream_v2(void* handle, void* stream) {
    return status(in_context("cublasSetStream", [=](Context& context) {
        context.stream(stream);
        auto blas = context.at<Blas>(handle);
        blas->stream = stream;
        blas->workspace.address = nullptr;
    }));
}

// The workspace is not used; but it has to be there whenever the handle is.
int cublasSetWorkspace_v2(void* handle, void* workspace, size_t bytes) {
    return status(in_context("cublasSetWorkspace",
        [=](Context& context) { context.at<Blas>(handle)->workspace = {"workspace", workspace, bytes}; }));
}

int cublasSetMathMode(void* handle, int) {
    return status(in_context("cublasSetMathMode", [=](Context& context) { context.at<Blas>(handle); }));
}

int cublasSetPointerMode_v2(void* handle, int mode) {
    return status(in_context("cublasSetPointerMode",
        [=](Context& context) { context.at<Blas>(handle)->scalars_on_device = either(mode, "HD") == 'D'; }));
}

int cublasGetVersion_v2(void* handle, int* version) {
    return status(in_context("cublasGetVersion", [=](Context& context) {
        context.at<Blas>(handle);
        *version = 120600;
    }));
}

int cublasSgemm_v2(void* handle, int transa, int transb, int m, int n, int k, const float* alpha, const float* a,
    int lda, const float* b, int ldb, const float* beta, float* c, int ldc) {
    return gemm("cublasSgemm", "sgemm_", handle, transa, transb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
}

int cublasDgemm_v2(void* handle, int transa, int transb, int m, int n, int k, const double* alpha, const double* a,
    int lda, const double* b, int ldb, const double* beta, double* c, int ldc) {
    return gemm("cublasDgemm", "dgemm_", handle, transa, transb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
}

int cublasSgemmStridedBatched(void* handle, int transa, int transb, int m, int n, int k, const float* alpha,
    const float* a, int lda, long long stridea, const float* b, int ldb, long long strideb, const float* beta, float* c,
    int ldc, long long stridec, int batch) {
    return gemm_strided_batched("cublasSgemmStridedBatched", "sgemm_", handle, transa, transb, m, n, k, alpha, a,
        lda, stridea, b, ldb, strideb, beta, c, ldc, stridec, batch);
}

int cublasDgemmStridedBatched(void* handle, int transa, int transb, int m, int n, int k, const double* alpha,
    const double* a, int lda, long long stridea, const double* b, int ldb, long long strideb, const double* beta,
    double* c, int ldc, long long stridec, int batch) {
    return gemm_strided_batched("cublasDgemmStridedBatched", "dgemm_", handle, transa, transb, m, n, k, alpha, a,
        lda, stridea, b, ldb, strideb, beta, c, ldc, stridec, batch);
}

int cublasSsyrk_v2(void* handle, int fill, int trans, int n, int k, const float* alpha, const float* a, int lda,
    const float* beta, float* c, int ldc) {
    return syrk("cublasSsyrk", "ssyrk_", handle, fill, trans, n, k, alpha, a, lda, beta, c, ldc);
}

int cublasDsyrk_v2(void* handle, int fill, int trans, int n, int k, const double* alpha, const double* a, int lda,
    const double* beta, double* c, int ldc) {
    return syrk("cublasDsyrk", "dsyrk_", handle, fill, trans, n, k, alpha, a, lda, beta, c, ldc);
}

int cublasDtrsm_v2(void* handle, int on, int fill, int trans, int unit, int m, int n, const double* alpha,
    const double* a, int lda, double* b, int ldb) {
    return call("cublasDtrsm", handle, [=](Blas& blas) {
        char side = either(on, "LR");
        char uplo = either(fill, "LU");
        char op = operation(trans);
        char diag = either(unit, "NU");
        using Routine = void(const char*, const char*, const char*, const char*, const int*, const int*, const double*,
            const double*, const int*, double*, const int*);
        Routine* run = openblas<Routine>("dtrsm_");
        int order = side == 'L' ? m : n;
        Work work;
        work.touched = {matrix("a", a, order, order, lda), matrix("b", b, m, n, ldb)};
        auto with_alpha = scalar(blas, alpha, work);
        work.run = [=]() -> Failure {
            double al = with_alpha();
            run(&side, &uplo, &op, &diag, &m, &n, &al, a, &lda, b, &ldb);
            return {};
        };
        return work;
    });
}

} // extern "C"

} // namespace emulated
