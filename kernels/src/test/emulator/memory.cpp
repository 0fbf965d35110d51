// Device memory out of one large range of addresses, taken once and given out from start to end.
#include "memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <algorithm>
#include <map>

#include "block.h"

namespace emulated {
namespace {

constexpr size_t PAGE = 4096;
constexpr size_t ALIGNMENT = 256;
constexpr size_t RANGE = DEVICE_RANGE;
constexpr unsigned char CANARY = 0x5a;

char* range;
char* unused;
uint64_t numbers;
std::map<const char*, Allocation> used;  // by address
std::map<const char*, Allocation> freed; // the latest, for messages
constexpr size_t REMEMBERED = 10000;

constexpr size_t LATEST = 8;
Allocation latest[LATEST]; // that in_use found
size_t next_latest;

size_t round_up(size_t bytes, size_t to) {
    return (bytes + to - 1) / to * to;
}

// The pages of a block. It ends within 255 bytes of the page behind it.
char* pages(const Allocation& block) {
    return block.address - (size_t(block.address) % PAGE);
}

size_t page_bytes(const Allocation& block) {
    return round_up(size_t(block.address) % PAGE + block.bytes, PAGE);
}

std::string name(const Allocation& block) {
    return "block " + std::to_string(block.number) + " of " + std::to_string(block.bytes) + " bytes"
        + (block.host ? " of page-locked host memory" : "");
}

std::string hex(const void* address) {
    char text[32];
    snprintf(text, sizeof(text), "%p", address);
    return text;
}

const Allocation* at(const std::map<const char*, Allocation>& map, const char* address) {
    auto after = map.upper_bound(address);
    return after == map.begin() ? nullptr : &std::prev(after)->second;
}

} // namespace

char* allocate(size_t bytes, const void* owner, bool host) {
    if (range == nullptr) {
        void* memory =
            mmap(nullptr, RANGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (memory == MAP_FAILED) {
            perror("emulated: addresses for device memory");
            abort();
        }
        range = static_cast<char*>(memory);
        unused = range + PAGE;
    }
    size_t padded = round_up(bytes, ALIGNMENT);
    size_t page_aligned = round_up(padded, PAGE);
    if (page_aligned + 2 * PAGE > size_t(range + RANGE - unused)
        || mprotect(unused, page_aligned, PROT_READ | PROT_WRITE) != 0) {
        return nullptr;
    }
    Allocation block = {unused + page_aligned - padded, bytes, owner, host, ++numbers};
    memset(unused, CANARY, block.address - unused);
    poison(block.address, bytes);
    memset(block.address + bytes, CANARY, padded - bytes);
    unused += page_aligned + PAGE;
    used[block.address] = block;
    return block.address;
}

void renumber() {
    numbers = 0;
}

std::string trampled(const Allocation& block) {
    const char* first = pages(block);
    const char* end = first + page_bytes(block);
    auto changed = [](char c) { return static_cast<unsigned char>(c) != CANARY; };
    if (std::any_of(first, static_cast<const char*>(block.address), changed)) {
        return "wrote before " + name(block);
    }
    if (std::any_of(static_cast<const char*>(block.address) + block.bytes, end, changed)) {
        return "wrote beyond " + name(block);
    }
    return "";
}

std::string release(const void* address) {
    auto found = used.find(static_cast<const char*>(address));
    if (found == used.end()) {
        return describe(address);
    }
    Allocation block = found->second;
    std::string damage = trampled(block);
    // Mapped anew rather than protected, which gives the page tables back as well.
    mmap(pages(block), page_bytes(block), PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
    used.erase(found);
    std::fill(latest, latest + LATEST, Allocation());
    freed[block.address] = block;
    if (freed.size() > REMEMBERED) {
        freed.erase(freed.begin());
    }
    return damage;
}

const Allocation* find(const void* address) {
    const char* a = static_cast<const char*>(address);
    const Allocation* block = at(used, a);
    return block != nullptr && a <= block->address + block->bytes ? block : nullptr;
}

bool in_use(const void* address, size_t bytes) {
    const char* a = static_cast<const char*>(address);
    for (Allocation& block : latest) {
        if (a >= block.address && a + bytes <= block.address + block.bytes) {
            return true;
        }
    }
    const Allocation* block = find(address);
    if (block == nullptr || a + bytes > block->address + block->bytes) {
        return false;
    }
    latest[next_latest++ % LATEST] = *block;
    return true;
}

char* device_range() {
    return range;
}

bool is_device(const void* address) {
    return range != nullptr && address >= range && address < range + RANGE;
}

std::string check(const void* address, size_t bytes, const void* owner) {
    const Allocation* block = find(address);
    if (block == nullptr) {
        return describe(address);
    }
    const char* a = static_cast<const char*>(address);
    if (bytes > size_t(block->address + block->bytes - a)) {
        return std::to_string(bytes) + " bytes from byte " + std::to_string(a - block->address) + " of " + name(*block);
    }
    return block->owner == owner ? "" : name(*block) + " belongs to another context";
}

std::vector<Allocation> allocations(const void* owner) {
    std::vector<Allocation> found;
    for (const auto& [address, block] : used) {
        if (block.owner == owner) {
            found.push_back(block);
        }
    }
    return found;
}

std::string describe(const void* address) {
    const char* a = static_cast<const char*>(address);
    std::string text = "address " + hex(address) + " is ";
    if (!is_device(address)) {
        return text + "no device memory, or unaligned";
    }
    const Allocation* block = at(used, a);
    const Allocation* old = at(freed, a);
    if (old != nullptr && a < old->address + old->bytes) {
        return text + "byte " + std::to_string(a - old->address) + " of " + name(*old) + ", which was freed";
    }
    if (block != nullptr && a < block->address + block->bytes + PAGE) {
        return text + "byte " + std::to_string(a - block->address) + " of " + name(*block);
    }
    auto next = used.upper_bound(a);
    if (next != used.end() && next->second.address - a < ptrdiff_t(2 * PAGE)) {
        return text + std::to_string(next->second.address - a) + " bytes before " + name(next->second);
    }
    return text + "no block's";
}

} // namespace emulated
