// Fibers: threads of execution that hand over to each other by name, each on a stack of its own between guard pages.
#pragma once

#include <stddef.h>

namespace emulated {

// Where an execution stopped. The OS thread's own is one too: it needs no preparation.
struct Fiber {
    void* stopped = nullptr;     // its stack pointer, or its ucontext
    const void* stack = nullptr; // its lowest address, and its size: AddressSanitizer wants to know
    size_t size = 0;
    void* sanitizer = nullptr;
};

// Gives a fiber the stack of this number, from 0 on, and a function that never returns. It starts when first switched
// to. Stacks are kept, and used again.
void prepare(Fiber& fiber, unsigned number, void (*function)());

// Stops in `from` and goes on in `to`; returns when another fiber switches back. With `leave`, it never does.
void switch_fiber(Fiber& from, Fiber& to, bool leave = false);

// To be called first by a fiber's function.
void fiber_started();

// Whether an address lies in the guard page of a stack: the stack has overflowed.
bool beyond_stack(const void* address);

} // namespace emulated
