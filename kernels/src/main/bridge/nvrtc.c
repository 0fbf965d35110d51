// libnvrtc.so.12, by way of another version of it.
#include "forward.h"

static const char* const LIBRARIES[] = {"libnvrtc.so.13", NULL};

enum { MISSING = 11 }; // NVRTC_ERROR_INTERNAL_ERROR

typedef void* Program;

FORWARD(nvrtcVersion, (int* major, int* minor), (major, minor))
FORWARD(nvrtcGetNumSupportedArchs, (int* count), (count))
FORWARD(nvrtcGetSupportedArchs, (int* archs), (archs))
FORWARD(nvrtcCreateProgram,
        (Program * program, const char* source, const char* name, int headers, const char* const* texts,
         const char* const* names),
        (program, source, name, headers, texts, names))
FORWARD(nvrtcDestroyProgram, (Program * program), (program))
FORWARD(nvrtcCompileProgram, (Program program, int count, const char* const* options), (program, count, options))
FORWARD(nvrtcGetProgramLogSize, (Program program, size_t* size), (program, size))
FORWARD(nvrtcGetProgramLog, (Program program, char* log), (program, log))
FORWARD(nvrtcGetPTXSize, (Program program, size_t* size), (program, size))
FORWARD(nvrtcGetPTX, (Program program, char* ptx), (program, ptx))
FORWARD(nvrtcGetCUBINSize, (Program program, size_t* size), (program, size))
FORWARD(nvrtcGetCUBIN, (Program program, char* cubin), (program, cubin))
