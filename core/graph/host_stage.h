// What a step does on the host: text in front of the kernels becomes numbers, numbers behind them
// text.
#pragma once

#include <memory>
#include <unordered_map>
#include <vector>

#include "core/graph/executable.h"
#include "core/graph/host_op.h"

namespace tutti {

class HostStage {
 public:
  // Takes out of `graph` the ops that work on text, and host ops that the device has no kernel for.
  // Throws for text that reaches another op, and for text that is made in the middle.
  HostStage(const Graph& graph, const ExecutableOptions& options);

  const Graph& rest() const { return rest_; }  // what is left for the device, until bind()
  // Where the rest's inputs and outputs live. Lets go of the graph.
  void bind(const std::vector<Tensor>& inputs, const std::vector<Tensor>& outputs);

  // Of the whole graph. Text lies on the host.
  const Tensor& input(size_t index) const { return inputs_.at(index); }
  const Tensor& output(size_t index) const { return outputs_.at(index); }

  void before(ThreadPool* pool) const { run(before_, pool); }  // the device's step
  void after(ThreadPool* pool) const { run(after_, pool); }

 private:
  struct Call {
    std::shared_ptr<const HostOp> op;
    std::vector<Tensor> inputs;
    Tensor output;  // on the host
    Tensor device;  // where the rest reads it; undefined if it does not
  };
  using Nodes = std::vector<std::shared_ptr<Node>>;

  void choose(const Graph& graph, DeviceKind device);
  [[noreturn]] static void refuse(const Node& node);
  void cut(const Graph& graph);
  void bind_text(const std::vector<Tensor>& inputs, const std::vector<Tensor>& outputs);
  Tensor memory_of(const Value& value);
  Call make_call(const std::shared_ptr<Node>& node);
  static void run(const std::vector<Call>& calls, ThreadPool* pool);

  bool idle_ = false;  // nothing works on text
  Graph whole_, rest_;
  int64_t rows_ = 0;
  Nodes before_nodes_, after_nodes_;
  std::unordered_map<Value, size_t, ValueHash> fed_, taken_;  // numbers of rest_'s inputs, outputs
  std::unordered_map<Value, Tensor, ValueHash> memory_;
  std::vector<Tensor> rest_inputs_, rest_outputs_, inputs_, outputs_;
  std::vector<Call> before_, after_;
};

}  // namespace tutti
