// Ops that the host computes: all that takes or makes text, and what only looks numbers up. An
// Executable runs those that work on text before its kernels and after them (host_stage.h); one of
// numbers alone is also a CPU kernel, in the middle of a graph.
#pragma once

#include "core/graph/op.h"

namespace tutti {

class HostOp : public Op {
 public:
  // Fills `output` from `inputs`, which have the same number of rows (axis 0). A row of it is a
  // function of that row of the inputs alone. Several threads call at once, for different rows.
  virtual void compute(std::span<const Tensor> inputs, const Tensor& output) const = 0;
  // Nothing flows back through looking up.
  std::vector<Value> gradient(const std::shared_ptr<Node>& node,
                              std::span<const Value>) const override {
    return std::vector<Value>(node->inputs.size());
  }
};

// The op on values; computed at once where all of them are constants.
Value on_host(std::shared_ptr<const HostOp> op, const std::vector<Value>& inputs);

}  // namespace tutti
