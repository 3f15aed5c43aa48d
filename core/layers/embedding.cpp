#include "core/layers/embedding.h"

#include "core/base/error.h"
#include "core/initializers/constant.h"
#include "core/ops/cast.h"
#include "core/ops/elementwise.h"
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
                           options_.embeddings_regularizer);
}

std::vector<Value> EmbeddingLayer::call(const std::vector<Value>& inputs) {
  return {take(embeddings_->read(), cast(only(inputs), DType::i64))};
}

std::vector<Value> EmbeddingLayer::compute_mask(const std::vector<Value>& inputs) {
  return {not_equal(inputs[0], 0.0)};
}

TUTTI_REGISTER(Layer, EmbeddingLayer, "Embedding", "a learnt vector for each whole number")
    .required("input_dim", &EmbeddingOptions::input_dim, "how many numbers there are, from 0 on")
    .required("output_dim", &EmbeddingOptions::output_dim, "elements of a vector")
    .argument("embeddings_initializer", &EmbeddingOptions::embeddings_initializer,
              "how the vectors begin")
    .argument("embeddings_regularizer", &EmbeddingOptions::embeddings_regularizer,
              "penalty on the vectors")
    .argument("mask_zero", &EmbeddingOptions::mask_zero, "whether 0 is left out by what follows")
    .argument("weights", &EmbeddingOptions::weights, "the vectors to begin with");

}  // namespace tutti
