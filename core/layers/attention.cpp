#include "core/layers/attention.h"

#include <numeric>

#include "core/base/error.h"
#include "core/graph/builtin_ops.h"
#include "core/layers/dropout.h"
#include "core/ops/attention.h"
#include "core/ops/batch_matmul.h"
#include "core/ops/dropout.h"
#include "core/ops/elementwise.h"
#include "core/ops/reduce.h"
#include "core/ops/reshape.h"
#include "core/ops/softmax.h"
#include "core/ops/transpose.h"

namespace tutti {

ScoredLayer::ScoredLayer(const char* name, double dropout, std::optional<int64_t> seed, bool causal)
    : dropout_(dropout), seed_(seed), causal_(causal) {
  if (!(dropout >= 0 && dropout < 1))
    fail(name, "dropout is {}; use a number from 0 to below 1", dropout);
}

void ScoredLayer::check_inputs(const std::vector<Shape>& inputs) const {
  bool fit = inputs.size() == 2 || inputs.size() == 3;
  for (const auto& input : inputs) fit = fit && input.rank() == 3;
  if (!fit || inputs.back()[-1] != inputs[0][-1] || inputs.back()[1] != inputs[1][1])
    fail(
        where(),
        "takes query (rows, t, width), value (rows, s, depth) and, if given, key (rows, s, width); "
        "without a key the value's depth is the width");
}

std::vector<Value> ScoredLayer::call(const std::vector<Value>& inputs) {
  const Value query = to_dtype(inputs[0]), value = to_dtype(inputs[1]);
  Value places = scores(query, inputs.size() > 2 ? to_dtype(inputs[2]) : value);
  if (causal_)
    places = places + seen_places(places.shape()[1], places.shape()[2], true, {}, compute_dtype());
  Value weights = softmax(places);
  if (dropout_ > 0) {
    weights = in_training(dropout(weights, dropout_, seed_of(seed_)), weights);
  }
  return {batch_matmul(weights, value)};
}

AttentionLayer::AttentionLayer(Options options)
    : ScoredLayer("Attention", options.dropout, options.seed, options.use_causal_mask),
      options_(std::move(options)) {
  if (options_.score_mode != "dot" && options_.score_mode != "concat")
    fail("Attention", "score_mode '{}' is unknown; use dot or concat", options_.score_mode);
}

void AttentionLayer::build(const std::vector<Shape>& inputs) {
  check_inputs(inputs);
  if (options_.use_scale) scale_ = add_weight("scale", {}, "ones");
  if (options_.score_mode == "concat")
    concat_score_weight_ = add_weight("concat_score_weight", {}, "ones");
}

Value AttentionLayer::scores(const Value& query, const Value& key) const {
  if (concat_score_weight_) {
    Value sums = expand_dims(query, 2) + expand_dims(key, 1);
    if (scale_) sums = scale_->read() * sums;
    return concat_score_weight_->read() * reduce_sum(tanh(sums), {-1});
  }
  const Value products = batch_matmul(query, key, false, true);
  return scale_ ? products * scale_->read() : products;
}

AdditiveAttentionLayer::AdditiveAttentionLayer(Options options)
    : ScoredLayer("AdditiveAttention", options.dropout, {}, options.use_causal_mask),
      options_(options) {}

void AdditiveAttentionLayer::build(const std::vector<Shape>& inputs) {
  check_inputs(inputs);
  if (options_.use_scale) scale_ = add_weight("scale", {inputs[0][-1]}, "glorot_uniform");
}

Value AdditiveAttentionLayer::scores(const Value& query, const Value& key) const {
  const Value terms = tanh(expand_dims(query, 2) + expand_dims(key, 1));
  return reduce_sum(scale_ ? scale_->read() * terms : terms, {-1});
}

DotLayer::DotLayer(Options options) : options_(std::move(options)) {
  if (options_.axes.empty() || options_.axes.size() > 2)
    fail("Dot", "axes has {} numbers; name one axis for both inputs, or one for each",
         options_.axes.size());
  if (options_.axes.size() == 1) options_.axes.push_back(options_.axes[0]);  // as Keras lists them
}

std::vector<Value> DotLayer::call(const std::vector<Value>& inputs) {
  if (inputs.size() != 2) fail(where(), "takes two inputs, got {}; call it on two", inputs.size());
  // Each as (rows, what is left, the axis).
  std::vector<Value> sides;
  std::vector<int64_t> dims{inputs[0].shape()[0]};
  for (size_t side = 0; side < 2; ++side) {
    const Value x = to_dtype(inputs[side]);
    const int rank = x.shape().rank();
    const int axis = normalize_axis(options_.axes[side], rank, where().c_str());
    if (axis == 0) fail(where(), "axis 0 of {} is the rows; name another", to_string(x.shape()));
    std::vector<int> order;
    int64_t rest = 1;
    for (int i = 0; i < rank; ++i) {
      if (i == axis) continue;
      order.push_back(i);
      if (i > 0) rest *= x.shape()[i], dims.push_back(x.shape()[i]);
    }
    order.push_back(axis);
    Value flat = reshape(transpose(x, order), {x.shape()[0], rest, x.shape()[axis]});
    if (options_.normalize)
      flat = flat / sqrt(maximum(reduce_sum(square(flat), {-1}, true), 1e-12));
    sides.push_back(flat);
  }
  if (sides[0].shape()[-1] != sides[1].shape()[-1])
    fail(where(), "axes of {} and {} elements of {} and {} differ; name axes that agree",
         sides[0].shape()[-1], sides[1].shape()[-1], to_string(inputs[0].shape()),
         to_string(inputs[1].shape()));
  if (dims.size() == 1) dims.push_back(1);
  return {reshape(batch_matmul(sides[0], sides[1], false, true), Shape(std::move(dims)))};
}

TUTTI_REGISTER(Layer, AttentionLayer, "Attention", "values weighted by products of query and key")
    .argument("use_scale", &AttentionOptions::use_scale, "a learnt factor of the scores")
    .argument("score_mode", &AttentionOptions::score_mode, "dot or concat")
    .argument("dropout", &AttentionOptions::dropout, "of the weights, while training")
    .argument("seed", &AttentionOptions::seed, "of the dropout; none: the job's")
    .call_argument("use_causal_mask", &AttentionOptions::use_causal_mask,
                   "no place sees later ones");
TUTTI_REGISTER(Layer, AdditiveAttentionLayer, "AdditiveAttention",
               "values weighted by sums of query and key")
    .argument("use_scale", &AdditiveAttentionOptions::use_scale, "learnt factors of the terms")
    .argument("dropout", &AdditiveAttentionOptions::dropout, "of the weights, while training")
    .call_argument("use_causal_mask", &AdditiveAttentionOptions::use_causal_mask,
                   "no place sees later ones");
TUTTI_REGISTER(Layer, DotLayer, "Dot", "products of two inputs along an axis of each")
    .required("axes", &DotOptions::axes, "one for both inputs, or one for each")
    .argument("normalize", &DotOptions::normalize, "to length 1 before: cosines");

}  // namespace tutti
