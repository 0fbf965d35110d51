// Gradients of a convolution (valid, stride 1) with 2 x 2 max-pooling and ReLU. Layouts are in convolution.cuh. Twin:
// lnr.kernels.cpu.CpuConvolution; test: ConvolutionContract; benchmark: LayersBenchmark.
//
// Pooling leaves at most one gradient in four, and ReLU perhaps half of these. Each that is left, g of filter f at a
// corner, is an item: dw_f gains g times the patch of x there, and the patch of dx there gains g w_f. The fast kernels
// visit items and nothing else: a warp finds them by a ballot over 32 gradients, then all its lanes share the product.
// That is one number from shared memory for a multiplication, its bandwidth's bound. A dense product would reuse what
// it loads, at four times the multiplications and without what ReLU saves.
#include "convolution.cuh"

__device__ inline void add_product(float a, const float4& x, float4& sum) {
    sum.x += a * x.x;
    sum.y += a * x.y;
    sum.z += a * x.z;
    sum.w += a * x.w;
}

// ---- Gradients of the weights and the bias.

// partials = for each part of the samples, its dw and db: any shape.
//
// Shapes:   partials (parts, filters, patch + 1), the bias last; part p is samples [p part, p part + part).
// Launch:   blocks of 256 threads, for as many weights of one filter, or its bias: grid x runs over filters and, within
//           them, weights; grid y over parts.
// Bound:    two loads an item and weight, from the caches.
// Numerics: single precision; a sum runs over sample and position.
KERNEL(256) void lnr_convolve_dw(int n, int channels, int height, int width, int filters, int kernel, int part,
                                 const float* x, const unsigned char* winner, const float* dy, float* partials) {
    Shape shape = {n, channels, height, width, filters, kernel};
    int columns = shape.columns();
    int positions = shape.positions();
    int patch = shape.patch();
    int filter = blockIdx.x % filters;
    int weight = blockIdx.x / filters * blockDim.x + threadIdx.x;
    if (weight > patch) {
        return;
    }
    int first = blockIdx.y * part;
    int end = first + min(part, n - first);
    int tap = weight % (kernel * kernel);
    float sum = 0;
    for (int sample = first; sample < end; sample++) {
        long long at = (static_cast<long long>(sample) * filters + filter) * positions;
        const float* from = x + shape.channel(sample, weight / (kernel * kernel)) + tap / kernel * width + tap % kernel;
        for (int p = 0; p < positions; p++) {
            int place = winner[at + p];
            if (place < 4) {
                int corner = (2 * (p / columns) + place / 2) * width + 2 * (p % columns) + place % 2;
                sum += dy[at + p] * (weight < patch ? from[corner] : 1);
            }
        }
    }
    partials[(static_cast<long long>(blockIdx.y) * filters + filter) * (patch + 1LL) + weight] = sum;
}

// partials, as above: filters of 5 x 5.
//
// A warp has a filter, and its lanes four vectors of its weights each: vector q is tap q % 25 of the four channels from
// 4 (q / 25) on. Samples lie in shared memory with their channels innermost, `depth` vectors a pixel. Pixels are padded
// to an odd number of vectors, and rows to 5 pixels modulo the banks: vectors of consecutive taps are then in banks of
// their own.
//
// Shapes:   as lnr_convolve_dw.
// Launch:   filters are dealt out to `groups` groups of blocks, a warp each. Grid x runs over parts, grid y over groups
//           and, beyond them, over 4 depth channels at a time, depth at most 5. `samples` samples at a time are in
//           shared memory.
// Bound:    an item takes 100 channels bytes from shared memory, in loads of 16, and 50 channels flops: shared memory.
// Numerics: single precision; a sum runs over sample and position.
KERNEL(1024) void lnr_convolve_dw_5(int n, int channels, int height, int width, int filters, int part, int samples,
                                    int groups, int depth, const float* x, const unsigned char* winner, const float* dy,
                                    float* partials) {
    DYNAMIC_SHARED(float4, shared);
    constexpr int OWNED = 4; // vectors that a lane has
    constexpr int BANKS = 8; // of a vector's size
    Shape shape = {n, channels, height, width, filters, K};
    int columns = shape.columns();
    int positions = shape.positions();
    int area = height * width;
    int pixel = depth | 1;
    int pitch = width * pixel + ((K - width) * pixel % BANKS + BANKS) % BANKS;
    int plane = height * pitch; // a sample

    int filter = blockIdx.y % groups + groups * warp(); // neighbours go to different blocks, for an even load
    int channel = blockIdx.y / groups * depth * 4;
    int vectors = min(depth, (channels - channel + 3) / 4) * AREA;
    int offset[OWNED];
    float4 sums[OWNED];
#pragma unroll
    for (int i = 0; i < OWNED; i++) {
        int q = min(lane() + i * WARP, vectors - 1); // Lanes without a vector read what another does.
        offset[i] = q % AREA / K * pitch + q % AREA % K * pixel + q / AREA;
        sums[i] = make_float4(0, 0, 0, 0);
    }
    float bias = 0;

    int first = blockIdx.x * part;
    int end = first + min(part, n - first);
    for (int count; first < end; first += count) {
        count = min(samples, end - first);
        for (int i = threadIdx.x; i < 4 * depth * area; i += blockDim.x) {
            int c = i / area;
            int row = i % area / width;
            int column = i % width;
            bool valid = channel + c < channels;
            const float* from = valid ? x + shape.channel(first, channel + c) + i % area : x;
            float* to = reinterpret_cast<float*>(shared + row * pitch + column * pixel) + c;
            for (int s = 0; s < count; s++) {
                copy_async<4>(to + 4 * s * plane, from, valid);
                from += valid ? static_cast<long long>(channels) * area : 0;
            }
        }
        copy_async_commit();
        copy_async_wait<0>();
        __syncthreads();
        for (int from = 0; filter < filters && from < count * positions; from += WARP) {
            int s = (from + lane()) / positions;
            int p = (from + lane()) % positions;
            float g = 0;
            int place = 4;
            if (s < count) {
                long long at = (static_cast<long long>(first + s) * filters + filter) * positions + p;
                g = dy[at];
                place = winner[at];
            }
            bias += place < 4 ? g : 0;
            int corner = s * plane + (2 * (p / columns) + place / 2) * pitch + (2 * (p % columns) + place % 2) * pixel;
            for (unsigned items = __ballot_sync(FULL_MASK, place < 4); items != 0; items &= items - 1) {
                int item = __ffs(items) - 1;
                float gradient = __shfl_sync(FULL_MASK, g, item);
                const float4* patch = shared + __shfl_sync(FULL_MASK, corner, item);
#pragma unroll
                for (int i = 0; i < OWNED; i++) {
                    add_product(gradient, patch[offset[i]], sums[i]);
                }
            }
        }
        __syncthreads();
    }
    if (filter >= filters) {
        return;
    }
    float* to = partials + (static_cast<long long>(blockIdx.x) * filters + filter) * (shape.patch() + 1LL);
    bias = warp_sum(bias);
    if (channel == 0 && lane() == 0) {
        to[shape.patch()] = bias;
    }
#pragma unroll
    for (int i = 0; i < OWNED; i++) {
        int q = lane() + i * WARP;
#pragma unroll
        for (int v = 0; v < 4; v++) {
            int c = channel + q / AREA * 4 + v;
            if (q < vectors && c < channels) {
                to[c * AREA + q % AREA] = element(sums[i], v);
            }
        }
    }
}

// partials, as above: filters of 5 x 5 and one channel.
//
// With so few weights a thread has all those of a filter, and windows of its own: its 25 inputs an item are at known
// distances from the corner. Neighbouring threads have neighbouring filters and the same window, whose four corners are
// in banks of their own, mostly.
//
// Shapes:   as lnr_convolve_dw.
// Launch:   grid x runs over parts, grid y over `group` filters at a time. Thread r group + f of a block has filter f
//           of these, and rows of windows r, r + slots, ... of the `samples` samples that are in shared memory at a
//           time: x (samples, height, width), then dy and winners (samples, group, positions made odd). In the end the
//           sums (26, slots, group) take their place.
// Bound:    100 bytes an item from shared memory for 50 flops, winners or not: shared memory.
// Numerics: single precision; a thread's sum runs over row and column, then slots are added in ascending order.
KERNEL(512) void lnr_convolve_dw_5_single(int n, int height, int width, int filters, int part, int samples, int group,
                                          int slots, const float* x, const unsigned char* winner, const float* dy,
                                          float* partials) {
    DYNAMIC_SHARED(float, shared);
    Shape shape = {n, 1, height, width, filters, K};
    int rows = shape.rows();
    int columns = shape.columns();
    int positions = shape.positions();
    int area = height * width;
    int pitch = positions | 1;
    int first_filter = blockIdx.y * group;
    int warps = blockDim.x / WARP;
    int slot = threadIdx.x / group; // Threads beyond the last only copy.
    int filter = threadIdx.x % group;
    float* gradients = shared + samples * area;
    unsigned char* winners = reinterpret_cast<unsigned char*>(gradients + samples * group * pitch);
    float sums[AREA + 1] = {}; // the bias last

    int first = blockIdx.x * part;
    int end = first + min(part, n - first);
    for (int count; first < end; first += count) {
        count = min(samples, end - first);
        for (int i = threadIdx.x; i < count * area; i += blockDim.x) {
            copy_async<4>(shared + i, x + static_cast<long long>(first) * area + i);
        }
        for (int i = warp(); i < count * group; i += warps) {
            long long from = (first + i / group) * static_cast<long long>(filters) + first_filter + i % group;
            for (int p = lane(); first_filter + i % group < filters && p < positions; p += WARP) {
                copy_async<4>(gradients + i * pitch + p, dy + from * positions + p);
                winners[i * pitch + p] = winner[from * positions + p];
            }
        }
        copy_async_commit();
        copy_async_wait<0>();
        __syncthreads();
        for (int r = slot; slot < slots && first_filter + filter < filters && r < count * rows; r += slots) {
            int at = (r / rows * group + filter) * pitch + r % rows * columns;
            const float* from = shared + (r / rows * height + r % rows * 2) * width;
            for (int column = 0; column < columns; column++) {
                int place = winners[at + column];
                if (place < 4) {
                    float g = gradients[at + column];
                    const float* patch = from + place / 2 * width + 2 * column + place % 2;
#pragma unroll
                    for (int tap = 0; tap < AREA; tap++) {
                        sums[tap] += g * patch[tap / K * width + tap % K];
                    }
                    sums[AREA] += g;
                }
            }
        }
        __syncthreads();
    }
#pragma unroll
    for (int i = 0; i < AREA + 1; i++) {
        if (slot < slots) {
            shared[(i * slots + slot) * group + filter] = sums[i];
        }
    }
    __syncthreads();
    for (int i = threadIdx.x; i < (AREA + 1) * group; i += blockDim.x) {
        int weight = i / group;
        float sum = 0;
        for (int s = 0; s < slots; s++) {
            sum += shared[(weight * slots + s) * group + i % group];
        }
        if (first_filter + i % group < filters) {
            long long of = static_cast<long long>(blockIdx.x) * filters + first_filter + i % group;
            partials[of * (AREA + 1) + weight] = sum;
        }
    }
}

// dw and db = sums of the parts' own.
//
// Shapes:   partials (parts, filters, patch + 1), of the kernels above.
// Launch:   blocks of 256 threads for 32 neighbouring weights or biases; warp s of a block takes parts s, s + 8, ...
// Bound:    4 parts filters (patch + 1) bytes, of what an earlier kernel has just written.
// Numerics: single precision; parts in ascending order, then the warps' sums.
KERNEL(256) void lnr_convolve_sum(int parts, int filters, int patch, const float* partials, float* dw, float* db) {
    constexpr int WARPS = 8;
    SHARED(float, sums, WARPS * WARP);
    long long size = filters * (patch + 1LL);
    long long i = static_cast<long long>(blockIdx.x) * WARP + lane();
    float sum = 0;
#pragma unroll 8
    for (int part = warp(); part < parts; part += WARPS) {
        sum += i < size ? partials[part * size + i] : 0;
    }
    sums[threadIdx.x] = sum;
    __syncthreads();
    if (warp() > 0 || i >= size) {
        return;
    }
#pragma unroll
    for (int s = 1; s < WARPS; s++) {
        sum += sums[s * WARP + lane()];
    }
    int filter = static_cast<int>(i / (patch + 1LL));
    int weight = static_cast<int>(i % (patch + 1LL));
    if (weight < patch) {
        dw[static_cast<long long>(filter) * patch + weight] = sum;
    } else {
        db[filter] = sum;
    }
}

// ---- Gradient of the input.

// dx: any shape.
//
// Shapes:   as in convolution.cuh.
// Launch:   blocks of 256 threads, an input each.
// Bound:    a winner for each filter and window that may have seen the input, from the caches.
// Numerics: single precision; a sum runs over filter, row and column of the window.
KERNEL(256) void lnr_convolve_dx(int n, int channels, int height, int width, int filters, int kernel, const float* w,
                                 const unsigned char* winner, const float* dy, float* dx) {
    Shape shape = {n, channels, height, width, filters, kernel};
    int rows = shape.rows();
    int columns = shape.columns();
    long long i = grid_thread();
    if (i >= shape.channel(n, 0)) {
        return;
    }
    int column = static_cast<int>(i % width);
    int row = static_cast<int>(i / width % height);
    int c = static_cast<int>(i / width / height % channels);
    long long sample = i / width / height / channels;
    float sum = 0;
    for (int f = 0; f < filters; f++) {
        const float* weights = w + (static_cast<long long>(f) * channels + c) * kernel * kernel;
        // A window's patches begin at row 2 r or 2 r + 1, and end kernel - 1 rows further down.
        for (int r = max(0, (row - kernel + 1) / 2); r < rows && 2 * r <= row; r++) {
            for (int s = max(0, (column - kernel + 1) / 2); s < columns && 2 * s <= column; s++) {
                long long at = ((sample * filters + f) * rows + r) * columns + s;
                int place = winner[at];
                int ky = row - 2 * r - place / 2;
                int kx = column - 2 * s - place % 2;
                if (place < 4 && ky >= 0 && ky < kernel && kx >= 0 && kx < kernel) {
                    sum += dy[at] * weights[ky * kernel + kx];
                }
            }
        }
    }
    dx[i] = sum;
}

// dx: filters of 5 x 5.
//
// Weights and dx lie in shared memory with their channels innermost, four a vector, `depth` vectors deep. A warp has
// all corners of one row. A column of their patches, 5 rows deep, is M = 5 depth vectors, and as the patches step
// from corner to corner, lanes keep the columns of dx that they have until the patches have left them: vector `at`
// of a strip of dx, M to a column, takes its weight from vector at - column M of the filter's. What has been left
// goes into the warp's strip in shared memory, once, and the five strips that a row of dx is in make it.
//
// Shapes:   as in convolution.cuh.
// Launch:   grid x takes `samples` samples a block, grid y 4 depth channels; up to 32 warps share the samples' rows of
//           corners. Shared memory: weights (filters, 5 columns, M) and strips (samples, rows of corners, width, M), in
//           vectors; then the samples' dy and winners (samples, filters, positions made odd).
// Bound:    as lnr_convolve_dw_5: an item takes 100 channels bytes from shared memory, and 50 channels flops.
// Numerics: single precision; a strip's sum runs over column of the corner and filter, then the strips are added from
//           the input's own row of corners upwards.
KERNEL(1024) void lnr_convolve_dx_5(int n, int channels, int height, int width, int filters, int samples, int depth,
                                    const float* w, const unsigned char* winner, const float* dy, float* dx) {
    DYNAMIC_SHARED(float4, shared);
    constexpr int OWNED = 4; // vectors that a lane has
    Shape shape = {n, channels, height, width, filters, K};
    int columns = shape.columns();
    int positions = shape.positions();
    int pitch = positions | 1;
    int corners = 2 * shape.rows(); // rows of corners
    int m = K * depth;
    long long first = static_cast<long long>(blockIdx.x) * samples;
    int channel = blockIdx.y * depth * 4;
    int warps = blockDim.x / WARP;
    float4* weights = shared;
    float4* strips = weights + filters * K * m;
    float* gradients = reinterpret_cast<float*>(strips + samples * corners * width * m);
    unsigned char* winners = reinterpret_cast<unsigned char*>(gradients + samples * filters * pitch);

    for (int i = threadIdx.x; i < 4 * depth * AREA; i += blockDim.x) {
        int c = i / AREA;
        int tap = i % AREA;
        bool valid = channel + c < channels;
        const float* from = w + (valid ? (channel + c) * AREA + tap : 0);
        float* to = reinterpret_cast<float*>(weights) + (tap % K * m + tap / K * depth) * 4 + c;
        for (int f = 0; f < filters; f++) {
            copy_async<4>(to + f * K * m * 4, from, valid);
            from += valid ? shape.patch() : 0;
        }
    }
    for (int i = warp(); i < samples * filters && first + i / filters < n; i += warps) {
        long long from = (first * filters + i) * positions;
        for (int p = lane(); p < positions; p += WARP) {
            copy_async<4>(gradients + i * pitch + p, dy + from + p);
            winners[i * pitch + p] = winner[from + p];
        }
    }
    copy_async_commit();
    copy_async_wait<0>();
    __syncthreads();

    for (int task = warp(); task < samples * corners && first + task / corners < n; task += warps) {
        int sample = task / corners;
        int row = task % corners;
        float4* strip = strips + task * width * m;
        int at[OWNED];
        float4 sums[OWNED];
#pragma unroll
        for (int i = 0; i < OWNED; i++) {
            at[i] = min(lane() + i * WARP, K * m - 1); // Lanes without a vector read what another does.
            sums[i] = make_float4(0, 0, 0, 0);
        }
        for (int column = 0; column < 2 * columns; column++) {
            int position = row / 2 * columns + column / 2;
            int place = row % 2 * 2 + column % 2;
            for (int from = 0; from < filters; from += WARP) {
                int filter = from + lane();
                int of = (sample * filters + min(filter, filters - 1)) * pitch + position;
                float g = gradients[of];
                for (unsigned items = __ballot_sync(FULL_MASK, filter < filters && winners[of] == place); items != 0;
                     items &= items - 1) {
                    int item = __ffs(items) - 1;
                    float gradient = __shfl_sync(FULL_MASK, g, item);
                    const float4* patch = weights + ((from + item) * K - column) * m;
#pragma unroll
                    for (int i = 0; i < OWNED; i++) {
                        add_product(gradient, patch[at[i]], sums[i]);
                    }
                }
            }
#pragma unroll
            for (int i = 0; i < OWNED; i++) {
                if (at[i] < (column + 1) * m) {
                    if (lane() + i * WARP < K * m) {
                        strip[at[i]] = sums[i];
                    }
                    sums[i] = make_float4(0, 0, 0, 0);
                    at[i] += K * m;
                }
            }
        }
#pragma unroll
        for (int i = 0; i < OWNED; i++) {
            if (lane() + i * WARP < K * m && at[i] < width * m) {
                strip[at[i]] = sums[i];
            }
        }
    }
    __syncthreads();

    for (int i = threadIdx.x; i < samples * depth * height * width; i += blockDim.x) {
        int column = i % width;
        int row = i / width % height;
        int level = i / width / height % depth;
        int sample = i / width / height / depth;
        if (first + sample >= n) {
            break;
        }
        float4 sum = make_float4(0, 0, 0, 0);
#pragma unroll
        for (int ky = 0; ky < K; ky++) {
            if (row - ky >= 0 && row - ky < corners) {
                add_product(1, strips[((sample * corners + row - ky) * width + column) * m + ky * depth + level], sum);
            }
        }
#pragma unroll
        for (int v = 0; v < 4; v++) {
            int c = channel + 4 * level + v;
            if (c < channels) {
                dx[shape.channel(first + sample, c) + row * width + column] = element(sum, v);
            }
        }
    }
}
