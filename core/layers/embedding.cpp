#include "core/layers/embedding.h"

#include "core/base/error.h"
#include "core/initializers/constant.h"
#include "core/ops/cast.h"
#include "core/ops/elementwise.h"
#include "core/ops/matmul.h"
#include "core/ops/take.h"

namespace tutti {

EmbeddingLayer::EmbeddingLayer(Options options) : options_(std::move(options)) {
  if (options_.input_dim < 1 || options_.output_dim < 1)
    fail("Embedding", "input_dim is {} and output_dim {}; use 1 or more for both",
         options_.input_dim, options_.output_dim);
  initializer_ = options_.embeddings_initializer;
  if (!options_.weights) return;
  Tensor given = options_.weights->values();
  if (given.shape().rank() == 3 && given.shape()[0] == 1)  // a list of weights
    given = given.reshape(given.shape().tail());
  const Shape wanted{options_.input_dim, options_.output_dim};
  if (given.shape() != wanted)
    fail("Embedding", "weights have shape {}; give {}", to_string(given.shape()),
         to_string(wanted));
  initializer_ = Constant(NumberArray(given));
  options_.weights.reset();
}

void EmbeddingLayer::build(const std::vector<Shape>&) {
  embeddings_ = add_weight("embeddings", {options_.input_dim, options_.output_dim}, initializer_,
                           options_.embeddings_regularizer, options_.embeddings_constraint);
}

std::vector<Value> EmbeddingLayer::call(const std::vector<Value>& inputs) {
  return {to_dtype(take(embeddings_->read(), cast(only(inputs), DType::i64)))};
}

std::vector<Value> EmbeddingLayer::compute_mask(const std::vector<Value>& inputs) {
  return {not_equal(inputs[0], 0.0)};
}

ReversibleEmbeddingLayer::ReversibleEmbeddingLayer(Options options) : options_(std::move(options)) {
  if (options_.input_dim < 1 || options_.output_dim < 1)
    fail("ReversibleEmbedding", "input_dim is {} and output_dim {}; use 1 or more for both",
         options_.input_dim, options_.output_dim);
  if (options_.logit_soft_cap && !(*options_.logit_soft_cap > 0))
    fail("ReversibleEmbedding", "logit_soft_cap is {}; use more than 0, or null",
         *options_.logit_soft_cap);
}

void ReversibleEmbeddingLayer::build(const std::vector<Shape>& inputs) {
  rank_ = inputs.at(0).rank();
  const Shape shape{options_.input_dim, options_.output_dim};
  embeddings_ = add_weight("embeddings", shape, options_.embeddings_initializer,
                           options_.embeddings_regularizer, options_.embeddings_constraint);
  if (!options_.tie_weights)
    reverse_ = add_weight("reverse_embeddings", {options_.output_dim, options_.input_dim},
                          options_.embeddings_initializer);
}

bool ReversibleEmbeddingLayer::reverses(const Shape& given) const {
  return given.rank() == rank_ + 1 && given[-1] == options_.output_dim;
}

bool ReversibleEmbeddingLayer::fits(const Shape&, const Shape& given) const {
  return given.rank() == rank_ || reverses(given);
}

std::vector<Value> ReversibleEmbeddingLayer::call(const std::vector<Value>& inputs) {
  const Value& x = only(inputs);
  if (!reverses(x.shape())) return {take(embeddings_->read(), cast(x, DType::i64))};
  const DType type = options_.reverse_dtype.value_or(dtype());
  const Value weights = reverse_ ? reverse_->read() : embeddings_->read();
  Value logits = matmul(cast(x, type), cast(weights, type), false, !reverse_);
  if (options_.logit_soft_cap)
    logits = tanh(logits / *options_.logit_soft_cap) * *options_.logit_soft_cap;
  return {logits};
}

std::vector<Value> ReversibleEmbeddingLayer::compute_mask(const std::vector<Value>& inputs) {
  return {reverses(inputs[0].shape()) ? Value() : not_equal(inputs[0], 0.0)};
}

// Of both.
inline constexpr auto declare_embeddings = []<typename Builder>(Builder& builder) {
  using O = typename Builder::Options;
  builder.required("input_dim", &O::input_dim, "how many numbers there are, from 0 on")
      .required("output_dim", &O::output_dim, "elements of a vector")
      .argument("embeddings_initializer", &O::embeddings_initializer, "how the vectors begin")
      .argument("embeddings_regularizer", &O::embeddings_regularizer, "penalty on the vectors")
      .argument("embeddings_constraint", &O::embeddings_constraint,
                "what the vectors keep after each step")
      .argument("mask_zero", &O::mask_zero, "whether 0 is left out by what follows");
};
TUTTI_REGISTER(Layer, EmbeddingLayer, "Embedding", "a learnt vector for each whole number")
    .with(declare_embeddings)
    .argument("weights", &EmbeddingOptions::weights, "the vectors to begin with");

TUTTI_REGISTER(Layer, ReversibleEmbeddingLayer, "ReversibleEmbedding",
               "an Embedding that also leads back")
    .with(declare_embeddings)
    .argument("tie_weights", &ReversibleEmbeddingOptions::tie_weights,
              "whether the way back is the vectors transposed")
    .argument("reverse_dtype", &ReversibleEmbeddingOptions::reverse_dtype,
              "of the products on the way back")
    .argument("logit_soft_cap", &ReversibleEmbeddingOptions::logit_soft_cap,
              "what no logit exceeds");

}  // namespace tutti
