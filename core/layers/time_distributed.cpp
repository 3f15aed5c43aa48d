#include "core/layers/time_distributed.h"

#include "core/base/error.h"
#include "core/ops/concatenate.h"
#include "core/ops/reshape.h"
#include "core/ops/slice.h"

namespace tutti {
namespace {

// The shape of one step.
Shape step_of(const Shape& shape) {
  std::vector<int64_t> dims = shape.dims();
  dims.erase(dims.begin() + 1);
  return Shape(std::move(dims));
}

}  // namespace

TimeDistributedLayer::TimeDistributedLayer(Options options) : options_(std::move(options)) {
  if (!options_.layer)
    fail("TimeDistributed", "got no layer; give it one, as Dense with its units");
}

bool TimeDistributedLayer::fits(const Shape& built, const Shape& given) const {
  return given.rank() == built.rank() && (given.rank() < 3 || step_of(built) == step_of(given));
}

void TimeDistributedLayer::build(const std::vector<Shape>& inputs) {
  if (inputs.size() != 1 || inputs[0].rank() < 3 || inputs[0][1] == 0)
    fail(where(), "takes one input (rows, steps, ...) of one step or more, got {}; Reshape it",
         inputs.size() == 1 ? to_string(inputs[0]) : fmt::format("{} inputs", inputs.size()));
  options_.layer->set_dtype(dtype_policy());
  options_.layer->build_for({step_of(inputs[0])});
}

std::vector<Value> TimeDistributedLayer::call(const std::vector<Value>& inputs) {
  const Value &x = inputs[0], mask = mask_of(x);
  const auto steps = static_cast<int>(x.shape()[1]);
  const auto given = split(x, steps, 1);
  std::vector<Value> masks, outputs;
  if (mask.defined() && mask.shape().rank() > 2) masks = split(mask, steps, 1);
  for (size_t i = 0; i < given.size(); ++i) {
    const Value step = squeeze(given[i], 1);
    const auto made = apply_sublayer(
        *options_.layer, {masks.empty() ? step : with_mask(step, squeeze(masks[i], 1))});
    if (made.size() != 1)
      fail(where(), "{} returns {} values at each step; use a layer that returns one",
           options_.layer->name(), made.size());
    outputs.push_back(made[0]);
  }
  return {stack(outputs, 1)};
}

TUTTI_REGISTER(Layer, TimeDistributedLayer, "TimeDistributed", "one layer applied to every step")
    .required("layer", &TimeDistributedOptions::layer, "applied to each step");

}  // namespace tutti
