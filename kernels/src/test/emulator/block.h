// Running a kernel: a grid's blocks one after another, a block's threads as fibers that meet at barriers and warps.
#pragma once

#include <stdint.h>

#include <string>
#include <vector>

#include "kernel.h"
#include "shim.h"

namespace emulated {

// What went wrong: a CUresult other than 0, and what the log says of it.
struct Failure {
    int code = 0;
    std::string text;

    explicit operator bool() const {
        return code != 0;
    }
};

// In which order threads and blocks run: what a correct kernel does not depend on.
struct Schedule {
    enum Order { FORWARD, REVERSE, RANDOM } order = FORWARD;
    uint64_t seed = 0;
};

struct Launch {
    Kernel kernel;
    dim3 grid;
    dim3 block;
    size_t dynamic_bytes;
    std::vector<char> parameters;
};

// Bytes of shared memory a block may have: as declared, and with the launch's own once a function has asked for it.
constexpr size_t SHARED_BYTES = 48 << 10;
constexpr size_t SHARED_BYTES_ASKED_FOR = 227 << 10;

void set_schedule(Schedule schedule);

// Makes threads run through the barriers, or the __syncwarps, of this line of a source without waiting; 0 for none.
void skip_barriers(const std::string& file, int line);

// Below `bound`, as the schedule's random numbers have it.
uint64_t draw(uint64_t bound);
Schedule::Order current_order();

// Who runs, and when: what tells which accesses of memory are ordered. Epochs begin with each launch, block and barrier.
struct Now {
    uint32_t epoch;
    uint32_t launch_epoch; // the launch's first
    uint32_t block;
    unsigned thread;
    uint32_t clock;        // the thread's own: counts its calls of __syncwarp
    const uint32_t* known; // clocks of the warp's lanes as of the last __syncwarp with them
};
extern Now now;

// Ends the launch that runs, as the current thread's fault.
[[noreturn]] void fault(int code, const std::string& what);

// Addresses of shared memory, from a multiple of a page on.
constexpr size_t SHARED_RANGE = 256 << 10;
char* shared_range();

// Runs a launch whose shape is within the device's limits, to the end or to the first failure. Not reentrant.
Failure run(const Launch& launch);

void poison(void* memory, size_t bytes);

// What an address that a kernel may not touch is: the device's memory says.
std::string describe(const void* address);

} // namespace emulated
