// cuBLAS: the functions that the product calls, on a stream, by OpenBLAS.
#include "blas.h"

namespace emulated {
namespace {

struct Blas : LibraryHandle {
    Blas() : LibraryHandle("a cuBLAS handle") {}
    bool scalars_on_device = false;
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

// Puts a call of a handle's on its stream.
int call(const char* name, void* handle, const std::function<Work(Blas&)>& body) {
    return status(in_context(name, [=](Context& context) {
        auto blas = context.at<Blas>(handle);
        Work work = body(*blas);
        work.name = name;
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

int cublasSetStream_v2(void* handle, void* stream) {
    return status(in_context("cublasSetStream", [=](Context& context) {
        context.stream(stream);
        context.at<Blas>(handle)->stream = stream;
    }));
}

// The workspace is not used; but it has to be there whenever the handle is.
int cublasSetWorkspace_v2(void* handle, void* workspace, size_t bytes) {
    return status(in_context("cublasSetWorkspace", [=](Context& context) {
        auto blas = context.at<Blas>(handle);
        submit(context.stream(blas->stream),
            {"cublasSetWorkspace", {{"workspace", workspace, bytes}}, [] { return Failure(); }});
    }));
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
