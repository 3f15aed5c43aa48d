// A model's graph as its layers see it: which call feeds which, with the ops between them left out.
#pragma once

#include <memory>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "core/layers/layer.h"

namespace tutti {

class LayerGraph {
 public:
  // The calls behind `outputs`, up to `inputs`. They must outlive the graph.
  LayerGraph(const std::vector<Value>& inputs, const std::vector<Value>& outputs);

  // What a call takes, and whose it is.
  struct Feeder {
    const LayerCall* call;
    size_t output;
  };
  struct Node {
    const LayerCall* call = nullptr;
    std::vector<Feeder> feeders;  // one per use; none for an InputLayer's call
    int depth = 0;                // calls between it and the outputs, on the longest way
  };
  // Each after those that feed it.
  const std::vector<Node>& calls() const { return calls_; }
  // Each once, as Keras lists them: those farthest from the outputs first, then as met from the
  // outputs.
  std::vector<std::shared_ptr<Layer>> layers() const;

 private:
  std::vector<Feeder> feeders_of(const Value& value) const;
  void visit(const LayerCall* root);
  void measure_depths();

  std::unordered_set<Value, ValueHash> inputs_;
  std::vector<Node> calls_;
  std::unordered_map<const LayerCall*, size_t> place_;  // in calls_
  std::vector<std::shared_ptr<Layer>> met_;
};

}  // namespace tutti
