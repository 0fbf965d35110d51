// A block's threads: whose turn it is, where they meet, what they share, and what is said when they go wrong.
#include "block.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include <algorithm>
#include <deque>
#include <numeric>

#include "fiber.h"

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(address, size)
#define ASAN_UNPOISON_MEMORY_REGION(address, size)
#endif

namespace emulated {

const uint3* thread_index;
uint3 block_index;
dim3 block_size;
dim3 grid_size;
unsigned lane_index;
Now now;

namespace {

constexpr int ILLEGAL_ADDRESS = 700;
constexpr int MISALIGNED_ADDRESS = 716;
constexpr int LAUNCH_FAILED = 719;
constexpr unsigned MOST_THREADS = 1024;
constexpr unsigned WARP = 32;

// Lanes of a warp that wait for each other: those of one mask.
struct Meeting {
    Site site;
    unsigned mask;
    unsigned arrived;
    bool moves;  // values, by a shuffle; votes otherwise
    bool orders; // accesses of memory
    uint64_t value[WARP];
    unsigned source[WARP];
};

struct Warp {
    unsigned live; // lanes that have not left the kernel
    std::vector<Meeting> meetings;
};

// A copy under way, and which of its thread's groups it is of.
struct Grouped {
    Copy copy;
    int group;
};

struct Thread {
    uint3 index;
    unsigned lane;
    Warp* warp;
    Fiber fiber;
    unsigned stack;
    bool started;
    bool at_barrier;
    Site site; // where it waits
    uint64_t result;
    uint32_t clock;
    uint32_t known[WARP];
    std::deque<Grouped> copies; // the oldest first
    int groups;                 // closed so far
};

Schedule schedule;
uint64_t random_state = 1;

// A file's name without its folder.
const char* name(const char* file) {
    const char* slash = strrchr(file, '/');
    return slash == nullptr ? file : slash + 1;
}

std::string skipped_file;
int skipped_line;

bool skipped(const Site& site) {
    return site.line == skipped_line && skipped_file == name(site.file);
}

Launch const* launch;
Failure failure;
Fiber os_thread;
Thread threads[MOST_THREADS];
Warp warps[MOST_THREADS / WARP];
unsigned count;      // of the block's threads
unsigned live;       // of those, that have not left the kernel
unsigned at_barrier; // of those, that wait at the barrier
Thread* first_at_barrier;
Thread* current;
std::vector<Thread*> ready; // the next one last
std::vector<unsigned> free_stacks;

std::string text(const uint3& v) {
    return "(" + std::to_string(v.x) + ", " + std::to_string(v.y) + ", " + std::to_string(v.z) + ")";
}

std::string text(const Site& site) {
    return std::string(site.call) + " (" + name(site.file) + ":" + std::to_string(site.line) + ")";
}

std::string text(const Thread& thread) {
    return "thread " + text(thread.index);
}

std::string lanes(unsigned mask) {
    char hex[16];
    snprintf(hex, sizeof(hex), "0x%08x", mask);
    return hex;
}

bool same(const char* a, const char* b) {
    return a == b || strcmp(a, b) == 0;
}

bool same(const Site& a, const Site& b) {
    return a.line == b.line && same(a.file, b.file) && same(a.call, b.call);
}

// Ends the launch; the block's fibers are forgotten where they stand.
[[noreturn]] void fail(int code, const std::string& what) {
    std::string where = std::string(launch->kernel.name) + ", block " + text(block_index) + ", " + text(*current);
    failure = {code, where + ": " + what};
    switch_fiber(current->fiber, os_thread, true);
    abort();
}

// What the waiting threads wait for, when none can go on: one at the barrier, one in each kind of meeting.
[[noreturn]] void stuck() {
    std::string what = "no thread can go on";
    if (at_barrier > 0) {
        what += "; " + text(*first_at_barrier) + " and " + std::to_string(at_barrier - 1) + " more wait at "
            + text(first_at_barrier->site) + " for " + std::to_string(live - at_barrier) + " others";
    }
    for (unsigned w = 0; w * WARP < count; w++) {
        for (const Meeting& meeting : warps[w].meetings) {
            unsigned missing = meeting.mask & warps[w].live & ~meeting.arrived;
            what += "; warp " + std::to_string(w) + " waits at " + text(meeting.site) + ", mask " + lanes(meeting.mask)
                + ", for lanes " + lanes(missing);
            if (what.size() > 2000) {
                fail(LAUNCH_FAILED, what + "; ...");
            }
        }
    }
    fail(LAUNCH_FAILED, what);
}

Thread* next() {
    if (ready.empty()) {
        return nullptr;
    }
    if (schedule.order == Schedule::RANDOM) {
        std::swap(ready[draw(ready.size())], ready.back());
    }
    Thread* thread = ready.back();
    ready.pop_back();
    return thread;
}

// Makes threads [0, n) of `first` on ready, those for which `which` holds, in the schedule's order.
template <typename Which>
void release(Thread* first, unsigned n, Which which) {
    for (unsigned i = 0; i < n; i++) {
        unsigned at = schedule.order == Schedule::REVERSE ? i : n - 1 - i;
        if (which(at)) {
            ready.push_back(first + at);
        }
    }
}

void take_turn(Thread* thread) {
    current = thread;
    thread_index = &thread->index;
    lane_index = thread->lane;
    now.thread = static_cast<unsigned>(thread - threads);
    now.clock = thread->clock;
    now.known = thread->known;
}

void run_threads();

// The current thread stops until it is its turn again, having been made ready.
void wait() {
    Thread* from = current;
    Thread* to = next();
    if (to == nullptr) {
        stuck();
    }
    if (to == from) {
        return;
    }
    take_turn(to);
    if (!to->started) {
        to->started = true;
        to->stack = free_stacks.back();
        free_stacks.pop_back();
        prepare(to->fiber, to->stack, run_threads);
    }
    switch_fiber(from->fiber, to->fiber);
}

void release_barrier() {
    now.epoch++;
    at_barrier = 0;
    release(threads, count, [](unsigned i) { return threads[i].at_barrier; });
    for (unsigned i = 0; i < count; i++) {
        threads[i].at_barrier = false;
    }
}

// Lets lanes that have met know of each other's past.
void exchange_clocks(Thread* first, unsigned lanes) {
    for (unsigned of = 0; of < WARP; of++) {
        uint32_t latest = (lanes >> of & 1) != 0 ? first[of].clock : 0;
        for (unsigned i = 0; i < WARP; i++) {
            latest = (lanes >> i & 1) != 0 ? std::max(latest, first[i].known[of]) : latest;
        }
        for (unsigned i = 0; i < WARP; i++) {
            first[i].known[of] = (lanes >> i & 1) != 0 ? latest : first[i].known[of];
        }
    }
    for (unsigned i = 0; i < WARP; i++) {
        first[i].clock += lanes >> i & 1;
    }
}

// Ends meeting m of a warp once all its live lanes are there.
void conclude(Warp& warp, size_t m) {
    Meeting& meeting = warp.meetings[m];
    if (meeting.arrived != (meeting.mask & warp.live)) {
        return;
    }
    Thread* first = threads + (&warp - warps) * WARP;
    unsigned arrived = meeting.arrived;
    uint64_t votes = 0;
    if (!meeting.moves) {
        for (unsigned i = 0; i < WARP; i++) {
            votes |= (arrived >> i & 1) == 0 ? 0 : meeting.value[i] << i;
        }
    }
    for (unsigned i = 0; i < WARP; i++) {
        if ((arrived >> i & 1) != 0) {
            unsigned source = meeting.source[i] % WARP;
            bool there = (arrived >> source & 1) != 0;
            first[i].result = !meeting.moves ? votes : there ? meeting.value[source] : POISON;
        }
    }
    if (meeting.orders) {
        exchange_clocks(first, arrived);
    }
    if (m + 1 < warp.meetings.size()) {
        meeting = warp.meetings.back();
    }
    warp.meetings.pop_back();
    release(first, WARP, [arrived](unsigned i) { return (arrived >> i & 1) != 0; });
}

uint64_t meet(Site site, unsigned mask, bool moves, bool orders, uint64_t value, unsigned source) {
    Thread& thread = *current;
    Warp& warp = *thread.warp;
    unsigned bit = 1u << thread.lane;
    if ((mask & bit) == 0) {
        std::string caller = " is without the calling lane " + std::to_string(thread.lane);
        fail(LAUNCH_FAILED, text(site) + ": mask " + lanes(mask) + caller);
    }
    size_t m = 0;
    while (m < warp.meetings.size() && warp.meetings[m].mask != mask) {
        m++;
    }
    if (m == warp.meetings.size()) {
        warp.meetings.push_back({site, mask, 0, moves, orders, {}, {}});
    } else if (!same(site, warp.meetings[m].site)) {
        fail(LAUNCH_FAILED,
            text(site) + ": lanes " + lanes(warp.meetings[m].arrived) + " of mask " + lanes(mask) + " wait at "
                + text(warp.meetings[m].site));
    }
    Meeting& meeting = warp.meetings[m];
    meeting.value[thread.lane] = value;
    meeting.source[thread.lane] = source;
    meeting.arrived |= bit;
    thread.site = site;
    conclude(warp, m);
    wait();
    now.clock = thread.clock;
    return thread.result;
}

void leave_kernel() {
    Thread& thread = *current;
    live--;
    thread.warp->live &= ~(1u << thread.lane);
    for (size_t m = thread.warp->meetings.size(); m-- > 0;) {
        conclude(*thread.warp, m);
    }
    if (live > 0 && at_barrier == live) {
        release_barrier();
    }
}

// What a fiber does: a thread, then the next that has not started, until one that stopped elsewhere is to go on.
void run_threads() {
    fiber_started();
    while (true) {
        launch->kernel.call(launch->parameters.data());
        leave_kernel();
        Thread* from = current;
        Thread* to = next();
        if (to == nullptr) {
            if (live > 0) {
                stuck();
            }
            switch_fiber(from->fiber, os_thread, true);
        }
        take_turn(to);
        if (to->started) {
            free_stacks.push_back(from->stack);
            switch_fiber(from->fiber, to->fiber, true);
        }
        to->started = true;
        to->stack = from->stack;
        to->fiber = from->fiber;
    }
}

// Shared memory: static arrays from the start on, each followed by canaries; the launch's own at the end, against a
// page that cannot be touched.
constexpr size_t PAGE = 4096;
constexpr size_t ARENA = SHARED_RANGE;
constexpr size_t CANARIES = 64;
constexpr char CANARY = 0x5a;

struct Array {
    const char* name;
    const void* variable;
    char* memory;
    size_t bytes;
};

char* arena;
size_t arena_used;
size_t static_bytes;
std::vector<Array> arrays;

void open_arena() {
    if (arena == nullptr) {
        void* memory = mmap(nullptr, ARENA + 2 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        arena = static_cast<char*>(memory) + PAGE;
        if (memory == MAP_FAILED || mprotect(arena, ARENA, PROT_READ | PROT_WRITE) != 0) {
            abort();
        }
    }
    ASAN_POISON_MEMORY_REGION(arena, ARENA);
    arena_used = 0;
    static_bytes = 0;
    arrays.clear();
    if (launch->dynamic_bytes > 0) {
        ASAN_UNPOISON_MEMORY_REGION(dynamic_shared(), launch->dynamic_bytes);
        poison(dynamic_shared(), launch->dynamic_bytes);
    }
}

void close_arena() {
    for (const Array& array : arrays) {
        const char* after = array.memory + array.bytes;
        ASAN_UNPOISON_MEMORY_REGION(after, CANARIES);
        if (!failure && std::any_of(after, after + CANARIES, [](char c) { return c != CANARY; })) {
            failure = {ILLEGAL_ADDRESS,
                std::string(launch->kernel.name) + ", block " + text(block_index) + ": wrote beyond shared array "
                    + array.name + "[" + std::to_string(array.bytes) + " bytes]"};
        }
    }
}

// Faults of a kernel's own: an address that is no memory, a division by zero. All others go to who was there before.
constexpr int SIGNALS[] = {SIGSEGV, SIGBUS, SIGFPE};
struct sigaction before[3];
bool running;
pthread_t runner;
sigset_t runners_signals;

void on_signal(int signal, siginfo_t* info, void* context) {
    if (running && pthread_equal(pthread_self(), runner)) {
        pthread_sigmask(SIG_SETMASK, &runners_signals, nullptr);
        if (signal == SIGFPE) {
            fail(LAUNCH_FAILED, "divided by zero");
        }
        const char* address = static_cast<const char*>(info->si_addr);
        bool in_arena = address >= arena - PAGE && address < arena + ARENA + PAGE;
        fail(ILLEGAL_ADDRESS,
            beyond_stack(address) ? "overflowed its stack"
                : in_arena        ? "touched what is no shared memory of its block"
                                  : describe(address));
    }
    for (int i = 0; i < 3; i++) {
        if (SIGNALS[i] == signal && (before[i].sa_flags & SA_SIGINFO) != 0) {
            before[i].sa_sigaction(signal, info, context);
            return;
        }
    }
    ::signal(signal, SIG_DFL);
}

// Takes the signals for the time of a launch, on a stack of their own: the fiber's may be what overflowed.
class Faults {
public:
    Faults() {
#if !defined(__SANITIZE_ADDRESS__)
        static char stack[64 << 10];
        stack_t ours = {};
        ours.ss_sp = stack;
        ours.ss_size = sizeof(stack);
        sigaltstack(&ours, &stack_before);
        pthread_sigmask(SIG_SETMASK, nullptr, &runners_signals);
        runner = pthread_self();
        static bool installed = false;
        if (!installed) {
            installed = true;
            struct sigaction action = {};
            action.sa_sigaction = on_signal;
            action.sa_flags = SA_SIGINFO | SA_ONSTACK;
            sigfillset(&action.sa_mask);
            for (int i = 0; i < 3; i++) {
                sigaction(SIGNALS[i], &action, &before[i]);
            }
        }
        running = true;
#endif
    }
    ~Faults() {
#if !defined(__SANITIZE_ADDRESS__)
        running = false;
        sigaltstack(&stack_before, nullptr);
#endif
    }

private:
    stack_t stack_before = {};
};

void run_block() {
    now.epoch++;
    live = count;
    at_barrier = 0;
    ready.clear();
    for (unsigned i = 0; i < count; i++) {
        Thread& thread = threads[i];
        thread.started = false;
        thread.at_barrier = false;
        thread.copies.clear();
        thread.groups = 0;
    }
    for (unsigned w = 0; w * WARP < count; w++) {
        unsigned lanes_of_it = std::min(WARP, count - w * WARP);
        warps[w].live = lanes_of_it == WARP ? ~0u : (1u << lanes_of_it) - 1;
        warps[w].meetings.clear();
    }
    free_stacks.resize(count);
    std::iota(free_stacks.rbegin(), free_stacks.rend(), 0u);
    open_arena();
    release(threads, count, [](unsigned) { return true; });
    Thread* first = next();
    take_turn(first);
    first->started = true;
    first->stack = free_stacks.back();
    free_stacks.pop_back();
    prepare(first->fiber, first->stack, run_threads);
    switch_fiber(os_thread, first->fiber);
    close_arena();
}

} // namespace

void set_schedule(Schedule to) {
    schedule = to;
    random_state = to.seed * 0x9e3779b97f4a7c15 + 1;
}

Schedule::Order current_order() {
    return schedule.order;
}

uint64_t draw(uint64_t bound) {
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (random_state >> 11) % bound;
}

Failure run(const Launch& what) {
    launch = &what;
    failure = {};
    grid_size = what.grid;
    block_size = what.block;
    count = what.block.x * what.block.y * what.block.z;
    for (unsigned i = 0; i < count; i++) {
        threads[i].index = {i % what.block.x, i / what.block.x % what.block.y, i / what.block.x / what.block.y};
        threads[i].lane = i % WARP;
        threads[i].warp = &warps[i / WARP];
        threads[i].clock = std::max(threads[i].clock, 1u); // behind what anybody knows of it
    }
    uint64_t blocks = uint64_t(what.grid.x) * what.grid.y * what.grid.z;
    std::vector<uint64_t> shuffled;
    if (schedule.order == Schedule::RANDOM) {
        shuffled.resize(blocks);
        std::iota(shuffled.begin(), shuffled.end(), 0);
        for (uint64_t i = blocks; i > 1; i--) {
            std::swap(shuffled[i - 1], shuffled[draw(i)]);
        }
    }
    now.launch_epoch = now.epoch + 1;
    Faults faults;
    for (uint64_t b = 0; b < blocks && !failure; b++) {
        uint64_t at = schedule.order == Schedule::RANDOM ? shuffled[b]
            : schedule.order == Schedule::REVERSE        ? blocks - 1 - b
                                                         : b;
        now.block = static_cast<uint32_t>(at);
        block_index = {unsigned(at % what.grid.x), unsigned(at / what.grid.x % what.grid.y),
            unsigned(at / what.grid.x / what.grid.y)};
        run_block();
    }
    return failure;
}

void fault(int code, const std::string& what) {
    fail(code, what);
}

char* shared_range() {
    return arena;
}

void poison(void* memory, size_t bytes) {
    char* to = static_cast<char*>(memory);
    for (size_t i = 0; i + sizeof(POISON) <= bytes; i += sizeof(POISON)) {
        memcpy(to + i, &POISON, sizeof(POISON));
    }
    memcpy(to + bytes / sizeof(POISON) * sizeof(POISON), &POISON, bytes % sizeof(POISON));
}

void skip_barriers(const std::string& file, int line) {
    skipped_file = file;
    skipped_line = line;
}

void barrier(Site site) {
    if (skipped(site)) {
        return;
    }
    if (at_barrier == 0) {
        first_at_barrier = current;
    } else if (!same(site, first_at_barrier->site)) {
        fail(LAUNCH_FAILED,
            "divergent barrier: at " + text(site) + ", while " + text(*first_at_barrier) + " waits at "
                + text(first_at_barrier->site));
    }
    current->at_barrier = true;
    current->site = site;
    at_barrier++;
    if (at_barrier == live) {
        release_barrier();
    }
    wait();
}

uint64_t shuffle(Site site, unsigned mask, uint64_t value, unsigned source) {
    return meet(site, mask, true, false, value, source);
}

unsigned ballot(Site site, unsigned mask, bool vote) {
    return unsigned(meet(site, mask, false, false, vote ? 1 : 0, 0));
}

void meet(Site site, unsigned mask) {
    if (skipped(site)) {
        return;
    }
    meet(site, mask, false, true, 0, 0);
}

void require_aligned(Site site, const void* address, int bytes) {
    if (reinterpret_cast<uintptr_t>(address) % bytes != 0) {
        fail(MISALIGNED_ADDRESS, text(site) + " of " + std::to_string(bytes) + " bytes, unaligned");
    }
}

void begin_copy(const Copy& copy) {
    current->copies.push_back({copy, current->groups});
}

void close_copies() {
    current->groups++;
}

void wait_for_copies(int pending) {
    std::deque<Grouped>& copies = current->copies;
    while (!copies.empty() && copies.front().group < current->groups - pending) {
        Copy copy = copies.front().copy;
        copies.pop_front();
        copy.arrive(copy.to, copy.from);
    }
}

void trap(Site site) {
    fail(LAUNCH_FAILED, text(site));
}

void* shared(const char* name, const void* variable, size_t bytes) {
    for (const Array& array : arrays) {
        if (array.variable == variable) {
            return array.memory;
        }
    }
    static_bytes += (bytes + 15) / 16 * 16;
    if (static_bytes > SHARED_BYTES || static_bytes + launch->dynamic_bytes > SHARED_BYTES_ASKED_FOR) {
        fail(LAUNCH_FAILED,
            "shared array " + std::string(name) + ": " + std::to_string(static_bytes) + " bytes of shared arrays, "
                + std::to_string(launch->dynamic_bytes) + " by the launch: more than a block may have");
    }
    char* memory = arena + arena_used;
    arena_used += (bytes + CANARIES + 15) / 16 * 16;
    ASAN_UNPOISON_MEMORY_REGION(memory, bytes + CANARIES);
    poison(memory, bytes);
    memset(memory + bytes, CANARY, CANARIES);
    ASAN_POISON_MEMORY_REGION(memory + bytes, CANARIES);
    arrays.push_back({name, variable, memory, bytes});
    return memory;
}

void* dynamic_shared() {
    return arena + ARENA - (launch->dynamic_bytes + 15) / 16 * 16;
}

} // namespace emulated
