// Modules, kernels and launches: which compiled function a name stands for, and what a launch is checked for.
#include <string.h>

#include <algorithm>

#include "driver.h"
#include "memory.h"
#include "trace.h"

namespace emulated {

std::map<std::string, long> launches;

namespace {

// What the emulated NVRTC makes of a source, and what images of nvcc's begin with.
constexpr char COMPILED[] = "emulated image\n";
constexpr const char* IMAGES[] = {"\x50\xed\x55\xba", "\x7f" "ELF", "//", ".version", "\n.version"};

// By name; of several the last one counts.
std::map<std::string, std::vector<Kernel>>& kernels() {
    static auto& known = *new std::map<std::string, std::vector<Kernel>>(); // libraries unload after its time
    return known;
}

struct Function {
    Kernel kernel;
    size_t dynamic_bytes; // a launch may ask for at most
};

struct Module;
auto& modules = *new std::map<const void*, Module*>(); // by function; contexts end after its time

struct Module : Object {
    std::string names; // of the kernels in it, each on a line; empty when its image does not tell
    std::map<std::string, std::unique_ptr<Function>> functions;

    ~Module() override {
        for (auto& [name, function] : functions) {
            modules.erase(function.get());
        }
    }
    const char* what() const override {
        return "a module";
    }
};

Function& function(Context& context, void* handle) {
    auto found = modules.find(handle);
    if (found == modules.end()) {
        throw Failure{INVALID_HANDLE, "a function of no loaded module"};
    }
    context.at<Module>(found->second);
    return *static_cast<Function*>(handle);
}

int load(const char* call, void** handle, const void* image) {
    return in_context(call, [=](Context& context) {
        refuse_while_capturing(context);
        const char* text = static_cast<const char*>(image);
        auto module = std::make_shared<Module>();
        bool known = false;
        if (strncmp(text, COMPILED, strlen(COMPILED)) == 0) {
            module->names = text + strlen(COMPILED) - 1;
            known = true;
        }
        for (const char* start : IMAGES) {
            known = known || strncmp(text, start, strlen(start)) == 0;
        }
        if (!known) {
            throw Failure{INVALID_IMAGE, "no fatbin, cubin or PTX"};
        }
        if (settings.architecture == 0) {
            throw Failure{NO_BINARY_FOR_GPU, "as the test asked for"};
        }
        *handle = context.open(module);
    });
}

// The launch's parameters in one buffer, laid out as the kernel's signature has it.
std::vector<char> pack(const Kernel& kernel, void** parameters, void** extra) {
    std::vector<char> packed(kernel.bytes);
    if (extra == nullptr) {
        if (parameters == nullptr && kernel.count > 0) {
            throw Failure{INVALID_VALUE, "no parameters"};
        }
        for (size_t i = 0; i < kernel.count; i++) {
            memcpy(packed.data() + kernel.parameters[i].offset, parameters[i], kernel.parameters[i].bytes);
        }
        return packed;
    }
    const void* buffer = nullptr;
    size_t bytes = 0;
    for (; *extra != nullptr; extra += 2) {
        if (extra[0] == reinterpret_cast<void*>(1)) {
            buffer = extra[1];
        } else if (extra[0] == reinterpret_cast<void*>(2)) {
            bytes = *static_cast<size_t*>(extra[1]);
        }
    }
    if (bytes != kernel.bytes) {
        throw Failure{INVALID_VALUE,
            std::to_string(bytes) + " bytes of parameters, expected " + std::to_string(kernel.bytes) + " in "
                + std::to_string(kernel.count)};
    }
    memcpy(packed.data(), buffer, bytes);
    return packed;
}

void check_shape(const Launch& launch, size_t dynamic_bytes) {
    const dim3& grid = launch.grid;
    const dim3& block = launch.block;
    uint64_t threads = uint64_t(block.x) * block.y * block.z;
    if (grid.x == 0 || grid.y == 0 || grid.z == 0 || grid.x > 0x7fffffff || grid.y > 65535 || grid.z > 65535) {
        throw Failure{INVALID_VALUE, "grid of " + std::to_string(grid.x) + " x " + std::to_string(grid.y) + " x "
                + std::to_string(grid.z) + " blocks"};
    }
    if (threads == 0 || block.x > 1024 || block.y > 1024 || block.z > 64 || threads > 1024) {
        throw Failure{INVALID_VALUE, "block of " + std::to_string(block.x) + " x " + std::to_string(block.y) + " x "
                + std::to_string(block.z) + " threads"};
    }
    if (threads > launch.kernel.max_threads) {
        throw Failure{LAUNCH_OUT_OF_RESOURCES, "block of " + std::to_string(threads) + " threads, bound to "
                + std::to_string(launch.kernel.max_threads)};
    }
    if (launch.dynamic_bytes > dynamic_bytes) {
        throw Failure{INVALID_VALUE, std::to_string(launch.dynamic_bytes) + " bytes of shared memory, at most "
                + std::to_string(dynamic_bytes)};
    }
}

// Pointers among a launch's parameters: each null, or to memory in use, and aligned to what it points to.
std::vector<Touched> pointers(const Launch& launch) {
    std::vector<Touched> found;
    for (size_t i = 0; i < launch.kernel.count; i++) {
        const Parameter& parameter = launch.kernel.parameters[i];
        if (parameter.aligned > 0) {
            const void* address;
            memcpy(&address, launch.parameters.data() + parameter.offset, sizeof(address));
            std::string name = "parameter " + std::to_string(i + 1);
            if (reinterpret_cast<uintptr_t>(address) % parameter.aligned != 0) {
                throw Failure{INVALID_VALUE, name + " is no multiple of " + std::to_string(parameter.aligned)};
            }
            if (address != nullptr) {
                found.push_back({name, address, 0});
            }
        }
    }
    return found;
}

// Runs a launch, and looks at what surrounds the memory it was given.
Failure run_launch(const Launch& launch, const std::vector<Touched>& touched) {
    launches[launch.kernel.name]++;
    if (settings.launches_to_failure > 0 && --settings.launches_to_failure == 0) {
        return {settings.failure, std::string(launch.kernel.name) + ": as the test asked for"};
    }
    std::vector<const void*> addresses;
    for (const Touched& memory : touched) {
        addresses.push_back(memory.address);
    }
    Failure failure = run_traced(launch, addresses);
    for (const Touched& memory : touched) {
        const Allocation* block = find(memory.address);
        std::string damage = failure || block == nullptr ? "" : trampled(*block);
        if (!damage.empty()) {
            failure = {ILLEGAL_ADDRESS, std::string(launch.kernel.name) + ": " + damage};
        }
    }
    return failure;
}

} // namespace

void export_kernel(const Kernel& kernel) {
    std::lock_guard<std::recursive_mutex> turn(mutex);
    kernels()[kernel.name].push_back(kernel);
}

void withdraw_kernel(const Kernel& kernel) {
    std::lock_guard<std::recursive_mutex> turn(mutex);
    std::vector<Kernel>& same_name = kernels()[kernel.name];
    auto its_own = [&](const Kernel& known) { return known.call == kernel.call; };
    same_name.erase(std::remove_if(same_name.begin(), same_name.end(), its_own), same_name.end());
}

extern "C" {

int cuModuleLoadData(void** handle, const void* image) {
    return load("cuModuleLoadData", handle, image);
}

int cuModuleLoadDataEx(void** handle, const void* image, unsigned, int*, void**) {
    return load("cuModuleLoadDataEx", handle, image);
}

int cuModuleLoadFatBinary(void** handle, const void* image) {
    return load("cuModuleLoadFatBinary", handle, image);
}

int cuModuleUnload(void* handle) {
    return in_context("cuModuleUnload", [=](Context& context) {
        refuse_while_capturing(context);
        context.close<Module>(handle);
    });
}

int cuModuleGetFunction(void** handle, void* in, const char* name) {
    return in_context("cuModuleGetFunction", [=](Context& context) {
        auto module = context.at<Module>(in);
        auto found = kernels().find(name);
        bool listed = module->names.empty() || module->names.find("\n" + std::string(name) + "\n") != std::string::npos;
        if (found == kernels().end() || found->second.empty() || !listed) {
            throw Failure{NOT_FOUND, name};
        }
        std::unique_ptr<Function>& function = module->functions[name];
        if (function == nullptr) {
            function.reset(new Function{found->second.back(), SHARED_BYTES});
            modules[function.get()] = module.get();
        }
        *handle = function.get();
    });
}

int cuFuncGetAttribute(int* value, int attribute, void* handle) {
    return in_context("cuFuncGetAttribute", [=](Context& context) {
        Function& asked = function(context, handle);
        switch (attribute) {
            case 0: *value = static_cast<int>(asked.kernel.max_threads); break;
            case 3: *value = 0; break;  // bytes of local memory
            case 4: *value = 32; break; // registers
            case 8: *value = static_cast<int>(asked.dynamic_bytes); break;
            default: throw Failure{INVALID_VALUE, "attribute " + std::to_string(attribute) + " is not emulated"};
        }
    });
}

int cuFuncSetAttribute(void* handle, int attribute, int value) {
    return in_context("cuFuncSetAttribute", [=](Context& context) {
        Function& asked = function(context, handle);
        if (attribute == 9) {
            return; // how L1 cache and shared memory share: a wish
        }
        if (attribute != 8 || value < 0 || size_t(value) > SHARED_BYTES_ASKED_FOR) {
            throw Failure{INVALID_VALUE, "attribute " + std::to_string(attribute) + " = " + std::to_string(value)};
        }
        asked.dynamic_bytes = value;
    });
}

int cuOccupancyMaxActiveBlocksPerMultiprocessor(int* blocks, void* handle, int threads, size_t dynamic_bytes) {
    return in_context("cuOccupancyMaxActiveBlocksPerMultiprocessor", [=](Context& context) {
        Function& asked = function(context, handle);
        bool threads_fit = threads > 0 && unsigned(threads) <= asked.kernel.max_threads;
        *blocks = threads_fit && dynamic_bytes <= asked.dynamic_bytes ? 1 : 0;
    });
}

int cuLaunchKernel(void* handle, unsigned grid_x, unsigned grid_y, unsigned grid_z, unsigned block_x, unsigned block_y,
    unsigned block_z, unsigned dynamic_bytes, void* on, void** parameters, void** extra) {
    return in_context("cuLaunchKernel", [=](Context& context) {
        Function& launched = function(context, handle);
        Launch launch = {launched.kernel, {grid_x, grid_y, grid_z}, {block_x, block_y, block_z}, dynamic_bytes, {}};
        std::vector<Touched> touched;
        try {
            launch.parameters = pack(launched.kernel, parameters, extra);
            check_shape(launch, launched.dynamic_bytes);
            touched = pointers(launch);
        } catch (const Failure& failure) {
            throw Failure{failure.code, std::string(launched.kernel.name) + ": " + failure.text};
        }
        submit(context.stream(on), {launch.kernel.name, touched, [=] { return run_launch(launch, touched); }});
    });
}

} // extern "C"

} // namespace emulated
