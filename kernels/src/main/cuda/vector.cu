// What linear algebra needs beside cuBLAS and cuSOLVER. Twin: lnr.kernels.cpu.CpuBlas; tests: BlasContract and
// FactorisationContract; benchmark: BlasBenchmark.
#include "lnr.cuh"

// Elements 2 i and 2 i + 1 of an array of n, 0 beyond its end: one 16-byte load where the array's address allows it.
__device__ inline double2 pair(const double* x, long long i, long long n, bool wide) {
    if (wide && 2 * i + 1 < n) {
        return reinterpret_cast<const double2*>(x)[i];
    }
    return make_double2(x[2 * i], 2 * i + 1 < n ? x[2 * i + 1] : 0);
}

// partials_b = sum of x_i y_i over block b's share.
//
// Shapes:   x, y (n); partials (blocks).
// Launch:   blocks of 256 threads, their number a function of n alone; thread t of all takes the pairs of elements
//           t, t + threads, t + 2 threads and so on.
// Bound:    16 n bytes, 2 n flops: memory.
// Numerics: a thread adds its products in ascending order into two sums, of even and of odd elements; then they, the
//           warp's and the block's are added as in lnr.cuh. The alignment of x and y changes nothing.
// With one block partials is the result; otherwise lnr_sum adds them up.
KERNEL(256) void lnr_dot(long long n, const double* x, const double* y, double* partials) {
    bool xWide = aligned<16>(x);
    bool yWide = aligned<16>(y);
    double even = 0;
    double odd = 0;
    for (long long i = grid_thread(); 2 * i < n; i += grid_threads()) {
        double2 a = pair(x, i, n, xWide);
        double2 b = pair(y, i, n, yWide);
        even = fma(a.x, b.x, even);
        odd = fma(a.y, b.y, odd);
    }
    double sum = block_sum<256>(even + odd);
    if (threadIdx.x == 0) {
        partials[blockIdx.x] = sum;
    }
}

// out = sum of values_i.
//
// Shapes:   values (n); out (1).
// Launch:   one block of 256 threads.
// Bound:    latency; 8 n bytes of what an earlier kernel has just written.
// Numerics: thread t adds values t, t + 256, ..., then the block's threads are added as in lnr.cuh.
KERNEL(256) void lnr_sum(int n, const double* values, double* out) {
    double sum = 0;
    for (int i = threadIdx.x; i < n; i += 256) {
        sum += values[i];
    }
    sum = block_sum<256>(sum);
    if (threadIdx.x == 0) {
        *out = sum;
    }
}

// partials_b = how many of block b's share of x are NaN or infinite.
//
// Shapes, launch: as lnr_dot.
// Bound:    8 n bytes: memory.
// Numerics: counts, exact. What stands in for an element beyond the end is finite.
KERNEL(256) void lnr_not_finite(long long n, const double* x, double* partials) {
    bool wide = aligned<16>(x);
    double count = 0;
    for (long long i = grid_thread(); 2 * i < n; i += grid_threads()) {
        double2 a = pair(x, i, n, wide);
        count += !(a.x - a.x == 0);
        count += !(a.y - a.y == 0);
    }
    count = block_sum<256>(count);
    if (threadIdx.x == 0) {
        partials[blockIdx.x] = count;
    }
}

// y = alpha x + y.
//
// Shapes:   x, y (n).
// Launch:   blocks of 256 threads, a pair of elements each.
// Bound:    24 n bytes, 2 n flops: memory.
// Numerics: one rounding an element.
KERNEL(256) void lnr_axpy(long long n, double alpha, const double* x, double* y) {
    long long i = grid_thread();
    if (2 * i >= n) {
        return;
    }
    double2 a = pair(x, i, n, aligned<16>(x));
    double2 b = pair(y, i, n, aligned<16>(y));
    b.x = fma(alpha, a.x, b.x);
    b.y = fma(alpha, a.y, b.y);
    if (aligned<16>(y) && 2 * i + 1 < n) {
        reinterpret_cast<double2*>(y)[i] = b;
    } else {
        y[2 * i] = b.x;
        if (2 * i + 1 < n) {
            y[2 * i + 1] = b.y;
        }
    }
}

// y = x, rounded to single precision.
//
// Shapes:   x, y (n).
// Launch:   blocks of 256 threads, four elements each.
// Bound:    12 n bytes: memory.
// Numerics: to the nearest, ties to even; beyond the largest number, infinity.
KERNEL(256) void lnr_narrow(long long n, const double* x, float* y) {
    long long i = 4 * grid_thread();
    if (i >= n) {
        return;
    }
    double2 a = pair(x, i / 2, n, aligned<16>(x));
    double2 b = i + 2 < n ? pair(x, i / 2 + 1, n, aligned<16>(x)) : make_double2(0, 0);
    Numbers<4, float> narrow = {
        {static_cast<float>(a.x), static_cast<float>(a.y), static_cast<float>(b.x), static_cast<float>(b.y)}};
    if (i + 4 <= n) {
        store(y + i, narrow, aligned<16>(y));
    } else {
        for (int j = 0; j < n - i; j++) {
            y[i + j] = narrow.at[j];
        }
    }
}

// A_jj = A_jj + v_j.
//
// Shapes:   a (n, n) column-major; v (n).
// Launch:   blocks of 256 threads, a diagonal element each.
// Bound:    latency: a sector of 32 bytes for each element.
// Numerics: one rounding an element.
KERNEL(256) void lnr_add_diagonal(int n, double* a, const double* v) {
    long long j = grid_thread();
    if (j < n) {
        a[j * (n + 1LL)] += v[j];
    }
}

// A = I.
//
// Shapes:   a (n, n) column-major.
// Launch:   blocks of 256 threads, a pair of elements each.
// Bound:    8 n^2 bytes: memory.
// Numerics: exact.
KERNEL(256) void lnr_identity(int n, double* a) {
    long long size = static_cast<long long>(n) * n;
    long long i = 2 * grid_thread();
    if (i >= size) {
        return;
    }
    double first = i % (n + 1LL) == 0 ? 1 : 0;
    if (i + 1 < size) {
        double second = (i + 1) % (n + 1LL) == 0 ? 1 : 0;
        store(a + i, Numbers<2>{{first, second}}, aligned<16>(a));
    } else {
        a[i] = first;
    }
}

// out_0 = 1 when info is 0 and every diagonal element of A positive, else 0: whether a Cholesky factorisation held,
// since a NaN passes potrf unnoticed and then reaches the diagonal.
//
// Shapes:   info (1), potrf's; a (n, n) column-major; out (1).
// Launch:   one block of 256 threads.
// Bound:    latency.
// Numerics: comparisons and counts, exact.
KERNEL(256) void lnr_positive_diagonal(int n, const double* a, const int* info, double* out) {
    double wrong = *info != 0;
    for (int j = threadIdx.x; j < n; j += 256) {
        wrong += !(a[j * (n + 1LL)] > 0);
    }
    wrong = block_sum<256>(wrong);
    if (threadIdx.x == 0) {
        *out = wrong == 0;
    }
}

// w = A v for a symmetric A.
//
// Shapes:   a (n, n), v, w (n).
// Launch:   a warp for each element of w, eight to a block.
// Bound:    8 n^2 bytes, 2 n^2 flops: memory, or the cache that A fits into.
// Numerics: w_j is column j times v: lane l adds pairs l, l + 32, ... in ascending order, lane 0 the element before the
//           first pair and lane 31 the one behind the last, where there are any; then the warp. The parity of n and j
//           says where pairs begin; the alignment of a and v changes nothing.
KERNEL(256) void lnr_multiply_symmetric(int n, const double* a, const double* v, double* w) {
    int j = blockIdx.x * (256 / WARP) + warp();
    if (j >= n) {
        return;
    }
    const double* column = a + static_cast<long long>(j) * n;
    int odd = static_cast<int>(static_cast<long long>(j) * n % 2);
    bool columnWide = aligned<16>(column + odd);
    bool vWide = aligned<16>(v + odd);
    double sum = 0;
    walk<WARP, 4>(n, odd, [&](auto width, int i) {
        auto x = load<width.value>(column + i, columnWide);
        auto y = load<width.value>(v + i, vWide);
        for (int k = 0; k < width.value; k++) {
            sum = fma(x.at[k], y.at[k], sum);
        }
    });
    sum = warp_sum(sum);
    if (lane() == 0) {
        w[j] = sum;
    }
}

// One step of Lanczos's process behind w = A q_j: alpha_j = q_j' w; w becomes orthogonal to all of q_0 ... q_j;
// beta_j = ||w||; q_(j+1) = w / beta_j, or 0 where beta_j is.
//
// Shapes:   q (n, j + 2 or more) column-major; w (n), modified; alpha, beta (j + 1 or more); j < 512.
// Launch:   one block of 512 threads.
// Bound:    32 n (j + 1) bytes from the cache, through one multiprocessor; it replaces five launches.
// Numerics: classical Gram-Schmidt, twice, which leaves q orthogonal to working precision (Giraud et al., 2005). Inner
//           products: lane l adds elements l, l + 32, ... in ascending order, then the warp.
KERNEL(512) void lnr_lanczos_step(int n, int j, double* q, double* w, double* alpha, double* beta) {
    SHARED(double, c, 512);
    double diagonal = 0;
    for (int pass = 0; pass < 2; pass++) {
        for (int k = warp(); k <= j; k += 512 / WARP) {
            const double* column = q + static_cast<long long>(k) * n;
            double sum = 0;
            for (int i = lane(); i < n; i += WARP) {
                sum = fma(column[i], w[i], sum);
            }
            sum = warp_sum(sum);
            if (lane() == 0) {
                c[k] = sum;
            }
        }
        __syncthreads();
        diagonal += c[j];
        for (int i = threadIdx.x; i < n; i += 512) {
            double value = w[i];
            for (int k = 0; k <= j; k++) {
                value = fma(-c[k], q[i + static_cast<long long>(k) * n], value);
            }
            w[i] = value;
        }
        __syncthreads();
    }
    double squares = 0;
    for (int i = threadIdx.x; i < n; i += 512) {
        squares = fma(w[i], w[i], squares);
    }
    double norm = sqrt(block_sum<512>(squares));
    double* next = q + (j + 1LL) * n;
    for (int i = threadIdx.x; i < n; i += 512) {
        next[i] = norm > 0 ? w[i] / norm : 0;
    }
    if (threadIdx.x == 0) {
        alpha[j] = diagonal;
        beta[j] = norm;
    }
}
