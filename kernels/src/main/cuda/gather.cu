// Batches gathered from a set of images and labels that stays on the device, and the checks of what refers to it.
// Twin: lnr.kernels.cpu.CpuLayers; test: LayersContract; benchmark: LayersBenchmark.
#include "lnr.cuh"

// What an image of no such index is made of.
__device__ inline float not_a_number() {
    return __int_as_float(0x7fc00000);
}

__device__ inline float normalised(unsigned char byte, float mean, float deviation) {
    return (byte / 255.0f - mean) / deviation;
}

// x_i = (images[order_i] / 255 - mean) / deviation; NaN when there is no such image.
//
// Shapes:   images (count, size); order (n); x (n, size).
// Launch:   n blocks of 256 threads, an image each; a thread takes 4 bytes, where the addresses allow it, or one.
// Bound:    5 n size bytes, two divisions a number: for a batch of 256, latency.
// Numerics: the twin's operations in the twin's order, each rounded once: the same bits.
KERNEL(256) void lnr_gather_images(int size, long long count, const unsigned char* images, const int* order, float mean,
                                   float deviation, float* x) {
    int image = order[blockIdx.x];
    bool known = image >= 0 && image < count;
    const unsigned char* from = images + static_cast<long long>(known ? image : 0) * size;
    float* to = x + static_cast<long long>(blockIdx.x) * size;
    int quads = known && aligned<4>(from) && aligned<16>(to) ? size / 4 : 0;
    for (int i = threadIdx.x; i < quads; i += blockDim.x) {
        uchar4 bytes = reinterpret_cast<const uchar4*>(from)[i];
        reinterpret_cast<float4*>(to)[i] =
            make_float4(normalised(bytes.x, mean, deviation), normalised(bytes.y, mean, deviation),
                        normalised(bytes.z, mean, deviation), normalised(bytes.w, mean, deviation));
    }
    for (int i = 4 * quads + threadIdx.x; i < size; i += blockDim.x) {
        to[i] = known ? normalised(from[i], mean, deviation) : not_a_number();
    }
}

// The same of moved images: with (down, right) = shifts[order_i], x_i at (row, column) is made of the byte at
// (row - down, column - right), or of 0 where the image has none.
//
// Shapes:   images (count, height, width); order (n); shifts (count, 2); x (n, height, width).
// Launch:   n blocks of 256 threads, an image each; neighbouring threads take neighbouring bytes, wherever these begin.
// Bound:    5 n height width bytes, two divisions a number: for a batch of 256, latency.
// Numerics: the twin's operations in the twin's order, each rounded once: the same bits.
KERNEL(256) void lnr_gather_shifted(int height, int width, long long count, const unsigned char* images,
                                    const int* order, const int* shifts, float mean, float deviation, float* x) {
    int image = order[blockIdx.x];
    bool known = image >= 0 && image < count;
    int size = height * width;
    const unsigned char* from = images + static_cast<long long>(known ? image : 0) * size;
    float* to = x + static_cast<long long>(blockIdx.x) * size;
    // Unsigned, so that what is above or left of the image wraps around, and is too large.
    unsigned rows = height;
    unsigned columns = width;
    unsigned down = known ? shifts[2LL * image] : 0;
    unsigned right = known ? shifts[2LL * image + 1] : 0;
    for (int i = threadIdx.x; i < size; i += blockDim.x) {
        unsigned row = i / columns - down;
        unsigned column = i % columns - right;
        unsigned char byte = row < rows && column < columns ? from[row * columns + column] : 0;
        to[i] = known ? normalised(byte, mean, deviation) : not_a_number();
    }
}

// y_i = labels[order_i]; 255 when there is no such label.
//
// Shapes:   labels (count); order, y (n).
// Launch:   blocks of 256 threads, a label each.
// Bound:    latency; 6 n bytes.
// Numerics: copies.
KERNEL(256) void lnr_gather_labels(int n, long long count, const unsigned char* labels, const int* order,
                                   unsigned char* y) {
    long long i = grid_thread();
    if (i < n) {
        int label = order[i];
        y[i] = label >= 0 && label < count ? labels[label] : 255;
    }
}

// x_i = rows[order_i]; NaN when there is no such row.
//
// Shapes:   rows (count, size); order (n); x (n, size).
// Launch:   blocks of 256 threads, a number each.
// Bound:    8 n size bytes: for a batch's logits, latency.
// Numerics: copies.
KERNEL(256) void lnr_gather_rows(int n, int size, long long count, const float* rows, const int* order, float* x) {
    long long i = grid_thread();
    if (i < static_cast<long long>(n) * size) {
        int row = order[i / size];
        x[i] = row >= 0 && row < count ? rows[row * static_cast<long long>(size) + i % size] : not_a_number();
    }
}

// The smallest of a block's 1024 values, in every thread.
__device__ inline unsigned block_min(unsigned value) {
    SHARED(unsigned, least, WARP);
#pragma unroll
    for (int apart = WARP / 2; apart > 0; apart /= 2) {
        value = min(value, __shfl_xor_sync(FULL_MASK, value, apart));
    }
    if (lane() == 0) {
        least[warp()] = value;
    }
    __syncthreads();
    value = least[lane()];
#pragma unroll
    for (int apart = WARP / 2; apart > 0; apart /= 2) {
        value = min(value, __shfl_xor_sync(FULL_MASK, value, apart));
    }
    return value;
}

// Which indices lie outside [0, count): out_0 = 0 when none does in all of the memory that the indices are a part of, 1
// when none of the n does, 2 otherwise, and then out_1 = the first of these.
//
// Shapes:   memory (length), indices (n) from memory[from] on; out (2).
// Launch:   one block of 1024 threads.
// Bound:    latency; 4 length bytes.
// Numerics: the least of places, in any order.
KERNEL(1024) void lnr_check_order(long long length, long long from, int n, long long count, const int* memory,
                                  int* out) {
    unsigned last = static_cast<unsigned>(n);
    unsigned first = last + 1; // the first wrong one of the n; n when there are wrong ones, but elsewhere
    for (long long i = threadIdx.x; i < length; i += blockDim.x) {
        if (memory[i] < 0 || memory[i] >= count) {
            first = min(first, i >= from && i < from + n ? static_cast<unsigned>(i - from) : last);
        }
    }
    first = block_min(first);
    if (threadIdx.x == 0) {
        out[0] = first < last ? 2 : first == last;
        out[1] = first < last ? memory[from + first] : 0;
    }
}

// The first label that is no class: out_0 = that label, or -1 when there is none.
//
// Shapes:   labels (n); out (1).
// Launch:   one block of 1024 threads.
// Bound:    latency; n bytes.
// Numerics: as lnr_check_order.
KERNEL(1024) void lnr_check_labels(int n, int classes, const unsigned char* labels, int* out) {
    unsigned last = static_cast<unsigned>(n);
    unsigned first = last;
    for (unsigned i = threadIdx.x; i < last; i += blockDim.x) {
        first = labels[i] >= classes ? min(first, i) : first;
    }
    first = block_min(first);
    if (threadIdx.x == 0) {
        out[0] = first < last ? labels[first] : -1;
    }
}
