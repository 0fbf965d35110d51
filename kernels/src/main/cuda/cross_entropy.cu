// Softmax cross-entropy. Twin: lnr.kernels.cpu.CpuLayers; test: LayersContract; benchmark: LayersBenchmark.
#include "lnr.cuh"

__device__ inline float not_a_number() {
    return __int_as_float(0x7fc00000);
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
    for (int i = blockIdx.x * (blockDim.x / WARP) + warp(); i < n; i += warps) {
        const float* logits = z + static_cast<long long>(i) * classes;
        int label = labels[i];
        float top = __int_as_float(0xff800000); // minus infinity
        int best = classes;
        for (int k = lane(); k < classes; k += WARP) {
            if (logits[k] > top) {
                top = logits[k];
                best = k;
            }
        }
#pragma unroll
        for (int apart = WARP / 2; apart > 0; apart /= 2) {
            float value = __shfl_xor_sync(FULL_MASK, top, apart);
            int place = __shfl_xor_sync(FULL_MASK, best, apart);
            if (value > top || (value == top && place < best)) {
                top = value;
                best = place;
            }
        }
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
