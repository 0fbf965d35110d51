// NVRTC: its image of a source names the source's kernels, which were compiled for the host already.
#include <string.h>

#include <regex>
#include <string>

#include "driver.h"

namespace emulated {
namespace {

enum NvrtcResult { NVRTC_SUCCESS = 0, NVRTC_INVALID_PROGRAM = 4, NVRTC_INVALID_OPTION = 5, NVRTC_COMPILATION = 6 };

struct Program {
    std::string source;
    std::string image;
    std::string said;
};

std::string images_of(const std::string& source) {
    static const std::regex kernel("KERNEL\\([^)]*\\)\\s+void\\s+(\\w+)\\(");
    std::string image = "emulated image\n";
    for (std::sregex_iterator i(source.begin(), source.end(), kernel), end; i != end; ++i) {
        image += (*i)[1].str() + "\n";
    }
    return image;
}

} // namespace

extern "C" {

// A version that no NVRTC has: what a program keeps of this one's it must not take for a real one's.
int nvrtcVersion(int* major, int* minor) {
    *major = 0;
    *minor = 1;
    return NVRTC_SUCCESS;
}

int nvrtcGetNumSupportedArchs(int* count) {
    *count = 2;
    return NVRTC_SUCCESS;
}

int nvrtcGetSupportedArchs(int* architectures) {
    architectures[0] = 75;
    architectures[1] = 90;
    return NVRTC_SUCCESS;
}

const char* nvrtcGetErrorString(int result) {
    return result == NVRTC_SUCCESS ? "NVRTC_SUCCESS" : "an error of the emulated NVRTC";
}

int nvrtcCreateProgram(Program** program, const char* source, const char*, int, const char**, const char**) {
    *program = new Program{source, "", ""};
    return NVRTC_SUCCESS;
}

int nvrtcDestroyProgram(Program** program) {
    delete *program;
    *program = nullptr;
    return NVRTC_SUCCESS;
}

int nvrtcCompileProgram(Program* program, int count, const char* const* options) {
    for (int i = 0; i < count; i++) {
        if (strncmp(options[i], "--", 2) != 0) {
            program->said = std::string("unrecognized option ") + options[i];
            return NVRTC_INVALID_OPTION;
        }
    }
    if (program->source.find("#error") != std::string::npos) {
        program->said = "error: #error";
        return NVRTC_COMPILATION;
    }
    program->image = images_of(program->source);
    return NVRTC_SUCCESS;
}

int nvrtcGetProgramLogSize(Program* program, size_t* size) {
    *size = program->said.size() + 1;
    return NVRTC_SUCCESS;
}

int nvrtcGetProgramLog(Program* program, char* said) {
    strcpy(said, program->said.c_str());
    return NVRTC_SUCCESS;
}

int nvrtcGetCUBINSize(Program* program, size_t* size) {
    *size = program->image.size() + 1;
    return program->image.empty() ? NVRTC_INVALID_PROGRAM : NVRTC_SUCCESS;
}

int nvrtcGetCUBIN(Program* program, char* image) {
    strcpy(image, program->image.c_str());
    return program->image.empty() ? NVRTC_INVALID_PROGRAM : NVRTC_SUCCESS;
}

int nvrtcGetPTXSize(Program* program, size_t* size) {
    return nvrtcGetCUBINSize(program, size);
}

int nvrtcGetPTX(Program* program, char* image) {
    return nvrtcGetCUBIN(program, image);
}

} // extern "C"

} // namespace emulated
