// A layer's call as Keras writes it, read and written: {args: [...], kwargs: {...}}, or Keras 2's
// [[layer, call, output, kwargs], ...].
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "core/layers/layer.h"

namespace tutti {

// Whether it stands for a layer's output: {class_name: __keras_tensor__, ...}.
bool is_keras_tensor(const Config& config);

struct ReadCall {
  std::vector<Value> inputs;
  std::optional<bool> training;
};
// `find` gives the value of a __keras_tensor__ or a Keras 2 list, none if it is not there yet: then
// there is no call either. Throws for what a call cannot be given here.
std::optional<ReadCall> read_layer_call(
    const Config& call, const Layer& layer,
    const std::function<std::optional<Value>(const Config&)>& find);

// A layer's item with the arguments that Keras takes in calls and we in the layer
// (use_causal_mask). Throws if its calls differ in them.
Config with_call_arguments(const Config& item, const Config& calls);

// `tensor` writes a value. Throws for one that it cannot.
Config write_layer_call(const LayerCall& call, const std::function<Config(const Value&)>& tensor);

}  // namespace tutti
