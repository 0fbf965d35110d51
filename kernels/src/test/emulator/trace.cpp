// Writing launches to a file: of each the kernel, its shape, its parameters, and memory with its address.
#include "trace.h"

#include <stdio.h>

#include <map>
#include <set>

#include "memory.h"

namespace emulated {
namespace {

constexpr size_t LAUNCHES = 12;           // kept of each kernel
constexpr size_t BYTES = size_t(4) << 20; // of memory that each was given

FILE* file;
std::map<std::string, std::set<std::string>> kept; // shapes, by kernel

void write_number(uint64_t value) {
    fwrite(&value, sizeof(value), 1, file);
}

template <typename Bytes>
void write_bytes(const Bytes& bytes) {
    write_number(bytes.size());
    fwrite(bytes.data(), 1, bytes.size(), file);
}

void write_size(const dim3& size) {
    write_number(size.x);
    write_number(size.y);
    write_number(size.z);
}

std::string shape(const Launch& launch) {
    return std::to_string(launch.grid.x) + " " + std::to_string(launch.grid.y) + " " + std::to_string(launch.block.x)
        + " " + std::to_string(launch.dynamic_bytes);
}

std::vector<char> content(const Allocation& block) {
    return std::vector<char>(block.address, block.address + block.bytes);
}

} // namespace

void trace_to(const std::string& name) {
    if (file != nullptr) {
        fclose(file);
    }
    file = name.empty() ? nullptr : fopen(name.c_str(), "wb");
    kept.clear();
}

Failure run_traced(const Launch& launch, const std::vector<const void*>& memory) {
    std::map<char*, Allocation> blocks;
    size_t bytes = 0;
    for (const void* address : memory) {
        const Allocation* block = find(address);
        if (block != nullptr && blocks.emplace(block->address, *block).second) {
            bytes += block->bytes;
        }
    }
    std::set<std::string>& shapes = kept[launch.kernel.name];
    bool keep = file != nullptr && bytes <= BYTES && shapes.size() < LAUNCHES && shapes.insert(shape(launch)).second;
    if (!keep) {
        return run(launch);
    }
    std::map<char*, std::vector<char>> before;
    for (const auto& [address, block] : blocks) {
        before[address] = content(block);
    }
    Failure failure = run(launch);
    write_bytes(std::string(launch.kernel.name));
    write_size(launch.grid);
    write_size(launch.block);
    write_number(launch.dynamic_bytes);
    write_bytes(launch.parameters);
    write_number(blocks.size());
    for (const auto& [address, block] : blocks) {
        write_number(reinterpret_cast<uint64_t>(address));
        write_bytes(before[address]);
        write_bytes(content(block));
    }
    return failure;
}

} // namespace emulated
