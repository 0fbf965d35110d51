// Kernels with a fault each, and a few that only look like it: what the emulated device has to find, and what not.
#include "lnr.cuh"

// Correct: the sum of the block's 256 numbers, through shared memory and shuffles.
KERNEL(256) void lnr_block_sum(const double* x, double* out) {
    double sum = block_sum<256>(x[grid_thread()]);
    if (threadIdx.x == 0) {
        out[blockIdx.x] = sum;
    }
}

// Correct: every kind of parameter, at every alignment.
KERNEL(32) void lnr_parameters(int a, double b, float c, long long d, int e, double* out) {
    if (threadIdx.x == 0) {
        out[0] = a + 10 * b + 100 * c + 1000 * d + 10000 * e;
    }
}

// Correct: threads that have left need not come to the barrier.
KERNEL(64) void lnr_leave_early(int n, const double* x, double* out) {
    SHARED(double, values, 64);
    int i = threadIdx.x;
    if (i >= n) {
        return;
    }
    values[i] = x[i];
    __syncthreads();
    out[i] = values[n - 1 - i];
}

// Correct: the halves of each warp go separate ways, and back.
KERNEL(64) void lnr_half_warps(double* out) {
    double value = threadIdx.x;
    if (lane() < 16) {
        value = __shfl_sync(0x0000ffffu, value, 15) + (__ballot_sync(0x0000ffffu, lane() == 3) == 8 ? 1000 : 0);
    } else {
        value = __shfl_xor_sync(0xffff0000u, value, 1);
    }
    __syncwarp();
    out[threadIdx.x] = value;
}

// Correct: two groups of copies, one behind the other, and of zeros in place of the last number.
KERNEL(64) void lnr_copy(const double* x, double* out) {
    SHARED(double, values, 128);
    int i = threadIdx.x;
    copy_async<8>(values + i, x + i);
    copy_async_commit();
    copy_async<8>(values + 64 + i, x + 64 + i, i < 63);
    copy_async_commit();
    copy_async_wait<1>();
    __syncthreads();
    double reversed = values[63 - i];
    copy_async_wait<0>();
    __syncthreads();
    out[i] = reversed;
    out[64 + i] = values[127 - i];
}

// The last of a thread's copies is on its way still, or in no group.
KERNEL(64) void lnr_copy_not_awaited(const double* x, double* out) {
    SHARED(double, values, 128);
    int i = threadIdx.x;
    copy_async<8>(values + i, x + i);
    copy_async_commit();
    copy_async<8>(values + 64 + i, x + 64 + i);
    copy_async_commit();
    copy_async_wait<1>();
    out[i] = values[i];
    out[64 + i] = values[64 + i];
}

KERNEL(64) void lnr_copy_in_no_group(const double* x, double* out) {
    SHARED(double, values, 128);
    int i = threadIdx.x;
    copy_async<8>(values + i, x + i);
    copy_async_commit();
    copy_async<8>(values + 64 + i, x + 64 + i);
    copy_async_wait<0>();
    out[i] = values[i];
    out[64 + i] = values[64 + i];
}

// Another thread's copy is waited for, but not met at a barrier.
KERNEL(64) void lnr_copy_of_another(const double* x, double* out) {
    SHARED(double, values, 64);
    int i = threadIdx.x;
    copy_async<8>(values + i, x + i);
    copy_async_commit();
    copy_async_wait<0>();
    out[i] = values[63 - i];
}

KERNEL(64) void lnr_copy_unaligned(int from, int to, const double* x) {
    SHARED(double, values, 130);
    copy_async<16>(values + 2 * threadIdx.x + to, x + 2 * threadIdx.x + from);
}

KERNEL(64) void lnr_barriers_apart(double* out) {
    if (threadIdx.x < 40) {
        __syncthreads();
    } else {
        __syncthreads();
    }
    out[threadIdx.x] = 0;
}

KERNEL(64) void lnr_lane_missing(double* out) {
    if (threadIdx.x != 37) {
        out[threadIdx.x] = __shfl_sync(FULL_MASK, 1.0, 0);
    }
    __syncthreads();
}

KERNEL(64) void lnr_not_in_mask(double* out) {
    out[threadIdx.x] = __shfl_sync(0x7fffffffu, 1.0, 0);
}

KERNEL(64) void lnr_meetings_apart(double* out) {
    if (lane() % 2 == 0) {
        out[threadIdx.x] = __shfl_sync(FULL_MASK, 1.0, 0);
    } else {
        out[threadIdx.x] = __ballot_sync(FULL_MASK, 1);
    }
}

// Each thread takes the number of the next, or of the one before, which may not have written it yet.
KERNEL(64) void lnr_no_barrier_to_next(const double* x, double* out) {
    SHARED(double, values, 64);
    int i = threadIdx.x;
    values[i] = x[i];
    out[i] = i < 63 ? values[i + 1] : 0;
}

KERNEL(64) void lnr_no_barrier_to_previous(const double* x, double* out) {
    SHARED(double, values, 64);
    int i = threadIdx.x;
    values[i] = x[i];
    out[i] = i > 0 ? values[i - 1] : 0;
}

KERNEL(64) void lnr_shared_unwritten(float* out) {
    SHARED(float, values, 64);
    DYNAMIC_SHARED(float, more);
    out[threadIdx.x] = threadIdx.x < 32 ? values[threadIdx.x] : more[threadIdx.x];
}

// Writes so many numbers behind the last.
KERNEL(32) void lnr_beyond_shared(int n) {
    SHARED(double, values, 32);
    values[threadIdx.x + n] = 1;
}

KERNEL(32) void lnr_beyond_dynamic(int n) {
    DYNAMIC_SHARED(double, values);
    values[threadIdx.x + n] = 1;
}

KERNEL(32) void lnr_write(long long at, double* out) {
    if (threadIdx.x == 5 && blockIdx.x == 1) {
        out[at] = 1;
    }
}

KERNEL(32) void lnr_divide(int by, int* out) {
    out[threadIdx.x] = 100 / by;
}

__device__ __noinline__ int deep(int n, int* out) {
    int keep[64];
    for (int i = 0; i < 64; i++) {
        keep[i] = out[i % 32] + n;
    }
    return n == 0 ? keep[1] : deep(n - 1, out) + keep[n % 64];
}

KERNEL(32) void lnr_deep(int n, int* out) {
    out[threadIdx.x] = deep(n, out);
}

KERNEL(32) void lnr_too_much_shared(double* out) {
    SHARED(double, values, 6145);
    values[threadIdx.x] = 1;
    out[threadIdx.x] = values[threadIdx.x];
}

KERNEL(32) void lnr_overflow(int n, int* out) {
    out[threadIdx.x] = n + static_cast<int>(threadIdx.x);
}

KERNEL(32) void lnr_unaligned(const float* x, float* out) {
    float4 four = reinterpret_cast<const float4*>(x)[threadIdx.x];
    out[threadIdx.x] = four.x + four.w;
}

// What another block wrote, or will have written.
KERNEL(32) void lnr_order(int* out) {
    if (threadIdx.x == 0) {
        out[blockIdx.x] = out[64]++;
    }
}
