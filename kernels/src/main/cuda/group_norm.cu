// The penalty g(M) = sum_k w_k ||M_k|| over groups of columns of M, and its proximal operator.
// Twin: lnr.kernels.cpu.CpuGroupNorm; test: GroupNormContract; benchmark: GroupNormBenchmark.
//
// M is (h, d), column-major. A run is a group, or one of the columns behind the groups: it is contiguous. A team walks
// a run: a warp, four to a block, where runs are short, or a block where they are long. The grid is one team a run;
// where it is smaller, each team takes runs at a fixed distance.
//
// All kernels are bound by memory: 4 flops at most for every 8 bytes. So what has to be read twice, before the norm and
// behind it, is copied to shared memory, each thread's share to slots of its own, which no barrier guards: all of a
// run's loads are in flight at once, whatever registers there are. A run longer than the room that the launch gives is
// read twice, from L2 as far as that reaches. M is walked in pairs of numbers, its first and second and so on, so that
// a run may begin or end with half of one; a pair is one access where the arrays' addresses allow it, else two.
//
// Numerics: each thread adds its pairs in order, then a team's threads are added as in lnr.cuh, then blocks by
// lnr_sums: shapes alone decide the order. Squares are summed as they are, here as in the twin: a norm beyond 1e154
// counts as infinite, one below 1e-162 as zero.
#include "lnr.cuh"

namespace {

constexpr int BLOCK = 256;

// Teams of a block. A block of warps is smaller, so that few short runs still reach most processors.
template <int team>
constexpr int TEAMS = team == WARP ? 4 : 1;

// Columns [first, end).
struct Run {
    int first;
    int end;

    __device__ long long from(int h) const {
        return static_cast<long long>(first) * h;
    }

    __device__ int length(int h) const {
        return (end - first) * h;
    }

    // Numbers before the first pair.
    __device__ int odd(int h) const {
        return static_cast<int>(from(h) % 2);
    }
};

__device__ Run run_at(long long k, int groups, const int* starts) {
    if (k < groups) {
        return {starts[k], starts[k + 1]};
    }
    int column = starts[groups] + static_cast<int>(k - groups);
    return {column, column + 1};
}

// A team's first run and the next: behind the last they may be more than an int holds.
template <int team>
__device__ long long first_run() {
    return static_cast<long long>(blockIdx.x) * TEAMS<team> + threadIdx.x / team;
}

template <int team>
__device__ long long next_run(long long k) {
    return k + static_cast<long long>(gridDim.x) * TEAMS<team>;
}

template <int n>
__device__ void copy(double* slot, const double* from, bool wide) {
    if (wide) {
        copy_async<8 * n>(slot, from);
    } else {
        for (int j = 0; j < n; j++) {
            copy_async<8>(slot + j, from + j);
        }
    }
}

// The sum of a run's squares, in every thread of the team.
template <int team>
__device__ double squares(Run run, int h, const double* m) {
    const double* from = m + run.from(h);
    bool wide = aligned<16>(m);
    double sum = 0;
    walk<team, 4>(run.length(h), run.odd(h), [&](auto width, int i) {
        auto x = load<width.value>(from + i, wide);
        for (int j = 0; j < width.value; j++) {
            sum += x.at[j] * x.at[j];
        }
    });
    return block_sum<team>(sum);
}

// What the prox multiplies a group by. NaN for NaN.
__device__ double shrinkage(double t, double norm) {
    return norm <= t ? 0 : 1 - t / norm;
}

// scale x, exactly zero for scale 0 whatever x is.
__device__ double scaled(double scale, double x) {
    return scale == 0 ? 0 : scale * x;
}

template <int team>
__device__ void norms(int h, int groups, const int* starts, const double* weights, const double* m, double* out) {
    for (long long k = first_run<team>(); k < groups; k = next_run<team>(k)) {
        Run run = run_at(k, groups, starts);
        double norm = sqrt(squares<team>(run, h, m));
        if (threadIdx.x % team == 0) {
            out[k] = weights == nullptr ? norm : weights[k] * norm;
        }
    }
}

template <int team>
__device__ void variational_diagonal(
    int h, int runs, int groups, double lambda, double epsilon, const int* starts, const double* weights,
    const double* m, double* out) {
    for (long long k = first_run<team>(); k < runs; k = next_run<team>(k)) {
        Run run = run_at(k, groups, starts);
        double value = 0;
        if (k < groups) {
            value = lambda * weights[k] / sqrt(squares<team>(run, h, m) + epsilon);
        }
        for (int j = run.first + static_cast<int>(threadIdx.x) % team; j < run.end; j += team) {
            out[j] = value;
        }
    }
}

template <int team, bool kept>
__device__ void prox(
    int h, int runs, int groups, double* slots, double t, const int* starts, const double* weights, const double* m,
    double* out) {
    bool wide = aligned<16>(m) && aligned<16>(out);
    for (long long k = first_run<team>(); k < runs; k = next_run<team>(k)) {
        Run run = run_at(k, groups, starts);
        int length = run.length(h);
        int odd = run.odd(h);
        const double* from = m + run.from(h);
        double* to = out + run.from(h);
        double* own = slots + odd;
        if (kept) {
            walk<team, 4>(length, odd, [=](auto width, int i) { copy<width.value>(own + i, from + i, wide); });
            copy_async_commit();
            copy_async_wait<0>();
        }
        auto again = [=](auto width, int i) {
            return kept ? load<width.value>(own + i, true) : load<width.value>(from + i, wide);
        };
        double scale = 1;
        if (k < groups) {
            double sum = 0;
            walk<team, 4>(length, odd, [&](auto width, int i) {
                auto x = again(width, i);
                for (int j = 0; j < width.value; j++) {
                    sum += x.at[j] * x.at[j];
                }
            });
            scale = shrinkage(t * weights[k], sqrt(block_sum<team>(sum)));
        }
        walk<team, 4>(length, odd, [=](auto width, int i) {
            auto x = again(width, i);
            for (int j = 0; j < width.value; j++) {
                x.at[j] = scaled(scale, x.at[j]);
            }
            store(to + i, x, wide);
        });
    }
}

constexpr int STATS = 5;

// Adds the sums of a block's threads: parts_sb is block b's part of sum s.
template <int team>
__device__ void leave_parts(const double (&stats)[STATS], double* parts) {
    constexpr int warps = TEAMS<team> * team / WARP;
    SHARED(double, sums, STATS * warps);
#pragma unroll
    for (int s = 0; s < STATS; s++) {
        double sum = warp_sum(stats[s]);
        if (lane() == 0) {
            sums[s * warps + warp()] = sum;
        }
    }
    __syncthreads();
    if (threadIdx.x < STATS) {
        double sum = 0;
        for (int w = 0; w < warps; w++) {
            sum += sums[threadIdx.x * warps + w];
        }
        parts[threadIdx.x * gridDim.x + blockIdx.x] = sum;
    }
}

// What a team keeps of a run; the prox's argument Z takes the place of M_prev.
enum Array { M, M_PREV, MR, MR_PREV, C, ARRAYS, Z = M_PREV };

template <int team, bool kept>
__device__ void take_step(
    int h, int runs, int groups, double* slots, int room, double u, double step, double t, const int* starts,
    const double* weights, const double* m, const double* m_prev, const double* mr, const double* mr_prev,
    const double* c, double* next, double* parts) {
    bool wide = aligned<16>(m) && aligned<16>(m_prev) && aligned<16>(mr) && aligned<16>(mr_prev) && aligned<16>(c)
        && aligned<16>(next);
    double stats[STATS] = {};
    for (long long k = first_run<team>(); k < runs; k = next_run<team>(k)) {
        Run run = run_at(k, groups, starts);
        int length = run.length(h);
        int odd = run.odd(h);
        long long from = run.from(h);
        const double* in[ARRAYS] = {m + from, m_prev + from, mr + from, mr_prev + from, c + from};
        double* own = slots + odd;
        double* to = next + from;
        if (kept) {
            walk<team, 2>(length, odd, [=](auto width, int i) {
                for (int a = 0; a < ARRAYS; a++) {
                    copy<width.value>(own + a * room + i, in[a] + i, wide);
                }
            });
            copy_async_commit();
            copy_async_wait<0>();
        }
        auto get = [=](Array a, auto width, int i) {
            return kept ? load<width.value>(own + a * room + i, true) : load<width.value>(in[a] + i, wide);
        };
        double sum = 0;
        walk<team, 2>(length, odd, [&](auto width, int i) {
            auto x = get(M, width, i);
            auto x_prev = get(M_PREV, width, i);
            auto p = get(MR, width, i);
            auto p_prev = get(MR_PREV, width, i);
            auto b = get(C, width, i);
            for (int j = 0; j < width.value; j++) {
                double a = x.at[j] + u * (x.at[j] - x_prev.at[j]);
                double ar = p.at[j] + u * (p.at[j] - p_prev.at[j]);
                stats[3] += p.at[j] * x.at[j];
                stats[4] += b.at[j] * x.at[j];
                x.at[j] = a - step * (ar - b.at[j]);
                sum += x.at[j] * x.at[j];
            }
            if (kept) {
                store(own + Z * room + i, x, true);
            } else {
                store(to + i, x, wide);
            }
        });
        double scale = 1;
        if (k < groups) {
            double norm = sqrt(block_sum<team>(sum));
            scale = shrinkage(t * weights[k], norm);
            stats[2] += threadIdx.x % team == 0 ? weights[k] * scale * norm : 0;
        }
        walk<team, 2>(length, odd, [&](auto width, int i) {
            auto x = get(M, width, i);
            auto z = kept ? load<width.value>(own + Z * room + i, true) : load<width.value>(to + i, wide);
            for (int j = 0; j < width.value; j++) {
                z.at[j] = scaled(scale, z.at[j]);
                double change = z.at[j] - x.at[j];
                stats[0] += change * change;
                stats[1] += z.at[j] * z.at[j];
            }
            store(to + i, z, wide);
        });
    }
    leave_parts<team>(stats, parts);
}

// The sum of values_i, in every thread of a block of 256.
__device__ double total(int count, const double* values) {
    double sum = 0;
#pragma unroll 4
    for (int i = threadIdx.x; i < count; i += BLOCK) {
        sum += values[i];
    }
    return block_sum<BLOCK>(sum);
}

// What a restarted step takes from the one before, of each problem of a batch: numbers of one kind stand together. Of
// the first two it matters only whether they are 0: as predicates they take no registers.
enum Motion { AHEAD, UNSEEN, LENGTH, LAMBDA };

// Each thread writes only numbers that it alone reads: its share of M, G and S, before and behind the norm.
template <int team, bool kept, typename T>
__device__ void take_restarted_step(
    int h, int runs, int groups, double* slots, const int* starts, const double* weights, const double* motion,
    double* m, double* g, T* s, const T* sr, double* parts) {
    bool ahead = motion[AHEAD * gridDim.y] != 0;
    bool unseen = motion[UNSEEN * gridDim.y] != 0;
    double step = motion[LENGTH * gridDim.y];
    bool wide = aligned<16>(m) && aligned<16>(g) && aligned<2 * sizeof(T)>(s) && aligned<2 * sizeof(T)>(sr);
    double stats[STATS] = {};
    for (long long k = first_run<team>(); k < runs; k = next_run<team>(k)) {
        Run run = run_at(k, groups, starts);
        int length = run.length(h);
        int odd = run.odd(h);
        long long from = run.from(h);
        double* own = slots + odd;
        double sum = 0;
        walk<team, 2>(length, odd, [&](auto width, int i) {
            constexpr int n = width.value;
            auto x = load<n>(m + from + i, wide);
            auto slope = load<n>(g + from + i, wide);
            auto change = load<n>(s + from + i, wide);
            auto product = load<n>(sr + from + i, wide);
            for (int j = 0; j < n; j++) {
                double a = change.at[j];
                double p = product.at[j];
                slope.at[j] -= unseen ? p : 0;
                stats[4] += (slope.at[j] + 0.5 * p) * a;
                x.at[j] += ahead ? a + step * (slope.at[j] - p) : step * slope.at[j];
                sum += x.at[j] * x.at[j];
            }
            store(g + from + i, slope, wide);
            if (kept) {
                store(own + i, x, true);
            }
        });
        double scale = 1;
        if (k < groups) {
            double norm = sqrt(block_sum<team>(sum));
            scale = shrinkage(step * motion[LAMBDA * gridDim.y] * weights[k], norm);
            stats[2] += threadIdx.x % team == 0 ? weights[k] * scale * norm : 0;
        }
        stats[1] += scaled(scale * scale, sum);
        constexpr int unroll = kept ? 2 : 1; // with all four arrays to read again, two would spill registers
        walk<team, unroll>(length, odd, [&](auto width, int i) {
            constexpr int n = width.value;
            auto x = load<n>(m + from + i, wide);
            auto last = load<n>(s + from + i, wide);
            Numbers<n> z;
            if (kept) {
                z = load<n>(own + i, true);
            } else {
                auto slope = load<n>(g + from + i, wide);
                auto product = load<n>(sr + from + i, wide);
                for (int j = 0; j < n; j++) {
                    double a = last.at[j];
                    double p = product.at[j];
                    z.at[j] = x.at[j] + (ahead ? a + step * (slope.at[j] - p) : step * slope.at[j]);
                }
            }
            Numbers<n, T> next;
            for (int j = 0; j < n; j++) {
                z.at[j] = scaled(scale, z.at[j]);
                double change = z.at[j] - x.at[j];
                stats[0] += change * change;
                stats[3] += change * last.at[j];
                next.at[j] = static_cast<T>(change);
            }
            store(m + from + i, z, wide);
            store(s + from + i, next, wide);
        });
    }
    leave_parts<team>(stats, parts);
}

// By the launch's shape, problem blockIdx.y.
template <typename T>
__device__ void restarted_step(
    int h, int d, int runs, int groups, int team, int room, double* slots, const int* starts, const double* weights,
    const double* motion, double* m, double* g, T* s, const T* sr, double* parts) {
    long long first = static_cast<long long>(blockIdx.y) * h * d;
    motion += blockIdx.y;
    m += first;
    g += first;
    s += first;
    sr += first;
    parts += static_cast<long long>(blockIdx.y) * STATS * gridDim.x;
    if (team == WARP) {
        take_restarted_step<WARP, true>(
            h, runs, groups, slots + warp() * room, starts, weights, motion, m, g, s, sr, parts);
    } else if (room > 0) {
        take_restarted_step<BLOCK, true>(h, runs, groups, slots, starts, weights, motion, m, g, s, sr, parts);
    } else {
        take_restarted_step<BLOCK, false>(h, runs, groups, slots, starts, weights, motion, m, g, s, sr, parts);
    }
}

// The larger number, NaN if one is.
__device__ double larger(double a, double b) {
    return a > b || a != a ? a : b;
}

template <int team>
__device__ void gap_sums(
    int h, int runs, int groups, const int* starts, const double* weights, const double* m, const double* mr,
    const double* c, double* g, double* parts) {
    SHARED(double, steepest, TEAMS<team>);
    if (threadIdx.x % team == 0) {
        steepest[threadIdx.x / team] = 0;
    }
    bool wide = aligned<16>(m) && aligned<16>(mr) && aligned<16>(c) && aligned<16>(g);
    double stats[STATS] = {};
    for (long long k = first_run<team>(); k < runs; k = next_run<team>(k)) {
        Run run = run_at(k, groups, starts);
        long long from = run.from(h);
        double size = 0;
        double slope = 0;
        walk<team, 2>(run.length(h), run.odd(h), [&](auto width, int i) {
            constexpr int n = width.value;
            auto x = load<n>(m + from + i, wide);
            auto p = load<n>(mr + from + i, wide);
            auto b = load<n>(c + from + i, wide);
            for (int j = 0; j < n; j++) {
                p.at[j] = b.at[j] - p.at[j];
                stats[0] += b.at[j] * x.at[j];
                stats[1] += p.at[j] * x.at[j];
                size += x.at[j] * x.at[j];
                slope += p.at[j] * p.at[j];
            }
            store(g + from + i, p, wide);
        });
        stats[2] += size;
        stats[3] += slope;
        if (k < groups) {
            double norm = sqrt(block_sum<team>(size));
            slope = sqrt(block_sum<team>(slope)) / weights[k];
            if (threadIdx.x % team == 0) {
                steepest[threadIdx.x / team] = larger(steepest[threadIdx.x / team], slope);
                stats[4] += weights[k] * norm;
            }
        }
    }
    leave_parts<team>(stats, parts);
    if (threadIdx.x == 0) {
        double most = 0;
        for (int i = 0; i < TEAMS<team>; i++) {
            most = larger(most, steepest[i]);
        }
        parts[STATS * gridDim.x + blockIdx.x] = most;
    }
}

} // namespace

// out_k = ||M_k||, or w_k ||M_k|| with weights: the penalty's first stage.
//
// Shapes:   starts (groups + 1), weights (groups) or null, m (h, starts[groups] or more), out (groups).
// Launch:   team 32 with blocks of 128 threads, or team 256 with blocks of 256; any number of blocks.
// Bound:    8 bytes and 2 flops a number: memory.
// Numerics: as above.
KERNEL(256) void lnr_norms(
    int h, int groups, int team, const int* starts, const double* weights, const double* m, double* out) {
    if (team == WARP) {
        norms<WARP>(h, groups, starts, weights, m, out);
    } else {
        norms<BLOCK>(h, groups, starts, weights, m, out);
    }
}

// out_j = lambda w_k / sqrt(||M_k||^2 + epsilon) for each column j of group k, 0 for columns of none.
//
// Shapes:   runs = groups + columns of none; m (h, d), out (d).
// Launch, bound, numerics: as lnr_norms.
// Source:   ||x|| = min over e of (||x||^2 / e + e) / 2, smoothed by epsilon.
KERNEL(256) void lnr_variational_diagonal(
    int h, int runs, int groups, int team, double lambda, double epsilon, const int* starts, const double* weights,
    const double* m, double* out) {
    if (team == WARP) {
        variational_diagonal<WARP>(h, runs, groups, lambda, epsilon, starts, weights, m, out);
    } else {
        variational_diagonal<BLOCK>(h, runs, groups, lambda, epsilon, starts, weights, m, out);
    }
}

// out_k = M_k (1 - t w_k / ||M_k||) where ||M_k|| > t w_k, else 0; columns of no group as they are. NaN for NaN.
//
// Shapes:   m and out (h, d), which may be the same.
// Launch:   as lnr_norms, with dynamic shared memory for `room` numbers a team, even and more than the longest run has;
//           or, for team 256, room 0.
// Bound:    16 bytes (room 0: 8 more, from L2) and 3 flops a number: memory. At h = 4096 a block has 32 KB in flight,
//           and a multiprocessor of 228 KB shared memory six blocks, some of which load while others write.
// Numerics: as above; a scale of 0 gives 0 whatever it multiplies.
// Source:   Parikh and Boyd (2014), Proximal algorithms, 6.5.1.
KERNEL(256) void lnr_prox(
    int h, int runs, int groups, int team, int room, double t, const int* starts, const double* weights,
    const double* m, double* out) {
    DYNAMIC_SHARED(double, slots);
    if (team == WARP) {
        prox<WARP, true>(h, runs, groups, slots + warp() * room, t, starts, weights, m, out);
    } else if (room > 0) {
        prox<BLOCK, true>(h, runs, groups, slots, t, starts, weights, m, out);
    } else {
        prox<BLOCK, false>(h, runs, groups, slots, t, starts, weights, m, out);
    }
}

// A = M + u (M - M_prev), A R = P + u (P - P_prev), next = prox_{t g}(A - step (A R - C)), and of each block the sums
// ||next - M||^2, ||next||^2, sum_k w_k ||next_k||, <P, M>, <C, M>.
//
// Shapes:   u (1); matrices (h, d), next may be m_prev; parts (5, blocks), a sum's parts contiguous.
// Launch:   as lnr_prox, with room for five arrays.
// Bound:    48 bytes (room 0: 24 more, from L2) and 20 flops a number: memory; at the size of a layer, a few hundred
//           runs, the latency of one load and one reduction.
// Numerics: as above; the twin's operations for each number.
// Source:   Beck and Teboulle (2009), eq. 4.1 to 4.3.
KERNEL(256) void lnr_step(
    int h, int runs, int groups, int team, int room, double step, double t, const int* starts,
    const double* weights, const double* u, const double* m, const double* m_prev, const double* mr,
    const double* mr_prev, const double* c, double* next, double* parts) {
    DYNAMIC_SHARED(double, slots);
    if (team == WARP) {
        take_step<WARP, true>(
            h, runs, groups, slots + warp() * ARRAYS * room, room, *u, step, t, starts, weights, m, m_prev, mr,
            mr_prev, c, next, parts);
    } else if (room > 0) {
        take_step<BLOCK, true>(
            h, runs, groups, slots, room, *u, step, t, starts, weights, m, m_prev, mr, mr_prev, c, next, parts);
    } else {
        take_step<BLOCK, false>(
            h, runs, groups, slots, room, *u, step, t, starts, weights, m, m_prev, mr, mr_prev, c, next, parts);
    }
}

// G = G - v S R, next = prox_{t g}(M + u S + step (G - u S R)), S = next - M, M = next, and of each block the sums
// ||next - M||^2, ||next||^2, sum_k w_k ||next_k||, <next - M, S>, <G + S R / 2, S> of the S before; t = step lambda.
// For each problem of a batch.
//
// Shapes:   motion (batch, 4): all u, all v, all step, all lambda; matrices (h, d) for each problem; parts (5, blocks)
//           for each problem, a sum's parts contiguous.
// Launch:   as lnr_prox, for a problem; a row of such blocks for each problem.
// Bound:    56 bytes and 20 flops a number: memory. S and M are read again behind the norm, from L1 or L2.
// Numerics: as lnr_step; a problem's bits are the same in any batch.
// Source:   O'Donoghue and Candes (2015), 3.2; Liang, Luo and Schoenlieb (2022).
KERNEL(256) void lnr_restarted_step(
    int h, int d, int runs, int groups, int team, int room, const int* starts, const double* weights,
    const double* motion, double* m, double* g, double* s, const double* sr, double* parts) {
    DYNAMIC_SHARED(double, slots);
    restarted_step(h, d, runs, groups, team, room, slots, starts, weights, motion, m, g, s, sr, parts);
}

// The same with S and S R in single precision; all arithmetic is in double.
//
// Shapes, launch, numerics, source: as lnr_restarted_step; S is rounded to single precision when it is written.
// Bound:    44 bytes and 20 flops a number: memory.
KERNEL(256) void lnr_restarted_step_f32(
    int h, int d, int runs, int groups, int team, int room, const int* starts, const double* weights,
    const double* motion, double* m, double* g, float* s, const float* sr, double* parts) {
    DYNAMIC_SHARED(double, slots);
    restarted_step(h, d, runs, groups, team, room, slots, starts, weights, motion, m, g, s, sr, parts);
}

// The second stage of a restarted step: out_s = sum_i parts_si, then motion's u = 0 if the momentum points uphill, that
// is, u <next - M, S> > ||next - M||^2, else 1, and v = 1. For each problem of a batch.
//
// Shapes:   parts (5, count) for each problem, a sum's parts contiguous; out (5) for each; motion as the first stage's.
// Launch:   a block of 256 threads a problem.
// Bound:    latency.
// Numerics: as lnr_sums, whose sums these are.
KERNEL(256) void lnr_restart(int count, const double* parts, double* out, double* motion) {
    parts += static_cast<long long>(blockIdx.x) * STATS * count;
    double sums[STATS];
#pragma unroll
    for (int s = 0; s < STATS; s++) {
        sums[s] = total(count, parts + static_cast<long long>(s) * count);
    }
    if (threadIdx.x == 0) {
        for (int s = 0; s < STATS; s++) {
            out[blockIdx.x * STATS + s] = sums[s];
        }
        motion += blockIdx.x;
        motion[AHEAD * gridDim.x] = motion[AHEAD * gridDim.x] * sums[3] > sums[0] ? 0 : 1;
        motion[UNSEEN * gridDim.x] = 1;
    }
}

// G = C - M R, and of each block <M, C>, <M, G>, ||M||^2, ||G||^2, sum_k w_k ||M_k|| and max_k ||G_k|| / w_k. For each
// problem of a batch.
//
// Shapes:   matrices (h, d) for each problem; parts (6, blocks) for each problem, a sum's parts contiguous.
// Launch:   as lnr_norms, for a problem; a row of such blocks for each problem.
// Bound:    32 bytes and 9 flops a number: memory.
// Numerics: as above; NaN is larger than any number. A problem's bits are the same in any batch.
KERNEL(256) void lnr_gap_sums(
    int h, int d, int runs, int groups, int team, const int* starts, const double* weights, const double* m,
    const double* mr, const double* c, double* g, double* parts) {
    long long first = static_cast<long long>(blockIdx.y) * h * d;
    parts += static_cast<long long>(blockIdx.y) * (STATS + 1) * gridDim.x;
    if (team == WARP) {
        gap_sums<WARP>(h, runs, groups, starts, weights, m + first, mr + first, c + first, g + first, parts);
    } else {
        gap_sums<BLOCK>(h, runs, groups, starts, weights, m + first, mr + first, c + first, g + first, parts);
    }
}

// The second stage: five sums, out_s = sum_i parts_si, and behind them the largest of parts_5i.
//
// Shapes:   parts (6, count) for each problem, a sum's parts contiguous; out (6) for each.
// Launch:   a block of 256 threads for each sum, and a row of such blocks for each problem.
// Bound:    latency.
// Numerics: as lnr_sums and lnr_gap_sums.
KERNEL(256) void lnr_gap_totals(int count, const double* parts, double* out) {
    parts += (static_cast<long long>(blockIdx.y) * gridDim.x + blockIdx.x) * count;
    double result;
    if (blockIdx.x < STATS) {
        result = total(count, parts);
    } else {
        SHARED(double, steepest, BLOCK / WARP);
        double most = 0;
        for (int i = threadIdx.x; i < count; i += BLOCK) {
            most = larger(most, parts[i]);
        }
#pragma unroll
        for (int apart = WARP / 2; apart > 0; apart /= 2) {
            most = larger(most, __shfl_xor_sync(FULL_MASK, most, apart));
        }
        if (lane() == 0) {
            steepest[warp()] = most;
        }
        __syncthreads();
        for (int w = 0; w < BLOCK / WARP; w++) {
            most = larger(most, steepest[w]);
        }
        result = most;
    }
    if (threadIdx.x == 0) {
        out[blockIdx.y * gridDim.x + blockIdx.x] = result;
    }
}

// out_s = sum_i parts_si: the second stage.
//
// Shapes:   parts (sums, count), a sum's parts contiguous; out (sums).
// Launch:   a block of 256 threads a sum.
// Bound:    latency.
// Numerics: thread t adds parts t, t + 256, ..., then as in lnr.cuh.
KERNEL(256) void lnr_sums(int count, const double* parts, double* out) {
    double sum = total(count, parts + static_cast<long long>(blockIdx.x) * count);
    if (threadIdx.x == 0) {
        out[blockIdx.x] = sum;
    }
}
