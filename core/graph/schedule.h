// The order of a step's nodes, and where state is overwritten in it.
#pragma once

#include <memory>
#include <unordered_map>
#include <vector>

#include "core/graph/graph.h"
#include "core/graph/op.h"

namespace tutti {

struct Schedule {
  Graph graph;                               // nodes of its own
  std::vector<std::shared_ptr<Node>> order;  // the same on every rank
  // Values whose producer writes straight into a variable's memory.
  std::unordered_map<Value, void*, ValueHash> direct;
};

// State is overwritten in the middle of a step: a reader of the old elements that comes later gets
// a copy made just before.
Schedule schedule_step(const Graph& graph);

// A node that copies its input: "copy".
class CopyOp final : public Op {
 public:
  std::string_view name() const override { return "copy"; }
  std::vector<ValueType> infer(std::span<const ValueType> inputs) const override {
    return {inputs[0]};
  }
  bool linear_in(size_t, std::span<const ValueType>) const override { return true; }
  bool pure() const override { return false; }
};

}  // namespace tutti
