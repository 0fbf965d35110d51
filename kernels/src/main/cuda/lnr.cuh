// What every family of kernels shares: how a kernel and its shared memory are declared, sums over a warp and a block,
// and the few instructions that C++ has no name for, each with a twin in plain C++ for devices (and hosts) without it.
//
// Self-contained: NVRTC compiles it without a single standard header. Blocks are one-dimensional throughout. Sums are
// taken in an order that the launch shape alone decides, so that results are the same bits from run to run.
//
// The macros may be defined before this file is read, by whoever compiles kernels for something that is no GPU; with
// COPY_ASYNC goes a definition of the copies.
#pragma once

// A kernel, at most this many threads a block: KERNEL(256) void lnr_name(int n, const double* x, double* out) {
// Written so that a scan of the source finds the name, and the parameters up to ") {". Parameters are int, long long,
// float, double and pointers.
#ifndef KERNEL
#define KERNEL(threads) extern "C" __global__ __launch_bounds__(threads)
#endif

// An array in the block's shared memory, at function scope. Aligned for 16-byte accesses.
#ifndef SHARED
#define SHARED(type, name, count) __shared__ __align__(16) type name[count]
#endif

// The block's shared memory whose size the launch gives. One name for all types: a module has just one such array.
#ifndef DYNAMIC_SHARED
#define DYNAMIC_SHARED(type, name)                                      \
    extern __shared__ __align__(16) unsigned char lnr_dynamic_shared[]; \
    type* name = reinterpret_cast<type*>(lnr_dynamic_shared)
#endif

constexpr int WARP = 32;
constexpr unsigned FULL_MASK = 0xffffffffu;

__device__ inline int lane() {
    return static_cast<int>(threadIdx.x) % WARP;
}

__device__ inline int warp() {
    return static_cast<int>(threadIdx.x) / WARP;
}

// This thread's index among all of a one-dimensional grid, and how many there are: a loop from the one in steps of the
// other visits every element once, whatever the grid.
__device__ inline long long grid_thread() {
    return static_cast<long long>(blockIdx.x) * blockDim.x + threadIdx.x;
}

__device__ inline long long grid_threads() {
    return static_cast<long long>(gridDim.x) * blockDim.x;
}

// Whether a pointer is fit for accesses of so many bytes at once: slices may start at any element.
template <int bytes>
__device__ inline bool aligned(const void* p) {
    return reinterpret_cast<unsigned long long>(p) % bytes == 0;
}

// Sum over the 32 lanes of a warp, the same bits in each: pairs 16 apart, then 8, 4, 2, 1. All lanes take part.
template <typename T>
__device__ inline T warp_sum(T value) {
#pragma unroll
    for (int apart = WARP / 2; apart > 0; apart /= 2) {
        value += __shfl_xor_sync(FULL_MASK, value, apart);
    }
    return value;
}

// Sum over a block of exactly so many threads, the same bits in each: warps as above, then the warps' sums likewise.
// All threads take part. May be called again at once.
template <int threads, typename T>
__device__ inline T block_sum(T value) {
    static_assert(threads % WARP == 0 && threads <= WARP * WARP, "a block is up to 32 whole warps");
    SHARED(T, sums, threads / WARP);
    value = warp_sum(value);
    if (threads == WARP) {
        return value;
    }
    __syncthreads(); // Some threads may still be reading the sums of the call before.
    if (lane() == 0) {
        sums[warp()] = value;
    }
    __syncthreads();
    return warp_sum(lane() < threads / WARP ? sums[lane()] : T(0));
}

// A number, or a pair of numbers.
template <int n, typename T = double>
struct alignas(sizeof(T) * n) Numbers {
    T at[n];
};

// How many numbers an access moves, as an argument.
template <int n>
struct Width {
    static constexpr int value = n;
};

// In one access if `wide`: n numbers are then aligned to their size.
template <int n, typename T>
__device__ inline Numbers<n, T> load(const T* from, bool wide) {
    Numbers<n, T> numbers;
    if (wide) {
        numbers = *reinterpret_cast<const Numbers<n, T>*>(from);
    } else {
        for (int j = 0; j < n; j++) {
            numbers.at[j] = from[j];
        }
    }
    return numbers;
}

template <int n, typename T>
__device__ inline void store(T* to, Numbers<n, T> numbers, bool wide) {
    if (wide) {
        *reinterpret_cast<Numbers<n, T>*>(to) = numbers;
    } else {
        for (int j = 0; j < n; j++) {
            to[j] = numbers.at[j];
        }
    }
}

// Calls visit(width, i) for this thread's share of a run of numbers that a team of threads walks, i to i + width:
// pairs, before the first of which there are `odd` numbers (0 or 1). Unrolled so many times, for loads to overlap.
template <int team, int unroll, typename Visit>
__device__ inline void walk(int length, int odd, Visit visit) {
    int rank = threadIdx.x % team;
    int before = min(length, odd);
    int pairs = (length - before) / 2;
#pragma unroll unroll
    for (int pair = rank; pair < pairs; pair += team) {
        visit(Width<2>(), before + 2 * pair);
    }
    if (rank < before) {
        visit(Width<1>(), 0);
    }
    if (rank == team - 1 && before + 2 * pairs < length) {
        visit(Width<1>(), length - 1);
    }
}

#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 800
// C = A B + C in double precision by a whole warp: A is (8, 4), B (4, 8), C (8, 8). With g = lane / 4 and t = lane % 4,
// a lane holds a = A(g, t), b = B(t, g), c[i] = C(g, 2 t + i). PTX: mma.m8n8k4.
__device__ inline void mma_8x8x4(double& c0, double& c1, double a, double b) {
    asm volatile("mma.sync.aligned.m8n8k4.row.col.f64.f64.f64.f64 {%0, %1}, {%2}, {%3}, {%0, %1};"
                 : "+d"(c0), "+d"(c1)
                 : "d"(a), "d"(b));
}
#endif

// C = A B + C in double precision by a whole warp: A is (16, 16), B (16, 8), C (16, 8). With g = lane / 4 and
// t = lane % 4, a lane holds a[i] = A(g + 8 (i % 2), t + 4 (i / 2)), b[i] = B(t + 4 i, g) and
// c[i] = C(g + 8 (i / 2), 2 t + i % 2). PTX: mma.m16n8k16, sm_90; on sm_80 its slices, upper half and lower half in
// turn; without tensor cores lanes exchange numbers in shared memory, of which each of the block's warps has some.
template <int warps>
__device__ inline void mma_16x8x16(double (&c)[4], const double (&a)[8], const double (&b)[4]) {
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 900
    asm volatile(
        "mma.sync.aligned.m16n8k16.row.col.f64.f64.f64.f64 {%0, %1, %2, %3}, "
        "{%4, %5, %6, %7, %8, %9, %10, %11}, {%12, %13, %14, %15}, {%0, %1, %2, %3};"
        : "+d"(c[0]), "+d"(c[1]), "+d"(c[2]), "+d"(c[3])
        : "d"(a[0]), "d"(a[1]), "d"(a[2]), "d"(a[3]), "d"(a[4]), "d"(a[5]), "d"(a[6]), "d"(a[7]), "d"(b[0]),
          "d"(b[1]), "d"(b[2]), "d"(b[3]));
#elif defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 800
#pragma unroll
    for (int k = 0; k < 4; k++) {
        mma_8x8x4(c[0], c[1], a[2 * k], b[k]);
        mma_8x8x4(c[2], c[3], a[2 * k + 1], b[k]);
    }
#else
    SHARED(double, numbers, warps * 12 * WARP);
    double* of_a = numbers + warp() * 12 * WARP;
    double* of_b = of_a + 8 * WARP;
#pragma unroll
    for (int i = 0; i < 8; i++) {
        of_a[i * WARP + lane()] = a[i];
    }
#pragma unroll
    for (int i = 0; i < 4; i++) {
        of_b[i * WARP + lane()] = b[i];
    }
    __syncwarp(FULL_MASK);
    int g = lane() / 4;
    int t = lane() % 4;
#pragma unroll 4
    for (int k = 0; k < 16; k++) {
        double upper = of_a[k / 4 * 2 * WARP + 4 * g + k % 4];
        double lower = of_a[(k / 4 * 2 + 1) * WARP + 4 * g + k % 4];
        double left = of_b[k / 4 * WARP + 8 * t + k % 4];
        double right = of_b[k / 4 * WARP + 8 * t + 4 + k % 4];
        c[0] = fma(upper, left, c[0]);
        c[1] = fma(upper, right, c[1]);
        c[2] = fma(lower, left, c[2]);
        c[3] = fma(lower, right, c[3]);
    }
    __syncwarp(FULL_MASK); // before the next call's numbers take their place
#endif
}

#ifndef COPY_ASYNC
// Copies 4, 8 or 16 bytes from global to shared memory without passing through registers; zeros when not valid, and
// then nothing is read. Both addresses are aligned to as many bytes. The bytes are there for this thread after
// copy_async_wait, for the others of the block after a barrier behind that. PTX: cp.async, sm_80 and newer.
template <int bytes>
__device__ inline void copy_async(void* shared, const void* global, bool valid = true) {
    static_assert(bytes == 4 || bytes == 8 || bytes == 16, "what cp.async copies");
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 800
    unsigned to = static_cast<unsigned>(__cvta_generic_to_shared(shared));
    int size = valid ? bytes : 0;
    if (bytes == 16) {
        asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(to), "l"(global), "r"(size) : "memory");
    } else {
        asm volatile("cp.async.ca.shared.global [%0], [%1], %2, %3;" ::"r"(to), "l"(global), "n"(bytes), "r"(size)
                     : "memory");
    }
#else
    const unsigned* from = static_cast<const unsigned*>(global);
    unsigned* to = static_cast<unsigned*>(shared);
#pragma unroll
    for (int i = 0; i < bytes / 4; i++) {
        to[i] = valid ? from[i] : 0u;
    }
#endif
}

// Closes a group: this thread's copies since the last one.
__device__ inline void copy_async_commit() {
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 800
    asm volatile("cp.async.commit_group;" ::: "memory");
#endif
}

// Returns once all of this thread's groups but the last `pending` have arrived.
template <int pending>
__device__ inline void copy_async_wait() {
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 800
    asm volatile("cp.async.wait_group %0;" ::"n"(pending) : "memory");
#endif
}
#endif
