// The driver: devices, contexts, errors, and what is said of a call that fails.
#include <stdio.h>
#include <string.h>

#include "driver.h"
#include "memory.h"

namespace emulated {

Settings settings;
std::recursive_mutex mutex;
std::vector<std::string> log_lines;

namespace {

bool initialised;
std::map<int, std::unique_ptr<Context>> primary; // by device
std::map<Context*, std::unique_ptr<Context>> created;
thread_local std::vector<Context*> current; // the current context last

struct Error {
    int code;
    const char* name;
    const char* text;
};

constexpr Error ERRORS[] = {
    {SUCCESS, "CUDA_SUCCESS", "no error"},
    {INVALID_VALUE, "CUDA_ERROR_INVALID_VALUE", "invalid argument"},
    {OUT_OF_MEMORY, "CUDA_ERROR_OUT_OF_MEMORY", "out of memory"},
    {NOT_INITIALIZED, "CUDA_ERROR_NOT_INITIALIZED", "initialization error"},
    {NO_DEVICE, "CUDA_ERROR_NO_DEVICE", "no CUDA-capable device is detected"},
    {INVALID_DEVICE, "CUDA_ERROR_INVALID_DEVICE", "invalid device ordinal"},
    {INVALID_IMAGE, "CUDA_ERROR_INVALID_IMAGE", "device kernel image is invalid"},
    {INVALID_CONTEXT, "CUDA_ERROR_INVALID_CONTEXT", "invalid device context"},
    {NO_BINARY_FOR_GPU, "CUDA_ERROR_NO_BINARY_FOR_GPU", "no kernel image is available for execution on the device"},
    {INVALID_HANDLE, "CUDA_ERROR_INVALID_HANDLE", "invalid resource handle"},
    {NOT_FOUND, "CUDA_ERROR_NOT_FOUND", "named symbol not found"},
    {NOT_READY, "CUDA_ERROR_NOT_READY", "device not ready"},
    {ILLEGAL_ADDRESS, "CUDA_ERROR_ILLEGAL_ADDRESS", "an illegal memory access was encountered"},
    {LAUNCH_OUT_OF_RESOURCES, "CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES", "too many resources requested for launch"},
    {LAUNCH_FAILED, "CUDA_ERROR_LAUNCH_FAILED", "unspecified launch failure"},
    {NOT_SUPPORTED, "CUDA_ERROR_NOT_SUPPORTED", "operation not supported"},
    {STREAM_CAPTURE_UNSUPPORTED, "CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED",
        "operation not permitted when stream is capturing"},
    {STREAM_CAPTURE_INVALIDATED, "CUDA_ERROR_STREAM_CAPTURE_INVALIDATED",
        "operation failed due to a previous error during capture"},
    {STREAM_CAPTURE_UNMATCHED, "CUDA_ERROR_STREAM_CAPTURE_UNMATCHED",
        "the capture was not initiated in this stream"},
};

const Error* error(int code) {
    for (const Error& known : ERRORS) {
        if (known.code == code) {
            return &known;
        }
    }
    return nullptr;
}

int failed(const char* call, const Failure& failure) {
    if (failure.code != NOT_READY) {
        const Error* known = error(failure.code);
        log(std::string(call) + ": " + (known == nullptr ? std::to_string(failure.code) : known->name) + ": "
            + failure.text);
    }
    return failure.code;
}

int call(const char* name, const std::function<void()>& body) {
    std::lock_guard<std::recursive_mutex> turn(mutex);
    try {
        if (!initialised) {
            throw Failure{NOT_INITIALIZED, "before cuInit"};
        }
        if (settings.failing == name) {
            settings.failing.clear();
            throw Failure{settings.failure_of_call, "as the test asked for"};
        }
        body();
        return SUCCESS;
    } catch (const Failure& failure) {
        return failed(name, failure);
    }
}

int on_device(const char* name, int device, const std::function<void()>& body) {
    return call(name, [=] {
        if (device < 0 || device >= settings.devices) {
            throw Failure{INVALID_DEVICE, std::to_string(device) + " of " + std::to_string(settings.devices)};
        }
        body();
    });
}

bool exists(const Context* context) {
    for (auto& [device, known] : primary) {
        if (known.get() == context) {
            return true;
        }
    }
    return created.count(const_cast<Context*>(context)) > 0;
}

// What the context still holds has leaked, unless it was lost: then nothing could be given back.
void end(Context& context) {
    finish(context);
    for (const Allocation& block : allocations(&context)) {
        std::string damage = release(block.address);
        if (!damage.empty()) {
            log(damage);
        }
        if (context.lost == 0) {
            log("leaked block " + std::to_string(block.number) + " of " + std::to_string(block.bytes)
                + (block.host ? " bytes of page-locked host memory" : " bytes"));
        }
    }
    for (auto& [handle, object] : context.handles) {
        if (context.lost == 0) {
            log(std::string("leaked ") + object->what());
        }
    }
}

} // namespace

void log(const std::string& line) {
    log_lines.push_back(line);
}

void reset() {
    for (auto& [device, context] : primary) {
        if (context != nullptr) {
            context->lost = CONTEXT_IS_DESTROYED; // nothing to say of what it held
            end(*context);
        }
    }
    for (auto& [handle, context] : created) {
        context->lost = CONTEXT_IS_DESTROYED;
        end(*context);
    }
    primary.clear();
    created.clear();
    log_lines.clear();
    std::string openblas = settings.openblas;
    settings = Settings();
    settings.openblas = openblas;
    set_schedule(Schedule());
    skip_barriers("", 0);
    renumber();
}

int in_context(const char* name, const std::function<void(Context&)>& body) {
    return call(name, [=] {
        Context* context = current.empty() ? nullptr : current.back();
        if (context == nullptr || !exists(context)) {
            throw Failure{INVALID_CONTEXT, "no context is current in this thread"};
        }
        require_alive(*context);
        body(*context);
    });
}

extern "C" {

int cuInit(unsigned) {
    std::lock_guard<std::recursive_mutex> turn(mutex);
    if (settings.devices == 0) {
        return NO_DEVICE;
    }
    initialised = true;
    return SUCCESS;
}

int cuDriverGetVersion(int* version) {
    *version = settings.driver;
    return SUCCESS;
}

int cuGetErrorName(int code, const char** name) {
    const Error* known = error(code);
    *name = known == nullptr ? nullptr : known->name;
    return known == nullptr ? INVALID_VALUE : SUCCESS;
}

int cuGetErrorString(int code, const char** text) {
    const Error* known = error(code);
    *text = known == nullptr ? nullptr : known->text;
    return known == nullptr ? INVALID_VALUE : SUCCESS;
}

int cuDeviceGetCount(int* count) {
    return call("cuDeviceGetCount", [=] { *count = settings.devices; });
}

int cuDeviceGet(int* device, int ordinal) {
    return on_device("cuDeviceGet", ordinal, [=] { *device = ordinal; });
}

int cuDeviceGetName(char* name, int length, int device) {
    return on_device("cuDeviceGetName", device, [=] { snprintf(name, length, "emulated"); });
}

int cuDeviceGetUuid(char* uuid, int device) {
    return on_device("cuDeviceGetUuid", device, [=] {
        memset(uuid, 0, 16);
        uuid[15] = static_cast<char>(device);
    });
}

int cuDeviceTotalMem_v2(size_t* bytes, int device) {
    return on_device("cuDeviceTotalMem", device, [=] { *bytes = settings.memory; });
}

int cuDeviceGetAttribute(int* value, int attribute, int device) {
    static const std::map<int, int> ATTRIBUTES = {
        {1, 1024},           // threads a block
        {2, 1024},           // and its sides
        {3, 1024},
        {4, 64},
        {5, 0x7fffffff},     // a grid's sides
        {6, 65535},
        {7, 65535},
        {8, SHARED_BYTES},   // shared memory a block
        {9, 64 << 10},       // constant memory
        {10, 32},            // a warp
        {12, 65536},         // registers a block
        {13, 1000000},       // clock, kHz
        {15, 0},             // copies beside kernels
        {16, 2},             // multiprocessors
        {17, 0},             // kernels time out
        {18, 0},             // integrated
        {19, 1},             // can map host memory
        {20, 0},             // compute mode
        {31, 1},             // concurrent kernels
        {32, 0},             // ECC
        {33, 0},             // PCI bus
        {34, 0},             // PCI device
        {36, 1000000},       // memory clock, kHz
        {37, 128},           // memory bus, bits
        {38, 4 << 20},       // L2 cache
        {39, 2048},          // threads a multiprocessor
        {40, 1},             // asynchronous copies
        {41, 1},             // unified addresses
        {50, 0},             // PCI domain
        {75, 9},             // compute capability
        {76, 0},
        {81, SHARED_BYTES_ASKED_FOR + 1024}, // shared memory a multiprocessor
        {82, 65536},         // registers a multiprocessor
        {83, 0},             // managed memory
        {97, SHARED_BYTES_ASKED_FOR},
        {115, 0},            // memory pools
    };
    return on_device("cuDeviceGetAttribute", device, [=] {
        auto known = ATTRIBUTES.find(attribute);
        if (known == ATTRIBUTES.end()) {
            throw Failure{INVALID_VALUE, "attribute " + std::to_string(attribute) + " is not emulated"};
        }
        *value = known->second;
    });
}

int cuDevicePrimaryCtxRetain(void** context, int device) {
    return on_device("cuDevicePrimaryCtxRetain", device, [=] {
        std::unique_ptr<Context>& made = primary[device];
        if (made == nullptr) {
            made.reset(new Context(device));
        }
        made->retained++;
        *context = made.get();
    });
}

int cuDevicePrimaryCtxReset_v2(int device) {
    return on_device("cuDevicePrimaryCtxReset", device, [=] {
        if (primary[device] != nullptr) {
            end(*primary[device]);
            primary[device].reset();
        }
    });
}

int cuDevicePrimaryCtxRelease_v2(int device) {
    return on_device("cuDevicePrimaryCtxRelease", device, [=] {
        if (primary[device] == nullptr) {
            throw Failure{INVALID_CONTEXT, "the primary context was released already"};
        }
        if (--primary[device]->retained == 0) {
            end(*primary[device]);
            primary[device].reset();
        }
    });
}

int cuDevicePrimaryCtxGetState(int device, unsigned* flags, int* active) {
    return on_device("cuDevicePrimaryCtxGetState", device, [=] {
        *flags = 0;
        *active = primary[device] != nullptr;
    });
}

int cuCtxCreate_v2(void** handle, unsigned, int device) {
    return on_device("cuCtxCreate", device, [=] {
        Context* made = new Context(device);
        created[made].reset(made);
        current.push_back(made);
        *handle = made;
    });
}

int cuCtxDestroy_v2(void* handle) {
    return call("cuCtxDestroy", [=] {
        auto found = created.find(static_cast<Context*>(handle));
        if (found == created.end()) {
            throw Failure{INVALID_CONTEXT, "no context that cuCtxCreate made"};
        }
        end(*found->second);
        if (!current.empty() && current.back() == handle) {
            current.pop_back();
        }
        created.erase(found);
    });
}

int cuCtxPushCurrent_v2(void* handle) {
    return call("cuCtxPushCurrent", [=] {
        if (!exists(static_cast<Context*>(handle))) {
            throw Failure{INVALID_CONTEXT, "no context"};
        }
        current.push_back(static_cast<Context*>(handle));
    });
}

int cuCtxPopCurrent_v2(void** handle) {
    return call("cuCtxPopCurrent", [=] {
        if (current.empty()) {
            throw Failure{INVALID_CONTEXT, "no context is current in this thread"};
        }
        if (handle != nullptr) {
            *handle = current.back();
        }
        current.pop_back();
    });
}

int cuCtxSetCurrent(void* handle) {
    return call("cuCtxSetCurrent", [=] {
        if (handle != nullptr && !exists(static_cast<Context*>(handle))) {
            throw Failure{INVALID_CONTEXT, "no context"};
        }
        if (!current.empty()) {
            current.pop_back();
        }
        if (handle != nullptr) {
            current.push_back(static_cast<Context*>(handle));
        }
    });
}

int cuCtxGetCurrent(void** handle) {
    return call("cuCtxGetCurrent", [=] { *handle = current.empty() ? nullptr : current.back(); });
}

int cuCtxGetDevice(int* device) {
    return in_context("cuCtxGetDevice", [=](Context& context) { *device = context.device; });
}

int cuCtxSynchronize() {
    return in_context("cuCtxSynchronize", [=](Context& context) {
        refuse_while_capturing(context);
        finish(context);
        require_alive(context);
    });
}

// What a call that is not emulated comes to.
int emulated_unknown(const char* name) {
    std::lock_guard<std::recursive_mutex> turn(mutex);
    fprintf(stderr, "emulated: %s is not emulated\n", name);
    return failed(name, {NOT_SUPPORTED, "not emulated"});
}

} // extern "C"

} // namespace emulated
