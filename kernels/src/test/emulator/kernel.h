// A kernel as the launcher knows it: its name, its parameters' layout, and how to call it with packed parameters.
#pragma once

#include <stddef.h>
#include <string.h>

#include <type_traits>
#include <utility>

namespace emulated {

struct Parameter {
    size_t offset;
    size_t bytes;
    size_t aligned; // what a pointer points to is aligned to so many bytes; 0 for what is no pointer
};

struct Kernel {
    const char* name;
    unsigned max_threads;
    size_t count;
    const Parameter* parameters;
    size_t bytes; // of all parameters, packed as CUDA packs them: each at a multiple of its size
    void (*call)(const char* packed);
};

// Makes a kernel known to cuModuleGetFunction, before all others of its name; and takes it back.
void export_kernel(const Kernel& kernel);
void withdraw_kernel(const Kernel& kernel);

template <auto function>
struct Signature;

template <typename... Parameters, void (*function)(Parameters...)>
struct Signature<function> {
    static constexpr size_t count = sizeof...(Parameters);
    struct Layout {
        Parameter parameters[count + 1] = {};
        size_t bytes = 0;
    };

    template <typename T>
    static constexpr size_t pointee() {
        using Target = std::remove_pointer_t<T>;
        if constexpr (std::is_void_v<Target>) {
            return 1;
        } else if constexpr (std::is_pointer_v<T>) {
            return alignof(Target);
        } else {
            return 0;
        }
    }

    static constexpr Layout lay_out() {
        Layout layout;
        size_t i = 0;
        ((layout.bytes = (layout.bytes + sizeof(Parameters) - 1) / sizeof(Parameters) * sizeof(Parameters),
          layout.parameters[i++] = {layout.bytes, sizeof(Parameters), pointee<Parameters>()},
          layout.bytes += sizeof(Parameters)),
         ...);
        return layout;
    }
    static constexpr Layout layout = lay_out();

    template <typename T>
    static T read(const char* from) {
        T value;
        memcpy(&value, from, sizeof(T));
        return value;
    }

    template <size_t... i>
    static void unpack(const char* packed, std::index_sequence<i...>) {
        function(read<Parameters>(packed + layout.parameters[i].offset)...);
    }

    static void call(const char* packed) {
        unpack(packed, std::index_sequence_for<Parameters...>());
    }
};

// A kernel is known for as long as the library it is in stays loaded. Emulator.java writes one such variable a kernel
// behind each source.
template <auto function>
class Export {
public:
    Export(const char* name, unsigned max_threads)
        : kernel{name, max_threads, S::count, S::layout.parameters, S::layout.bytes, S::call} {
        export_kernel(kernel);
    }
    ~Export() {
        withdraw_kernel(kernel);
    }
    Export(const Export&) = delete;

private:
    using S = Signature<function>;
    Kernel kernel;
};

} // namespace emulated
