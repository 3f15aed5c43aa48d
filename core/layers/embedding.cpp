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

namespace {

// A scale for each vector.
QuantizedForm vectors_form(int64_t count, int64_t width) {
  return {.name = "embeddings", .shape = {count, width}, .summed = {1}, .scale = {count}};
}

}  // namespace

void EmbeddingLayer::build(const std::vector<Shape>&) {
  if (quantization()) {
    quantized_ = add_quantized_weight(vectors_form(options_.input_dim, options_.output_dim));
    return add_scales(*quantized_);
  }
  embeddings_ = add_weight("embeddings", {options_.input_dim, options_.output_dim}, initializer_,
                           options_.embeddings_regularizer, options_.embeddings_constraint);
}

std::vector<Value> EmbeddingLayer::call(const std::vector<Value>& inputs) {
  const Value numbers = cast(only(inputs), DType::i64);
  if (quantized_) return {quantized_->rows(numbers, compute_dtype())};
  return {to_dtype(take(embeddings_->read(), numbers))};
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
  if (quantization()) return build_quantized();
  const Shape shape{options_.input_dim, options_.output_dim};
  embeddings_ = add_weight("embeddings", shape, options_.embeddings_initializer,
                           options_.embeddings_regularizer, options_.embeddings_constraint);
  if (!options_.tie_weights)
    reverse_ = add_weight("reverse_embeddings", {options_.output_dim, options_.input_dim},
                          options_.embeddings_initializer);
}

void ReversibleEmbeddingLayer::build_quantized() {
  const int64_t count = options_.input_dim, width = options_.output_dim;
  quantized_ = add_quantized_weight(vectors_form(count, width));
  add_scales(*quantized_);
  if (options_.tie_weights) return;
  quantized_reverse_ = add_quantized_weight({.name = "reverse_embeddings",
                                             .shape = {width, count},
                                             .scale = {count},
                                             .packed = 0,
                                             .zero = dtype()});
  quantized_reverse_->share_blocks(*quantized_);
  add_scales(*quantized_reverse_);
}

// From vectors to a number for each entry. Quantized ones are in the layer's dtype, as in Keras.
Value ReversibleEmbeddingLayer::logits(const Value& x) {
  if (quantized_) {
    const auto& weight = quantized_reverse_ ? *quantized_reverse_ : *quantized_;
    const auto product = [&](const Value& a, const Value& b) {
      return matmul(a, b, false, !quantized_reverse_);
    };
    return weight.product({to_dtype(x), {-1}, product}, activation_quantizer());
  }
  const DType type = options_.reverse_dtype.value_or(dtype());
  const Value weights = reverse_ ? reverse_->read() : embeddings_->read();
  return matmul(cast(x, type), cast(weights, type), false, !reverse_);
}

bool ReversibleEmbeddingLayer::reverses(const Shape& given) const {
  return given.rank() == rank_ + 1 && given[-1] == options_.output_dim;
}

bool ReversibleEmbeddingLayer::fits(const Shape&, const Shape& given) const {
  return given.rank() == rank_ || reverses(given);
}

std::vector<Value> ReversibleEmbeddingLayer::call(const std::vector<Value>& inputs) {
  const Value& x = only(inputs);
  if (!reverses(x.shape())) {
    const Value numbers = cast(x, DType::i64);
    return {quantized_ ? quantized_->rows(numbers, compute_dtype())
                       : take(embeddings_->read(), numbers)};
  }
  const Value y = logits(x);
  if (!options_.logit_soft_cap) return {y};
  return {tanh(y / *options_.logit_soft_cap) * *options_.logit_soft_cap};
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
    .argument("weights", &EmbeddingOptions::weights, "the vectors to begin with")
    .with(declare_quantization);

TUTTI_REGISTER(Layer, ReversibleEmbeddingLayer, "ReversibleEmbedding",
               "an Embedding that also leads back")
    .with(declare_embeddings)
    .argument("tie_weights", &ReversibleEmbeddingOptions::tie_weights,
              "whether the way back is the vectors transposed")
    .argument("reverse_dtype", &ReversibleEmbeddingOptions::reverse_dtype,
              "of the products on the way back")
    .argument("logit_soft_cap", &ReversibleEmbeddingOptions::logit_soft_cap,
              "what no logit exceeds")
    .with(declare_quantization);

}  // namespace tutti
