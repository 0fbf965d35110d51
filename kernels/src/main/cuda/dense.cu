// What a dense layer needs beside its products. Twin: lnr.kernels.cpu.CpuLayers; test: LayersContract; benchmark:
// LayersBenchmark.
#include "lnr.cuh"

// Y = Y + b in each row, then relu when asked.
//
// Shapes:   y (n, outputs), size = n outputs; b (outputs).
// Launch:   blocks of 256 threads, four neighbours each: in 16-byte accesses where y's address allows it.
// Bound:    8 n outputs bytes: memory, the second-level cache's for a batch.
// Numerics: one rounding; relu passes NaN on.
KERNEL(256) void lnr_add_bias(long long size, int outputs, int relu, const float* b, float* y) {
    long long i = 4 * grid_thread();
    if (i >= size) {
        return;
    }
    bool wide = i + 3 < size && aligned<16>(y);
    float values[4];
    if (wide) {
        float4 four = *reinterpret_cast<const float4*>(y + i);
        values[0] = four.x;
        values[1] = four.y;
        values[2] = four.z;
        values[3] = four.w;
    } else {
#pragma unroll
        for (int k = 0; k < 4; k++) {
            values[k] = i + k < size ? y[i + k] : 0;
        }
    }
    int column = static_cast<int>(i % outputs);
#pragma unroll
    for (int k = 0; k < 4; k++) {
        values[k] += b[column];
        values[k] = relu && values[k] <= 0 ? 0 : values[k];
        column = column + 1 == outputs ? 0 : column + 1;
    }
    if (wide) {
        *reinterpret_cast<float4*>(y + i) = make_float4(values[0], values[1], values[2], values[3]);
    } else {
#pragma unroll
        for (int k = 0; k < 4; k++) {
            if (i + k < size) {
                y[i + k] = values[k];
            }
        }
    }
}

// dY = dY where Y > 0 and 0 elsewhere, when y is given; then db = column sums of dY.
//
// Shapes:   y (n, outputs), or null for a layer without relu; dy (n, outputs); db (outputs).
// Launch:   blocks of 256 threads for 8 columns each: a sector of 32 bytes a row, 32 rows at a time.
// Bound:    12 n outputs bytes; latency for a batch.
// Numerics: a thread adds rows r, r + 32, ..., then the block's 32 threads of a column are added in ascending order.
KERNEL(256) void lnr_bias_gradient(int n, int outputs, const float* y, float* dy, float* db) {
    SHARED(float, sums, 256);
    int column = blockIdx.x * 8 + threadIdx.x % 8;
    float sum = 0;
    if (column < outputs) {
#pragma unroll 4
        for (long long row = threadIdx.x / 8; row < n; row += 32) {
            long long i = row * outputs + column;
            float gradient = dy[i];
            if (y != nullptr) {
                gradient = y[i] > 0 ? gradient : 0;
                dy[i] = gradient;
            }
            sum += gradient;
        }
    }
    sums[threadIdx.x] = sum;
    __syncthreads();
    if (threadIdx.x < 8 && column < outputs) {
        for (int row = 1; row < 32; row++) {
            sum += sums[8 * row + threadIdx.x];
        }
        db[column] = sum;
    }
}
