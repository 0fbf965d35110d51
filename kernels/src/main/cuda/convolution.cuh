// What the two families of convolutions share: the shape, and vectors of four numbers.
//
// Layouts: x, dx (n, channels, height, width); w, dw (filters, channels, kernel, kernel); b, db (filters); y, dy and
// winner (n, filters, rows, columns), rows and columns those after pooling. A window is the four neighbouring
// outputs of the convolution that pooling makes one of: its places, 0 to 3, row by row. What a place sees of the
// input is its patch, which begins at its corner.
//
// Each operation has a fast kernel for filters of 5 x 5 whose tiles fit in shared memory, and a plain one for the other
// shapes. No patch is ever written to global memory.
#pragma once

#include "lnr.cuh"

constexpr int K = 5;
constexpr int AREA = K * K;

struct Shape {
    int n;
    int channels;
    int height;
    int width;
    int filters;
    int kernel;

    __device__ int rows() const {
        return (height - kernel + 1) / 2;
    }
    __device__ int columns() const {
        return (width - kernel + 1) / 2;
    }
    __device__ int positions() const {
        return rows() * columns();
    }
    __device__ int patch() const {
        return channels * kernel * kernel;
    }
    // Where a channel of a sample begins in x.
    __device__ long long channel(long long sample, int c) const {
        return (sample * channels + c) * height * width;
    }
};

__device__ inline float element(const float4& four, int i) {
    return i == 0 ? four.x : i == 1 ? four.y : i == 2 ? four.z : four.w;
}
