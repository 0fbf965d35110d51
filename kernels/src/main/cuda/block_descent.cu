// One pass of Gauss-Seidel over the groups of columns of M: each in turn becomes the minimiser over it of
// P(M) = 1/2 <M R, M> - <C, M> + lambda sum_k w_k ||M_k||, and G = C - M R follows. Groups go in tiles of neighbouring
// columns. A block walks a tile, then a product of its changes with its columns of R brings all of G up to date.
// Twin: lnr.kernels.cpu.CpuBlockDescent; test: BlockDescentContract; benchmark: BlockDescentBenchmark.
//
// M, G and C are (h, d), R (d, d), all column-major. In a tile a thread has rows of its own: what one column's change
// does to the next concerns a row alone, so that only norms and a tile's R pass between threads.
#include "lnr.cuh"

namespace {

constexpr int THREADS = 512;

// Products that are loaded at once.
constexpr int AT_ONCE = 4;

// Sum over the block, of any number of warps, the same bits in each thread: warps as in lnr.cuh, then their sums
// likewise. All threads take part, in calls with even and odd `turn` by turns: while some still read the sums of one,
// others may write those of the next, and no barrier is needed between.
__device__ double sum_over_block(double value, int turn) {
    SHARED(double, sums, 2 * THREADS / WARP);
    value = warp_sum(value);
    int warps = blockDim.x / WARP;
    if (warps == 1) {
        return value;
    }
    double* own = sums + turn % 2 * (THREADS / WARP);
    if (lane() == 0) {
        own[warp()] = value;
    }
    __syncthreads();
    return warp_sum(lane() < warps ? own[lane()] : 0.0);
}

// A tile's columns, those of groups [group, end).
struct Tile {
    int h;
    int first; // column of M
    const int* starts;
    double* slots; // (h, columns), of each column first G, then V, then its change
    const double* square; // (columns, columns), R's, leading dimension ld
    int ld;
    double* rotated; // (h, largest), of the group at hand: V Q
    int largest;

    // (largest), of each rotated column's numbers, summed.
    __device__ double* squares() const {
        return rotated + h * largest;
    }

    // (largest), what rotated columns are multiplied by.
    __device__ double* scales() const {
        return squares() + largest;
    }

    // Row i of column j of G, as the changes of the columns in the set `moved` leave it.
    __device__ double gradient(int i, int j, unsigned moved) const {
        double value = slots[j * h + i];
        for (unsigned left = moved; left != 0;) {
            double x[AT_ONCE];
            double y[AT_ONCE];
#pragma unroll
            for (int n = 0; n < AT_ONCE; n++) {
                int l = __ffs(left) - 1;
                x[n] = l < 0 ? 0 : square[j * ld + l];
                y[n] = l < 0 ? 0 : slots[l * h + i];
                left &= left - 1;
            }
#pragma unroll
            for (int n = 0; n < AT_ONCE; n++) {
                value -= x[n] * y[n];
            }
        }
        return value;
    }
};

// M_j = V (1 - weight / ||V||)_+ / R_jj with V = G_j + M_j R_jj; j counts in the tile. Whether it is not zero.
__device__ bool minimise_column(const Tile& tile, int j, int turn, unsigned moved, double weight, double* m) {
    int h = tile.h;
    double curvature = tile.square[j * tile.ld + j];
    double* slot = tile.slots + j * h;
    double square = 0;
    for (int i = threadIdx.x; i < h; i += blockDim.x) {
        double old = m[i];
        double v = tile.gradient(i, j, moved) + old * curvature;
        slot[i] = v;
        square += v * v;
    }
    double norm = sqrt(sum_over_block(square, turn));
    double scale = curvature > 0 && norm > weight ? (1 - weight / norm) / curvature : 0;
    for (int i = threadIdx.x; i < h; i += blockDim.x) {
        double next = scale == 0 ? 0 : scale * slot[i];
        slot[i] = next - m[i];
        m[i] = next;
    }
    return scale != 0;
}

// Calls each(c, x Q_c) for each column c of Q, which is (size, size) with Q_bc at b down + c across; x is a row, whose
// numbers are h apart.
template <typename Each>
__device__ void row_times(int h, int size, const double* x, const double* q, int down, int across, Each each) {
    for (int c = 0; c < size; c += AT_ONCE) {
        double sums[AT_ONCE] = {};
        for (int b = 0; b < size; b++) {
            double number = x[b * h];
#pragma unroll
            for (int n = 0; n < AT_ONCE; n++) {
                sums[n] += number * q[b * down + min(c + n, size - 1) * across];
            }
        }
#pragma unroll
        for (int n = 0; n < AT_ONCE; n++) {
            if (c + n < size) {
                each(c + n, sums[n]);
            }
        }
    }
}

// The t of sum_i v_i / (D_i t + weight)^2 = 1; 0 where no direction has curvature. By a warp, the same bits in each.
__device__ double secular_root(int size, const double* v, const double* values, double weight) {
    double t = 0;
    for (int step = 0; step < 100; step++) {
        double f = 0;
        double slope = 0;
        for (int i = lane(); i < size; i += WARP) {
            double value = fmax(0.0, values[i]);
            double root = value * t + weight;
            double term = v[i] / (root * root);
            f += term;
            slope += term * value / root;
        }
        f = warp_sum(f);
        slope = warp_sum(slope);
        double rise = f * (sqrt(f) - 1) / slope;
        if (!(slope > 0) || !(fabs(rise) > 1e-15 * t)) {
            break;
        }
        t = fmax(0.0, t + rise);
    }
    return t;
}

// The minimiser over a group of more columns, from j on in the tile, whose block of R is Q D Q' with D = values: with
// V = G_k + M_k R_kk, zero if ||V|| <= weight, else the columns of V Q by t / (D_i t + weight), times Q', where t, the
// minimiser's norm, is the secular root. Whether it is not zero.
__device__ bool minimise_group(
    const Tile& tile, int j, int size, int turn, unsigned moved, bool live, double weight, const double* q,
    const double* values, double* m) {
    int h = tile.h;
    double* slot = tile.slots + j * h;
    double square = 0;
    for (int i = threadIdx.x; i < h; i += blockDim.x) {
        for (int c = 0; c < size; c++) {
            slot[c * h + i] = tile.gradient(i, j + c, moved);
        }
        if (live) {
            const double* block = tile.square + j * tile.ld + j;
            row_times(h, size, m + i, block, 1, tile.ld, [=](int c, double sum) { slot[c * h + i] += sum; });
        }
        for (int c = 0; c < size; c++) {
            square += slot[c * h + i] * slot[c * h + i];
        }
    }
    if (!(sqrt(sum_over_block(square, turn)) > weight)) {
        for (int i = threadIdx.x; i < h; i += blockDim.x) {
            for (int c = 0; c < size; c++) {
                slot[c * h + i] = 0 - m[c * h + i];
                m[c * h + i] = 0;
            }
        }
        return false;
    }
    double* rotated = tile.rotated;
    for (int i = threadIdx.x; i < h; i += blockDim.x) {
        row_times(h, size, slot + i, q, 1, size, [=](int c, double sum) { rotated[c * h + i] = sum; });
    }
    __syncthreads(); // from rows to columns
    for (int c = warp(); c < size; c += blockDim.x / WARP) {
        double sum = 0;
        for (int i = lane(); i < h; i += WARP) {
            sum += rotated[c * h + i] * rotated[c * h + i];
        }
        sum = warp_sum(sum);
        if (lane() == 0) {
            tile.squares()[c] = sum;
        }
    }
    __syncthreads();
    double norm = secular_root(size, tile.squares(), values, weight);
    for (int c = threadIdx.x; c < size; c += blockDim.x) {
        tile.scales()[c] = norm / (fmax(0.0, values[c]) * norm + weight);
    }
    __syncthreads();
    for (int i = threadIdx.x; i < h; i += blockDim.x) {
        for (int c = 0; c < size; c++) {
            rotated[c * h + i] *= tile.scales()[c];
        }
        row_times(h, size, rotated + i, q, size, 1, [=](int c, double next) {
            slot[c * h + i] = next - m[c * h + i];
            m[c * h + i] = next;
        });
    }
    return true;
}

__device__ void walk_groups(
    const Tile& tile, int group, int end, double lambda, const double* weights, const int* live, const int* places,
    const double* q, const double* values, double* m) {
    unsigned moved = 0;
    for (int k = group; k < end; k++) {
        int column = tile.starts[k];
        int size = tile.starts[k + 1] - column;
        int j = column - tile.first;
        double weight = lambda * weights[k];
        double* own = m + static_cast<long long>(column) * tile.h;
        bool lived = live[k] != 0;
        bool lives = size == 1
            ? minimise_column(tile, j, k, moved, weight, own)
            : minimise_group(tile, j, size, k, moved, lived, weight, q + places[k], values + column, own);
        if ((lived || lives) && k + 1 < end) { // the tile has another column, so these are fewer than 32
            moved |= ((1u << size) - 1) << j;
        }
    }
}

} // namespace

// live_k = whether a number of M_k is not zero.
//
// Shapes:   starts (groups + 1), m (h, d), live (groups).
// Launch:   a block of 256 threads a group.
// Bound:    8 bytes a number: memory.
// Numerics: counts, exact.
KERNEL(256) void lnr_live_groups(int h, const int* starts, const double* m, int* live) {
    int k = blockIdx.x;
    long long from = static_cast<long long>(starts[k]) * h;
    bool wide = aligned<16>(m);
    int count = 0;
    walk<256, 4>((starts[k + 1] - starts[k]) * h, static_cast<int>(from % 2), [&](auto width, int i) {
        auto x = load<width.value>(m + from + i, wide);
        for (int j = 0; j < width.value; j++) {
            count += x.at[j] != 0;
        }
    });
    count = block_sum<256>(count);
    if (threadIdx.x == 0) {
        live[k] = count > 0;
    }
}

// Q_k = R_kk for each group k of more columns than one, for its eigenvectors to take its place.
//
// Shapes:   starts (groups + 1), r (d, d); q, group k's (size, size) block from places_k on.
// Launch:   a block of 256 threads a group.
// Bound:    16 bytes a number: memory; once a problem.
// Numerics: copies.
KERNEL(256) void lnr_diagonal_blocks(int d, const int* starts, const int* places, const double* r, double* q) {
    int first = starts[blockIdx.x];
    int size = starts[blockIdx.x + 1] - first;
    if (size == 1) {
        return;
    }
    double* to = q + places[blockIdx.x];
    for (int c = warp(); c < size; c += 256 / WARP) {
        const double* from = r + static_cast<long long>(first + c) * d + first;
        for (int i = lane(); i < size; i += WARP) {
            to[c * size + i] = from[i];
        }
    }
}

// A tile of a pass: the groups [group, end) of M become what they are to be, one after the other, and change is what M
// has become less what it was, 0 where nothing has changed. G is as it was before the tile, and stays so.
//
// Shapes:   starts (groups + 1); weights, live, places (groups); r (d, d); q and values, of the groups of more columns
//           than one: Q from places_k on, D from starts_k on; g, m (h, d); change (h, columns of the tile); work, for
//           largest > 0 and kept = 0, ((h + 2) largest).
// Launch:   one block of up to 512 threads, whole warps: h, if that is fewer. kept = 1 with dynamic shared memory for
//           (h + columns) columns + (h + 2) largest numbers, where largest is the columns of the tile's largest group,
//           0 where that is 1; columns is 32 at most, or there is just one group. kept = 0 with none: change and work
//           take its place.
// Bound:    latency. A column costs, one after the other: up to 31 products a row, four loads at once; a sum over the
//           block, 10 shuffles and a barrier; a square root and two divisions; and M's column, from L2. 500 columns are
//           500 times that, beside 16 products of (h, 32) by (32, d). A group of s columns costs up to 3 s^2 products
//           a row more. For h beyond 512, and without shared memory, it is the path from L2 to one multiprocessor, at
//           8 bytes a product.
// Numerics: a row's products are subtracted column by column, as the twin does; sums of squares: a thread its rows in
//           order, then the block; of rotated columns: a lane its rows in order, then the warp. Bits do not depend on
//           whether shared memory is used.
// Source:   Qin, Scheinberg and Goldfarb (2013), Efficient block-coordinate descent algorithms for the group lasso.
KERNEL(512) void lnr_descend_tile(
    int h, int d, int group, int end, int largest, int kept, double lambda, const int* starts, const double* weights,
    const int* live, const int* places, const double* r, const double* q, const double* values, const double* g,
    double* m, double* work, double* change) {
    DYNAMIC_SHARED(double, room);
    int first = starts[group];
    int columns = starts[end] - first;
    const double* square = r + static_cast<long long>(first) * d + first;
    const double* from = g + static_cast<long long>(first) * h;
    Tile tile = {h, first, starts, kept ? room : change, kept ? room + h * columns : square, kept ? columns : d,
                 kept ? room + (h + columns) * columns : work, largest};
    for (int i = threadIdx.x; i < h; i += blockDim.x) {
        for (int j = 0; j < columns; j++) {
            if (kept) {
                copy_async<8>(room + j * h + i, from + j * h + i);
            } else {
                change[j * h + i] = from[j * h + i];
            }
        }
    }
    if (kept) {
        for (int j = warp(); j < columns; j += blockDim.x / WARP) {
            for (int i = lane(); i < columns; i += WARP) {
                copy_async<8>(room + (h + j) * columns + i, square + j * d + i);
            }
        }
        copy_async_commit();
        copy_async_wait<0>();
        __syncthreads();
    }
    walk_groups(tile, group, end, lambda, weights, live, places, q, values, m);
    if (kept) {
        for (int i = threadIdx.x; i < h; i += blockDim.x) {
            for (int j = 0; j < columns; j++) {
                change[j * h + i] = room[j * h + i];
            }
        }
    }
}
