// Op: what a node does. Shape rule, gradient in terms of other ops, and a name that kernels
// register under. Ops are immutable; their parameters are members.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/graph/value.h"

namespace tutti {

struct ElementwiseInfo;
struct Program;

class Op {
 public:
  virtual ~Op() = default;

  virtual std::string_view name() const = 0;  // the kernel slot: "matmul"

  // Output types from input types; throws "[matmul] ... both shapes ...".
  virtual std::vector<ValueType> infer(std::span<const ValueType> inputs) const = 0;

  // d loss / d input for each input, from d loss / d output. An undefined output gradient means no
  // path from that output; an undefined result means no gradient flows to that input.
  // The default throws that the op has no gradient.
  virtual std::vector<Value> gradient(const std::shared_ptr<Node>& node,
                                      std::span<const Value> output_gradients) const;

  // The op's parameters as text: two nodes with equal names, parameters and inputs are one.
  virtual std::string parameters() const { return ""; }

  // Several terms of one sum, each an output of an op of this name, as one value: where that is
  // cheaper than adding them, or where sums over rows are still owed, whose own sum would depend on
  // the world. Undefined: they are to be added.
  virtual Value sum_of(std::span<const Value> terms) const {
    (void)terms;
    return {};
  }

  // True if the op is exactly linear in this input, given the others: it moves or negates elements,
  // so that doing it to each root of a partial gives the bits of doing it to their sum. It then
  // accepts a partial there and its output is partial.
  virtual bool linear_in(size_t input, std::span<const ValueType> inputs) const {
    (void)input, (void)inputs;
    return false;
  }
  // False for nodes that must not be merged or folded: inputs, reads, assigns, random numbers.
  virtual bool pure() const { return true; }
  // True if the output is input 0's elements in the same order under another shape: no kernel runs.
  virtual bool view() const { return false; }
  // True if all ranks meet in this node: it ends a segment.
  virtual bool collective() const { return false; }
  // State: the memory that output number `output` lives in whatever the plan says, or null; and the
  // memory that input 0 must end up in, or null. An Executable lets the input's producer write
  // there if no reader of the old elements comes later, and copies otherwise.
  virtual void* fixed_output(size_t output) const {
    (void)output;
    return nullptr;
  }
  virtual void* input_place() const { return nullptr; }
  // The elementwise function this op applies, for fusion; null for other ops.
  virtual const ElementwiseInfo* elementwise() const { return nullptr; }
  // This op followed by a program whose input 0 is its output; null if it takes no epilogue.
  virtual std::shared_ptr<const Op> with_epilogue(std::shared_ptr<const Program> epilogue) const {
    (void)epilogue;
    return nullptr;
  }
  // The definition in primitive ops of a fused op; undefined for a primitive.
  virtual std::vector<Value> composite(std::span<const Value> inputs) const {
    (void)inputs;
    return {};
  }
};

}  // namespace tutti
