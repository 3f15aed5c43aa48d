// Exporter: a model's inference graph, walked into an ONNX graph. A layer that has an operator of
// its own is that operator; of others, and of bare ops, every op is written.
#pragma once

#include <unordered_map>

#include "core/graph/graph.h"
#include "core/model/model.h"
#include "io/onnx/export/emitters.h"

namespace tutti::onnx {

class Exporter final : public ActivationWriter {
 public:
  explicit Exporter(const Model& model) : model_(model) {}
  // Throws "[layer] ..." for what ONNX cannot express.
  GraphProto graph();

 private:
  // How a node is written, decided when it is met: what its sources are, and what becomes of them.
  struct Plan {
    std::vector<Value> sources;
    std::function<Names(const Names& sources)> write;
    bool alias = false;  // output i is source i
  };
  const Plan& plan_of(const Value& value);
  Plan make_plan(const Value& value);
  Plan plan_op(const std::shared_ptr<Node>& node);
  const std::string& write(const Value& wanted);
  void make(const Value& value, const Plan& plan);
  std::string activate(const Ref<ActivationFunction>& activation, const std::string& x,
                       const Shape& shape) override;

  const Model& model_;
  GraphWriter graph_;
  std::unordered_map<Value, std::string, ValueHash> names_;
  std::unordered_map<const Node*, Plan> plans_;
  std::unordered_map<const LayerCall*, std::pair<CallEmitter, Names>> calls_;
};

}  // namespace tutti::onnx
