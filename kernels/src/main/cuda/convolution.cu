// Convolution (valid, stride 1), 2 x 2 max-pooling and ReLU in one. Layouts are in convolution.cuh. Twin:
// lnr.kernels.cpu.CpuConvolution; test: ConvolutionContract; benchmark: LayersBenchmark.
#include "convolution.cuh"

// relu(max of the places + bias), and which place that is: the first of equals, or 4 where relu gave 0. A NaN wins, and
// relu passes it on.
__device__ inline float pooled(float p0, float p1, float p2, float p3, float bias, int& place) {
    float most = p0;
    place = 0;
    if (p1 > most || p1 != p1) {
        most = p1;
        place = 1;
    }
    if (p2 > most || p2 != p2) {
        most = p2;
        place = 2;
    }
    if (p3 > most || p3 != p3) {
        most = p3;
        place = 3;
    }
    float value = most + bias;
    if (value <= 0) {
        value = 0;
        place = 4;
    }
    return value;
}

// Y = relu(maxpool(conv(X, W) + b)), and the winners unless null: any shape.
//
// Shapes:   as in convolution.cuh.
// Launch:   blocks of 256 threads, a window each.
// Bound:    8 flops for 5 loads, from the caches.
// Numerics: single precision; a sum runs over channel, row and column of the filter.
KERNEL(256) void lnr_convolve(int n, int channels, int height, int width, int filters, int kernel, const float* x,
                              const float* w, const float* b, float* y, unsigned char* winner) {
    Shape shape = {n, channels, height, width, filters, kernel};
    int columns = shape.columns();
    int positions = shape.positions();
    long long i = grid_thread();
    if (i >= static_cast<long long>(n) * filters * positions) {
        return;
    }
    int filter = static_cast<int>(i / positions % filters);
    int row = static_cast<int>(i % positions) / columns;
    int column = static_cast<int>(i % columns);
    float sums[4] = {};
    for (int c = 0; c < channels; c++) {
        const float* corner = x + shape.channel(i / positions / filters, c) + 2 * row * width + 2 * column;
        const float* weights = w + (static_cast<long long>(filter) * channels + c) * kernel * kernel;
        for (int ky = 0; ky < kernel; ky++) {
            for (int kx = 0; kx < kernel; kx++) {
                const float* from = corner + ky * width + kx;
                float weight = weights[ky * kernel + kx];
                sums[0] += from[0] * weight;
                sums[1] += from[1] * weight;
                sums[2] += from[width] * weight;
                sums[3] += from[width + 1] * weight;
            }
        }
    }
    int place;
    y[i] = pooled(sums[0], sums[1], sums[2], sums[3], b[filter], place);
    if (winner != nullptr) {
        winner[i] = static_cast<unsigned char>(place);
    }
}

// A thread of the fast forward kernel has a tile of four windows side by side, for two filters: 32 sums in registers,
// that take 800 multiplications a channel, for 72 inputs and 56 weights from shared memory.
constexpr int WINDOWS = 4;
constexpr int PLACES = 2 * WINDOWS;      // in a row
constexpr int SEEN = PLACES + K - 1;     // inputs that a row of places sees in a row of inputs
constexpr int PADDED = (AREA + 3) / 4 * 4; // a filter's weights for one channel, in whole 16 bytes

__device__ inline void load_row(const float* from, float (&to)[SEEN]) {
#pragma unroll
    for (int i = 0; i < SEEN; i += 4) {
        float4 four = *reinterpret_cast<const float4*>(from + i);
        to[i] = four.x;
        to[i + 1] = four.y;
        to[i + 2] = four.z;
        to[i + 3] = four.w;
    }
}

// Adds one channel to a tile's sums, [filter][row of places][place in the row].
__device__ inline void add_channel(const float* x, int pitch, const float* w, int filter_pitch,
                                   float (&sums)[2][2][PLACES]) {
    float above[SEEN];
    float below[SEEN];
    float4 left = {};
    float4 right = {};
    load_row(x, above);
#pragma unroll
    for (int ky = 0; ky < K; ky++) {
        load_row(x + (ky + 1) * pitch, below);
#pragma unroll
        for (int kx = 0; kx < K; kx++) {
            int tap = ky * K + kx;
            if (tap % 4 == 0) {
                left = *reinterpret_cast<const float4*>(w + tap);
                right = *reinterpret_cast<const float4*>(w + filter_pitch + tap);
            }
            float first = element(left, tap % 4);
            float second = element(right, tap % 4);
#pragma unroll
            for (int i = 0; i < PLACES; i++) {
                sums[0][0][i] += above[i + kx] * first;
                sums[0][1][i] += below[i + kx] * first;
                sums[1][0][i] += above[i + kx] * second;
                sums[1][1][i] += below[i + kx] * second;
            }
        }
#pragma unroll
        for (int i = 0; i < SEEN; i++) {
            above[i] = below[i];
        }
    }
}

// Brings `split` channels into shared memory, by warps `first` on out of so many: inputs (split, samples, plane) with
// rows `pitch` apart, zeros behind the input's own columns; then weights (2 pairs, split, PADDED).
template <int split>
__device__ inline void copy_channels(int first, int warps, const Shape& shape, int channel, int samples, int pairs,
                                     int pitch, int plane, const float* x, const float* w, float* to) {
    for (int i = 0; i < split * samples; i++) {
        long long sample = static_cast<long long>(blockIdx.x) * samples + i % samples;
        int c = channel + i / samples;
        bool valid = sample < shape.n && c < shape.channels;
        const float* from = x + (valid ? shape.channel(sample, c) : 0);
        for (int row = first; row < shape.height; row += warps) {
            for (int column = lane(); column < pitch; column += WARP) {
                bool inside = valid && column < shape.width;
                copy_async<4>(to + i * plane + row * pitch + column, inside ? from + row * shape.width + column : x,
                              inside);
            }
        }
    }
    to += split * samples * plane;
    for (int i = lane(); i < split * AREA; i += WARP) {
        for (int f = first; f < 2 * pairs; f += warps) {
            long long filter = static_cast<long long>(blockIdx.y) * 2 * pairs + f;
            bool inside = filter < shape.filters && channel + i / AREA < shape.channels;
            copy_async<4>(to + (f * split + i / AREA) * PADDED + i % AREA,
                          inside ? w + (filter * shape.channels + channel) * AREA + i : w, inside);
        }
    }
    copy_async_commit();
    copy_async_wait<0>();
}

template <int split>
__device__ inline void convolve_5(const Shape& shape, int samples, int pairs, int pitch, int plane, const float* x,
                                  const float* w, const float* b, float* y, unsigned char* winner, float* shared) {
    int thread = threadIdx.x;
    int warps = blockDim.x / WARP;
    int rows = shape.rows();
    int columns = shape.columns();
    int segments = (columns + WINDOWS - 1) / WINDOWS; // tiles in a row
    int tiles = samples * rows * segments;
    int group = tiles * pairs; // threads that together have all of the block's outputs
    int computing = (split * group + WARP - 1) / WARP;
    int inputs = split * samples * plane;
    int stage = inputs + 2 * pairs * split * PADDED;

    copy_channels<split>(warp(), warps, shape, 0, samples, pairs, pitch, plane, x, w, shared);
    __syncthreads();
    const float* from_x;
    const float* from_w;
    {
        int part = thread / group;
        int pair = thread % group / tiles;
        int tile = thread % group % tiles;
        int row = tile / segments; // of all the samples' rows
        from_x = shared + (part * samples + row / rows) * plane + 2 * (row % rows) * pitch + PLACES * (tile % segments);
        from_w = shared + inputs + (2 * pair * split + part) * PADDED;
    }
    float sums[2][2][PLACES] = {};
    for (int channel = 0; channel < shape.channels; channel += split) {
        int odd = channel / split % 2;
        if (thread < split * group) {
            add_channel(from_x + odd * stage, pitch, from_w + odd * stage, split * PADDED, sums);
        } else if (warp() >= computing && channel + split < shape.channels) {
            copy_channels<split>(warp() - computing, warps - computing, shape, channel + split, samples, pairs, pitch,
                                 plane, x, w, shared + (odd ^ 1) * stage);
        }
        __syncthreads();
    }
#pragma unroll
    for (int part = 1; part < split; part++) {
        // Sum i of a thread is in row i of the table, in the column of the thread of part 0 that it goes to.
        if (thread >= part * group && thread < (part + 1) * group) {
#pragma unroll
            for (int i = 0; i < 4 * PLACES; i++) {
                shared[i * group + thread - part * group] = sums[i / (2 * PLACES)][i / PLACES % 2][i % PLACES];
            }
        }
        __syncthreads();
        if (thread < group) {
#pragma unroll
            for (int i = 0; i < 4 * PLACES; i++) {
                sums[i / (2 * PLACES)][i / PLACES % 2][i % PLACES] += shared[i * group + thread];
            }
        }
        __syncthreads();
    }
    // What follows is found from the thread's number once more: the loop needs the registers.
    long long sample = static_cast<long long>(blockIdx.x) * samples + thread % tiles / (rows * segments);
    if (thread >= group || sample >= shape.n) {
        return;
    }
    int row = thread % tiles / segments % rows;
    int column = WINDOWS * (thread % segments);
    bool wide = columns % WINDOWS == 0 && aligned<16>(y) && aligned<4>(winner);
#pragma unroll
    for (int j = 0; j < 2; j++) {
        int filter = 2 * (blockIdx.y * pairs + thread / tiles) + j;
        if (filter >= shape.filters) {
            return;
        }
        float bias = b[filter];
        float values[WINDOWS];
        int places[WINDOWS];
#pragma unroll
        for (int i = 0; i < WINDOWS; i++) {
            values[i] = pooled(sums[j][0][2 * i], sums[j][0][2 * i + 1], sums[j][1][2 * i], sums[j][1][2 * i + 1], bias,
                               places[i]);
        }
        long long at = ((sample * shape.filters + filter) * rows + row) * columns + column;
        if (wide) {
            *reinterpret_cast<float4*>(y + at) = make_float4(values[0], values[1], values[2], values[3]);
            if (winner != nullptr) {
                *reinterpret_cast<uchar4*>(winner + at) = make_uchar4(places[0], places[1], places[2], places[3]);
            }
        } else {
#pragma unroll
            for (int i = 0; i < WINDOWS; i++) {
                if (column + i < columns) {
                    y[at + i] = values[i];
                    if (winner != nullptr) {
                        winner[at + i] = static_cast<unsigned char>(places[i]);
                    }
                }
            }
        }
    }
}

// Y = relu(maxpool(conv(X, W) + b)), and the winners unless null: filters of 5 x 5, few channels.
//
// Shapes:   as in convolution.cuh.
// Launch:   grid x takes `samples` samples a block, grid y 2 pairs filters. A thread has a tile as above: tiles of the
//           samples' windows vary first, then pairs of filters. Warps beyond these bring the next channel into the
//           other of two stages of shared memory meanwhile, 4 bytes a copy, since x and w may begin anywhere. pitch is
//           8 times a row's tiles, plus 4; plane is height pitch, made odd in units of 16 bytes so that samples side by
//           side differ in their banks.
// Bound:    200 n filters positions channels flops, out of registers; global memory is read once for each block.
// Numerics: single precision; a sum runs over channel, row and column of the filter.
KERNEL(768) void lnr_convolve_5(int n, int channels, int height, int width, int filters, int samples, int pairs,
                                int pitch, int plane, const float* x, const float* w, const float* b, float* y,
                                unsigned char* winner) {
    DYNAMIC_SHARED(float, shared);
    convolve_5<1>({n, channels, height, width, filters, K}, samples, pairs, pitch, plane, x, w, b, y, winner, shared);
}

// The same for more channels, which three threads share: thread t of each three takes channels t, t + 3, ... For so
// many sums of so many terms a batch has too few tiles to keep a large device busy.
//
// Shapes, launch, bound: as lnr_convolve_5; the sums pass between the three in shared memory, once.
// Numerics: single precision; the three sums run over channel, row and column, and are added in order.
KERNEL(768) void lnr_convolve_5_split(int n, int channels, int height, int width, int filters, int samples, int pairs,
                                      int pitch, int plane, const float* x, const float* w, const float* b, float* y,
                                      unsigned char* winner) {
    DYNAMIC_SHARED(float, shared);
    convolve_5<3>({n, channels, height, width, filters, K}, samples, pairs, pitch, plane, x, w, b, y, winner, shared);
}
