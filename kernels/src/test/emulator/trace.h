// Launches kept in a file, with the memory they were given before and after: for a program that replays them.
#pragma once

#include <string>
#include <vector>

#include "block.h"

namespace emulated {

// Starts a file, or ends it when the name is empty.
void trace_to(const std::string& file);

// Runs a launch, and keeps it: a few of each kernel's, of different grids. `memory` is where its pointers point.
Failure run_traced(const Launch& launch, const std::vector<const void*>& memory);

} // namespace emulated
