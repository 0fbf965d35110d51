// JCuda's natives are linked to CUDA 12's libraries by name and by symbol version. Where only CUDA 13's are installed,
// the libraries made here stand in under the old names: they export the functions that LNR calls, whose C signatures
// are the same in both, and forward to the version that is there. Everything else that the natives refer to stays
// undefined; the linker looks a function up at its first call, and those are never called.
#ifndef LNR_FORWARD_H
#define LNR_FORWARD_H

#include <dlfcn.h>
#include <stddef.h>

// The function in the first of the libraries that is there. The program has loaded it by its full path already, so that
// its name is enough.
static inline void* lnr_find(const char* function, const char* const* libraries) {
    for (; *libraries != NULL; libraries++) {
        void* library = dlopen(*libraries, RTLD_LAZY | RTLD_LOCAL);
        if (library != NULL) {
            return dlsym(library, function);
        }
    }
    return NULL;
}

// Defines a function that forwards to the one of the same name in LIBRARIES, or returns MISSING.
#define FORWARD(name, parameters, arguments)                    \
    __attribute__((visibility("default"))) int name parameters; \
    int name parameters {                                       \
        static int(*real) parameters;                           \
        if (real == NULL) {                                     \
            *(void**)&real = lnr_find(#name, LIBRARIES);        \
        }                                                       \
        return real != NULL ? real arguments : MISSING;         \
    }

#endif
