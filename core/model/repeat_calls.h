// A model's layers called again: what a model does when it is called.
#pragma once

#include <memory>
#include <vector>

#include "core/graph/graph.h"
#include "core/layers/layer.h"

namespace tutti {

struct RepeatedCalls {
  std::vector<Value> outputs;
  std::vector<Value> losses;  // that the calls added
};

// The layers' calls behind `outputs`, and the bare ops between them, made again on other inputs:
// each layer sees the masks and the trace of now. `inputs` maps every value that the outputs were
// computed from.
RepeatedCalls repeat_calls(const std::vector<Value>& outputs, const ValueMap& inputs);

}  // namespace tutti
