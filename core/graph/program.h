// Program: a fused group of elementwise ops, run element by element over a (rows, columns) view of
// the output. It stands alone as a node ("fused") or follows a product as its epilogue.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/graph/op.h"

namespace tutti {

struct ElementwiseInfo;  // core/graph/elementwise.h

// How an input meets the (rows, columns) view.
enum class Access : uint8_t {
  full,     // an element each
  scalar,   // one element for all
  columns,  // one row of `columns` elements, repeated for every row (a bias)
  rows,     // one element per row, repeated along the row (a row's weight)
};

struct ProgramInput {
  DType dtype = DType::f32;
  Access access = Access::full;
  bool immediate = false;  // the value is `number`, not a buffer; its access is scalar
  double number = 0;
};

// Register i < inputs.size() holds input i; register inputs.size() + j holds instruction j's
// result.
struct Instruction {
  const ElementwiseInfo* op = nullptr;
  std::vector<int> arguments;  // registers
  DType dtype = DType::f32;    // of the result
};

struct Program {
  int64_t columns = 1;  // 1: every input is full or scalar, the view is flat
  std::vector<ProgramInput> inputs;
  std::vector<Instruction> instructions;
  std::vector<int> outputs;  // registers, one per output of the node

  DType dtype_of(int reg) const;
  std::string text() const;  // "r2 = add r0 r1; ..."
};

// How an input of `shape` meets the view of `output`; false if no access does, then it must be
// broadcast first. `columns` is what earlier inputs chose, 0 when none has, and is set where the
// access needs it. Shapes may have unbound rows.
bool classify(const Shape& output, const Shape& shape, int64_t& columns, Access& access);

// The one-instruction program of an elementwise op or a cast; one of 0 columns if an input's
// broadcast has no access.
Program single_program(const ElementwiseInfo& op, std::span<const ValueType> inputs,
                       const ValueType& output);

class FusedOp final : public Op {
 public:
  FusedOp(Program program, std::vector<ValueType> outputs)
      : program_(std::move(program)), outputs_(std::move(outputs)) {}
  std::string_view name() const override { return "fused"; }
  std::vector<ValueType> infer(std::span<const ValueType>) const override { return outputs_; }
  std::string parameters() const override { return program_.text(); }
  // Only linear ops were fused into a program of partials.
  bool linear_in(size_t, std::span<const ValueType>) const override {
    return outputs_[0].kind == ValueKind::partial;
  }
  const Program& program() const { return program_; }

 private:
  Program program_;  // its buffers are the node's inputs, in the order of the non-immediate inputs
  std::vector<ValueType> outputs_;
};

}  // namespace tutti
