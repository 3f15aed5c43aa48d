#include "core/layers/residual_branch.h"

#include "core/base/error.h"
#include "core/graph/builtin_ops.h"
#include "core/layers/dropout.h"
#include "core/ops/elementwise.h"

namespace tutti {

LayerScaleLayer::LayerScaleLayer(Options options) : options_(options) {
  if (options_.projection_dim < 1)
    fail("LayerScale", "projection_dim is {}; use the extent of the last axis",
         options_.projection_dim);
}

void LayerScaleLayer::build(const std::vector<Shape>& inputs) {
  if (inputs.size() != 1 || inputs[0][-1] != options_.projection_dim)
    fail(where(), "takes one input whose last axis has projection_dim {}; give that extent",
         options_.projection_dim);
  gamma_ =
      add_weight("gamma", {options_.projection_dim},
                 Config(Config::Map{{"Constant", Config::Map{{"value", options_.init_values}}}}));
}

std::vector<Value> LayerScaleLayer::call(const std::vector<Value>& inputs) {
  return {to_dtype(only(inputs)) * gamma_->read()};
}

StochasticDepthLayer::StochasticDepthLayer(Options options) : options_(options) {
  const double rate = options_.drop_path_rate;
  if (!(rate >= 0 && rate < 1))
    fail("StochasticDepth", "drop_path_rate is {}; use a number from 0 to below 1", rate);
}

std::vector<Value> StochasticDepthLayer::call(const std::vector<Value>& inputs) {
  const Value x = to_dtype(only(inputs));
  if (options_.drop_path_rate == 0) return {x};
  std::vector<int64_t> mask(static_cast<size_t>(x.shape().rank()), 1);
  mask[0] = x.shape()[0];
  const Shape rows(std::move(mask));
  return {in_training(x * dropout_mask(x, rows, options_.drop_path_rate, std::nullopt), x)};
}

TUTTI_REGISTER(Layer, LayerScaleLayer, "LayerScale", "times a learnt factor for each channel")
    .required("init_values", &LayerScaleOptions::init_values, "what the factors begin with")
    .required("projection_dim", &LayerScaleOptions::projection_dim, "the extent of the last axis")
    .keras_module("keras.src.applications.convnext");
TUTTI_REGISTER(Layer, StochasticDepthLayer, "StochasticDepth",
               "drops the branch of whole rows while training")
    .required("drop_path_rate", &StochasticDepthOptions::drop_path_rate, "part of the rows")
    .keras_module("keras.src.applications.convnext");

}  // namespace tutti
