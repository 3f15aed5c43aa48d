// What every fuzz target does: a reader may refuse bytes by an Error, and nothing else.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/base/error.h"

// `read` is called with (bytes, where).
#define TUTTI_FUZZ_READER(read)                                                  \
  extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {      \
    try {                                                                        \
      read(std::string_view(reinterpret_cast<const char*>(data), size), "fuzz"); \
    } catch (const tutti::Error&) {                                              \
    }                                                                            \
    return 0;                                                                    \
  }
