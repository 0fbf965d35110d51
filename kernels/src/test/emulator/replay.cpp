// A program, built under AddressSanitizer and UndefinedBehaviorSanitizer, that runs the launches of a trace again, on
// memory of exactly their size, and compares what they leave there: replay TRACE.
#include <stdio.h>
#include <stdlib.h>

#include <fstream>
#include <map>
#include <set>

#include "block.h"

namespace emulated {
namespace {

std::map<std::string, Kernel>& kernels() {
    static std::map<std::string, Kernel> known;
    return known;
}

// Memory that a launch was given a pointer into.
struct Traced {
    uint64_t address;
    std::vector<char> before;
    std::vector<char> after;
};

struct TracedLaunch {
    std::string kernel;
    dim3 grid;
    dim3 block;
    uint64_t dynamic_bytes;
    std::vector<char> parameters;
    std::vector<Traced> memory;
};

// As trace.cpp writes it.
class Reader {
public:
    explicit Reader(const char* name) : in(name, std::ios::binary) {}

    bool more() {
        return in.peek() != EOF;
    }
    uint64_t number() {
        uint64_t value = 0;
        in.read(reinterpret_cast<char*>(&value), sizeof(value));
        return value;
    }
    std::vector<char> bytes() {
        std::vector<char> read(number());
        in.read(read.data(), static_cast<std::streamsize>(read.size()));
        return read;
    }
    std::string text() {
        std::vector<char> read = bytes();
        return std::string(read.begin(), read.end());
    }
    dim3 size() {
        unsigned x = static_cast<unsigned>(number());
        unsigned y = static_cast<unsigned>(number());
        unsigned z = static_cast<unsigned>(number());
        return {x, y, z};
    }

private:
    std::ifstream in;
};

TracedLaunch read(Reader& reader) {
    TracedLaunch launch;
    launch.kernel = reader.text();
    launch.grid = reader.size();
    launch.block = reader.size();
    launch.dynamic_bytes = reader.number();
    launch.parameters = reader.bytes();
    for (uint64_t count = reader.number(); count > 0; count--) {
        Traced memory;
        memory.address = reader.number();
        memory.before = reader.bytes();
        memory.after = reader.bytes();
        launch.memory.push_back(memory);
    }
    return launch;
}

// Where memory of the trace is now.
struct Copy {
    const Traced* of;
    char* now;
};

// Points the launch's pointers into the copies.
void relocate(const Kernel& kernel, std::vector<char>& parameters, const std::vector<Copy>& copies) {
    for (size_t i = 0; i < kernel.count; i++) {
        uint64_t address;
        char* at = parameters.data() + kernel.parameters[i].offset;
        if (kernel.parameters[i].aligned > 0) {
            memcpy(&address, at, sizeof(address));
            for (const Copy& copy : copies) {
                uint64_t offset = address - copy.of->address;
                if (address >= copy.of->address && offset <= copy.of->before.size()) {
                    address = reinterpret_cast<uint64_t>(copy.now) + offset;
                    memcpy(at, &address, sizeof(address));
                    break;
                }
            }
        }
    }
}

// Empty when all went as it did then.
std::string replay(const TracedLaunch& traced) {
    auto kernel = kernels().find(traced.kernel);
    if (kernel == kernels().end()) {
        return "not known";
    }
    std::vector<Copy> copies;
    for (const Traced& memory : traced.memory) {
        void* now = nullptr;
        if (posix_memalign(&now, 256, memory.before.size()) != 0) {
            return "out of memory";
        }
        memcpy(now, memory.before.data(), memory.before.size());
        copies.push_back({&memory, static_cast<char*>(now)});
    }
    Launch launch = {kernel->second, traced.grid, traced.block, traced.dynamic_bytes, traced.parameters};
    relocate(launch.kernel, launch.parameters, copies);
    std::string wrong = run(launch).text;
    for (const Copy& copy : copies) {
        if (wrong.empty() && memcmp(copy.now, copy.of->after.data(), copy.of->after.size()) != 0) {
            wrong = "other results than in the trace";
        }
        free(copy.now);
    }
    return wrong;
}

} // namespace

void export_kernel(const Kernel& kernel) {
    kernels()[kernel.name] = kernel;
}

void withdraw_kernel(const Kernel&) {}

std::string describe(const void*) {
    return "a fault";
}

} // namespace emulated

int main(int count, char** arguments) {
    using namespace emulated;
    if (count != 2) {
        fprintf(stderr, "replay TRACE\n");
        return 2;
    }
    std::map<std::string, int> replayed;
    Reader reader(arguments[1]);
    while (reader.more()) {
        TracedLaunch launch = read(reader);
        for (Schedule::Order order : {Schedule::FORWARD, Schedule::REVERSE}) {
            set_schedule({order, 0});
            std::string wrong = replay(launch);
            if (!wrong.empty()) {
                printf("%s: %s\n", launch.kernel.c_str(), wrong.c_str());
                return 1;
            }
        }
        replayed[launch.kernel]++;
    }
    for (const auto& [kernel, times] : replayed) {
        printf("%s %d\n", kernel.c_str(), times);
    }
    return 0;
}
