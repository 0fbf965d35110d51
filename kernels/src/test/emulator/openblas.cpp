// Finds routines in the OpenBLAS file that the test named.
#include <dlfcn.h>

#include "blas.h"

namespace emulated {

void* openblas(const char* routine) {
    static void* library = nullptr;
    if (library == nullptr) {
        library = dlopen(settings.openblas.c_str(), RTLD_NOW | RTLD_LOCAL);
        if (library == nullptr) {
            throw Failure{NOT_FOUND, dlerror()};
        }
    }
    void* found = dlsym(library, routine);
    if (found == nullptr) {
        throw Failure{NOT_FOUND, std::string(routine) + " in " + settings.openblas};
    }
    return found;
}

} // namespace emulated
