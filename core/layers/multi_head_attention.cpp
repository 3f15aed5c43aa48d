#include "core/layers/multi_head_attention.h"

#include <cmath>

#include "core/base/error.h"
#include "core/graph/builtin_ops.h"
#include "core/layers/dropout.h"
#include "core/ops/attention.h"
#include "core/ops/dropout.h"
#include "core/ops/elementwise.h"
#include "core/ops/matmul.h"
#include "core/ops/resample.h"
#include "core/ops/reshape.h"
#include "core/ops/transpose.h"

namespace tutti {

HeadsLayer::HeadsLayer(const char* name, Heads heads) : heads_(std::move(heads)) {
  const auto& h = heads_;
  if (h.queries < 1 || h.keys < 1 || h.queries % h.keys != 0)
    fail(name,
         "{} heads of queries and {} of keys; use one or more, the first a multiple of the second",
         h.queries, h.keys);
  if (h.depth < 1 || h.value_depth < 1 || h.width.value_or(1) < 1)
    fail(name, "heads of depth {} and {} and an output of width {}; use one or more", h.depth,
         h.value_depth, h.width.value_or(1));
  if (!(h.dropout >= 0 && h.dropout < 1))
    fail(name, "dropout is {}; use a number from 0 to below 1", h.dropout);
  if (h.window.value_or(1) < 1)
    fail(name, "sliding_window is {}; use one or more", h.window.value_or(1));
}

bool HeadsLayer::fits(const Shape& built, const Shape& given) const {
  return built.rank() == given.rank() && built[-1] == given[-1];
}

HeadsLayer::Projection HeadsLayer::add_projection(const std::string& name, Shape kernel,
                                                  Shape bias) {
  const auto& h = heads_;
  Projection made;
  made.kernel = add_weight(name + "/kernel", kernel, h.kernel_initializer, h.kernel_regularizer,
                           h.kernel_constraint);
  if (h.use_bias)
    made.bias =
        add_weight(name + "/bias", bias, h.bias_initializer, h.bias_regularizer, h.bias_constraint);
  return made;
}

void HeadsLayer::build(const std::vector<Shape>& inputs) {
  if (inputs.size() < 2 || inputs.size() > 4 || inputs[0].rank() != 3 || inputs[1].rank() != 3 ||
      (inputs.size() > 2 && inputs[2].rank() != 3))
    fail(where(),
         "takes query, value and, if given, key of (rows, places, width), then a mask; call it on "
         "two to four values");
  const auto& h = heads_;
  const Shape& key = inputs.size() > 2 ? inputs[2] : inputs[1];
  query_ = add_projection("query", {inputs[0][-1], h.queries, h.depth}, {h.queries, h.depth});
  key_ = add_projection("key", {key[-1], h.keys, h.depth}, {h.keys, h.depth});
  value_ = add_projection("value", {inputs[1][-1], h.keys, h.value_depth}, {h.keys, h.value_depth});
  const int64_t width = h.width.value_or(inputs[0][-1]);
  output_ = add_projection("attention_output", {h.queries, h.value_depth, width}, {width});
}

// (n, places, width) -> (n, heads, places, depth), heads repeated to as many as there are queries.
Value HeadsLayer::project(const Value& x, const Projection& by, int64_t heads) const {
  const Shape& kernel = by.kernel->shape();
  const int64_t depth = kernel[-1];
  Value y = matmul(to_dtype(x), reshape(by.kernel->read(), {kernel[0], heads * depth}));
  if (by.bias) y = y + reshape(by.bias->read(), {heads * depth});
  y = transpose(reshape(y, {x.shape()[0], x.shape()[1], heads, depth}), {0, 2, 1, 3});
  return repeat(y, heads_.queries / heads, 1);
}

std::vector<Value> HeadsLayer::call(const std::vector<Value>& inputs) {
  const auto& h = heads_;
  const Value &query = inputs[0], &value = inputs[1];
  const Value& key = inputs.size() > 2 ? inputs[2] : value;
  const int64_t targets = query.shape()[1], sources = value.shape()[1];
  if (key.shape()[1] != sources)
    fail(where(), "{} keys for {} values; give as many of both", key.shape()[1], sources);
  Value seen;
  if (h.causal || h.window)
    seen = seen_places(targets, sources, h.causal, h.window, compute_dtype());
  if (inputs.size() > 3) {
    const Value mask = to_dtype(inputs[3]);
    // (rows, t, s) lacks the axis of the heads.
    const Value places = seen_places(mask.shape().rank() == 3 ? expand_dims(mask, 1) : mask);
    seen = seen.defined() ? seen + places : places;
  }
  std::function<Value(const Value&)> weigh;
  if (h.dropout > 0)
    weigh = [&](const Value& weights) {
      return in_training(dropout(weights, h.dropout, seed_of(h.seed)), weights);
    };
  const Value heads = attention(project(query, query_, h.queries), project(key, key_, h.keys),
                                project(value, value_, h.keys),
                                1 / std::sqrt(static_cast<double>(h.depth)), seen, weigh);
  const int64_t joined = h.queries * h.value_depth;
  const Value side_by_side =
      reshape(transpose(heads, {0, 2, 1, 3}), {query.shape()[0], targets, joined});
  Value y =
      matmul(side_by_side, reshape(output_.kernel->read(), {joined, output_.kernel->shape()[-1]}));
  if (output_.bias) y = y + output_.bias->read();
  add_activity_loss(h.activity_regularizer, y);
  return {y};
}

namespace {

std::optional<int64_t> width_of(const std::optional<std::vector<int64_t>>& output_shape) {
  if (!output_shape) return std::nullopt;
  if (output_shape->size() != 1)
    fail("MultiHeadAttention", "output_shape has {} extents; use one, and Reshape the output",
         output_shape->size());
  return output_shape->front();
}

}  // namespace

MultiHeadAttentionLayer::MultiHeadAttentionLayer(Options options)
    : HeadsLayer("MultiHeadAttention",
                 {options.num_heads, options.num_heads, options.key_dim,
                  options.value_dim.value_or(options.key_dim), width_of(options.output_shape),
                  options.dropout, options.use_bias, options.sliding_window,
                  options.kernel_initializer, options.bias_initializer, options.kernel_regularizer,
                  options.bias_regularizer, options.activity_regularizer, options.kernel_constraint,
                  options.bias_constraint, options.seed, options.use_causal_mask}),
      options_(std::move(options)) {}

GroupQueryAttentionLayer::GroupQueryAttentionLayer(Options options)
    : HeadsLayer("GroupQueryAttention", {options.num_query_heads,
                                         options.num_key_value_heads,
                                         options.head_dim,
                                         options.head_dim,
                                         {},
                                         options.dropout,
                                         options.use_bias,
                                         options.sliding_window,
                                         options.kernel_initializer,
                                         options.bias_initializer,
                                         options.kernel_regularizer,
                                         options.bias_regularizer,
                                         options.activity_regularizer,
                                         options.kernel_constraint,
                                         options.bias_constraint,
                                         options.seed,
                                         options.use_causal_mask}),
      options_(std::move(options)) {}

inline constexpr auto declare_heads = []<typename Builder>(Builder& builder) {
  using O = typename Builder::Options;
  builder.argument("dropout", &O::dropout, "of the weights, while training")
      .argument("use_bias", &O::use_bias, "whether projections have a bias")
      .argument("sliding_window", &O::sliding_window, "places see those less than so far away")
      .argument("kernel_initializer", &O::kernel_initializer, "how the kernels begin")
      .argument("bias_initializer", &O::bias_initializer, "how the biases begin")
      .argument("kernel_regularizer", &O::kernel_regularizer, "penalty on the kernels")
      .argument("bias_regularizer", &O::bias_regularizer, "penalty on the biases")
      .argument("activity_regularizer", &O::activity_regularizer,
                "penalty on the output, divided by the rows of the batch")
      .argument("kernel_constraint", &O::kernel_constraint, "what the kernels keep after each step")
      .argument("bias_constraint", &O::bias_constraint, "what the biases keep after each step")
      .argument("seed", &O::seed, "of the dropout; none: the job's")
      .call_argument("use_causal_mask", &O::use_causal_mask, "no place sees later ones");
};
TUTTI_REGISTER(Layer, MultiHeadAttentionLayer, "MultiHeadAttention", "attention in several heads")
    .required("num_heads", &MultiHeadAttentionOptions::num_heads, "heads")
    .required("key_dim", &MultiHeadAttentionOptions::key_dim, "depth of queries and keys")
    .argument("value_dim", &MultiHeadAttentionOptions::value_dim, "depth of values; none: key_dim")
    .argument("output_shape", &MultiHeadAttentionOptions::output_shape,
              "width of the output; none: the query's")
    .with(declare_heads)
    .fixed("attention_axes", Config::List{1});
TUTTI_REGISTER(Layer, GroupQueryAttentionLayer, "GroupQueryAttention",
               "attention whose heads share keys and values")
    .required("head_dim", &GroupQueryAttentionOptions::head_dim, "depth of a head")
    .required("num_query_heads", &GroupQueryAttentionOptions::num_query_heads, "heads of queries")
    .required("num_key_value_heads", &GroupQueryAttentionOptions::num_key_value_heads,
              "heads of keys and values, a divisor")
    .with(declare_heads)
    .alias("GroupedQueryAttention");

}  // namespace tutti
