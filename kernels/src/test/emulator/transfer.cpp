// Memory and copies. A copy from pageable memory has read it when the call returns, one to it has written it;
// page-locked memory is read and written when the stream comes to it.
#include <string.h>

#include <algorithm>

#include "driver.h"
#include "memory.h"

namespace emulated {

long bytes_to_host;

namespace {

char* as_device(uint64_t address) {
    return reinterpret_cast<char*>(address);
}

size_t free_bytes(const Context& context) {
    return settings.memory - std::min(settings.memory, context.used);
}

bool page_locked(const void* address) {
    const Allocation* block = find(address);
    return block != nullptr && block->host;
}

void pageable_or_locked(const void* host) {
    if (is_device(host) && !page_locked(host)) {
        throw Failure{INVALID_VALUE, "host memory: " + describe(host) + ", on the device"};
    }
}

void free_block(Context& context, void* address, bool host) {
    const Allocation* block = find(address);
    if (block == nullptr || block->address != address || block->host != host) {
        throw Failure{INVALID_VALUE, describe(address)};
    }
    if (block->owner != &context) {
        throw Failure{INVALID_VALUE, "another context's memory"};
    }
    if (!host) {
        context.used -= block->bytes;
    }
    std::string damage = release(address);
    if (!damage.empty()) {
        log(damage);
    }
}

void to_device(Stream& stream, const char* call, uint64_t to, const void* from, size_t bytes) {
    if (bytes == 0) {
        return;
    }
    pageable_or_locked(from);
    std::vector<Touched> touched = {{"target", as_device(to), bytes}};
    if (page_locked(from)) {
        touched.push_back({"source", from, bytes});
        submit(stream, {call, touched, [=]() -> Failure {
                            memcpy(as_device(to), from, bytes);
                            return {};
                        }});
        return;
    }
    if (stream.capture != nullptr) {
        throw Failure{INVALID_VALUE, "from pageable memory, into a graph that may run when it is gone"};
    }
    const char* first = static_cast<const char*>(from);
    auto staged = std::make_shared<std::vector<char>>(first, first + bytes);
    submit(stream, {call, touched, [=]() -> Failure {
                        memcpy(as_device(to), staged->data(), bytes);
                        return {};
                    }});
}

void to_host(Stream& stream, const char* call, void* to, uint64_t from, size_t bytes, bool wait) {
    if (bytes == 0) {
        return;
    }
    pageable_or_locked(to);
    bool locked = page_locked(to);
    if (!locked && stream.capture != nullptr) {
        throw Failure{INVALID_VALUE, "to pageable memory, in a graph that may run when it is gone"};
    }
    std::vector<Touched> touched = {{"source", as_device(from), bytes}};
    if (locked) {
        touched.push_back({"target", to, bytes});
    }
    submit(stream, {call, touched, [=]() -> Failure {
                        memcpy(to, as_device(from), bytes);
                        bytes_to_host += bytes;
                        return {};
                    }});
    if (wait || !locked) {
        finish(stream);
        require_alive(*stream.context);
    }
}

void within_device(Stream& stream, const char* call, uint64_t to, uint64_t from, size_t bytes) {
    submit(stream, {call, {{"target", as_device(to), bytes}, {"source", as_device(from), bytes}}, [=]() -> Failure {
                        memmove(as_device(to), as_device(from), bytes);
                        return {};
                    }});
}

template <typename T>
void set(Stream& stream, const char* call, uint64_t to, T value, size_t count) {
    if (to % sizeof(T) != 0) {
        throw Failure{INVALID_VALUE, "unaligned"};
    }
    submit(stream, {call, {{"target", as_device(to), count * sizeof(T)}}, [=]() -> Failure {
                        std::fill_n(reinterpret_cast<T*>(as_device(to)), count, value);
                        return {};
                    }});
}

} // namespace

extern "C" {

int cuMemAlloc_v2(uint64_t* address, size_t bytes) {
    return in_context("cuMemAlloc", [=](Context& context) {
        refuse_while_capturing(context);
        if (bytes == 0) {
            throw Failure{INVALID_VALUE, "0 bytes"};
        }
        char* block = bytes > free_bytes(context) ? nullptr : allocate(bytes, &context, false);
        if (block == nullptr) {
            throw Failure{OUT_OF_MEMORY, std::to_string(bytes) + " bytes beside " + std::to_string(context.used)};
        }
        context.used += bytes;
        *address = reinterpret_cast<uint64_t>(block);
    });
}

int cuMemFree_v2(uint64_t address) {
    return in_context("cuMemFree", [=](Context& context) {
        if (address != 0) {
            refuse_while_capturing(context);
            free_block(context, as_device(address), false);
        }
    });
}

int cuMemGetInfo_v2(size_t* free, size_t* total) {
    return in_context("cuMemGetInfo", [=](Context& context) {
        *total = settings.memory;
        *free = free_bytes(context);
    });
}

int cuMemHostAlloc(void** address, size_t bytes, unsigned) {
    return in_context("cuMemHostAlloc", [=](Context& context) {
        refuse_while_capturing(context);
        *address = bytes == 0 ? nullptr : allocate(bytes, &context, true);
        if (*address == nullptr) {
            throw Failure{bytes == 0 ? INVALID_VALUE : OUT_OF_MEMORY, std::to_string(bytes) + " bytes"};
        }
    });
}

int cuMemAllocHost_v2(void** address, size_t bytes) {
    return cuMemHostAlloc(address, bytes, 0);
}

int cuMemFreeHost(void* address) {
    return in_context("cuMemFreeHost", [=](Context& context) {
        refuse_while_capturing(context);
        free_block(context, address, true);
    });
}

int cuMemcpyHtoD_v2(uint64_t to, const void* from, size_t bytes) {
    return in_context("cuMemcpyHtoD", [=](Context& context) {
        refuse_while_capturing(context);
        to_device(context.standard, "cuMemcpyHtoD", to, from, bytes);
        if (page_locked(from)) {
            finish(context.standard);
            require_alive(context);
        }
    });
}

int cuMemcpyHtoDAsync_v2(uint64_t to, const void* from, size_t bytes, void* on) {
    return in_context("cuMemcpyHtoDAsync", [=](Context& context) {
        to_device(context.stream(on), "cuMemcpyHtoDAsync", to, from, bytes);
    });
}

int cuMemcpyDtoH_v2(void* to, uint64_t from, size_t bytes) {
    return in_context("cuMemcpyDtoH", [=](Context& context) {
        refuse_while_capturing(context);
        to_host(context.standard, "cuMemcpyDtoH", to, from, bytes, true);
    });
}

int cuMemcpyDtoHAsync_v2(void* to, uint64_t from, size_t bytes, void* on) {
    return in_context("cuMemcpyDtoHAsync", [=](Context& context) {
        to_host(context.stream(on), "cuMemcpyDtoHAsync", to, from, bytes, false);
    });
}

int cuMemcpyDtoD_v2(uint64_t to, uint64_t from, size_t bytes) {
    return in_context("cuMemcpyDtoD", [=](Context& context) {
        refuse_while_capturing(context);
        within_device(context.standard, "cuMemcpyDtoD", to, from, bytes);
    });
}

int cuMemcpyDtoDAsync_v2(uint64_t to, uint64_t from, size_t bytes, void* on) {
    return in_context("cuMemcpyDtoDAsync",
        [=](Context& context) { within_device(context.stream(on), "cuMemcpyDtoDAsync", to, from, bytes); });
}

int cuMemsetD8_v2(uint64_t to, uint8_t value, size_t count) {
    return in_context("cuMemsetD8", [=](Context& context) { set(context.standard, "cuMemsetD8", to, value, count); });
}

int cuMemsetD8Async(uint64_t to, uint8_t value, size_t count, void* on) {
    return in_context("cuMemsetD8Async",
        [=](Context& context) { set(context.stream(on), "cuMemsetD8Async", to, value, count); });
}

int cuMemsetD32_v2(uint64_t to, uint32_t value, size_t count) {
    return in_context("cuMemsetD32", [=](Context& context) { set(context.standard, "cuMemsetD32", to, value, count); });
}

int cuMemsetD32Async(uint64_t to, uint32_t value, size_t count, void* on) {
    return in_context("cuMemsetD32Async",
        [=](Context& context) { set(context.stream(on), "cuMemsetD32Async", to, value, count); });
}

} // extern "C"

} // namespace emulated
