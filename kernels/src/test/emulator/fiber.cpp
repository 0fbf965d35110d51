// Fibers on x86-64 by a switch that saves what a call preserves, some ten instructions; by ucontext elsewhere.
#include "fiber.h"

#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

#include <vector>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/common_interface_defs.h>
#endif
#if !defined(__x86_64__)
#include <ucontext.h>
#endif

namespace emulated {
namespace {

constexpr size_t GUARD = 4096;
#if defined(__SANITIZE_ADDRESS__)
constexpr size_t STACK = 256 << 10;
#else
constexpr size_t STACK = 64 << 10;
#endif

// Lowest addresses, guard page first.
std::vector<char*> stacks;

#if defined(__SANITIZE_ADDRESS__)
Fiber* previous;
#endif

char* stack(unsigned number) {
    while (stacks.size() <= number) {
        void* memory =
            mmap(nullptr, GUARD + STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (memory == MAP_FAILED || mprotect(memory, GUARD, PROT_NONE) != 0) {
            abort();
        }
        stacks.push_back(static_cast<char*>(memory));
    }
    return stacks[number] + GUARD;
}

} // namespace

#if defined(__x86_64__)
// Saves and restores rbx, rbp, r12..r15 and the stack pointer; nobody here changes the floating-point control words.
extern "C" void emulated_switch(void** from, void* to);
asm(R"(
    .text
    .globl emulated_switch
    .hidden emulated_switch
    .type emulated_switch, @function
emulated_switch:
    pushq %rbp
    pushq %rbx
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    movq %rsp, (%rdi)
    movq %rsi, %rsp
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbx
    popq %rbp
    ret
    .size emulated_switch, .-emulated_switch
)");

void prepare(Fiber& fiber, unsigned number, void (*function)()) {
    char* lowest = stack(number);
    // Stacks start at differing offsets, since page-aligned ones would share a few sets of the cache.
    void** top = reinterpret_cast<void**>(lowest + STACK - 64 * (number % 61));
    *--top = nullptr; // the return address of a function that does not return, which also aligns the stack
    *--top = reinterpret_cast<void*>(function);
    for (int i = 0; i < 6; i++) {
        *--top = nullptr;
    }
    fiber = {top, lowest, STACK, nullptr};
}
#else
extern "C" void emulated_switch(void** from, void* to) {
    ucontext_t here;
    *from = &here;
    swapcontext(&here, static_cast<ucontext_t*>(to));
}

void prepare(Fiber& fiber, unsigned number, void (*function)()) {
    char* lowest = stack(number);
    ucontext_t* context = reinterpret_cast<ucontext_t*>(lowest); // the stack never gets so deep
    getcontext(context);
    context->uc_stack.ss_sp = lowest + sizeof(ucontext_t);
    context->uc_stack.ss_size = STACK - sizeof(ucontext_t);
    context->uc_link = nullptr;
    makecontext(context, function, 0);
    fiber = {context, lowest, STACK, nullptr};
}
#endif

void switch_fiber(Fiber& from, Fiber& to, bool leave) {
#if defined(__SANITIZE_ADDRESS__)
    previous = &from;
    __sanitizer_start_switch_fiber(leave ? nullptr : &from.sanitizer, to.stack, to.size);
    emulated_switch(&from.stopped, to.stopped);
    __sanitizer_finish_switch_fiber(from.sanitizer, &previous->stack, &previous->size);
#else
    (void)leave;
    emulated_switch(&from.stopped, to.stopped);
#endif
}

void fiber_started() {
#if defined(__SANITIZE_ADDRESS__)
    __sanitizer_finish_switch_fiber(nullptr, &previous->stack, &previous->size);
#endif
}

bool beyond_stack(const void* address) {
    for (char* lowest : stacks) {
        if (address >= lowest && address < lowest + GUARD) {
            return true;
        }
    }
    return false;
}

} // namespace emulated
