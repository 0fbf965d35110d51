// What a Newton step on the groups that are not zero is made of: columns picked out and put back, and sums over groups.
// Twin: lnr.kernels.cpu.CpuSupport; test: SupportContract; benchmark: SupportBenchmark.
//
// Matrices are column-major. On S, the n columns of the groups that are not zero, they are packed: (h, n), a group's
// columns contiguous. A team of threads shares a column or a group: a warp, four to a block, or for long groups a
// block of 256. Numbers are walked in pairs, one access each where the arrays' addresses allow it.
//
// All kernels are bound by memory, with 2 flops at most for every 8 bytes; or at the size of a layer, a few hundred
// columns, by the latency of a load and a sum. What is read once more behind a sum comes from L1 or L2.
//
// Numerics: each thread adds its pairs in order, then a team's threads are added as in lnr.cuh: shapes alone decide.
#include "lnr.cuh"

namespace {

constexpr int BLOCK = 256;

template <int team>
constexpr int TEAMS = team == WARP ? 4 : 1;

// The column or group that this thread's team takes: behind the last they may be more than an int holds.
template <int team>
__device__ long long team_index() {
    return static_cast<long long>(blockIdx.x) * TEAMS<team> + threadIdx.x / team;
}

// What there is where M has no such column.
__device__ double not_a_number() {
    return __longlong_as_double(0x7ff8000000000000LL);
}

// Group k of packed columns, as a run of numbers.
struct Run {
    long long from;
    int length;
    int odd; // numbers before the first pair

    __device__ Run(int h, long long k, const int* starts)
        : from(static_cast<long long>(starts[k]) * h), length((starts[k + 1] - starts[k]) * h),
          odd(static_cast<int>(from % 2)) {}
};

// <A_k, B_k>, in every thread of the team.
template <int team>
__device__ double product(Run run, const double* a, const double* b) {
    bool wide = aligned<16>(a) && aligned<16>(b);
    double sum = 0;
    walk<team, 4>(run.length, run.odd, [&](auto width, int i) {
        auto x = load<width.value>(a + run.from + i, wide);
        auto y = load<width.value>(b + run.from + i, wide);
        for (int j = 0; j < width.value; j++) {
            sum += x.at[j] * y.at[j];
        }
    });
    return block_sum<team>(sum);
}

// A lane's part of the sum of A o B over a block of so many rows and `size` elements, of matrices of n rows: accesses
// of `width` elements, which the rows are a multiple of.
template <int width>
__device__ double block_share(int n, int rows, long long size, const double* a, const double* b, bool wide) {
    double sum = 0;
#pragma unroll 4
    for (long long e = width * lane(); e < size; e += width * WARP) {
        long long at = e / rows * n + e % rows;
        auto x = load<width>(a + at, wide);
        auto y = load<width>(b + at, wide);
        for (int j = 0; j < width; j++) {
            sum += x.at[j] * y.at[j];
        }
    }
    return sum;
}

template <int team>
__device__ void slope_of(
    int h, int groups, double lambda, double epsilon, const int* starts, const double* weights, const double* m,
    const double* g, double* hat, double* slope, double* shift) {
    long long k = team_index<team>();
    if (k >= groups) {
        return;
    }
    Run run(h, k, starts);
    double norm = sqrt(product<team>(run, m, m) + epsilon * epsilon);
    double weight = lambda * weights[k];
    bool wide = aligned<16>(m) && aligned<16>(g) && aligned<16>(hat) && aligned<16>(slope);
    walk<team, 4>(run.length, run.odd, [=](auto width, int i) {
        auto unit = load<width.value>(m + run.from + i, wide);
        auto rise = load<width.value>(g + run.from + i, wide);
        for (int j = 0; j < width.value; j++) {
            unit.at[j] /= norm;
            rise.at[j] = weight * unit.at[j] - rise.at[j];
        }
        store(hat + run.from + i, unit, wide);
        store(slope + run.from + i, rise, wide);
    });
    for (int j = starts[k] + static_cast<int>(threadIdx.x) % team; j < starts[k + 1]; j += team) {
        shift[j] = weight / norm;
    }
}

template <int team>
__device__ void inner(int h, int groups, const int* starts, const double* a, const double* b, double* out) {
    long long k = team_index<team>();
    if (k >= groups) {
        return;
    }
    double sum = product<team>(Run(h, k, starts), a, b);
    if (threadIdx.x % team == 0) {
        out[k] = sum;
    }
}

template <int team>
__device__ void add_scaled(int h, int groups, const int* starts, const double* c, const double* x, double* y) {
    long long k = team_index<team>();
    if (k >= groups) {
        return;
    }
    Run run(h, k, starts);
    double scale = c[k];
    bool wide = aligned<16>(x) && aligned<16>(y);
    walk<team, 4>(run.length, run.odd, [=](auto width, int i) {
        auto from = load<width.value>(x + run.from + i, wide);
        auto to = load<width.value>(y + run.from + i, wide);
        for (int j = 0; j < width.value; j++) {
            to.at[j] += scale * from.at[j];
        }
        store(y + run.from + i, to, wide);
    });
}

template <int team>
__device__ void retreat(
    int h, int groups, double t, const int* starts, const double* m, const double* d, double* out) {
    long long k = team_index<team>();
    if (k >= groups) {
        return;
    }
    Run run(h, k, starts);
    double square = product<team>(run, m, m);
    double against = product<team>(run, m, d);
    bool turned = square - t * against <= 0;
    bool wide = aligned<16>(m) && aligned<16>(d) && aligned<16>(out);
    walk<team, 4>(run.length, run.odd, [=](auto width, int i) {
        auto x = load<width.value>(m + run.from + i, wide);
        auto down = load<width.value>(d + run.from + i, wide);
        for (int j = 0; j < width.value; j++) {
            x.at[j] = turned ? 0 : x.at[j] - t * down.at[j];
        }
        store(out + run.from + i, x, wide);
    });
}

} // namespace

// out_i = M_(columns_i); NaN when there is no such column.
//
// Shapes:   columns (n); m (h, d); out (h, n).
// Launch:   blocks of 128 threads, a warp a column.
// Bound:    16 bytes a number: memory.
// Numerics: copies.
KERNEL(128) void lnr_gather_columns(
    int h, int n, long long d, const int* columns, const double* m, double* out) {
    long long i = team_index<WARP>();
    if (i >= n) {
        return;
    }
    int column = columns[i];
    bool known = column >= 0 && column < d;
    const double* from = m + static_cast<long long>(known ? column : 0) * h;
    double* to = out + i * h;
    bool wide = h % 2 == 0 && aligned<16>(m) && aligned<16>(out);
    walk<WARP, 4>(h, 0, [=](auto width, int j) {
        Numbers<width.value> x;
        for (int l = 0; l < width.value; l++) {
            x.at[l] = not_a_number();
        }
        store(to + j, known ? load<width.value>(from + j, wide) : x, wide);
    });
}

// M_(columns_i) = in_i; nothing when there is no such column.
//
// Shapes, launch, bound, numerics: as lnr_gather_columns; M's other columns are cleared before.
KERNEL(128) void lnr_scatter_columns(
    int h, int n, long long d, const int* columns, const double* in, double* m) {
    long long i = team_index<WARP>();
    if (i >= n) {
        return;
    }
    int column = columns[i];
    if (column < 0 || column >= d) {
        return;
    }
    const double* from = in + i * h;
    double* to = m + static_cast<long long>(column) * h;
    bool wide = h % 2 == 0 && aligned<16>(in) && aligned<16>(m);
    walk<WARP, 4>(
        h, 0, [=](auto width, int j) { store(to + j, load<width.value>(from + j, wide), wide); });
}

// out = R_SS; NaN when there is no such column.
//
// Shapes:   columns (n); r (d, d); out (n, n).
// Launch:   blocks of 128 threads, a warp a column of out.
// Bound:    16 bytes a number, and more where S is sparse: a load moves 32 bytes of R at least. Memory.
// Numerics: copies.
KERNEL(128) void lnr_submatrix(int n, int d, const int* columns, const double* r, double* out) {
    long long j = team_index<WARP>();
    if (j >= n) {
        return;
    }
    int column = columns[j];
    bool known = column >= 0 && column < d;
    const double* from = r + static_cast<long long>(known ? column : 0) * d;
    double* to = out + j * n;
#pragma unroll 4
    for (int i = lane(); i < n; i += WARP) {
        int row = columns[i];
        to[i] = known && row >= 0 && row < d ? from[row] : not_a_number();
    }
}

// hat_k = M_k / u_k, slope_k = lambda w_k hat_k - G_k, and shift_j = lambda w_k / u_k for each column j of k, where
// u_k = sqrt(||M_k||^2 + epsilon^2).
//
// Shapes:   starts (groups + 1), weights (groups); m, g, hat, slope (h, n); shift (n).
// Launch:   team 32 with blocks of 128 threads, or team 256 with blocks of 256, a team a group.
// Bound:    32 bytes (8 more from L1 or L2) and 5 flops a number: memory.
// Numerics: as above.
// Source:   gradient and Hessian of ||x||: x / ||x||, and (I - x x' / ||x||^2) / ||x||.
KERNEL(256) void lnr_slope(
    int h, int groups, int team, double lambda, double epsilon, const int* starts, const double* weights,
    const double* m, const double* g, double* hat, double* slope, double* shift) {
    if (team == WARP) {
        slope_of<WARP>(h, groups, lambda, epsilon, starts, weights, m, g, hat, slope, shift);
    } else {
        slope_of<BLOCK>(h, groups, lambda, epsilon, starts, weights, m, g, hat, slope, shift);
    }
}

// T = diag(1 / shift) - A o B, where each group is a column.
//
// Shapes:   shift (n); a, b, t (n, n).
// Launch:   blocks of 128 threads, a warp a column of T.
// Bound:    24 bytes and 2 flops a number: memory.
// Numerics: the twin's operations: no sums.
KERNEL(128) void lnr_complement(int n, const double* shift, const double* a, const double* b, double* t) {
    long long l = team_index<WARP>();
    if (l >= n) {
        return;
    }
    long long column = l * n;
    bool wide = aligned<16>(a) && aligned<16>(b) && aligned<16>(t);
    walk<WARP, 4>(n, static_cast<int>(column % 2), [=](auto width, int i) {
        auto x = load<width.value>(a + column + i, wide);
        auto y = load<width.value>(b + column + i, wide);
        for (int j = 0; j < width.value; j++) {
            x.at[j] = (i + j == l ? 1 / shift[l] : 0) - x.at[j] * y.at[j];
        }
        store(t + column + i, x, wide);
    });
}

// T_kl = [k = l] / shift_k - sum of A o B over the block of groups k and l.
//
// Shapes:   starts (groups + 1), shift (n); a, b (n, n); t (groups, groups).
// Launch:   blocks of 128 threads, a warp an element of T.
// Bound:    16 bytes and 2 flops a number: memory; where groups are of fewer than 32 columns, latency.
// Numerics: lane l adds the block's elements l, l + 32, ..., column by column, then the warp; pairs of them in place of
//           elements where n, the group's first row and its rows are even. The alignment of a and b changes nothing.
KERNEL(128) void lnr_complement_groups(
    int n, int groups, const int* starts, const double* shift, const double* a, const double* b, double* t) {
    long long element = static_cast<long long>(blockIdx.x) * TEAMS<WARP> + warp();
    if (element >= static_cast<long long>(groups) * groups) {
        return;
    }
    int k = static_cast<int>(element % groups);
    int l = static_cast<int>(element / groups);
    int rows = starts[k + 1] - starts[k];
    long long size = static_cast<long long>(rows) * (starts[l + 1] - starts[l]);
    long long from = static_cast<long long>(starts[l]) * n + starts[k];
    bool even = n % 2 == 0 && starts[k] % 2 == 0 && rows % 2 == 0;
    bool wide = aligned<16>(a) && aligned<16>(b);
    double sum = even ? block_share<2>(n, rows, size, a + from, b + from, wide)
                      : block_share<1>(n, rows, size, a + from, b + from, true);
    sum = warp_sum(sum);
    if (lane() == 0) {
        t[element] = (k == l ? 1 / shift[starts[k]] : 0) - sum;
    }
}

// out_k = <A_k, B_k>.
//
// Shapes:   a, b (h, n); out (groups).
// Launch:   as lnr_slope.
// Bound:    16 bytes and 2 flops a number: memory.
// Numerics: as above.
KERNEL(256) void lnr_inner(
    int h, int groups, int team, const int* starts, const double* a, const double* b, double* out) {
    if (team == WARP) {
        inner<WARP>(h, groups, starts, a, b, out);
    } else {
        inner<BLOCK>(h, groups, starts, a, b, out);
    }
}

// Y_k = Y_k + c_k X_k.
//
// Shapes:   c (groups); x, y (h, n).
// Launch:   as lnr_slope.
// Bound:    24 bytes and 2 flops a number: memory.
// Numerics: the twin's operations: no sums.
KERNEL(256) void lnr_add_scaled(
    int h, int groups, int team, const int* starts, const double* c, const double* x, double* y) {
    if (team == WARP) {
        add_scaled<WARP>(h, groups, starts, c, x, y);
    } else {
        add_scaled<BLOCK>(h, groups, starts, c, x, y);
    }
}

// out_k = M_k - t D_k, or 0 where <M_k - t D_k, M_k> <= 0.
//
// Shapes:   m, d, out (h, n).
// Launch:   as lnr_slope.
// Bound:    24 bytes (24 more from L1 or L2) and 6 flops a number: memory.
// Numerics: as above.
KERNEL(256) void lnr_retreat(
    int h, int groups, int team, double t, const int* starts, const double* m, const double* d, double* out) {
    if (team == WARP) {
        retreat<WARP>(h, groups, t, starts, m, d, out);
    } else {
        retreat<BLOCK>(h, groups, t, starts, m, d, out);
    }
}
