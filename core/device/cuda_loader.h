// How libtutti_cuda.so joins a process: it is loaded at run time, where a driver is.
#pragma once

#include <string>

namespace tutti {

// Of libtutti.so; libtutti_cuda.so of another id is not loaded (core/cmake/TuttiBuildId.cmake).
std::string build_id();

// Loads the library at `path`, whose device and kernels are registered by that. Returns what stood
// in the way, or "": it may still have no device (a machine without a GPU).
std::string load_cuda_library(const std::string& path);

}  // namespace tutti
