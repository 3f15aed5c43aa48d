// Runs a Program on CPU: block by block, each instruction over a whole block of elements that stays
// in the first-level cache.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/device/isa.h"
#include "core/graph/program.h"
#include "core/kernels/cpu/simd/block_function.h"

namespace tutti::cpu {

// Prepared once, then run from any thread; a run allocates nothing. How the view is cut into runs
// and blocks never changes a bit of the result.
class ProgramRunner {
 public:
  // Throws "[fused] ..." for a program beyond the limits below, "[op] ..." for a dtype that an
  // instruction has no kernel for.
  explicit ProgramRunner(const Program& program, Isa isa = active_isa());

  static constexpr int kMostRegisters = 2048;
  static constexpr int kMostOutputs = 256;
  int64_t columns() const { return columns_; }

  // Rows [row_begin, row_end) of the (rows, columns) view; of a flat program (columns() == 1) a row
  // is an element. `inputs` are the non-immediate ones in order; every pointer is to element (0, 0)
  // of its whole buffer, row-major and dense. An output may be the same buffer as an input whose
  // access is full and whose elements have its size; otherwise buffers do not overlap.
  void run(const void* const* inputs, void* const* outputs, int64_t row_begin,
           int64_t row_end) const;
  // And only columns [column_begin, column_end) of them.
  void run(const void* const* inputs, void* const* outputs, int64_t row_begin, int64_t row_end,
           int64_t column_begin, int64_t column_end) const;

 private:
  friend class RunnerBuilder;
  struct Step {
    BlockFunction function;
    int16_t a, b, c, result;  // registers
  };
  // A register that is a buffer: of an input, or of an output that is written in place.
  struct Stream {
    int16_t reg, buffer;
    int32_t size;  // bytes per element
    Access access = Access::full;
    int32_t slot = 0;  // where its repeated elements go, if it has any
  };
  // An output that is written before some input is read for the last time: if they are one buffer,
  // it waits in a slot until the end of the block.
  struct LateOutput {
    int16_t reg, buffer;
    int32_t size, slot;
    std::vector<int16_t> later_inputs;  // buffers
  };
  struct Fixed {
    int16_t reg;
    int32_t offset;  // in the scratch, or in constants_
  };
  struct alignas(64) Line {
    std::byte bytes[64];
  };
  struct Pass;

  void run_blocks(Pass& pass, int64_t row_begin, int64_t row_end) const;
  void run_rows(Pass& pass, int64_t row_begin, int64_t row_end, int64_t column_begin,
                int64_t column_end) const;
  void run_block(Pass& pass, int64_t offset, int64_t count) const;

  int64_t columns_ = 1;
  int64_t block_ = 1024;  // elements; fewer where many values live at once
  std::vector<Step> steps_;
  std::vector<Stream> inputs_, scalars_, repeated_, outputs_;
  std::vector<LateOutput> late_;
  std::vector<Fixed> slots_, constant_places_;
  std::vector<Line> constants_;
};

}  // namespace tutti::cpu
