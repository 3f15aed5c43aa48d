// Whole fused programs that are worth a loop of their own: the optimizers' updates, whose values
// then stay in registers. known_programs.cpp writes each down once, as an expression; from that
// come both the loop and the description by which core/kernels/cpu/known_program.h recognises a
// Program.
#pragma once

#include <cstdint>

namespace tutti::cpu {

// One node of an expression; a description lists them in prefix order.
struct KnownNode {
  enum Kind : uint8_t { stream, scalar, op } kind;
  uint8_t index;  // of the stream or scalar
  uint8_t arity;  // of the op
  const char* op_name;
};

// Element i of every output is an expression of element i of the streams and of the scalars, all
// f32. An output may be the same memory as a stream, not overlap otherwise.
using KnownFunction = void (*)(const float* const* streams, const float* scalars,
                               float* const* outputs, int64_t count);

struct KnownProgram {
  const char* name;
  int streams, scalars, outputs;
  const KnownNode* nodes;  // of the outputs, one expression after another
  KnownFunction function;
};

struct KnownPrograms {
  const KnownProgram* programs;
  int count;
  static constexpr int kMostStreams = 8, kMostScalars = 8, kMostOutputs = 4;
};

namespace x86_64 {
extern const KnownPrograms known_programs;
}
namespace avx2 {
extern const KnownPrograms known_programs;
}
namespace avx512 {
extern const KnownPrograms known_programs;
}

}  // namespace tutti::cpu
