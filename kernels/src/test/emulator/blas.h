// What the emulated cuBLAS and cuSOLVER share: handles with a stream, matrices on the device, and OpenBLAS underneath.
#pragma once

#include "driver.h"

namespace emulated {

struct LibraryHandle : Object {
    std::string name;
    void* stream = nullptr;

    explicit LibraryHandle(std::string name) : name(std::move(name)) {}
    const char* what() const override {
        return name.c_str();
    }
};

// A Fortran routine of the OpenBLAS file that the test named. Throws a Failure when there is none.
void* openblas(const char* routine);

template <typename Routine>
Routine* openblas(const char* routine) {
    return reinterpret_cast<Routine*>(openblas(routine));
}

// A (rows, columns) matrix with columns `leading` apart. Throws a Failure when they would overlap.
template <typename T>
Touched matrix(const char* name, const T* address, int rows, int columns, int leading) {
    if (rows < 0 || columns < 0 || leading < (rows > 1 ? rows : 1)) {
        throw Failure{INVALID_VALUE,
            std::string(name) + ": (" + std::to_string(rows) + ", " + std::to_string(columns) + "), leading dimension "
                + std::to_string(leading)};
    }
    size_t elements = rows == 0 || columns == 0 ? 0 : size_t(columns - 1) * leading + rows;
    return {name, address, elements * sizeof(T)};
}

} // namespace emulated
