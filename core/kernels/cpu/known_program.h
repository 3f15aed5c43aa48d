// Recognises the fused programs that have a loop of their own (simd/known_programs.h), so that a
// kernel runs it instead of interpreting: the same operations in the same order, hence the same
// bits.
#pragma once

#include <optional>
#include <vector>

#include "core/device/isa.h"
#include "core/graph/program.h"
#include "core/kernels/cpu/simd/known_programs.h"

namespace tutti::cpu {

// A known program, bound to the buffers and immediates of a Program.
class KnownProgramRun {
 public:
  // Nothing for a program that is not flat, not all f32 or not in the table.
  static std::optional<KnownProgramRun> find(const Program& program, Isa isa = active_isa());

  const char* name() const { return known_->name; }
  // Elements [begin, end), of buffers as in ProgramRunner::run.
  void run(const void* const* inputs, void* const* outputs, int64_t begin, int64_t end) const;

 private:
  friend class KnownProgramMatcher;
  struct Number {
    int buffer = -1;  // -1: the immediate
    float immediate = 0;
  };

  const KnownProgram* known_ = nullptr;
  std::vector<int> streams_;  // buffers
  std::vector<Number> numbers_;
  std::vector<int> outputs_;  // of the node
};

}  // namespace tutti::cpu
