// A function of a library that is not emulated: it says its name and fails. Weak, so that an emulated one replaces it.
#pragma once

extern "C" int emulated_unknown(const char* name);

#define TRAMPOLINE(name, result)                      \
    extern "C" __attribute__((weak)) int name() {     \
        emulated_unknown(#name);                      \
        return result;                                \
    }
