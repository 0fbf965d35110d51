// Softmax cross-entropy, and distillation.
// Twin: lnr.kernels.cpu.CpuLayers; test: LayersContract; benchmark: LayersBenchmark.
#include "lnr.cuh"

__device__ inline float not_a_number() {
    return __int_as_float(0x7fc00000);
}

// The first largest of a sample's logits, in every lane; best is its place, or classes when there is none.
__device__ inline float warp_top(int classes, const float* logits, int* best) {
    float top = __int_as_float(0xff800000); // minus infinity
    int at = classes;
    for (int k = lane(); k < classes; k += WARP) {
        if (logits[k] > top) {
            top = logits[k];
            at = k;
        }
    }
#pragma unroll
    for (int apart = WARP / 2; apart > 0; apart /= 2) {
        float value = __shfl_xor_sync(FULL_MASK, top, apart);
        int place = __shfl_xor_sync(FULL_MASK, at, apart);
        if (value > top || (value == top && place < at)) {
            top = value;
            at = place;
        }
    }
    *best = at;
    return top;
}

// With p = softmax(z_i): loss_i = -log p_label, dz_i = (p - e_label) / n; a sample is correct when its first largest
// logit is the label's. partials_b = {sum of losses, number of correct samples} over block b's share. A label that
// is no class makes its sample's loss NaN.
//
// Shapes:   z, dz (n, classes), dz may be null; labels (n); partials (blocks, 2).
// Launch:   blocks of 256 threads, a warp a sample, in steps of as many warps as there are; lanes share the classes.
// Bound:    8 n classes bytes; latency for a batch.
// Numerics: exponentials, logarithm and quotients in single precision, sums in double: a lane adds its classes in
//           ascending order, the warp and the block add as in lnr.cuh.
// Source:   log p_label = z_label - max - log sum exp(z - max), which does not overflow.
KERNEL(256) void lnr_cross_entropy(int n, int classes, const float* z, const unsigned char* labels, float* dz,
                                   double* partials) {
    double loss = 0;
    double correct = 0;
    int warps = gridDim.x * (blockDim.x / WARP);
    for (int i = blockIdx.x * (blockDim.x / WARP) + warp(); i < n; i += min(warps, n - i)) {
        const float* logits = z + static_cast<long long>(i) * classes;
        int label = labels[i];
        int best;
        float top = warp_top(classes, logits, &best);
        double total = 0;
        for (int k = lane(); k < classes; k += WARP) {
            total += expf(logits[k] - top);
        }
        float weights = static_cast<float>(warp_sum(total));
        if (lane() == 0) {
            float score = label < classes ? logits[label] : not_a_number();
            loss += logf(weights) + (static_cast<double>(top) - score);
            correct += best == label;
        }
        if (dz != nullptr) {
            for (int k = lane(); k < classes; k += WARP) {
                float p = expf(logits[k] - top) / weights;
                dz[static_cast<long long>(i) * classes + k] = (p - (k == label ? 1.0f : 0.0f)) / n;
            }
        }
    }
    loss = block_sum<256>(loss);
    correct = block_sum<256>(correct);
    if (threadIdx.x == 0) {
        partials[2 * blockIdx.x] = loss;
        partials[2 * blockIdx.x + 1] = correct;
    }
}

// log sum_k exp((logits_k - top) scale), in every lane.
__device__ inline float warp_log_sum(int classes, const float* logits, float top, float scale) {
    double total = 0;
    for (int k = lane(); k < classes; k += WARP) {
        total += expf((logits[k] - top) * scale);
    }
    return logf(static_cast<float>(warp_sum(total)));
}

// With p(z) = softmax(z / T): loss_i = (1 - share) (-log softmax(z_i)_label) + share T^2 KL(p(t_i) || p(z_i)), and its
// gradient over n. partials as lnr_cross_entropy. A label that is no class makes its sample's loss NaN.
//
// Shapes:   z, t, dz (n, classes); labels (n); partials (blocks, 2).
// Launch:   blocks of 256 threads, a warp a sample, in steps of as many warps as there are; lanes share the classes.
// Bound:    12 n classes bytes; latency for a batch.
// Numerics: as lnr_cross_entropy; 1 / T is rounded to single precision.
// Source:   Hinton, Vinyals and Dean, 2015.
KERNEL(256) void lnr_distillation(int n, int classes, float temperature, float share, const float* z, const float* t,
                                  const unsigned char* labels, float* dz, double* partials) {
    double loss = 0;
    double correct = 0;
    float scale = 1 / temperature;
    int warps = gridDim.x * (blockDim.x / WARP);
    for (int i = blockIdx.x * (blockDim.x / WARP) + warp(); i < n; i += min(warps, n - i)) {
        const float* logits = z + static_cast<long long>(i) * classes;
        const float* wanted = t + static_cast<long long>(i) * classes;
        int label = labels[i];
        int best;
        int unused;
        float top = warp_top(classes, logits, &best);
        float most = warp_top(classes, wanted, &unused);
        float hard = warp_log_sum(classes, logits, top, 1);
        float soft = warp_log_sum(classes, logits, top, scale);
        float target = warp_log_sum(classes, wanted, most, scale);
        double divergence = 0;
#pragma unroll 1 // a lane has a class or none, mostly; more at once would take more registers than there are
        for (int k = lane(); k < classes; k += WARP) {
            float above = logits[k] - top;
            float p = above * scale - soft;
            float q = (wanted[k] - most) * scale - target;
            divergence += expf(q) * (q - p);
            float slope = (1 - share) * (expf(above - hard) - (k == label ? 1.0f : 0.0f)) +
                          share * temperature * (expf(p) - expf(q));
            dz[static_cast<long long>(i) * classes + k] = slope / n;
        }
        divergence = warp_sum(divergence);
        if (lane() == 0) {
            float score = label < classes ? logits[label] - top - hard : not_a_number();
            loss += share * temperature * temperature * divergence - (1 - share) * score;
            correct += best == label;
        }
    }
    loss = block_sum<256>(loss);
    correct = block_sum<256>(correct);
    if (threadIdx.x == 0) {
        partials[2 * blockIdx.x] = loss;
        partials[2 * blockIdx.x + 1] = correct;
    }
}

// sums = sums + the blocks' partials.
//
// Shapes:   partials (blocks, 2), of lnr_cross_entropy; sums (2).
// Launch:   one block of 256 threads.
// Bound:    latency.
// Numerics: a thread adds partials t, t + 256, ..., the block adds as in lnr.cuh, and the sum so far comes last.
KERNEL(256) void lnr_add_losses(int blocks, const double* partials, double* sums) {
    double loss = 0;
    double correct = 0;
    for (int i = threadIdx.x; i < blocks; i += blockDim.x) {
        loss += partials[2 * i];
        correct += partials[2 * i + 1];
    }
    loss = block_sum<256>(loss);
    correct = block_sum<256>(correct);
    if (threadIdx.x == 0) {
        sums[0] += loss;
        sums[1] += correct;
    }
}
