// The texts of the headers that fused programs are compiled from at run time
// (core/cmake/TuttiCuda.cmake).
#pragma once

#include <span>

namespace tutti::cuda {

struct EmbeddedHeader {
  const char* path;    // from the repository's root, as it is included
  const char* op;      // the elementwise op that it defines, or ""
  const char* record;  // and the op's struct
  const char* text;
};

std::span<const EmbeddedHeader> embedded_headers();

}  // namespace tutti::cuda
