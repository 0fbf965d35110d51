// Every access of kernels that were compiled with -fsanitize=thread, whose calls end here: whether it stays within a
// block of memory, and whether another thread has accessed the same bytes with nothing to order the two.
//
// Ordered are accesses of one thread; of threads of a block with a barrier between them; of lanes of a warp with a
// __syncwarp between them (shuffles and votes order no memory); and of different launches. Of what has read a piece of
// memory since, the first and the last are remembered, so a race with those between them may go unseen.
#include <dlfcn.h>
#include <stdio.h>
#include <sys/mman.h>

#include "block.h"
#include "memory.h"

namespace emulated {
namespace {

constexpr int MISALIGNED_ADDRESS = 716;
constexpr int RACE = 719;
constexpr uintptr_t PIECE = 4; // bytes that share a history

struct Access {
    uint32_t epoch; // 0: none
    uint32_t block;
    uint32_t clock;
    uint16_t thread;
    uint8_t bytes; // which of the piece's
};

struct History {
    Access write;
    Access first_read;
    Access last_read;
};

// Histories of a range of addresses, in memory that is there once it is touched.
History* histories(uintptr_t bytes) {
    size_t size = bytes / PIECE * sizeof(History);
    void* memory = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) {
        perror("emulated: histories of memory");
        abort();
    }
    return static_cast<History*>(memory);
}

History& history(uintptr_t address, bool is_shared) {
    static History* of_shared = histories(SHARED_RANGE);
    static History* of_device = histories(DEVICE_RANGE);
    uintptr_t first = reinterpret_cast<uintptr_t>(is_shared ? shared_range() : device_range());
    return (is_shared ? of_shared : of_device)[(address - first) / PIECE];
}

bool ordered(const Access& before, uint8_t bytes, bool is_shared) {
    if (before.epoch < now.launch_epoch || (before.bytes & bytes) == 0) {
        return true;
    }
    if (before.block != now.block) {
        return is_shared; // whose memory is new in each block
    }
    return before.epoch < now.epoch || before.thread == now.thread
        || (before.thread / 32 == now.thread / 32 && before.clock <= now.known[before.thread % 32]);
}

// The source line of an instruction, by binutils; slow, but there is just one.
std::string line(void* instruction) {
    Dl_info library;
    if (dladdr(instruction, &library) == 0) {
        return "?";
    }
    char command[1000];
    size_t offset = static_cast<char*>(instruction) - static_cast<char*>(library.dli_fbase) - 1;
    snprintf(command, sizeof(command), "addr2line -e '%s' -i -s %#zx 2>&1 | sed 's/ .*//' | tr '\\n' ' '", library.dli_fname, offset);
    std::string text;
    FILE* output = popen(command, "r");
    for (int c; output != nullptr && (c = fgetc(output)) != EOF;) {
        text += static_cast<char>(c);
    }
    if (output != nullptr) {
        pclose(output);
    }
    return text.substr(0, text.find_last_not_of(' ') + 1);
}

std::string thread_name(const Access& access) {
    return "thread " + std::to_string(access.thread) + " of block " + std::to_string(access.block);
}

[[noreturn]] void race(const char* now_does, const char* did, const Access& before, bool is_shared, void* caller) {
    fault(RACE,
        std::string("a race: ") + now_does + " at " + line(caller) + " what " + thread_name(before) + " " + did + ", "
            + (is_shared ? "shared" : "device") + " memory, with nothing to order them");
}

void access(void* memory, size_t size, bool writes, bool aligned, void* caller) {
    uintptr_t address = reinterpret_cast<uintptr_t>(memory);
    bool is_shared = address - reinterpret_cast<uintptr_t>(shared_range()) < SHARED_RANGE;
    if (!is_shared && address - reinterpret_cast<uintptr_t>(device_range()) >= DEVICE_RANGE) {
        return; // a variable of the thread's own, or of the emulator's
    }
    if (aligned && address % size != 0) {
        fault(MISALIGNED_ADDRESS, "an access of " + std::to_string(size) + " bytes, unaligned, at " + line(caller));
    }
    if (!is_shared) {
        std::string wrong = in_use(memory, size) ? "" : describe(memory);
        if (!wrong.empty()) {
            fault(700, (writes ? "writes at " : "reads at ") + line(caller) + ": " + wrong);
        }
    }
    for (uintptr_t piece = address / PIECE * PIECE; piece < address + size; piece += PIECE) {
        uint8_t bytes = 0;
        for (uintptr_t i = 0; i < PIECE; i++) {
            bytes |= piece + i >= address && piece + i < address + size ? 1 << i : 0;
        }
        History& past = history(piece, is_shared);
        if (!ordered(past.write, bytes, is_shared)) {
            race(writes ? "writes" : "reads", "wrote", past.write, is_shared, caller);
        }
        Access access = {now.epoch, now.block, now.clock, uint16_t(now.thread), bytes};
        if (!writes) {
            if (past.first_read.epoch < now.launch_epoch || (is_shared && past.first_read.epoch < now.epoch)) {
                past.first_read = access;
            }
            past.last_read = access;
            continue;
        }
        for (const Access& read : {past.first_read, past.last_read}) {
            if (!ordered(read, bytes, is_shared)) {
                race("writes", "read", read, is_shared, caller);
            }
        }
        past.write = access;
    }
}

} // namespace

extern "C" {

#define ACCESS(size)                                                        \
    void __tsan_read##size(void* memory) {                                  \
        access(memory, size, false, true, __builtin_return_address(0));     \
    }                                                                       \
    void __tsan_write##size(void* memory) {                                 \
        access(memory, size, true, true, __builtin_return_address(0));      \
    }                                                                       \
    void __tsan_unaligned_read##size(void* memory) {                        \
        access(memory, size, false, false, __builtin_return_address(0));    \
    }                                                                       \
    void __tsan_unaligned_write##size(void* memory) {                       \
        access(memory, size, true, false, __builtin_return_address(0));     \
    }
ACCESS(1)
ACCESS(2)
ACCESS(4)
ACCESS(8)
ACCESS(16)
#undef ACCESS

void __tsan_read_range(void* memory, unsigned long size) {
    access(memory, size, false, false, __builtin_return_address(0));
}

void __tsan_write_range(void* memory, unsigned long size) {
    access(memory, size, true, false, __builtin_return_address(0));
}

void __tsan_init() {}
void __tsan_func_entry(void*) {}
void __tsan_func_exit() {}
void __tsan_vptr_update(void**, void*) {}
void __tsan_vptr_read(void**) {}

} // extern "C"

} // namespace emulated
