// One step of Adam (Kingma and Ba, 2015, algorithm 1). Twin: lnr.kernels.cpu.CpuLayers; test: LayersContract;
// benchmark: LayersBenchmark.
#include "lnr.cuh"

// b^t by squaring: about t roundings, where b^t is not yet negligible beside 1.
__device__ inline double power(double b, int t) {
    double product = 1;
    for (; t > 0; t /= 2) {
        product = t % 2 == 1 ? product * b : product;
        b *= b;
    }
    return product;
}

// t = steps_0 + 1, kept in steps_0; corrections = {rate / (1 - beta1^t), 1 / sqrt(1 - beta2^t)}: what of a step depends
// on its number alone.
//
// Shapes:   steps (1); corrections (2).
// Launch:   one thread.
// Bound:    latency.
// Numerics: double precision.
KERNEL(1) void lnr_adam_corrections(double rate, double beta1, double beta2, int* steps, double* corrections) {
    int t = ++steps[0];
    corrections[0] = rate / (1 - power(beta1, t));
    corrections[1] = 1 / sqrt(1 - power(beta2, t));
}

struct Moments {
    float first;   // weight of the gradient in the first moment: 1 - beta1
    float keep;    // weight of the second moment in itself: beta2
    float second;  // weight of the squared gradient in the second moment: 1 - beta2
    float stride;  // corrections_0
    float scale;   // corrections_1
    float epsilon;

    __device__ void step(float g, float& m, float& v, float& w) const {
        m += first * (g - m);
        v = keep * v + second * g * g;
        w -= stride * m / (sqrtf(v) * scale + epsilon);
    }
};

// m = beta1 m + (1 - beta1) g, v = beta2 v + (1 - beta2) g^2, w = w - corrections_0 m / (sqrt(v) corrections_1 + eps).
//
// Shapes:   g, m, v, w (n); corrections (2), of lnr_adam_corrections.
// Launch:   blocks of 256 threads, four elements each: in 16-byte accesses where all four addresses allow it.
// Bound:    28 n bytes, about 12 n flops, a square root and a division each: memory, the second-level cache's for a
//           LeNet-5.
// Numerics: single precision, PyTorch's order of operations.
KERNEL(256) void lnr_adam(long long n, double beta1, double beta2, double epsilon, const double* corrections,
                          const float* g, float* m, float* v, float* w) {
    Moments moments = {static_cast<float>(1 - beta1),           static_cast<float>(beta2),
                       static_cast<float>(1 - beta2),           static_cast<float>(corrections[0]),
                       static_cast<float>(corrections[1]),      static_cast<float>(epsilon)};
    long long i = 4 * grid_thread();
    if (i + 3 < n && aligned<16>(g) && aligned<16>(m) && aligned<16>(v) && aligned<16>(w)) {
        float4 gradient = *reinterpret_cast<const float4*>(g + i);
        float4 first = *reinterpret_cast<const float4*>(m + i);
        float4 second = *reinterpret_cast<const float4*>(v + i);
        float4 weight = *reinterpret_cast<const float4*>(w + i);
        moments.step(gradient.x, first.x, second.x, weight.x);
        moments.step(gradient.y, first.y, second.y, weight.y);
        moments.step(gradient.z, first.z, second.z, weight.z);
        moments.step(gradient.w, first.w, second.w, weight.w);
        *reinterpret_cast<float4*>(m + i) = first;
        *reinterpret_cast<float4*>(v + i) = second;
        *reinterpret_cast<float4*>(w + i) = weight;
    } else {
        for (long long end = min(i + 4, n); i < end; i++) {
            moments.step(g[i], m[i], v[i], w[i]);
        }
    }
}
