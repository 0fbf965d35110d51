// Sums of outer products of samples: single-precision numbers, products and sums in double precision.
// Twin: lnr.kernels.cpu.CpuCorrelation; test: CorrelationContract; benchmark: CorrelationBenchmark.
//
// S = sum_i y_i x_i' is a matrix product whose inner dimension are the samples. A block sums a tile of S, 64 x 64, over
// its split of the samples; of a symmetric S only tiles that reach the lower triangle. It takes the samples in slabs of
// 16: cp.async copies a slab's 64 + 64 features to shared memory, two slabs ahead, and each of 4 warps multiplies its
// part of the tile, 32 x 32, on the double-precision tensor cores. lnr_add_tiles adds a tile's sums of all splits to S,
// and mirrors them. Parts beyond S or above its diagonal are skipped; warps take parts in a different order from block
// to block: a multiprocessor's quarters have a warp of each block, and would idle unevenly otherwise.
//
// Lane 4 g + t holds what mma_16x8x16 asks for, with rows and columns numbered so that one 16-byte load brings a lane
// its share of a sample: row g of a part's four slices of 8 rows is row 4 g + slice, column g of the four slices of 8
// columns is column 4 g + slice. The lane's sums then are rows 4 g to 4 g + 3 of columns 8 t to 8 t + 7. At 72 floats a
// sample neither these loads nor the copies meet a bank of shared memory twice.
//
// Bound: 2 flops for each sample and sum in the triangle. At 60,000 x 800 these are 38.4 GF for 192 MB: tensor cores. A
// slab is 131,072 flops for 8 KB, 16 flops a byte (32 on the diagonal), and that from L2: blocks that run together work
// on the same samples, so memory is read about once. Shared memory moves 24 KB a slab, 192 cycles of the 512 that
// tensor cores of 256 flops a cycle need; each number is made double by the two warps that need it. On sm_90, at most
// 168 registers a thread and 28 KB a block: 3 blocks, 12 warps, a multiprocessor.
//
// Numerics: a split's samples 16 at a time, in order; then the splits, then S: an order that shapes alone decide. The
// product of two single-precision numbers is exact.
#include "lnr.cuh"

namespace {

constexpr int THREADS = 128;
constexpr int TILE = 64;
constexpr int PART = 32;
constexpr int SLAB = 16;
constexpr int STAGES = 3;
constexpr int PITCH = TILE + 8;
constexpr int SIDE = SLAB * PITCH;
constexpr int PARTS = TILE / PART * (TILE / PART);

// First row and column of a part of S.
struct Corner {
    int row;
    int column;
};

__device__ Corner corner_of(int tile, int part, int rows, bool symmetric) {
    int row;
    int column;
    if (symmetric) { // tile = row (row + 1) / 2 + column, column <= row
        row = max(0, static_cast<int>(sqrtf(2.0f * tile)) - 2);
        while ((row + 1) * (row + 2) / 2 <= tile) {
            row++;
        }
        column = tile - row * (row + 1) / 2;
    } else {
        int tiles = (rows + TILE - 1) / TILE;
        row = tile % tiles;
        column = tile / tiles;
    }
    return {row * TILE + part / 2 * PART, column * TILE + part % 2 * PART};
}

__device__ bool is_wanted(Corner corner, int rows, int columns, bool symmetric) {
    return corner.row < rows && corner.column < columns && (!symmetric || corner.row >= corner.column);
}

// What a block works on: a tile and a split of the samples; and, of it, a warp: a part of the tile.
struct Work {
    Corner tile;
    bool symmetric;
    int part;
    bool wanted;
    int from;
    int end;
    double* sums;
};

__device__ Work work_of(int n, int rows, int columns, bool symmetric, int per, int first, double* sums) {
    int part = (warp() + blockIdx.x + blockIdx.y) % PARTS;
    int tile = first + blockIdx.x;
    int from = blockIdx.y * per;
    long long block = static_cast<long long>(blockIdx.y) * gridDim.x + blockIdx.x;
    return {
        corner_of(tile, 0, rows, symmetric),
        symmetric,
        part,
        is_wanted(corner_of(tile, part, rows, symmetric), rows, columns, symmetric),
        from,
        static_cast<int>(min(static_cast<unsigned>(n), static_cast<unsigned>(from) + per)),
        sums + (block * PARTS + part) * PART * PART};
}

// One side of a tile: features from `first` on of samples (n, d), with a feature 1 behind the last if `bias`. Copies
// `width` numbers at a time: 4 if x and d are multiples of 16 bytes, else 1.
template <int width>
struct Rows {
    const float* x;
    int d;
    bool bias;
    int first;

    // Asks for samples [from, from + SLAB), those from `end` on zeros.
    __device__ void fetch(int from, int end, float* slab) const {
        constexpr int apart = THREADS * width / TILE;
        int left = end - from; // what lies behind the last sample need not be a number that an int holds
        int row = static_cast<int>(threadIdx.x) * width / TILE;
        int column = static_cast<int>(threadIdx.x) * width % TILE;
        float* to = slab + row * PITCH + column;
        if (first + column < d) {
            const float* sample = x + static_cast<long long>(from + row) * d + first + column;
#pragma unroll
            for (int i = 0; i < SLAB; i += apart) {
                copy_async<4 * width>(to + i * PITCH, sample + static_cast<long long>(i) * d, row + i < left);
            }
        } else {
            bool one = bias && first + column == d;
#pragma unroll
            for (int i = 0; i < SLAB; i += apart) {
                to[i * PITCH] = one && row + i < left ? 1 : 0;
#pragma unroll
                for (int j = 1; j < width; j++) {
                    to[i * PITCH + j] = 0;
                }
            }
        }
    }
};

// Offsets of features that are not in memory.
constexpr int ONE = -1;
constexpr int ZERO = -2;

// The same of patches: sample (image, y, x) begins at the map's (y, x), and its feature (channel, row, column) lies as
// far from there in every sample. A warp copies 4 neighbouring samples of 8 neighbouring features at a time, numbers
// that are next to each other or the same; all that a tile reads of an image fits L1.
struct Patches {
    static constexpr int OWN = TILE / 8;

    const float* x;
    int inputs;    // numbers of an image
    int width;     // columns of a map
    int columns;   // columns of positions
    int positions; // patches of an image
    int offsets[OWN];

    __device__ void fetch(int from, int end, float* slab) const {
        int row = 4 * warp() + lane() % 4;
        bool valid = row < end - from;
        int sample = valid ? from + row : from;
        int position = sample % positions;
        const float* corner = x + static_cast<long long>(sample / positions) * inputs + position / columns * width
            + position % columns;
        float* to = slab + row * PITCH + lane() / 4;
#pragma unroll
        for (int i = 0; i < OWN; i++) {
            if (offsets[i] >= 0) {
                copy_async<4>(to + 8 * i, corner + offsets[i], valid);
            } else {
                to[8 * i] = offsets[i] == ONE && valid ? 1 : 0;
            }
        }
    }
};

// sums = sums + A B' for a slab's rows A of the part and columns B, of which each points to the first.
// sums[i][j][c] is row 4 g + 2 i + c / 2 and column 8 t + 4 (c % 2) + j of the part.
__device__ void multiply(const float* rows, const float* columns, double (&sums)[2][4][4]) {
    int own = lane() % 4 * PITCH + lane() / 4 * 4;
    double a[2][8];
    float4 b[4];
#pragma unroll
    for (int k = 0; k < 4; k++) {
        float4 f = *reinterpret_cast<const float4*>(rows + own + 4 * k * PITCH);
        a[0][2 * k] = f.x;
        a[0][2 * k + 1] = f.y;
        a[1][2 * k] = f.z;
        a[1][2 * k + 1] = f.w;
        b[k] = *reinterpret_cast<const float4*>(columns + own + 4 * k * PITCH);
    }
    const double slices[4][4] = {
        {b[0].x, b[1].x, b[2].x, b[3].x},
        {b[0].y, b[1].y, b[2].y, b[3].y},
        {b[0].z, b[1].z, b[2].z, b[3].z},
        {b[0].w, b[1].w, b[2].w, b[3].w}};
#pragma unroll
    for (int j = 0; j < 4; j++) {
        mma_16x8x16<THREADS / WARP>(sums[0][j], a[0], slices[j]);
        mma_16x8x16<THREADS / WARP>(sums[1][j], a[1], slices[j]);
    }
}

// Sums the products of a block's samples, and writes the warp's part as (t, i, j, c / 2, g, c % 2), by multiply's
// names, so that lanes write 128 contiguous bytes, and the 8 columns of a t are one run.
template <typename Side>
__device__ void sum_products(const Work& work, const Side& rows, const Side& columns, float* slabs) {
    bool diagonal = work.tile.row == work.tile.column && work.symmetric;
    int count = (work.end - work.from - 1) / SLAB + 1; // a split has a sample at least
    auto fetch = [&](int slab) {
        if (slab < count) {
            int from = work.from + slab * SLAB;
            float* to = slabs + slab % STAGES * 2 * SIDE;
            rows.fetch(from, work.end, to);
            if (!diagonal) {
                columns.fetch(from, work.end, to + SIDE);
            }
        }
        copy_async_commit(); // a group a slab, also of none, so that the wait below counts slabs
    };
#pragma unroll 1
    for (int slab = 0; slab < STAGES - 1; slab++) {
        fetch(slab);
    }
    const float* own_rows = slabs + work.part / 2 * PART;
    const float* own_columns = slabs + (diagonal ? 0 : SIDE) + work.part % 2 * PART;
    double sums[2][4][4] = {};
#pragma unroll 1
    for (int slab = 0; slab < count; slab++) {
        copy_async_wait<STAGES - 2>();
        __syncthreads(); // All threads' copies have arrived, and nobody reads the slab that the next copies replace.
        fetch(slab + STAGES - 1);
        if (work.wanted) {
            int stage = slab % STAGES * 2 * SIDE;
            multiply(own_rows + stage, own_columns + stage, sums);
        }
    }
    if (work.wanted) {
        double2* to = reinterpret_cast<double2*>(work.sums) + lane() % 4 * (PART * PART / 8) + lane() / 4;
#pragma unroll
        for (int i = 0; i < 2; i++) {
#pragma unroll
            for (int j = 0; j < 4; j++) {
                to[8 * (8 * i + 2 * j)] = {sums[i][j][0], sums[i][j][1]};
                to[8 * (8 * i + 2 * j + 1)] = {sums[i][j][2], sums[i][j][3]};
            }
        }
    }
}

template <int width>
__device__ void sum_rows(
    const Work& work, int h, int d, bool bias_y, bool bias_x, const float* y, const float* x, float* slabs) {
    Rows<width> rows = {y, h, bias_y, work.tile.row};
    Rows<width> columns = {x, d, bias_x, work.tile.column};
    sum_products(work, rows, columns, slabs);
}

__device__ bool in_fours(int d, const float* x) {
    return d % 4 == 0 && aligned<16>(x);
}

} // namespace

// sums = sum_i x_i x_i' over each split's samples, for some tiles of the lower triangle.
//
// Shapes:   x (n, d); with bias a feature 1 behind the last. sums (splits, tiles, 4 parts, 4 t, 128 pairs), of which
//           unwanted parts are not written.
// Launch:   (tiles, splits) blocks of 128 threads: tiles `first` and on, splits of `per` samples, a multiple of 16.
// Bound:    n d^2 flops: tensor cores.
// Numerics: as above.
KERNEL(128) void lnr_add_gram(int n, int d, int bias, int per, int first, const float* x, double* sums) {
    SHARED(float, slabs, STAGES * 2 * SIDE);
    Work work = work_of(n, d + bias, d + bias, true, per, first, sums);
    if (in_fours(d, x)) {
        sum_rows<4>(work, d, d, bias, bias, x, x, slabs);
    } else {
        sum_rows<1>(work, d, d, bias, bias, x, x, slabs);
    }
}

// sums = sum_i y_i x_i' over each split's samples, for some tiles, column by column.
//
// Shapes:   y (n, h), x (n, d); with bias a feature 1 behind x's last. sums as above.
// Launch:   as lnr_add_gram.
// Bound:    2 n h d flops, 4 n (h + d) bytes: tensor cores, but memory for few rows, of which a tile always takes 64
//           (at the h = 10 of a last layer half of the warps only copy).
// Numerics: as above.
KERNEL(128) void lnr_add_cross(
    int n, int h, int d, int bias, int per, int first, const float* y, const float* x, double* sums) {
    SHARED(float, slabs, STAGES * 2 * SIDE);
    Work work = work_of(n, h, d + bias, false, per, first, sums);
    if (in_fours(h, y) && in_fours(d, x)) {
        sum_rows<4>(work, h, d, false, bias, y, x, slabs);
    } else {
        sum_rows<1>(work, h, d, false, bias, y, x, slabs);
    }
}

// sums = sum_q x_q x_q' over each split's patches, for some tiles of the lower triangle. Patches are never in memory:
// tiles of them are gathered from the maps, at offsets that each thread keeps.
//
// Shapes:   x (images, channels, height, width); patches = images (height - kernel + 1) (width - kernel + 1), image by
//           image, row by row; features d = channels kernel^2 are (channel, row, column). bias and sums as above.
// Launch:   as lnr_add_gram, patches for samples.
// Bound:    patches d^2 flops: tensor cores. A slab takes 64 copies of 32 numbers, mostly from L1.
// Numerics: as above.
KERNEL(128) void lnr_add_patch_gram(
    int patches, int channels, int height, int width, int kernel, int bias, int per, int first, const float* x,
    double* sums) {
    SHARED(float, slabs, STAGES * 2 * SIDE);
    SHARED(int, offsets, 2 * TILE);
    int d = channels * kernel * kernel;
    Work work = work_of(patches, d + bias, d + bias, true, per, first, sums);
    int feature = static_cast<int>(threadIdx.x) % TILE
        + (threadIdx.x < TILE ? work.tile.row : work.tile.column);
    int channel_row = feature / kernel; // kernel rows a channel
    int row = channel_row / kernel * height + channel_row % kernel;
    offsets[threadIdx.x] = feature < d ? row * width + feature % kernel : feature == d && bias ? ONE : ZERO;
    __syncthreads();
    int columns = width - kernel + 1;
    Patches left = {x, channels * height * width, width, columns, columns * (height - kernel + 1), {}};
    Patches right = left;
#pragma unroll
    for (int i = 0; i < Patches::OWN; i++) {
        left.offsets[i] = offsets[lane() / 4 + 8 * i];
        right.offsets[i] = offsets[lane() / 4 + 8 * i + TILE];
    }
    sum_products(work, left, right, slabs);
}

// S = S + sum over splits, for some tiles, and the same above the diagonal if symmetric.
//
// Shapes:   sums as the kernels above leave them; s (rows, columns), column-major.
// Launch:   16 blocks a tile from `first` on, 512 threads each, for 8 columns of a part.
// Bound:    8 bytes for each sum and split, 16 for S and 8 for its mirror: memory.
// Numerics: each quarter of the threads adds every fourth split, then the quarters are added in order.
KERNEL(512) void lnr_add_tiles(
    int rows, int columns, int symmetric, int first, int splits, const double* sums, double* s) {
    constexpr int COLUMNS = 8;
    constexpr int PAIRS = COLUMNS * PART / 2;
    constexpr int APART = PART + 1;
    SHARED(double, added, 4 * COLUMNS * APART);
    Corner corner = corner_of(first + blockIdx.x / 16, blockIdx.x / 4 % PARTS, rows, symmetric);
    if (!is_wanted(corner, rows, columns, symmetric)) {
        return;
    }
    corner.column += blockIdx.x % 4 * COLUMNS;
    int pair = threadIdx.x % PAIRS;
    int quarter = threadIdx.x / PAIRS;
    const double2* own = reinterpret_cast<const double2*>(sums) + static_cast<long long>(blockIdx.x) * PAIRS + pair;
    double2 sum = {0, 0};
#pragma unroll 4
    for (int split = quarter; split < splits; split += 4) {
        double2 next = own[static_cast<long long>(split) * gridDim.x * PAIRS];
        sum.x += next.x;
        sum.y += next.y;
    }
    int pair_row = pair % 8 * 4 + pair / 64 * 2 + pair / 8 % 2;
    int pair_column = quarter * COLUMNS + pair / 16 % 4;
    added[pair_column * APART + pair_row] = sum.x;
    added[(pair_column + 4) * APART + pair_row] = sum.y;
    __syncthreads();
    int place = static_cast<int>(threadIdx.x);
    int row = corner.row + place % PART;
    int column = corner.column + place / PART;
    if (place < PART * COLUMNS && row < rows && column < columns && (!symmetric || row >= column)) {
        double* all = added + place / PART * APART + place % PART;
        double* to = s + static_cast<long long>(column) * rows + row;
        *all = *to + (all[0] + all[COLUMNS * APART] + all[2 * COLUMNS * APART] + all[3 * COLUMNS * APART]);
        *to = *all;
    }
    if (!symmetric) {
        return;
    }
    __syncthreads();
    row = corner.row + place / COLUMNS;
    column = corner.column + place % COLUMNS;
    if (place < PART * COLUMNS && row < rows && row > column) {
        s[static_cast<long long>(row) * rows + column] = added[place % COLUMNS * APART + place / COLUMNS];
    }
}

// parts_b = sum of y_i^2 over block b's share.
//
// Shapes:   y (count); parts (blocks).
// Launch:   blocks of 256 threads, their number a function of count alone.
// Bound:    4 count bytes, 2 count flops: memory.
// Numerics: a thread adds its fours in order, then as in lnr.cuh.
KERNEL(256) void lnr_add_squares(long long count, const float* y, double* parts) {
    bool wide = aligned<16>(y);
    long long fours = count / 4;
    double sum = 0;
    auto add = [&](double number) { sum += number * number; };
#pragma unroll 4
    for (long long i = grid_thread(); i < fours; i += grid_threads()) {
        float4 f = wide ? reinterpret_cast<const float4*>(y)[i]
                        : make_float4(y[4 * i], y[4 * i + 1], y[4 * i + 2], y[4 * i + 3]);
        add(f.x);
        add(f.y);
        add(f.z);
        add(f.w);
    }
    if (grid_thread() < count % 4) {
        add(y[4 * fours + grid_thread()]);
    }
    sum = block_sum<256>(sum);
    if (threadIdx.x == 0) {
        parts[blockIdx.x] = sum;
    }
}

// s_0 = s_0 + sum of parts_i.
//
// Shapes:   parts (count); s (1).
// Launch:   one block of 256 threads.
// Bound:    latency.
// Numerics: thread t adds parts t, t + 256, ..., then as in lnr.cuh.
KERNEL(256) void lnr_add_sum(int count, const double* parts, double* s) {
    double sum = 0;
    for (int i = threadIdx.x; i < count; i += 256) {
        sum += parts[i];
    }
    sum = block_sum<256>(sum);
    if (threadIdx.x == 0) {
        *s += sum;
    }
}
