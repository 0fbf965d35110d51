// Streams, events and graphs: when work runs. Lazy streams run nothing before something waits for them.
#include <chrono>

#include "driver.h"
#include "memory.h"

namespace emulated {

long work_done;

namespace {

struct Event : Object {
    std::weak_ptr<Object> recorder; // the stream it was last recorded on
    uint64_t recorded = 0;
    uint64_t reached = 0;
    double milliseconds = 0;

    const char* what() const override {
        return "an event";
    }
};

struct Graph : Object {
    std::vector<Work> work;

    const char* what() const override {
        return "a graph";
    }
};

struct ExecutableGraph : Object {
    std::vector<Work> work;

    const char* what() const override {
        return "an executable graph";
    }
};

void check_touched(const Work& work, const Context& context, int code) {
    for (const Touched& touched : work.touched) {
        std::string wrong = check(touched.address, touched.bytes, &context);
        if (!wrong.empty()) {
            throw Failure{code, work.name + ": " + touched.name + ": " + wrong};
        }
    }
}

void run(Context& context, const Work& work) {
    if (context.lost != 0) {
        return;
    }
    work_done++;
    Failure failure;
    try {
        check_touched(work, context, ILLEGAL_ADDRESS);
        failure = work.run();
    } catch (const Failure& thrown) {
        failure = thrown;
    }
    if (failure) {
        log("context lost: " + failure.text);
        context.lost = failure.code;
    }
}

void run_next(Stream& stream) {
    Work work = std::move(stream.queue.front());
    stream.queue.pop_front();
    run(*stream.context, work);
}

// The default stream first, then the others in the order they were made in, nearly.
std::vector<Stream*> streams(Context& context) {
    std::vector<Stream*> found = {&context.standard};
    for (auto& [handle, object] : context.handles) {
        if (auto stream = dynamic_cast<Stream*>(object.get())) {
            found.push_back(stream);
        }
    }
    return found;
}

// The default stream and a blocking one wait for each other's earlier work.
void order_with_default(Stream& stream) {
    if (&stream != &stream.context->standard) {
        if (stream.blocking) {
            finish(stream.context->standard);
        }
        return;
    }
    for (Stream* other : streams(*stream.context)) {
        if (other->blocking) {
            finish(*other);
        }
    }
}

void reach(Context& context, Event& event, uint64_t version) {
    auto object = event.recorder.lock();
    Stream* stream = object == nullptr ? &context.standard : static_cast<Stream*>(object.get());
    while (event.reached < version && !stream->queue.empty()) {
        run_next(*stream);
    }
}

void not_captured(Stream& stream) {
    if (stream.capture != nullptr) {
        stream.capture->invalid = true;
        throw Failure{STREAM_CAPTURE_UNSUPPORTED, "the stream is being captured"};
    }
}

double milliseconds() {
    return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

} // namespace

Stream& Context::stream(void* handle) {
    if (handle == nullptr || handle == reinterpret_cast<void*>(1)) {
        return standard;
    }
    return *at<Stream>(handle);
}

void submit(Stream& stream, Work work) {
    check_touched(work, *stream.context, INVALID_VALUE);
    if (stream.capture != nullptr) {
        if (stream.capture->invalid) {
            throw Failure{STREAM_CAPTURE_INVALIDATED, "something was called that a capture forbids"};
        }
        stream.capture->work.push_back(std::move(work));
        return;
    }
    order_with_default(stream);
    if (settings.lazy) {
        stream.queue.push_back(std::move(work));
    } else {
        run(*stream.context, work);
    }
}

void finish(Stream& stream) {
    while (!stream.queue.empty()) {
        run_next(stream);
    }
}

// Piece by piece, of a stream that the schedule chooses.
void finish(Context& context) {
    while (true) {
        std::vector<Stream*> busy;
        for (Stream* stream : streams(context)) {
            if (!stream->queue.empty()) {
                busy.push_back(stream);
            }
        }
        if (busy.empty()) {
            return;
        }
        size_t last = busy.size() - 1;
        Schedule::Order order = current_order();
        run_next(*busy[order == Schedule::RANDOM ? draw(last + 1) : order == Schedule::REVERSE ? last : 0]);
    }
}

void refuse_while_capturing(Context& context) {
    for (Stream* stream : streams(context)) {
        if (stream->capture != nullptr && stream->capture->mode != 2) {
            not_captured(*stream);
        }
    }
}

void require_alive(const Context& context) {
    if (context.lost != 0) {
        throw Failure{context.lost, "the context is lost"};
    }
}

extern "C" {

int cuStreamCreate(void** handle, unsigned flags) {
    return in_context("cuStreamCreate", [=](Context& context) {
        *handle = context.open(std::make_shared<Stream>(&context, (flags & 1) == 0));
    });
}

int cuStreamCreateWithPriority(void** handle, unsigned flags, int) {
    return cuStreamCreate(handle, flags);
}

int cuStreamDestroy_v2(void* handle) {
    return in_context("cuStreamDestroy", [=](Context& context) {
        finish(*context.at<Stream>(handle));
        context.close<Stream>(handle);
    });
}

int cuStreamSynchronize(void* handle) {
    return in_context("cuStreamSynchronize", [=](Context& context) {
        Stream& stream = context.stream(handle);
        not_captured(stream);
        order_with_default(stream);
        finish(stream);
        require_alive(context);
    });
}

// Each time that somebody asks, one piece of work runs: so asking again and again ends.
int cuStreamQuery(void* handle) {
    return in_context("cuStreamQuery", [=](Context& context) {
        Stream& stream = context.stream(handle);
        not_captured(stream);
        if (!stream.queue.empty()) {
            run_next(stream);
            throw Failure{NOT_READY, ""};
        }
    });
}

int cuStreamGetCtx(void* handle, void** of) {
    return in_context("cuStreamGetCtx", [=](Context& context) { *of = context.stream(handle).context; });
}

int cuEventCreate(void** handle, unsigned) {
    return in_context("cuEventCreate",
        [=](Context& context) { *handle = context.open(std::make_shared<Event>()); });
}

int cuEventDestroy_v2(void* handle) {
    return in_context("cuEventDestroy", [=](Context& context) { context.close<Event>(handle); });
}

int cuEventRecord(void* handle, void* on) {
    return in_context("cuEventRecord", [=](Context& context) {
        Stream& stream = context.stream(on);
        auto event = context.at<Event>(handle);
        if (stream.capture == nullptr) {
            event->recorder = on == nullptr ? nullptr : context.at<Stream>(on);
            event->recorded++;
        }
        uint64_t version = event->recorded;
        submit(stream, {"cuEventRecord", {}, [=]() -> Failure {
                            event->reached = version;
                            event->milliseconds = milliseconds();
                            return {};
                        }});
    });
}

int cuEventRecordWithFlags(void* handle, void* on, unsigned) {
    return cuEventRecord(handle, on);
}

int cuStreamWaitEvent(void* on, void* handle, unsigned) {
    return in_context("cuStreamWaitEvent", [=](Context& context) {
        auto event = context.at<Event>(handle);
        uint64_t version = event->recorded;
        submit(context.stream(on), {"cuStreamWaitEvent", {}, [=, &context]() -> Failure {
                                        reach(context, *event, version);
                                        return {};
                                    }});
    });
}

int cuEventSynchronize(void* handle) {
    return in_context("cuEventSynchronize", [=](Context& context) {
        auto event = context.at<Event>(handle);
        reach(context, *event, event->recorded);
        require_alive(context);
    });
}

int cuEventQuery(void* handle) {
    return in_context("cuEventQuery", [=](Context& context) {
        auto event = context.at<Event>(handle);
        if (event->reached < event->recorded) {
            reach(context, *event, event->recorded);
            throw Failure{NOT_READY, ""};
        }
    });
}

// Time on the host: it says nothing of any device's.
int cuEventElapsedTime(float* milliseconds, void* first, void* second) {
    return in_context("cuEventElapsedTime", [=](Context& context) {
        auto from = context.at<Event>(first);
        auto to = context.at<Event>(second);
        if (from->recorded == 0 || to->recorded == 0) {
            throw Failure{INVALID_HANDLE, "an event that was not recorded"};
        }
        if (from->reached < from->recorded || to->reached < to->recorded) {
            throw Failure{NOT_READY, ""};
        }
        *milliseconds = static_cast<float>(to->milliseconds - from->milliseconds);
    });
}

int cuStreamBeginCapture_v2(void* handle, int mode) {
    return in_context("cuStreamBeginCapture", [=](Context& context) {
        Stream& stream = *context.at<Stream>(handle);
        not_captured(stream);
        stream.capture.reset(new Capture{mode, false, {}});
    });
}

int cuStreamEndCapture(void* handle, void** graph) {
    return in_context("cuStreamEndCapture", [=](Context& context) {
        *graph = nullptr;
        auto capture = std::move(context.at<Stream>(handle)->capture);
        if (capture == nullptr) {
            throw Failure{STREAM_CAPTURE_UNMATCHED, "the stream is not being captured"};
        }
        if (capture->invalid) {
            throw Failure{STREAM_CAPTURE_INVALIDATED, "something was called that a capture forbids"};
        }
        auto captured = std::make_shared<Graph>();
        captured->work = std::move(capture->work);
        *graph = context.open(captured);
    });
}

int cuStreamIsCapturing(void* handle, int* status) {
    return in_context("cuStreamIsCapturing", [=](Context& context) {
        Stream& stream = context.stream(handle);
        *status = stream.capture == nullptr ? 0 : stream.capture->invalid ? 2 : 1;
    });
}

// Of a captured graph, only how many nodes it has.
int cuGraphGetNodes(void* handle, void** nodes, size_t* count) {
    return in_context("cuGraphGetNodes", [=](Context& context) {
        if (nodes != nullptr) {
            throw Failure{NOT_SUPPORTED, "only counts nodes"};
        }
        *count = context.at<Graph>(handle)->work.size();
    });
}

int cuGraphInstantiateWithFlags(void** executable, void* handle, unsigned long long) {
    return in_context("cuGraphInstantiate", [=](Context& context) {
        auto made = std::make_shared<ExecutableGraph>();
        made->work = context.at<Graph>(handle)->work;
        *executable = context.open(made);
    });
}

int cuGraphUpload(void* handle, void*) {
    return in_context("cuGraphUpload", [=](Context& context) { context.at<ExecutableGraph>(handle); });
}

int cuGraphLaunch(void* handle, void* on) {
    return in_context("cuGraphLaunch", [=](Context& context) {
        Stream& stream = context.stream(on);
        not_captured(stream);
        for (const Work& work : context.at<ExecutableGraph>(handle)->work) {
            submit(stream, work);
        }
    });
}

int cuGraphExecDestroy(void* handle) {
    return in_context("cuGraphExecDestroy", [=](Context& context) { context.close<ExecutableGraph>(handle); });
}

int cuGraphDestroy(void* handle) {
    return in_context("cuGraphDestroy", [=](Context& context) { context.close<Graph>(handle); });
}

} // extern "C"

} // namespace emulated
