// The emulated device's memory: host memory, each block between pages that cannot be touched, never given out twice.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <string>
#include <vector>

namespace emulated {

struct Allocation {
    char* address;
    size_t bytes;
    const void* owner; // its context
    bool host;         // page-locked memory of the host, which copies need not stage
    uint64_t number;   // 1, 2, ...: as messages call it
};

// A block of poison, or null when there are no addresses left. Aligned to 256 bytes, like CUDA's.
char* allocate(size_t bytes, const void* owner, bool host);

// Takes a block back, whose pages can then no longer be touched. Says what is wrong when the address is no block's
// start, or when somebody has written around the block; empty otherwise.
std::string release(const void* address);

// The block in use that an address is in, or at the end of; null when there is none.
const Allocation* find(const void* address);

// Whether bytes [address, address + bytes) lie in a block in use. Fast for the latest few blocks.
bool in_use(const void* address, size_t bytes);

// Addresses of the device's memory.
constexpr size_t DEVICE_RANGE = size_t(1) << 40;
char* device_range();

// Whether an address is the device's, in use or not.
bool is_device(const void* address);

// What is wrong with bytes [address, address + bytes): they are to lie in one block of the owner's. Empty: nothing.
std::string check(const void* address, size_t bytes, const void* owner);

// Blocks in use of an owner, oldest first.
std::vector<Allocation> allocations(const void* owner);

// Numbers blocks from 1 again.
void renumber();

// Blocks with something written before or behind them, as a message; empty when there are none.
std::string trampled(const Allocation& block);

} // namespace emulated
