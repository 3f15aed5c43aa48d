#include "core/layers/bidirectional.h"

#include <algorithm>

#include "core/base/error.h"
#include "core/ops/concatenate.h"
#include "core/ops/elementwise.h"
#include "core/ops/slice.h"

namespace tutti {
namespace {

// A copy from its config, under the name that Keras gives it.
std::shared_ptr<RecurrentLayer> copy_of(const Layer& layer, const std::string& direction,
                                        bool turned) {
  const Config given = layer_config(layer);
  auto [kind, arguments] = given.as_map()[0];
  if (!dynamic_cast<const RecurrentLayer*>(&layer))
    fail("Bidirectional", "{} is no recurrent layer; use RNN, SimpleRNN, LSTM or GRU", kind);
  const std::string& name = layer.name();
  arguments.set("name", name.starts_with(direction) ? name : direction + name);
  if (turned) arguments.set("go_backwards", true);
  return std::static_pointer_cast<RecurrentLayer>(
      make_layer(Config(Config::Map{{kind, std::move(arguments)}})));
}

Value reversed(const Value& value) {
  auto steps = split(value, static_cast<int>(value.shape()[1]), 1);
  std::reverse(steps.begin(), steps.end());
  return concatenate(steps, 1);
}

Value merged(const Value& a, const Value& b, const std::string& mode) {
  if (mode == "sum") return a + b;
  if (mode == "mul") return a * b;
  if (mode == "ave") return (a + b) / 2.0;
  return concatenate({a, b});
}

}  // namespace

BidirectionalLayer::BidirectionalLayer(Options options) : options_(std::move(options)) {
  if (!options_.layer) fail("Bidirectional", "got no layer; give it one, as LSTM with its units");
  const std::vector<std::string> modes = {"sum", "mul", "ave", "concat"};
  const auto& mode = options_.merge_mode;
  if (mode && std::ranges::find(modes, *mode) == modes.end())
    fail("Bidirectional", "merge_mode '{}' is unknown{}; use sum, mul, ave, concat or null", *mode,
         did_you_mean(*mode, modes));
  forward_ = copy_of(*options_.layer, "forward_", false);
  const Ref<Layer>& other = options_.backward_layer;
  backward_ = other ? std::dynamic_pointer_cast<RecurrentLayer>(other.pointer())
                    : copy_of(*options_.layer, "backward_", true);
  if (!backward_)
    fail("Bidirectional", "backward_layer {} is no recurrent layer; use one as `layer`",
         other->class_name());
  const Recurrence &ahead = forward_->recurrence(), &back = backward_->recurrence();
  if (ahead.go_backwards == back.go_backwards || ahead.return_sequences != back.return_sequences ||
      ahead.return_state != back.return_state)
    fail("Bidirectional",
         "its layers must differ in go_backwards and agree in return_sequences and return_state; "
         "change one");
  for (const auto& layer : {forward_, backward_})
    layer->set_zero_output_for_mask(ahead.return_sequences);
  options_.layer = forward_;
  options_.backward_layer = backward_;
}

void BidirectionalLayer::build(const std::vector<Shape>& inputs) {
  for (const auto& layer : {forward_, backward_}) {
    layer->set_dtype(dtype_policy());
    layer->build_for({inputs.at(0)});
  }
}

std::vector<Value> BidirectionalLayer::call(const std::vector<Value>& inputs) {
  std::vector<Value> ahead{inputs[0]}, back{inputs[0]};
  if (inputs.size() % 2 == 0)
    fail(where(), "got {} initial states for two layers; give both as many", inputs.size() - 1);
  const auto half = static_cast<int64_t>(inputs.size() / 2);
  ahead.insert(ahead.end(), inputs.begin() + 1, inputs.begin() + 1 + half);
  back.insert(back.end(), inputs.begin() + 1 + half, inputs.end());
  auto outputs = apply_sublayer(*forward_, ahead);
  const auto others = apply_sublayer(*backward_, back);
  const bool sequences = forward_->recurrence().return_sequences;
  const Value other = sequences ? reversed(others[0]) : others[0];
  if (options_.merge_mode)
    outputs[0] = merged(outputs[0], other, *options_.merge_mode);
  else
    outputs.insert(outputs.begin() + 1, other);
  outputs.insert(outputs.end(), others.begin() + 1, others.end());
  return outputs;
}

std::vector<Value> BidirectionalLayer::compute_mask(const std::vector<Value>& inputs) {
  const Value mask = forward_->recurrence().return_sequences ? mask_of(inputs[0]) : Value();
  return options_.merge_mode ? std::vector{mask} : std::vector{mask, mask};
}

TUTTI_REGISTER(Layer, BidirectionalLayer, "Bidirectional", "a recurrent layer in both directions")
    .required("layer", &BidirectionalOptions::layer, "a recurrent layer, which is copied")
    .argument("merge_mode", &BidirectionalOptions::merge_mode,
              "sum, mul, ave or concat of the two outputs; null: both")
    .argument("backward_layer", &BidirectionalOptions::backward_layer,
              "from the last step to the first; null: a copy of layer");

}  // namespace tutti
