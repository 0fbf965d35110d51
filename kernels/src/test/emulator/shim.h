// What a CUDA source sees when g++ compiles it for the host: keywords, built-in variables, vector types, intrinsics.
// Only what kernels here may use: anything else fails to compile, as it should.
#pragma once

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define __global__
#define __device__
#define __host__
#define __forceinline__ inline
#define __noinline__ __attribute__((noinline))
#define __launch_bounds__(...)
#define __align__(bytes) __attribute__((aligned(bytes)))
#define __constant__ static const

#define VECTOR(type, name, bytes)                     \
    struct __align__(2 * bytes) name##2 {             \
        type x, y;                                    \
    };                                                \
    inline name##2 make_##name##2(type x, type y) {   \
        return {x, y};                                \
    }                                                 \
    struct __align__(4 * bytes > 16 ? 16 : 4 * bytes) name##4 {                 \
        type x, y, z, w;                                                        \
    };                                                                          \
    inline name##4 make_##name##4(type x, type y, type z, type w) {             \
        return {x, y, z, w};                                                    \
    }
VECTOR(float, float, 4)
VECTOR(double, double, 8)
VECTOR(int, int, 4)
VECTOR(unsigned, uint, 4)
VECTOR(char, char, 1)
VECTOR(unsigned char, uchar, 1)
#undef VECTOR

struct uint3 {
    unsigned x, y, z;
};

struct dim3 : uint3 {
    dim3(unsigned x = 1, unsigned y = 1, unsigned z = 1) : uint3{x, y, z} {}
};

namespace emulated {

// The thread that runs and its block. Plain variables: one OS thread at a time runs kernels.
extern const uint3* thread_index;
extern uint3 block_index;
extern dim3 block_size;
extern dim3 grid_size;
extern unsigned lane_index;

// A call in a kernel's source, for messages, and to tell one barrier from another.
struct Site {
    const char* call;
    const char* file;
    int line;
};

// Where threads wait for each other; see block.cpp.
void barrier(Site site);
uint64_t shuffle(Site site, unsigned mask, uint64_t value, unsigned source);
unsigned ballot(Site site, unsigned mask, bool vote);
void meet(Site site, unsigned mask);
[[noreturn]] void trap(Site site);

// NaN as a double and as two floats, far out of range as an index: what memory holds that nobody wrote.
constexpr uint64_t POISON = 0x7ff8bad57ff8bad5;

// A copy from global to shared memory that goes on beside the thread: zeros where `from` is null.
struct Copy {
    void* to;
    const void* from;
    void (*arrive)(void* to, const void* from);
};

// A copy begins; the thread's copies since the last such call become a group; copies of all of its groups but the
// last `pending` arrive. Not before: the bytes may be there at any time in between, so that nobody may count on it.
void begin_copy(const Copy& copy);
void close_copies();
void wait_for_copies(int pending);

// Ends the launch when an address is no multiple of so many bytes.
void require_aligned(Site site, const void* address, int bytes);

template <int bytes>
struct __align__(bytes) Piece {
    unsigned words[bytes / 4];
};

template <int bytes>
void arrive(void* to, const void* from) {
    Piece<bytes> piece = {};
    if (from != nullptr) {
        piece = *static_cast<const Piece<bytes>*>(from);
    }
    *static_cast<Piece<bytes>*>(to) = piece;
}

// The block's shared memory. An array is known by the address of a variable of its own.
void* shared(const char* name, const void* variable, size_t bytes);
void* dynamic_shared();

template <typename T>
T exchange(Site site, unsigned mask, T value, unsigned source) {
    static_assert(sizeof(T) <= sizeof(uint64_t), "shuffles move at most 8 bytes");
    uint64_t bits = 0;
    memcpy(&bits, &value, sizeof(T));
    bits = shuffle(site, mask, bits, source);
    memcpy(&value, &bits, sizeof(T));
    return value;
}

template <typename To, typename From>
To same_bits(From from) {
    static_assert(sizeof(To) == sizeof(From), "the same bits");
    To to;
    memcpy(&to, &from, sizeof(To));
    return to;
}

} // namespace emulated

#define threadIdx (*emulated::thread_index)
#define blockIdx emulated::block_index
#define blockDim emulated::block_size
#define gridDim emulated::grid_size
constexpr int warpSize = 32;

#define SHARED(type, name, count)           \
    static char name##_variable;            \
    type(&name)[count] = *static_cast<type(*)[count]>(emulated::shared(#name, &name##_variable, sizeof(type[count])))
#define DYNAMIC_SHARED(type, name) type* name = static_cast<type*>(emulated::dynamic_shared())

#define SITE const char *file = __builtin_FILE(), int line = __builtin_LINE()
#define HERE(call) (emulated::Site{call, file, line})

inline void __syncthreads(SITE) {
    emulated::barrier(HERE("__syncthreads"));
}
inline void __syncwarp(unsigned mask = 0xffffffffu, SITE) {
    emulated::meet(HERE("__syncwarp"), mask);
}
inline unsigned __ballot_sync(unsigned mask, int vote, SITE) {
    return emulated::ballot(HERE("__ballot_sync"), mask, vote != 0);
}
inline int __any_sync(unsigned mask, int vote, SITE) {
    return emulated::ballot(HERE("__any_sync"), mask, vote != 0) != 0;
}
inline int __all_sync(unsigned mask, int vote, SITE) {
    return emulated::ballot(HERE("__all_sync"), mask, vote == 0) == 0;
}

// A source outside the lane's segment of `width` lanes leaves the lane its own value.
template <typename T>
T __shfl_sync(unsigned mask, T value, int source, int width = warpSize, SITE) {
    unsigned first = emulated::lane_index & ~(width - 1u);
    return emulated::exchange(HERE("__shfl_sync"), mask, value, first + (source & (width - 1u)));
}
template <typename T>
T __shfl_up_sync(unsigned mask, T value, unsigned delta, int width = warpSize, SITE) {
    unsigned lane = emulated::lane_index;
    unsigned in_segment = lane & (width - 1u);
    return emulated::exchange(HERE("__shfl_up_sync"), mask, value, in_segment >= delta ? lane - delta : lane);
}
template <typename T>
T __shfl_down_sync(unsigned mask, T value, unsigned delta, int width = warpSize, SITE) {
    unsigned lane = emulated::lane_index;
    unsigned in_segment = lane & (width - 1u);
    bool inside = delta < width - in_segment;
    return emulated::exchange(HERE("__shfl_down_sync"), mask, value, inside ? lane + delta : lane);
}
template <typename T>
T __shfl_xor_sync(unsigned mask, T value, int with, int width = warpSize, SITE) {
    unsigned lane = emulated::lane_index;
    unsigned source = lane ^ with;
    bool inside = source < (lane & ~(width - 1u)) + width;
    return emulated::exchange(HERE("__shfl_xor_sync"), mask, value, inside ? source : lane);
}

// As lnr.cuh has them. Until it arrives a copy leaves poison where it goes, and where it comes from is read twice: what
// checks accesses then sees both of its ends.
#define COPY_ASYNC
template <int bytes>
__attribute__((always_inline)) inline void copy_async(void* shared, const void* global, bool valid = true, SITE) {
    static_assert(bytes == 4 || bytes == 8 || bytes == 16, "what cp.async copies");
    emulated::require_aligned(HERE("copy_async"), shared, bytes);
    emulated::require_aligned(HERE("copy_async"), global, bytes);
    unsigned* to = static_cast<unsigned*>(shared);
    const volatile unsigned* from = static_cast<const unsigned*>(global);
    for (int i = 0; i < bytes / 4; i++) {
        if (valid) {
            static_cast<void>(from[i]);
        }
        to[i] = static_cast<unsigned>(emulated::POISON);
    }
    emulated::begin_copy({shared, valid ? global : nullptr, emulated::arrive<bytes>});
}
inline void copy_async_commit() {
    emulated::close_copies();
}
template <int pending>
void copy_async_wait() {
    emulated::wait_for_copies(pending);
}

inline void __trap(SITE) {
    emulated::trap(HERE("__trap"));
}
inline void __threadfence() {}
inline void __threadfence_block() {}

#undef SITE
#undef HERE

// Blocks run one after another and a thread runs until it waits: plain arithmetic is atomic.
template <typename T>
__attribute__((no_sanitize("thread"))) T emulated_atomic_add(T* address, T value) {
    T old = *address;
    *address = old + value;
    return old;
}
inline int atomicAdd(int* address, int value) {
    return emulated_atomic_add(address, value);
}
inline unsigned atomicAdd(unsigned* address, unsigned value) {
    return emulated_atomic_add(address, value);
}

template <typename T>
T __ldg(const T* address) {
    return *address;
}
inline int min(int a, int b) {
    return b < a ? b : a;
}
inline int max(int a, int b) {
    return a < b ? b : a;
}
inline unsigned min(unsigned a, unsigned b) {
    return b < a ? b : a;
}
inline unsigned max(unsigned a, unsigned b) {
    return a < b ? b : a;
}
inline long long min(long long a, long long b) {
    return b < a ? b : a;
}
inline long long max(long long a, long long b) {
    return a < b ? b : a;
}
inline int __popc(unsigned x) {
    return __builtin_popcount(x);
}
inline int __ffs(int x) {
    return __builtin_ffs(x);
}
inline int __clz(int x) {
    return x == 0 ? 32 : __builtin_clz(x);
}
inline int __float_as_int(float x) {
    return emulated::same_bits<int>(x);
}
inline unsigned __float_as_uint(float x) {
    return emulated::same_bits<unsigned>(x);
}
inline float __int_as_float(int x) {
    return emulated::same_bits<float>(x);
}
inline float __uint_as_float(unsigned x) {
    return emulated::same_bits<float>(x);
}
inline long long __double_as_longlong(double x) {
    return emulated::same_bits<long long>(x);
}
inline double __longlong_as_double(long long x) {
    return emulated::same_bits<double>(x);
}
inline float __fmul_rn(float a, float b) {
    return a * b;
}
inline float __fadd_rn(float a, float b) {
    return a + b;
}
inline double __dmul_rn(double a, double b) {
    return a * b;
}
inline double __dadd_rn(double a, double b) {
    return a + b;
}
