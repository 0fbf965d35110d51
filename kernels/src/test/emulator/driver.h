// What the emulated driver and the libraries on top of it share: contexts, handles, and work put on streams.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "block.h"

namespace emulated {

// The driver API's results that are given out here.
enum Result {
    SUCCESS = 0,
    INVALID_VALUE = 1,
    OUT_OF_MEMORY = 2,
    NOT_INITIALIZED = 3,
    NO_DEVICE = 100,
    INVALID_DEVICE = 101,
    INVALID_IMAGE = 200,
    INVALID_CONTEXT = 201,
    NO_BINARY_FOR_GPU = 209,
    INVALID_HANDLE = 400,
    NOT_FOUND = 500,
    NOT_READY = 600,
    ILLEGAL_ADDRESS = 700,
    LAUNCH_OUT_OF_RESOURCES = 701,
    CONTEXT_IS_DESTROYED = 709,
    LAUNCH_FAILED = 719,
    NOT_SUPPORTED = 801,
    STREAM_CAPTURE_UNSUPPORTED = 900,
    STREAM_CAPTURE_INVALIDATED = 901,
    STREAM_CAPTURE_UNMATCHED = 903,
};

struct Context;

// What a handle stands for. What is left of them when their context ends has leaked.
struct Object {
    virtual ~Object() = default;
    virtual const char* what() const = 0;
};

// Device or page-locked memory that work reads or writes.
struct Touched {
    std::string name;
    const void* address;
    size_t bytes;
};

// Work on a stream. What it touches is checked when it is put there, and again when it runs.
struct Work {
    std::string name;
    std::vector<Touched> touched;
    std::function<Failure()> run;
};

struct Capture {
    int mode;
    bool invalid;
    std::vector<Work> work;
};

struct Stream : Object {
    Context* context;
    bool blocking; // waits for the default stream, and that for this one
    std::deque<Work> queue;
    std::unique_ptr<Capture> capture;

    Stream(Context* context, bool blocking) : context(context), blocking(blocking) {}
    const char* what() const override {
        return "a stream";
    }
};

struct Context {
    int device;
    int retained = 0; // a primary context's
    int lost = 0;     // the error that ended it
    size_t used = 0;  // bytes of device memory
    Stream standard{this, false};
    std::map<const void*, std::shared_ptr<Object>> handles;

    explicit Context(int device) : device(device) {}

    template <typename T>
    void* open(std::shared_ptr<T> object) {
        void* handle = object.get();
        handles[handle] = std::move(object);
        return handle;
    }

    // The open object of a handle; throws a Failure when there is none.
    template <typename T>
    std::shared_ptr<T> at(void* handle) {
        auto found = handles.find(handle);
        auto object = found == handles.end() ? nullptr : std::dynamic_pointer_cast<T>(found->second);
        if (object == nullptr) {
            throw Failure{INVALID_HANDLE, "a handle that is closed, or another context's"};
        }
        return object;
    }

    template <typename T>
    void close(void* handle) {
        at<T>(handle);
        handles.erase(handle);
    }

    // Null and 1 stand for the default stream.
    Stream& stream(void* handle);
};

// What a test may set; see control.cpp.
struct Settings {
    bool lazy = false;
    int devices = 2;
    int driver = 13000;
    int architecture = 90;                // 0: modules hold no code for this device
    size_t memory = size_t(2) << 30;      // of each device
    long launches_to_failure = 0;         // counts down; the launch that makes it 0 is lost
    int failure = ILLEGAL_ADDRESS;
    std::string failing; // the call that fails next, once
    int failure_of_call = SUCCESS;
    std::string openblas; // file
};

extern Settings settings;
extern std::recursive_mutex mutex;
extern long work_done;                 // pieces of work that ran
extern long bytes_to_host;             // that copies from devices have moved
extern std::map<std::string, long> launches; // by kernel

// Keeps a line for the test to read.
void log(const std::string& line);

// Runs a call of the driver's, or of a library's on top, in the thread's current context, one call at a time. Logs
// what went wrong and returns its code.
int in_context(const char* call, const std::function<void(Context&)>& body);

// Puts work on a stream: into its graph while it is being captured, into its queue when streams are lazy; otherwise
// it runs at once. Work that fails takes its context with it, as on a device.
void submit(Stream& stream, Work work);

// Runs what a stream has queued, or all streams of a context.
void finish(Stream& stream);
void finish(Context& context);

// Throws while a stream is being captured, which makes the capture invalid: for calls that a capture forbids.
void refuse_while_capturing(Context& context);

// Ends all contexts and forgets the log and what was set, but for where OpenBLAS is.
void reset();

// Throws the error that ended the context, if one has.
void require_alive(const Context& context);

} // namespace emulated
