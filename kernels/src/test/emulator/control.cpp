// What a test may ask of the emulated device beside CUDA's own calls, in words: Emulator.java has them.
#include <dlfcn.h>
#include <jni.h>

#include <sstream>

#include "driver.h"
#include "trace.h"

namespace emulated {

extern std::vector<std::string> log_lines;

namespace {

std::map<std::string, void*> libraries;

std::string open_library(const std::string& path) {
    void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) {
        return dlerror();
    }
    libraries[path] = library;
    return "";
}

std::string join(const std::vector<std::string>& lines) {
    std::string text;
    for (const std::string& line : lines) {
        text += line + "\n";
    }
    return text;
}

Schedule schedule(const std::string& name, uint64_t seed) {
    return {name == "reverse" ? Schedule::REVERSE : name == "random" ? Schedule::RANDOM : Schedule::FORWARD, seed};
}

std::string obey(const std::string& line) {
    std::lock_guard<std::recursive_mutex> turn(mutex);
    std::istringstream words(line);
    std::string command;
    std::string word;
    words >> command;
    if (command == "kernels") {
        words >> word;
        return open_library(word);
    } else if (command == "forget") {
        words >> word;
        dlclose(libraries[word]);
    } else if (command == "schedule") {
        uint64_t seed = 0;
        words >> word >> seed;
        set_schedule(schedule(word, seed));
    } else if (command == "skip") {
        int line = 0;
        words >> word >> line;
        skip_barriers(word, line);
    } else if (command == "lazy") {
        words >> settings.lazy;
    } else if (command == "devices") {
        words >> settings.devices;
    } else if (command == "driver") {
        words >> settings.driver;
    } else if (command == "architecture") {
        words >> settings.architecture;
    } else if (command == "memory") {
        words >> settings.memory;
    } else if (command == "lose") {
        words >> settings.launches_to_failure >> settings.failure;
    } else if (command == "fail") {
        words >> settings.failing >> settings.failure_of_call;
    } else if (command == "reset") {
        reset();
    } else if (command == "trace") {
        words >> word;
        trace_to(word);
    } else if (command == "openblas") {
        words >> settings.openblas;
    } else if (command == "log") {
        std::string text = join(log_lines);
        log_lines.clear();
        return text;
    } else if (command == "work") {
        return std::to_string(work_done);
    } else if (command == "bytes-to-host") {
        return std::to_string(bytes_to_host);
    } else if (command == "launches") {
        std::vector<std::string> lines;
        for (const auto& [kernel, count] : launches) {
            lines.push_back(kernel + " " + std::to_string(count));
        }
        return join(lines);
    } else {
        return "unknown command: " + line;
    }
    return "";
}

} // namespace

extern "C" JNIEXPORT jstring JNICALL Java_lnr_kernels_emulated_Emulator_control(JNIEnv* env, jclass, jstring command) {
    const char* text = env->GetStringUTFChars(command, nullptr);
    std::string answer = obey(text);
    env->ReleaseStringUTFChars(command, text);
    return env->NewStringUTF(answer.c_str());
}

} // namespace emulated
